#include "tests/bench/row_copies.h"

#include <libpq-fe.h>

#include <stdexcept>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr int64_t kTransactionsInBatch = 512;

// The rows of one batch: `:batch` are its transactions.
struct Source {
  const char* table;
  const char* rows;
  const char* conflict;
};

constexpr Source kSources[] = {
    {"traces", "select t.* from traces t join batch b using (world_id, transaction_id) order by t.sequence",
     ""},
    {"ledger_entries",
     "select t.* from ledger_entries t join batch b using (world_id, transaction_id) order by t.sequence, "
     "t.line",
     ""},
    {"balances",
     "select world_id, account, currency, sum(amount)::bigint as minor_units from ("
     "select e.world_id, e.debit as account, e.currency, -e.amount as amount from ledger_entries e"
     " join batch b using (world_id, transaction_id) union all "
     "select e.world_id, e.credit, e.currency, e.amount from ledger_entries e"
     " join batch b using (world_id, transaction_id)) moved group by 1, 2, 3 order by 2",
     " on conflict (world_id, account, currency) do update"
     " set minor_units = old.minor_units + excluded.minor_units"},
    {"transactions", "select t.* from batch t", ""},
    {"timers", "select t.* from timers t join batch b using (world_id, transaction_id) order by t.sequence",
     ""},
};

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// A connection of libpq's; errors are thrown.
class Link {
 public:
  explicit Link(const Database& database) : connection_(nullptr, &PQfinish) {
    std::vector<const char*> keys, values;
    const Environment environment = database.ForPostgresTools();
    for (const auto& [variable, value] : environment) {
      keys.push_back(variable == "PGUSER"       ? "user"
                     : variable == "PGPASSWORD" ? "password"
                     : variable == "PGHOST"     ? "host"
                     : variable == "PGPORT"     ? "port"
                                                : "dbname");
      values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    connection_.reset(PQconnectdbParams(keys.data(), values.data(), 0));
    if (PQstatus(connection_.get()) != CONNECTION_OK) Fail();
  }

  Result Run(const std::string& sql) const { return Checked(PQexec(connection_.get(), sql.c_str())); }
  void Prepare(const std::string& name, const std::string& sql) const {
    Checked(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr));
  }
  void Execute(const std::string& name, const std::vector<std::string>& texts) const {
    std::vector<const char*> values;
    for (const std::string& text : texts) values.push_back(text.c_str());
    Checked(PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()), values.data(),
                           nullptr, nullptr, 0));
  }

 private:
  [[noreturn]] void Fail() const { throw std::runtime_error(PQerrorMessage(connection_.get())); }
  Result Checked(PGresult* answer) const {
    Result result(answer, &PQclear);
    const ExecStatusType status = PQresultStatus(answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) Fail();
    return result;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

struct Column {
  std::string name;
  std::string type;
};

std::vector<Column> ColumnsOf(const Link& link, const std::string& table) {
  const Result answer = link.Run(
      absl::StrCat("select attname, format_type(atttypid, null) from pg_attribute where attrelid = '", table,
                   "'::regclass and attnum > 0 and not attisdropped order by attnum"));
  std::vector<Column> columns;
  for (int i = 0; i < PQntuples(answer.get()); ++i)
    columns.push_back({PQgetvalue(answer.get(), i, 0), PQgetvalue(answer.get(), i, 1)});
  return columns;
}

std::string InsertInto(const Source& source, const std::vector<Column>& columns) {
  std::vector<std::string> names, arrays;
  for (size_t i = 0; i < columns.size(); ++i) {
    names.push_back(columns[i].name);
    arrays.push_back(absl::StrCat("$", i + 1, "::", columns[i].type, "[]"));
  }
  return absl::StrCat("insert into ", source.table, " as old (", absl::StrJoin(names, ", "),
                      ") select * from unnest(", absl::StrJoin(arrays, ", "), ")", source.conflict);
}

}  // namespace

RowCopies::RowCopies(const Database& source) {
  const Link link(source);
  const Result count = link.Run("select count(*) from transactions where simulation_number = 1");
  if (!absl::SimpleAtoi(PQgetvalue(count.get(), 0, 0), &transactions_) || transactions_ == 0)
    throw std::runtime_error("the simulation left nothing");
  for (const Source& each : kSources) {
    const std::vector<Column> columns = ColumnsOf(link, each.table);
    std::vector<std::string> arrays;
    for (const Column& column : columns) arrays.push_back(absl::StrCat("array_agg(", column.name, ")::text"));
    Table table{.name = each.table, .insert = InsertInto(each, columns), .rows = 0, .batches = {}};
    for (int64_t first = 0; first < transactions_; first += kTransactionsInBatch) {
      const Result answer = link.Run(absl::StrCat(
          "with batch as materialized (select * from transactions where simulation_number = 1 and arrival "
          ">= ",
          first, " and arrival < ", first + kTransactionsInBatch, " order by arrival) select count(*), ",
          absl::StrJoin(arrays, ", "), " from (", each.rows, ") copied"));
      int64_t rows = 0;
      (void)absl::SimpleAtoi(PQgetvalue(answer.get(), 0, 0), &rows);
      table.rows += rows;
      std::vector<std::string>& texts = table.batches.emplace_back();
      if (rows == 0) continue;
      for (size_t i = 0; i < columns.size(); ++i)
        texts.push_back(PQgetvalue(answer.get(), 0, static_cast<int>(i) + 1));
    }
    tables_.push_back(std::move(table));
  }
}

double RowCopies::Write(const std::string& name) const {
  const Database database(name);
  testing::ServerProcess({}, database.ForServer()).Stop();  // makes the tables
  const Link link(database);
  for (const Table& table : tables_) link.Prepare(table.name, table.insert);
  const absl::Time start = absl::Now();
  for (size_t batch = 0; batch < tables_.front().batches.size(); ++batch) {
    link.Run("begin");
    for (const Table& table : tables_) {
      if (!table.batches[batch].empty()) link.Execute(table.name, table.batches[batch]);
    }
    link.Run("commit");
  }
  return static_cast<double>(transactions_) / absl::ToDoubleSeconds(absl::Now() - start);
}

std::string RowCopies::Describe() const {
  return absl::StrJoin(tables_, ", ", [](std::string* out, const Table& table) {
    absl::StrAppend(out, table.rows, " ", table.name);
  });
}

}  // namespace tracktrove::bench
