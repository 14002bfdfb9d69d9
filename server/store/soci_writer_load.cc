// The Writer's part that loads what a batch touches.
#include <optional>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/soci_writer.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

std::string SelectTransactionsSql() {
  return absl::StrCat(
      "select ", Columns(kTransactions, "t"),
      " from {rows(world_id bigint, transaction_id uuid)}"
      " {find(transactions t, t.world_id = r.world_id and t.transaction_id = r.transaction_id)}");
}

std::string SelectRequestsSql() {
  return absl::StrCat("select ", Columns(kRequests, "q"),
                      " from {rows(world_id bigint, request_id text)}"
                      " {find(requests q, q.world_id = r.world_id and q.request_id = r.request_id)}");
}

std::string SelectFlowsSql() {
  return absl::StrCat("select ", Columns(kFlows, "f"),
                      " from {rows(world_id bigint, flow_id text)}"
                      " {find(flows f, f.world_id = r.world_id and f.flow_id = r.flow_id)}");
}

std::string SelectAllFlowsSql() {
  return absl::StrCat("select ", Columns(kFlows, "f"),
                      " from {rows(world_id bigint)} {find(flows f, f.world_id = r.world_id)}");
}

std::string SelectFaultRulesSql() {
  return absl::StrCat("select ", Columns(kFaultRules, "f"),
                      " from {rows(world_id bigint)} {find(fault_rules f, f.world_id = r.world_id)}"
                      " order by f.world_id, f.ordinal");
}

std::string DueTimersSql() {
  return absl::StrCat(
      "select ", Columns(kTimers, "t"),
      " from timers t where t.world_id = {input(world_id bigint)} and t.due_us <= {input(until bigint)}"
      " order by t.due_us, t.sequence, t.kind, t.transaction_id limit {input(count bigint)}");
}

std::string SelectOpenBatchesSql() {
  return absl::StrCat("select ", Columns(kBatches, "b"), " from {rows(world_id bigint)}",
                      " {find(settlement_batches b, b.world_id = r.world_id and b.close_us is null)}");
}

void AddWorlds(InputRows& rows, const std::vector<WorldId>& worlds) {
  for (const WorldId world : worlds) rows.StartRow().Integer(world);
}

}  // namespace

absl::StatusOr<std::vector<domain::Timer>> SociWriter::DueTimers(WorldId world, absl::Time until, int limit) {
  static const std::string& sql = *new std::string(DueTimersSql());
  return RunInside([&] {
    Statement& statement = connection_.Prepare(sql, Width(kTimers));
    statement.NewInput().StartRow().Integer(world).Time(until).Integer(limit);
    return ReadTimers(statement);
  });
}

std::vector<domain::Timer> SociWriter::ReadTimers(Statement& statement) {
  std::vector<domain::Timer> timers;
  statement.ForEach([&](ResultRow& row) { timers.push_back(ReadTimer(row).second); });
  return timers;
}

absl::StatusOr<std::map<SimulationKey, domain::SimulationRun>> SociWriter::LoadSimulations(
    const std::vector<SimulationKey>& keys) {
  static const std::string& sql = *new std::string(
      absl::StrCat("select ", Columns(kSimulations, "s"),
                   " from {rows(world_id bigint, number bigint)}"
                   " {find(simulations s, s.world_id = r.world_id and s.number = r.number)}"));
  return RunInside([&] {
    std::map<SimulationKey, domain::SimulationRun> found;
    Statement& statement = connection_.Prepare(sql, Width(kSimulations));
    InputRows& rows = statement.NewInput();
    for (const auto& [world, number] : keys) rows.StartRow().Integer(world).Integer(number);
    statement.ForEach([&](ResultRow& row) {
      auto [world, run] = ReadSimulation(row);
      const SimulationKey key(world, run.number);
      found.emplace(key, std::move(run));
    });
    return found;
  });
}

absl::StatusOr<Found> SociWriter::Load(const Wanted& wanted) {
  static const std::string& transactions_sql = *new std::string(SelectTransactionsSql());
  static const std::string& requests_sql = *new std::string(SelectRequestsSql());
  static const std::string& batches_sql = *new std::string(SelectOpenBatchesSql());
  return RunInside([&] {
    Found found;
    LoadDisputes(wanted, found);
    std::vector<WorldKey> transactions = wanted.transactions;
    for (const auto& [key, dispute] : found.disputes)
      transactions.emplace_back(key.first, dispute.transaction_id);
    if (!transactions.empty()) {
      Statement& statement = connection_.Prepare(transactions_sql, Width(kTransactions));
      AddKeys(statement.NewInput(), transactions);
      statement.ForEach([&](ResultRow& row) {
        auto [world, transaction] = ReadTransaction(row);
        const WorldKey key(world, transaction.id);
        found.transactions.emplace(key, std::move(transaction));
      });
    }
    if (!wanted.requests.empty()) {
      Statement& statement = connection_.Prepare(requests_sql, Width(kRequests));
      AddKeys(statement.NewInput(), wanted.requests);
      statement.ForEach([&](ResultRow& row) {
        StoredRequest request = ReadRequest(row);
        const WorldKey key(request.world, request.request_id);
        found.requests.emplace(key, std::move(request));
      });
    }
    if (!wanted.draw_keys.empty()) {
      // The condition names that of the partial index.
      Statement& statement = connection_.Prepare(
          "select t.world_id, t.draw_key from {rows(world_id bigint, draw_key text)}"
          " {find(transactions t, t.world_id = r.world_id and t.draw_key = r.draw_key and t.draw_key <> '')}",
          2);
      AddKeys(statement.NewInput(), wanted.draw_keys);
      statement.ForEach([&](ResultRow& row) {
        const WorldId world = row.Integer();
        found.draw_keys.emplace_back(world, row.Text());
      });
    }
    LoadFlows(wanted, found);
    LoadFaultRules(wanted, found);
    if (!wanted.open_batches.empty()) {
      Statement& statement = connection_.Prepare(batches_sql, Width(kBatches));
      AddWorlds(statement.NewInput(), wanted.open_batches);
      statement.ForEach([&](ResultRow& row) { found.batches.push_back(ReadBatch(row)); });
    }
    return found;
  });
}

void SociWriter::LoadFlows(const Wanted& wanted, Found& found) {
  static const std::string& some_sql = *new std::string(SelectFlowsSql());
  static const std::string& all_sql = *new std::string(SelectAllFlowsSql());
  const auto add = [&](ResultRow& row) { found.flows.push_back(ReadFlow(row)); };
  if (!wanted.flows.empty()) {
    Statement& statement = connection_.Prepare(some_sql, Width(kFlows));
    AddKeys(statement.NewInput(), wanted.flows);
    statement.ForEach(add);
  }
  if (!wanted.all_flows.empty()) {
    Statement& statement = connection_.Prepare(all_sql, Width(kFlows));
    AddWorlds(statement.NewInput(), wanted.all_flows);
    statement.ForEach(add);
  }
}

void SociWriter::LoadFaultRules(const Wanted& wanted, Found& found) {
  static const std::string& sql = *new std::string(SelectFaultRulesSql());
  if (wanted.fault_rules.empty()) return;
  Statement& statement = connection_.Prepare(sql, Width(kFaultRules));
  AddWorlds(statement.NewInput(), wanted.fault_rules);
  statement.ForEach([&](ResultRow& row) {
    auto [world, rule] = ReadFaultRule(row);
    found.fault_rules[world].push_back(std::move(rule));
  });
}

}  // namespace tracktrove::store
