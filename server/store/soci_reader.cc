#include "store/soci_reader.h"

#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

constexpr char kBeforeAllIds[] = "00000000-0000-0000-0000-000000000000";

// A condition that holds when the input is null.
std::string IfGiven(absl::string_view input, absl::string_view condition) {
  return absl::StrCat(" and ({input(", input, ")} is null or ", condition, " {input(", input, ")})");
}

std::string ListTransactionsSql() {
  return absl::StrCat(
      "select ", Columns(kTransactions, "t"),
      " from transactions t where t.world_id = {input(world_id bigint)} and t.ordinal < "
      "{input(before bigint)} and t.ordinal >= {input(from bigint)}",
      IfGiven("state smallint", "t.state ="), IfGiven("kind smallint", "t.kind ="),
      IfGiven("payer text", "t.payer ="), IfGiven("payee text", "t.payee ="),
      IfGiven("channel text", "t.channel ="), IfGiven("from_us bigint", "t.create_time_us >="),
      IfGiven("to_us bigint", "t.create_time_us <"), IfGiven("simulation bigint", "t.simulation_number ="),
      " and ({input(label_key text)} is null"
      " or {member(t.labels, {input(label_key text)})} = {input(label_value text)})",
      " order by t.ordinal desc limit {input(count bigint)}");
}

// The records of one transaction are found through its index, whose order by
// `idx` is that of their sequences.
std::string ReadRecordsSql(bool of_transaction) {
  return absl::StrCat(
      "select ", Columns(kTraces, "t"),
      ", x.kind, x.amount, x.currency, x.payer, x.payee,"
      " case when {input(with_previous smallint)} = 1 then"
      " (select p.dto from traces p where p.world_id = t.world_id and p.transaction_id = t.transaction_id"
      " and p.idx < t.idx and p.class = 1 order by p.idx desc limit 1) end"
      " from traces t"
      " {find_or_null(transactions x, x.world_id = t.world_id and x.transaction_id = t.transaction_id)}"
      " where t.world_id = {input(world_id bigint)} and t.sequence > {input(after bigint)}",
      of_transaction ? " and t.transaction_id = {input(transaction_id uuid)} order by t.idx"
                     : " order by t.sequence",
      " limit {input(count bigint)}");
}

// Those of one transaction are found first and sorted then: the log's order must
// not tempt the planner to read backwards through a world until they turn up.
std::string ListEntriesSql(bool of_transaction) {
  return absl::StrCat("select ", Columns(kLedgerEntries, "e"),
                      of_transaction
                          ? " from {rows(world_id bigint, transaction_id uuid)}"
                            " {find(ledger_entries e, e.world_id = r.world_id"
                            " and e.transaction_id = r.transaction_id)} where"
                          : " from ledger_entries e where e.world_id = {input(world_id bigint)} and",
                      " (e.sequence, e.line) < ({input(sequence bigint)}, {input(line integer)})"
                      " order by e.sequence desc, e.line desc limit {input(count bigint)}");
}

std::string ListBalancesSql() {
  return absl::StrCat("select ", Columns(kBalances, "b"),
                      " from balances b where b.world_id = {input(world_id bigint)}"
                      " and (b.account, b.currency) > ({input(account text)}, {input(currency text)})"
                      " order by b.account, b.currency limit {input(count bigint)}");
}

domain::LogEntry ReadLogEntry(ResultRow& row) {
  domain::LogEntry entry;
  std::tie(entry.world, entry.record) = ReadRecord(row);
  // Null for a record of the sandbox itself.
  if (const std::optional<int64_t> kind = row.OptionalInteger())
    entry.kind = static_cast<domain::Kind>(*kind);
  entry.amount.minor_units = row.OptionalInteger().value_or(0);
  entry.amount.currency = row.OptionalText().value_or("");
  entry.payer = row.OptionalText().value_or("");
  entry.payee = row.OptionalText().value_or("");
  entry.previous_dto = row.SharedText();
  return entry;
}

// In the order in which ListTransactionsSql first names them.
void AddFilter(InputRows& rows, const TransactionFilter& filter) {
  filter.state ? rows.Integer(static_cast<int>(*filter.state)) : rows.Null();
  filter.kind ? rows.Integer(static_cast<int>(*filter.kind)) : rows.Null();
  AddOptional(rows, filter.payer);
  AddOptional(rows, filter.payee);
  AddOptional(rows, filter.channel);
  AddOptional(rows, filter.create_time_from);
  AddOptional(rows, filter.create_time_to);
  AddOptional(rows, filter.simulation_number);
  filter.label ? rows.Text(filter.label->first).Text(filter.label->second) : rows.Null().Null();
}

}  // namespace

absl::StatusOr<std::optional<SandboxSnapshot>> SociReader::GetSandbox(const std::string& name) {
  static const std::string& sql = *new std::string(absl::StrCat(
      "select ", Columns(kSandboxes, "s"), " from sandboxes s where s.name = ", "{input(name text)}"));
  return connection_.RunSnapshot([&] {
    std::optional<SandboxSnapshot> found;
    Statement& statement = connection_.Prepare(sql, Width(kSandboxes));
    statement.NewInput().StartRow().Text(name);
    statement.ForEach([&](ResultRow& row) { found = SandboxSnapshot{ReadSandbox(row), {}}; });
    if (found) found->wall = connection_.WallTime();
    return found;
  });
}

absl::StatusOr<std::vector<SandboxSnapshot>> SociReader::ListSandboxes(const std::string& after_name,
                                                                       int limit) {
  static const std::string& sql = *new std::string(absl::StrCat(
      "select ", Columns(kSandboxes, "s"), " from sandboxes s where s.name > {input(after text)}",
      " order by s.name limit {input(count bigint)}"));
  return connection_.RunSnapshot([&] {
    std::vector<SandboxSnapshot> sandboxes;
    Statement& statement = connection_.Prepare(sql, Width(kSandboxes));
    statement.NewInput().StartRow().Text(after_name).Integer(limit);
    statement.ForEach([&](ResultRow& row) { sandboxes.push_back({ReadSandbox(row), {}}); });
    const absl::Time wall = connection_.WallTime();
    for (SandboxSnapshot& sandbox : sandboxes) sandbox.wall = wall;
    return sandboxes;
  });
}

absl::StatusOr<std::vector<std::pair<std::string, absl::Time>>> SociReader::Alarms(int limit) {
  return connection_.Run([&] {
    std::vector<std::pair<std::string, absl::Time>> alarms;
    Statement& statement = connection_.Prepare(
        "select name, next_due_wall_us from sandboxes where next_due_wall_us is not null"
        " order by next_due_wall_us, name limit {input(count bigint)}",
        2);
    statement.NewInput().StartRow().Integer(limit);
    statement.ForEach([&](ResultRow& row) {
      std::string name = row.Text();
      alarms.emplace_back(std::move(name), ReadAlarm(row));
    });
    return alarms;
  });
}

absl::StatusOr<std::vector<Head>> SociReader::Heads(const std::vector<std::string>& names) {
  return connection_.Run([&] {
    std::vector<Head> heads;
    Statement& statement = connection_.Prepare(
        "select s.name, s.world_id, s.head_sequence, s.head_hash"
        " from {rows(name text)} {find(sandboxes s, s.name = r.name)}",
        4);
    InputRows& input = statement.NewInput();
    for (const std::string& name : names) input.StartRow().Text(name);
    statement.ForEach([&](ResultRow& row) {
      heads.push_back(
          {.sandbox = row.Text(), .world = row.Integer(), .sequence = row.Integer(), .hash = row.Text()});
    });
    return heads;
  });
}

// By the primary key; a transaction has few timers, so that it passes over few
// of other kinds.
absl::StatusOr<std::vector<domain::Timer>> SociReader::ListTimers(WorldId world, domain::TimerKind kind,
                                                                  const std::string& after_transaction,
                                                                  int limit) {
  static const std::string& sql = *new std::string(absl::StrCat(
      "select ", Columns(kTimers, "t"), " from timers t where t.world_id = {input(world_id bigint)}",
      " and t.transaction_id > {input(after uuid)} and t.kind = {input(kind smallint)}",
      " order by t.transaction_id limit {input(count bigint)}"));
  return connection_.Run([&] {
    std::vector<domain::Timer> timers;
    Statement& statement = connection_.Prepare(sql, Width(kTimers));
    InputRows& input = statement.NewInput().StartRow();
    input.Integer(world).Text(after_transaction.empty() ? kBeforeAllIds : after_transaction);
    input.Integer(static_cast<int>(kind)).Integer(limit);
    statement.ForEach([&](ResultRow& row) { timers.push_back(ReadTimer(row).second); });
    return timers;
  });
}

absl::StatusOr<std::optional<domain::Transaction>> SociReader::GetTransaction(WorldId world,
                                                                              const std::string& id) {
  static const std::string& sql = *new std::string(
      absl::StrCat("select ", Columns(kTransactions, "t"), " from transactions t where t.world_id =",
                   " {input(world_id bigint)} and t.transaction_id = {input(transaction_id uuid)}"));
  return connection_.Run([&] {
    std::optional<domain::Transaction> found;
    Statement& statement = connection_.Prepare(sql, Width(kTransactions));
    statement.NewInput().StartRow().Integer(world).Text(id);
    statement.ForEach([&](ResultRow& row) { found = ReadTransaction(row).second; });
    return found;
  });
}

absl::StatusOr<std::vector<domain::Transaction>> SociReader::ListTransactions(WorldId world,
                                                                              const TransactionFilter& filter,
                                                                              int64_t before_ordinal,
                                                                              int limit) {
  static const std::string& sql = *new std::string(ListTransactionsSql());
  return connection_.Run([&] {
    std::vector<domain::Transaction> transactions;
    Statement& statement = connection_.Prepare(sql, Width(kTransactions));
    InputRows& input = statement.NewInput().StartRow();
    input.Integer(world).Integer(before_ordinal == 0 ? kNewest : before_ordinal);
    input.Integer(filter.from_ordinal);
    AddFilter(input, filter);
    input.Integer(limit);
    statement.ForEach([&](ResultRow& row) { transactions.push_back(ReadTransaction(row).second); });
    return transactions;
  });
}

absl::StatusOr<std::vector<domain::LogEntry>> SociReader::ReadRecords(WorldId world,
                                                                      const RecordQuery& query) {
  static const std::string& all_sql = *new std::string(ReadRecordsSql(false));
  static const std::string& one_sql = *new std::string(ReadRecordsSql(true));
  return connection_.Run([&] {
    std::vector<domain::LogEntry> entries;
    Statement& statement = connection_.Prepare(query.transaction_id ? one_sql : all_sql, Width(kTraces) + 6);
    InputRows& input = statement.NewInput().StartRow();
    input.Integer(query.with_previous_dto).Integer(world).Integer(query.after_sequence);
    if (query.transaction_id) input.Text(*query.transaction_id);
    input.Integer(query.limit);
    statement.ForEach([&](ResultRow& row) { entries.push_back(ReadLogEntry(row)); });
    return entries;
  });
}

absl::StatusOr<std::vector<domain::LedgerEntry>> SociReader::ListEntries(
    WorldId world, const std::optional<std::string>& transaction_id, int64_t before_sequence, int before_line,
    int limit) {
  static const std::string& all_sql = *new std::string(ListEntriesSql(false));
  static const std::string& one_sql = *new std::string(ListEntriesSql(true));
  const bool from_newest = before_sequence == 0 && before_line == 0;
  return connection_.Run([&] {
    std::vector<domain::LedgerEntry> entries;
    Statement& statement = connection_.Prepare(transaction_id ? one_sql : all_sql, Width(kLedgerEntries));
    InputRows& input = statement.NewInput().StartRow();
    input.Integer(world);
    if (transaction_id) input.Text(*transaction_id);
    input.Integer(from_newest ? kNewest : before_sequence).Integer(before_line).Integer(limit);
    statement.ForEach([&](ResultRow& row) { entries.push_back(ReadEntry(row).second); });
    return entries;
  });
}

absl::StatusOr<std::vector<Balance>> SociReader::ListBalances(WorldId world, const std::string& after_account,
                                                              const std::string& after_currency, int limit) {
  static const std::string& sql = *new std::string(ListBalancesSql());
  return connection_.Run([&] {
    std::vector<Balance> balances;
    Statement& statement = connection_.Prepare(sql, Width(kBalances));
    statement.NewInput().StartRow().Integer(world).Text(after_account).Text(after_currency).Integer(limit);
    statement.ForEach([&](ResultRow& row) { balances.push_back(ReadBalance(row).second); });
    return balances;
  });
}

absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> SociReader::EntrySumsAndBalances(
    WorldId world) {
  static const std::string& sql = *new std::string(absl::StrCat(
      "select ", Columns(kBalances, "b"),
      " from balances b where b.world_id = {input(world_id bigint)} order by b.account, b.currency"));
  return connection_.RunSnapshot([&] {
    std::vector<Balance> sums = SumEntries(world);
    std::vector<Balance> balances;
    Statement& statement = connection_.Prepare(sql, Width(kBalances));
    statement.NewInput().StartRow().Integer(world);
    statement.ForEach([&](ResultRow& row) { balances.push_back(ReadBalance(row).second); });
    return std::make_pair(std::move(sums), std::move(balances));
  });
}

std::vector<Balance> SociReader::SumEntries(WorldId world) {
  std::vector<Balance> sums;
  Statement& statement = connection_.Prepare(
      "select max(s.world_id), s.account, s.currency, sum(s.amount) from"
      " (select world_id, credit as account, currency, amount from ledger_entries"
      "  where world_id = {input(world_id bigint)}"
      "  union all select world_id, debit as account, currency, -amount as amount from ledger_entries"
      "  where world_id = {input(world_id bigint)}) as s"
      " group by s.account, s.currency order by s.account, s.currency",
      Width(kBalances));
  statement.NewInput().StartRow().Integer(world);
  statement.ForEach([&](ResultRow& row) { sums.push_back(ReadBalance(row).second); });
  return sums;
}

absl::StatusOr<std::vector<TransactionSums>> SociReader::SumTransactions(WorldId world, int64_t after_ordinal,
                                                                         int limit) {
  return connection_.RunSnapshot([&] {
    std::vector<TransactionSums> transactions = TransactionsAfter(world, after_ordinal, limit);
    AddSums(world, transactions);
    return transactions;
  });
}

std::vector<TransactionSums> SociReader::TransactionsAfter(WorldId world, int64_t after_ordinal, int limit) {
  static const std::string& sql = *new std::string(
      absl::StrCat("select ", Columns(kTransactions, "t"),
                   " from transactions t where t.world_id = {input(world_id bigint)}"
                   " and t.ordinal > {input(after bigint)} order by t.ordinal limit {input(count bigint)}"));
  std::vector<TransactionSums> transactions;
  Statement& statement = connection_.Prepare(sql, Width(kTransactions));
  statement.NewInput().StartRow().Integer(world).Integer(after_ordinal).Integer(limit);
  statement.ForEach([&](ResultRow& row) { transactions.push_back({ReadTransaction(row).second, {}}); });
  return transactions;
}

void SociReader::AddSums(WorldId world, std::vector<TransactionSums>& transactions) {
  std::map<std::string, domain::Position*> positions;
  Statement& statement = connection_.Prepare(
      "select e.transaction_id, e.debit, e.credit, e.amount"
      " from {rows(world_id bigint, transaction_id uuid)}"
      " {find(ledger_entries e, e.world_id = r.world_id and e.transaction_id = r.transaction_id)}",
      4);
  InputRows& input = statement.NewInput();
  for (TransactionSums& each : transactions) {
    positions[each.transaction.id] = &each.sums;
    input.StartRow().Integer(world).Text(each.transaction.id);
  }
  statement.ForEach([&](ResultRow& row) {
    domain::Position& position = *positions.at(row.Text());
    const std::string debit = row.Text();
    const std::string credit = row.Text();
    const int64_t amount = row.Integer();
    position[debit] -= amount;
    position[credit] += amount;
  });
  for (TransactionSums& each : transactions) {
    std::erase_if(each.sums, [](const auto& account) { return account.second == 0; });
  }
}

}  // namespace tracktrove::store
