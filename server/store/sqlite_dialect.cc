// SQLite: one file with a write-ahead log. A statement's input is one JSON
// text, an array of rows, which json_each takes apart again.
#include <soci/sqlite3/soci-sqlite3.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "domain/errors.h"
#include "store/dialect.h"
#include "store/statement.h"

namespace tracktrove::store {
namespace {

// How many pages the log gathers before they are copied into the file. More
// than the default of 1000, which busy batches reach every few commits.
constexpr int kCheckpointPages = 4000;
// Of SQLite's machine, between two looks at the time: a millisecond or less.
constexpr int kStepsBetweenLooks = 10'000;

// Not zero: SQLite ends what it is at.
int IsLate(void* latest) { return absl::ToUnixMillis(absl::Now()) > reinterpret_cast<intptr_t>(latest); }

class JsonRows : public InputRows {
 public:
  void Clear() override { text_.assign(1, '['); }

  InputRows& StartRow() override {
    if (text_.size() > 1) text_ += "],";
    text_ += '[';
    return *this;
  }

  InputRows& Integer(int64_t value) override {
    StartValue();
    absl::StrAppend(&text_, value);
    return *this;
  }

  InputRows& Text(absl::string_view value) override {
    StartValue();
    text_ += '"';
    AppendEscaped(value);
    text_ += '"';
    return *this;
  }

  InputRows& Null() override {
    StartValue();
    text_ += "null";
    return *this;
  }

  void Finish() override { text_ += text_.size() > 1 ? "]]" : "]"; }

  std::vector<std::pair<std::string, const std::string*>> parameters() const override {
    return {{"rows", &text_}};
  }

 private:
  void StartValue() {
    if (text_.back() != '[') text_ += ',';
  }

  // Copies whole runs: almost no character needs an escape.
  void AppendEscaped(absl::string_view value) {
    size_t copied = 0;
    for (size_t i = 0; i < value.size(); ++i) {
      const auto c = static_cast<unsigned char>(value[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      text_.append(value.data() + copied, i - copied);
      copied = i + 1;
      if (c >= 0x20) {
        text_ += '\\';
        text_ += value[i];
      } else {
        absl::StrAppend(&text_, "\\u00", absl::Hex(c, absl::kZeroPad2));
      }
    }
    text_.append(value.data() + copied, value.size() - copied);
  }

  std::string text_ = "[";
};

// By one prepared statement.
class PreparedInsertion : public Insertion {
 public:
  PreparedInsertion(soci::session& session, const Dialect& dialect, const Table& table)
      : statement_(session, dialect, InsertInto(table), 0) {}
  InputRows& NewInput() override { return statement_.NewInput(); }
  void Execute() override { statement_.Execute(); }

 private:
  Statement statement_;
};

class SqliteDialect : public Dialect {
 public:
  SqliteDialect(const std::string& path, const StoreOptions& options) : path_(path), options_(options) {}

  std::unique_ptr<soci::session> Connect() const override {
    auto session = std::make_unique<soci::session>(soci::sqlite3, absl::StrCat("dbname=\"", path_, "\""));
    // The timeout first: a file that is opened by several at once may be locked already.
    const int64_t busy_timeout = absl::ToInt64Milliseconds(options_.busy_timeout);
    Execute(*session, absl::StrCat("pragma busy_timeout = ", busy_timeout, "; pragma synchronous = ",
                                   options_.synchronous, "; pragma wal_autocheckpoint = ", kCheckpointPages));
    StartLog(*session);
    return session;
  }

  // A file is always there, and waiting for its locks has a limit of its own; what
  // is computed of it has none but this. The handler is given the time itself in
  // place of an address, and holds until the next limit is set.
  Watchdog::Watch Limit(soci::session& session, absl::Duration patience) const override {
    const intptr_t latest = absl::ToUnixMillis(absl::Now() + patience);
    sqlite_api::sqlite3_progress_handler(Raw(session), kStepsBetweenLooks, &IsLate,
                                         reinterpret_cast<void*>(latest));
    return {};
  }

  void Disconnect(soci::session&) const override {}

  absl::Time Begin(soci::session& session, TransactionMode mode) const override {
    Execute(session, mode == TransactionMode::kRead ? "begin deferred" : "begin immediate");
    return WallTime(session);
  }

  void Commit(soci::session& session) const override {
    // Some failures end the transaction by themselves; then there is nothing to commit any more.
    if (sqlite_api::sqlite3_get_autocommit(Raw(session)) != 0) {
      throw soci::sqlite3_soci_error("the transaction was rolled back", SQLITE_IOERR);
    }
    Execute(session, "commit");
  }

  void Execute(soci::session& session, const std::string& script) const override {
    const int result = sqlite_api::sqlite3_exec(Raw(session), script.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) {
      throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(Raw(session)), result);
    }
  }

  // The file has no clock; the process that writes it has.
  absl::Time WallTime(soci::session&) const override {
    return absl::FromUnixMicros(absl::ToUnixMicros(absl::Now()));
  }

  absl::Status StatusOf(const soci::soci_error& error) const override {
    const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    const std::string problem = absl::StrCat(path_, ": ", error.get_error_message());
    switch (sqlite == nullptr ? SQLITE_ERROR : sqlite->result() & 0xff) {
      case SQLITE_INTERRUPT:
        return domain::QueryTooLong(problem);
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_NOMEM:
      case SQLITE_READONLY:
      case SQLITE_IOERR:
      case SQLITE_CORRUPT:
      case SQLITE_FULL:
      case SQLITE_CANTOPEN:
      case SQLITE_PROTOCOL:
      case SQLITE_PERM:
      case SQLITE_AUTH:
      case SQLITE_NOTADB:
        return domain::DatabaseUnavailable(problem);
      default:
        return domain::BrokenInvariant(problem);
    }
  }

  // The limit keeps the inner select from being flattened into the outer one,
  // which would render each row's JSON again for each of its columns.
  std::string Rows(const std::vector<Column>& columns) const override {
    std::vector<std::string> values;
    for (size_t i = 0; i < columns.size(); ++i)
      values.push_back(absl::StrCat("v->>", i, " as ", columns[i].name));
    return absl::StrCat("(select ", absl::StrJoin(values, ", "),
                        " from (select value as v from json_each(:rows) limit -1 offset 0)) as r");
  }

  std::string Input(const Column&, int position) const override {
    return absl::StrCat("(:rows->>'$[0][", position, "]')");
  }

  // Neither join is reordered.
  std::string Find(Presence presence, const std::string& table, const std::string& alias,
                   const std::string& condition) const override {
    return absl::StrCat(presence == Presence::kRequired ? "cross" : "left", " join ", table, " as ", alias,
                        " on ", condition);
  }

  // Not `object->>key`: a key that starts with `$` would be taken for a path.
  std::string Member(const std::string& object, const std::string& key) const override {
    return absl::StrCat("(select m.value from json_each(", object, ") as m where m.key = ", key, ")");
  }

  // BEGIN IMMEDIATE has locked the whole file.
  std::string Lock(const std::string&, LockMode) const override { return ""; }

  std::string Delete(const std::string& table, const std::vector<Column>& key) const override {
    std::vector<std::string> names;
    for (const Column& column : key) names.push_back(column.name);
    const std::string columns = absl::StrJoin(names, ", ");
    return absl::StrCat("delete from ", table, " where ", Among(columns), " (select 0, ", columns, " from ",
                        Rows(key), ")");
  }

  std::string DeleteSome(const std::string& table, const std::string& condition, const std::string& count,
                         const std::string& key) const override {
    return absl::StrCat("delete from ", table, " where ", Among(key), " (select 0, ", key, " from ", table,
                        " where ", condition, " limit ", count, ")");
  }

  std::unique_ptr<InputRows> NewInput(int) const override { return std::make_unique<JsonRows>(); }
  std::unique_ptr<Insertion> NewInsertion(soci::session& session, const Table& table) const override {
    return std::make_unique<PreparedInsertion>(session, *this, table);
  }

  absl::Span<const Migration> migrations() const override { return SqliteMigrations(); }
  int max_writers() const override { return 1; }

 private:
  // SQLite looks for an index by the type of a row's first value alone, and
  // gives up on keys that mix types. A constant has no type to it.
  static std::string Among(const std::string& key) { return absl::StrCat("(0, ", key, ") in"); }

  // Several that open a new file at once lock each other out for a moment, and SQLite does not wait for that
  // by itself.
  void StartLog(soci::session& session) const {
    std::string mode;
    const absl::Time deadline = absl::Now() + options_.busy_timeout;
    while (mode.empty()) {
      try {
        session << "pragma journal_mode = wal", soci::into(mode);
      } catch (const soci::sqlite3_soci_error& error) {
        if (error.result() != SQLITE_BUSY || absl::Now() >= deadline) throw;
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
    if (mode != "wal") throw soci::sqlite3_soci_error("it cannot have a write-ahead log", SQLITE_CANTOPEN);
  }

  static sqlite_api::sqlite3* Raw(soci::session& session) {
    return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
  }

  const std::string path_;
  const StoreOptions options_;
};

}  // namespace

std::unique_ptr<Dialect> NewSqliteDialect(const std::string& path, const StoreOptions& options) {
  return std::make_unique<SqliteDialect>(path, options);
}

}  // namespace tracktrove::store
