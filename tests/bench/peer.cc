#include "tests/bench/peer.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tests/bench/load.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongText = 16;

std::vector<Json> RowsOf(const Database& source, const std::string& table, const std::string& rest) {
  std::vector<Json> rows;
  for (const std::string& text :
       source.Query(absl::StrCat("select row_to_json(t)::text from ", table, " t where ", rest))) {
    rows.push_back(Json::parse(text));
  }
  return rows;
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

// Turns the rows of one transaction into a statement that writes such rows for
// the transaction `n` of a client's, with payer and payee drawn anew.
class Script {
 public:
  void Insert(const std::string& table, const std::vector<Json>& rows, const std::string& conflict = "") {
    if (rows.empty()) return;
    if (!first_sequence_ && rows[0].contains("sequence")) first_sequence_ = rows[0]["sequence"];
    std::vector<std::string> lines;
    for (const Json& row : rows) {
      std::vector<std::string> values;
      for (const auto& [column, value] : row.items()) values.push_back(Sql(column, value));
      lines.push_back(absl::StrCat("(", absl::StrJoin(values, ", "), ")"));
    }
    inserts_.push_back(absl::StrCat("insert into ", table, " as old (", Columns(rows[0]), ") values\n  ",
                                    absl::StrJoin(lines, ",\n  "), conflict));
    counts_.push_back(absl::StrCat(rows.size(), " ", table));
  }

  std::string Text() const {
    std::string text =
        absl::StrCat("\\set i :i + 1\n\\set n :base + :client_id * 10000000 + :i\n\\set s :n * 16\n",
                     "\\set p random(0, ", kAccounts - 1, ")\n\\set q random(0, ", kAccounts - 1, ")\n");
    for (size_t i = 0; i + 1 < inserts_.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "with " : ",\n", "w", i, " as (", inserts_[i], ")");
    }
    return absl::StrCat(text, "\n", inserts_.back(), ";\n");
  }

  std::string counts() const { return absl::StrJoin(counts_, ", "); }
  const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }

 private:
  static std::string Columns(const Json& row) {
    std::vector<std::string> names;
    for (const auto& [column, value] : row.items()) names.push_back(column);
    return absl::StrJoin(names, ", ");
  }

  std::string Sql(const std::string& column, const Json& value) {
    if (column == "world_id") return "1";
    if (column == "transaction_id") return "lpad(to_hex(:n::bigint), 32, '0')::uuid";
    if (column == "ordinal") return ":n::bigint";
    if (column == "sequence") return absl::StrCat(":s::bigint + ", value.get<int64_t>() - *first_sequence_);
    if (value.is_null()) return "null";
    if (!value.is_string()) return value.is_structured() ? Variable(value.dump()) : value.dump();
    const auto& text = value.get_ref<const std::string&>();
    if (column == "request_id") return absl::StrCat("lpad(:n::text, ", text.size(), ", 'r')");
    if (column == "debit" || column == "credit" || column == "account") return Account(text);
    return text.size() > kLongText || text.find(':') != std::string::npos ? Variable(text) : Quoted(text);
  }

  // Sent with every execution, as a program would.
  std::string Variable(const std::string& text) {
    variables_.emplace_back(absl::StrCat("v", variables_.size()), text);
    return ":" + variables_.back().first;
  }

  // A colon before a letter would be a variable to pgbench, so none is written.
  static std::string Account(const std::string& account) {
    static const std::regex named("(payer|payee):(.*)-[0-9]{5}(:(.*))?");
    std::smatch parts;
    if (!std::regex_match(account, parts, named)) return absl::StrCat(Quoted(account + ":"), " || :p::text");
    const std::string number = parts[1] == "payer" ? ":p" : ":q";
    std::string sql = absl::StrCat("'", parts[1].str(), ":' || '", parts[2].str(), "-' || lpad(", number,
                                   "::text, 5, '0')");
    if (parts[3].matched) absl::StrAppend(&sql, " || ':' || ", Quoted(parts[4]));
    return sql;
  }

  std::optional<int64_t> first_sequence_;
  std::vector<std::string> inserts_;
  std::vector<std::string> counts_;
  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace

Peer::Peer(const std::string& name, const Database& source, const std::string& transaction_id)
    : database_(name) {
  testing::ServerProcess({}, database_.ForServer()).Stop();  // makes the tables
  const std::string own = absl::StrCat("t.transaction_id = ", Quoted(transaction_id));
  const std::string entries = absl::StrCat(
      "(select e.* from ledger_entries e where e.transaction_id = ", Quoted(transaction_id), ")");
  Script script;
  script.Insert("traces", RowsOf(source, "traces", own + " order by t.sequence"));
  script.Insert("transactions", RowsOf(source, "transactions", own));
  script.Insert("ledger_entries", RowsOf(source, "ledger_entries", own + " order by t.sequence, t.line"));
  script.Insert("timers", RowsOf(source, "timers", own));
  script.Insert("requests",
                RowsOf(source, "requests",
                       absl::StrCat("t.request_id in (select x.request_id from transactions x where "
                                    "x.world_id = t.world_id and x.transaction_id = ",
                                    Quoted(transaction_id), ")")));
  script.Insert(
      "balances",
      RowsOf(source, "balances",
             absl::StrCat("(t.world_id, t.account) in (select world_id, debit from ", entries,
                          " d union select world_id, credit from ", entries, " c) order by t.account")),
      " on conflict (world_id, account, currency) do update"
      " set minor_units = old.minor_units + excluded.minor_units");
  std::ofstream(folder_.path() + "/peer.sql") << script.Text();
  rows_ = script.counts();
  variables_ = script.variables();
}

double Peer::Run(int clients, absl::Duration span) {
  const auto seconds = std::max<int64_t>(1, absl::ToInt64Seconds(span));  // it takes whole ones
  std::vector<std::string> line = {"pgbench",
                                   "--no-vacuum",
                                   "--protocol=prepared",
                                   absl::StrCat("--client=", clients),
                                   "--jobs=2",
                                   absl::StrCat("--time=", seconds),
                                   "--file=" + folder_.path() + "/peer.sql",
                                   "--define=i=0",
                                   absl::StrCat("--define=base=", ++runs_, "000000000")};
  for (const auto& [variable, text] : variables_)
    line.push_back(absl::StrCat("--define=", variable, "=", text));
  testing::ChildProcess pgbench(line, database_.ForPostgresTools());
  if (!pgbench.started()) throw std::runtime_error("pgbench is missing; run script/bootstrap");
  const std::string output = pgbench.ReadAll();
  static const std::regex pattern("tps = ([0-9.]+)");
  static const std::regex failures("number of failed transactions: 0 ");
  std::smatch tps;
  double rate = 0;
  if (pgbench.Wait() != 0 || !std::regex_search(output, failures) ||
      !std::regex_search(output, tps, pattern) || !absl::SimpleAtod(tps[1].str(), &rate)) {
    throw std::runtime_error("pgbench failed: " + output);
  }
  return rate;
}

}  // namespace tracktrove::bench
