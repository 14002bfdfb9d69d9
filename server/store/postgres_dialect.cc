// PostgreSQL. A statement's input is one text for each column, the literal of an
// array, which unnest takes apart again.
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "domain/errors.h"
#include "store/connection.h"
#include "store/copy_insertion.h"
#include "store/dialect.h"
#include "store/libpq.h"

namespace tracktrove::store {
namespace {

using libpq::Result;
using ConnectionOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

constexpr int kOldestVersion = 140000;  // before it, `extract` answers inexact numbers
constexpr int kMaxWriters = 64;
constexpr char kNoConnection[] = "08001";
constexpr char kCancelled[] = "57014";  // by the statement's timeout, or an operator
// A server that is there refuses sooner.
constexpr absl::Duration kSlowRefusal = absl::Milliseconds(900);
// How long a session that is connected may take to be set up.
constexpr absl::Duration kSetUpPatience = absl::Seconds(2);

// What a URL that does not say otherwise is read with. A server that is gone
// without a word is noticed within five seconds, while connecting, while waiting
// for an answer (keepalives), and while sending.
constexpr std::pair<absl::string_view, absl::string_view> kDefaults[] = {
    {"application_name", "tracktrove"}, {"client_encoding", "UTF8"},
    {"connect_timeout", "2"},           {"keepalives_idle", "2"},
    {"keepalives_interval", "1"},       {"keepalives_count", "2"},
    {"tcp_user_timeout", "4000"},       {"target_session_attrs", "read-write"},
};

// What every session sets. Its statements are few and made for an index each:
// plans are made once, for any input, and never read a whole table because that
// was small at the time. A bitmap would lose an index's order, and a page of a
// list then be sorted out of all of a world. Parallel workers take longer to start
// than any of these statements may take.
constexpr char kSession[] =
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off;"
    "set max_parallel_workers_per_gather = 0;"
    "set statement_timeout = '30s'; set lock_timeout = '2s'; set idle_in_transaction_session_timeout = '10s'";

constexpr char kWallTime[] = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";

// One migration after the other, whoever brings them: the lock ends with the transaction.
constexpr char kBeginMigration[] =
    "begin isolation level read committed read write; set local statement_timeout = '10min';"
    "set local lock_timeout = '10min'; select pg_advisory_xact_lock(7234011)";

absl::Status UnsuitableDatabase(absl::string_view problem) {
  return domain::WithDetails(
      absl::StatusCode::kFailedPrecondition, absl::StrCat("the database does not suit: ", problem),
      {.reason = "UNSUITABLE_DATABASE", .metadata = {}, .field = {}, .retry_after = {}});
}

// The URL as libpq's list of settings. What libpq says about a URL that it
// cannot read repeats it, with its password, so that is not passed on.
absl::StatusOr<std::string> SettingsOf(const std::string& url) {
  const ConnectionOptions options(PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (!options) return domain::BadField("database", "must be a URL that PostgreSQL's clients can read");
  std::string settings;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const auto preset = std::find_if(std::begin(kDefaults), std::end(kDefaults),
                                     [&](const auto& each) { return each.first == option->keyword; });
    std::string value = option->val != nullptr ? option->val : "";
    if (value.empty() && preset != std::end(kDefaults)) value = std::string(preset->second);
    if (value.empty()) continue;
    absl::StrAppend(&settings, option->keyword, "='",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ");
  }
  return settings;
}

std::string ParameterName(size_t column) { return absl::StrCat("c", column); }

class ArrayColumns : public InputRows {
 public:
  explicit ArrayColumns(int columns) : columns_(columns, "{") {}

  void Clear() override {
    for (std::string& column : columns_) column.assign(1, '{');
    next_ = 0;
  }

  InputRows& StartRow() override {
    next_ = 0;
    return *this;
  }

  InputRows& Integer(int64_t value) override {
    absl::StrAppend(&StartValue(), value);
    return *this;
  }

  InputRows& Text(absl::string_view value) override {
    std::string& column = StartValue();
    column += '"';
    AppendEscaped(column, value);
    column += '"';
    return *this;
  }

  // Without quotation marks: with them it would be the text of these letters.
  InputRows& Null() override {
    StartValue() += "NULL";
    return *this;
  }

  void Finish() override {
    for (std::string& column : columns_) column += '}';
  }

  std::vector<std::pair<std::string, const std::string*>> parameters() const override {
    std::vector<std::pair<std::string, const std::string*>> parameters;
    for (size_t i = 0; i < columns_.size(); ++i) parameters.emplace_back(ParameterName(i), &columns_[i]);
    return parameters;
  }

 private:
  std::string& StartValue() {
    std::string& column = columns_.at(next_++);
    if (column.size() > 1) column += ',';
    return column;
  }

  // Copies whole runs. Between quotation marks only these two are special.
  static void AppendEscaped(std::string& column, absl::string_view value) {
    size_t copied = 0;
    for (size_t i = 0; i < value.size(); ++i) {
      if (value[i] != '"' && value[i] != '\\') continue;
      column.append(value.data() + copied, i - copied);
      column += '\\';
      copied = i;
    }
    column.append(value.data() + copied, value.size() - copied);
  }

  std::vector<std::string> columns_;
  size_t next_ = 0;
};

PGconn* Raw(soci::session& session) {
  return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

Result Query(soci::session& session, const char* script) { return libpq::Query(Raw(session), script); }

absl::Time TimeOf(const Result& result) {
  int64_t micros = 0;
  if (!absl::SimpleAtoi(PQgetvalue(result.get(), 0, 0), &micros))
    throw soci::soci_error("the database's time is no number");
  return absl::FromUnixMicros(micros);
}

bool IsUnavailable(const std::string& sqlstate) {
  // Without one the server did not answer.
  if (absl::StripAsciiWhitespace(sqlstate).empty()) return true;
  // Connection, transaction state, rollback, resources, an object in use or
  // locked, an operator's intervention, the system.
  for (const char* error_class : {"08", "25", "40", "53", "55", "57", "58"}) {
    if (absl::StartsWith(sqlstate, error_class)) return true;
  }
  return sqlstate == "XX001" || sqlstate == "XX002";  // damaged data
}

class PostgresDialect : public Dialect {
 public:
  PostgresDialect(std::string settings, bool allow_unsafe)
      : settings_(std::move(settings)), allow_unsafe_(allow_unsafe) {}

  // Never with SOCI's failover: it would connect again in mid-transaction, and
  // what follows would commit statement by statement.
  std::unique_ptr<soci::session> Connect() const override {
    std::unique_ptr<soci::session> session = Open();
    PQsetErrorVerbosity(Raw(*session), PQERRORS_TERSE);  // no rows of the users' in errors
    PQsetNoticeProcessor(
        Raw(*session), [](void*, const char*) {}, nullptr);
    const Watchdog::Watch watch = Limit(*session, kSetUpPatience);
    if (PQserverVersion(Raw(*session)) < kOldestVersion)
      throw StatusError(UnsuitableDatabase("PostgreSQL 14 or newer is needed"));
    Execute(*session, kSession);
    if (!allow_unsafe_) RequireDurability(*session);
    return session;
  }

  Watchdog::Watch Limit(soci::session& session, absl::Duration patience) const override {
    RefuseSilence();
    return Watchdog::Watch(watchdog_, PQsocket(Raw(session)), patience);
  }

  // The server rolls back what is open when it sees the end.
  void Disconnect(soci::session& session) const override { ::shutdown(PQsocket(Raw(session)), SHUT_RDWR); }

  // The time comes with the same answer.
  absl::Time Begin(soci::session& session, TransactionMode mode) const override {
    const auto begin = [&](const char* statements) {
      return TimeOf(Query(session, absl::StrCat(statements, ";", kWallTime).c_str()));
    };
    switch (mode) {
      case TransactionMode::kRead:
        return begin("begin isolation level repeatable read read only");
      case TransactionMode::kWrite:
        return begin("begin isolation level read committed read write");
      case TransactionMode::kMigrate:
        break;
    }
    return begin(kBeginMigration);
  }

  // A transaction in which a statement failed is rolled back by COMMIT, which
  // then succeeds all the same: only its tag tells.
  void Commit(soci::session& session) const override {
    const Result result = Query(session, "commit");
    if (absl::string_view(PQcmdStatus(result.get())) != "COMMIT")
      throw soci::postgresql_soci_error("the transaction was rolled back", "40000");
  }

  void Execute(soci::session& session, const std::string& script) const override {
    Query(session, script.c_str());
  }

  absl::Time WallTime(soci::session& session) const override { return TimeOf(Query(session, kWallTime)); }

  absl::Status StatusOf(const soci::soci_error& error) const override {
    const auto* postgres = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    const std::string sqlstate = postgres == nullptr ? "HY000" : postgres->sqlstate();
    const std::string message = error.get_error_message();
    const std::string problem =
        absl::StrCat("PostgreSQL: ", absl::StripAsciiWhitespace(message), " (", sqlstate, ")");
    if (sqlstate == kCancelled) return domain::QueryTooLong(problem);
    return IsUnavailable(sqlstate) ? domain::DatabaseUnavailable(problem) : domain::BrokenInvariant(problem);
  }

  std::string Rows(const std::vector<Column>& columns) const override {
    std::vector<std::string> arrays, names;
    for (size_t i = 0; i < columns.size(); ++i) {
      arrays.push_back(absl::StrCat(":", ParameterName(i), "::", columns[i].type, "[]"));
      names.push_back(columns[i].name);
    }
    return absl::StrCat("unnest(", absl::StrJoin(arrays, ", "), ") as r(", absl::StrJoin(names, ", "), ")");
  }

  // A single value is an array too, so that it can be null.
  std::string Input(const Column& column, int position) const override {
    return absl::StrCat("(:", ParameterName(position), "::", column.type, "[])[1]");
  }

  // `offset 0` keeps the planner from turning it into a join of another kind or order.
  std::string Find(Presence presence, const std::string& table, const std::string& alias,
                   const std::string& condition) const override {
    return absl::StrCat(presence == Presence::kRequired ? "" : "left ", "join lateral (select * from ", table,
                        " ", alias, " where ", condition, " offset 0) as ", alias, " on true");
  }

  std::string Member(const std::string& object, const std::string& key) const override {
    return absl::StrCat("(", object, " ->> ", key, ")");
  }

  // By their places on the disk, which the inner select finds through an index.
  std::string Delete(const std::string& table, const std::vector<Column>& key) const override {
    std::vector<std::string> conditions;
    for (const Column& column : key)
      conditions.push_back(absl::StrCat("t.", column.name, " = r.", column.name));
    return absl::StrCat("delete from ", table, " where ctid = any(array(select t.ctid from ", Rows(key),
                        " cross join lateral (select ctid from ", table, " t where ",
                        absl::StrJoin(conditions, " and "), " offset 0) as t))");
  }

  std::string DeleteSome(const std::string& table, const std::string& condition, const std::string& count,
                         const std::string&) const override {
    return absl::StrCat("delete from ", table, " where ctid = any(array(select ctid from ", table, " where ",
                        condition, " limit ", count, "))");
  }

  std::string Lock(const std::string& alias, LockMode mode) const override {
    return absl::StrCat("for update of ", alias, mode == LockMode::kSkip ? " skip locked" : "");
  }

  std::unique_ptr<InputRows> NewInput(int columns) const override {
    return std::make_unique<ArrayColumns>(columns);
  }
  std::unique_ptr<Insertion> NewInsertion(soci::session& session, const Table& table) const override {
    return NewCopyInsertion(Raw(session), table);
  }

  absl::Span<const Migration> migrations() const override { return PostgresMigrations(); }
  int max_writers() const override { return kMaxWriters; }

 private:
  void RefuseSilence() const {
    if (watchdog_.server_is_silent())
      throw soci::postgresql_soci_error("the server does not answer", kNoConnection);
  }

  std::unique_ptr<soci::session> Open() const {
    RefuseSilence();
    const absl::Time start = absl::Now();
    try {
      return std::make_unique<soci::session>(soci::postgresql, settings_);
    } catch (const soci::soci_error& error) {
      if (absl::Now() - start > kSlowRefusal) watchdog_.NoteSilence();
      throw soci::postgresql_soci_error(error.get_error_message(), kNoConnection);
    }
  }

  void RequireDurability(soci::session& session) const {
    for (const char* setting : {"fsync", "full_page_writes", "synchronous_commit"}) {
      const Result value = Query(session, absl::StrCat("show ", setting).c_str());
      if (absl::string_view(PQgetvalue(value.get(), 0, 0)) != "off") continue;
      throw StatusError(UnsuitableDatabase(
          absl::StrCat("its ", setting,
                       " is off, so that it may lose what it has confirmed; --allow-unsafe-database "
                       "takes it as it is")));
    }
  }

  const std::string settings_;
  const bool allow_unsafe_;
  mutable Watchdog watchdog_{[this] { return PQping(settings_.c_str()) != PQPING_NO_RESPONSE; }};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Dialect>> NewPostgresDialect(const StoreOptions& options) {
  absl::StatusOr<std::string> settings = SettingsOf(options.url);
  if (!settings.ok()) return settings.status();
  return std::make_unique<PostgresDialect>(*std::move(settings), options.allow_unsafe);
}

}  // namespace tracktrove::store
