#include "store/soci_writer.h"

#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

using domain::Sandbox;
using domain::Transaction;

// What is purged of a world: tables, and columns of theirs that tell rows apart
// and have an index.
struct Purged {
  const char* table;
  const char* columns;
};
constexpr Purged kPurged[] = {
    {"traces", "world_id, sequence"},
    {"ledger_entries", "world_id, sequence, line"},
    {"transactions", "world_id, ordinal"},
    {"requests", "world_id, request_id"},
    {"balances", "world_id, account, currency"},
    {"timers", "world_id, transaction_id, kind"},
    {"flows", "world_id, flow_id"},
    {"fault_rules", "world_id, fault_rule_id"},
    {"settlement_batches", "world_id, day, number"},
    {"payouts", "world_id, batch, payee, currency"},
    {"disputes", "world_id, dispute_id"},
    {"statistics", "world_id, bucket_us, state, kind, failure_code, final"},
    {"simulations", "world_id, number"},
    {"simulation_reports", "world_id, number"},
};

std::string SelectSandboxesSql(absl::string_view lock) {
  return absl::StrCat("select ", Columns(kSandboxes, "s"),
                      " from {rows(name text)} {find(sandboxes s, s.name = r.name)} {", lock, "(s)}");
}

// Deletes some rows of one world.
std::string PurgeSql(const Purged& purged) {
  return absl::StrCat("{delete_some(", purged.table,
                      ", world_id = {input(world_id bigint)}, {input(count bigint)}, ", purged.columns, ")}");
}

// When `sandbox` needs the engine, given its earliest timer.
absl::Time AlarmOf(const Sandbox& sandbox, absl::Time next_due) {
  if (sandbox.advance || sandbox.IsDriven()) return absl::InfinitePast();
  if (sandbox.clock.mode == domain::ClockMode::kManual) return absl::InfiniteFuture();
  return next_due - sandbox.clock.offset;
}

bool IsSameMove(const std::optional<domain::Advance>& a, const std::optional<domain::Advance>& b) {
  if (!a || !b) return !a && !b;
  return a->request_id == b->request_id && a->first_sequence == b->first_sequence;
}

// Those whose first record is among the changes.
absl::flat_hash_set<WorldKey> NewTransactions(const Changes& changes) {
  absl::flat_hash_set<WorldKey> fresh;
  for (const auto& [world, record] : changes.records) {
    if (record.index == 0 && !record.transaction_id.empty()) fresh.emplace(world, record.transaction_id);
  }
  return fresh;
}

void AddNames(InputRows& rows, const std::vector<std::string>& names) {
  for (const std::string& name : names) rows.StartRow().Text(name);
}

}  // namespace

absl::StatusOr<absl::Time> SociWriter::Begin() {
  return connection_.Run([this] { return connection_.Begin(TransactionMode::kWrite); });
}

absl::StatusOr<std::map<std::string, Sandbox>> SociWriter::LockSandboxes(
    const std::vector<std::string>& names, std::vector<std::string>* busy) {
  return RunInside([&] {
    if (busy == nullptr) return SelectSandboxes(names, LockMode::kWait);
    std::map<std::string, Sandbox> locked = SelectSandboxes(names, LockMode::kSkip);
    // What exists all the same is held by another writer.
    std::vector<std::string> missing;
    for (const std::string& name : names) {
      if (!locked.contains(name)) missing.push_back(name);
    }
    for (std::string& name : ExistingSandboxes(missing)) busy->push_back(std::move(name));
    return locked;
  });
}

// Nobody waits for the other in a circle: locks are taken by one statement, in
// order of name and before anything else; what is waited for later, the name of
// a sandbox that another writer is creating, is held by one that has all its
// locks, and sandboxes are created in order of name too.
std::map<std::string, Sandbox> SociWriter::SelectSandboxes(const std::vector<std::string>& names,
                                                           LockMode mode) {
  static const std::string& wait_sql = *new std::string(SelectSandboxesSql("lock"));
  static const std::string& skip_sql = *new std::string(SelectSandboxesSql("try_lock"));
  std::map<std::string, Sandbox> locked;
  Statement& statement =
      connection_.Prepare(mode == LockMode::kWait ? wait_sql : skip_sql, Width(kSandboxes));
  AddNames(statement.NewInput(), names);
  statement.ForEach([&](ResultRow& row) {
    Sandbox sandbox = ReadSandbox(row);
    locked.emplace(sandbox.name, std::move(sandbox));
  });
  return locked;
}

std::vector<std::string> SociWriter::ExistingSandboxes(const std::vector<std::string>& names) {
  std::vector<std::string> existing;
  if (names.empty()) return existing;
  Statement& statement =
      connection_.Prepare("select s.name from {rows(name text)} {find(sandboxes s, s.name = r.name)}", 1);
  AddNames(statement.NewInput(), names);
  statement.ForEach([&](ResultRow& row) { existing.push_back(row.Text()); });
  return existing;
}

absl::StatusOr<absl::Time> SociWriter::Now() {
  return RunInside([this] { return connection_.WallTime(); });
}

template <typename Rows, typename AddRow>
void SociWriter::InsertAll(const Table& table, const Rows& rows, AddRow add) {
  if (rows.empty()) return;
  Insertion& insertion = connection_.InsertInto(table);
  InputRows& input = insertion.NewInput();
  for (const auto& row : rows) add(input, row);
  insertion.Execute();
}

template <typename Rows>
void SociWriter::InsertAll(const Table& table, const Rows& rows) {
  InsertAll(table, rows, [](InputRows& input, const auto& row) { Add(input, row.first, row.second); });
}

absl::StatusOr<Alarms> SociWriter::Write(const Changes& changes) {
  static const std::string& simulations_sql = *new std::string(Upsert(kSimulations));
  static const std::string& reports_sql = *new std::string(InsertMissing(kSimulationReports));
  static const std::string& worlds_sql = *new std::string(InsertMissing(kWorlds));
  static const std::string& deleted_sql = *new std::string("{delete(sandboxes, name text)}");
  return RunInside([&] {
    InsertAll(kRequests, changes.requests,
              [](InputRows& input, const StoredRequest& row) { Add(input, row); });
    InsertAll(kTraces, changes.records);
    InsertAll(kLedgerEntries, changes.entries);
    AddToBalances(changes.entries);
    const NewKeys fresh = NewTransactions(changes);
    WriteTransactions(changes, fresh);
    WriteTimers(changes, fresh);
    WriteFlowsAndRules(changes);
    WriteSettlement(changes);
    AddToStatistics(changes);
    WriteAll(simulations_sql, changes.simulations);
    WriteAll(reports_sql, changes.reports, [](InputRows& input, const StoredReport& row) {
      input.StartRow().Integer(row.world).Integer(row.number).Text(row.report);
    });
    WriteAll(worlds_sql, changes.retired_worlds,
             [](InputRows& input, WorldId world) { input.StartRow().Integer(world); });
    WriteAll(deleted_sql, changes.deleted_sandboxes,
             [](InputRows& input, const std::string& name) { input.StartRow().Text(name); });
    return WriteSandboxes(changes);
  });
}

void SociWriter::WriteFlowsAndRules(const Changes& changes) {
  static const std::string& rules_sql = *new std::string(Upsert(kFaultRules));
  static const std::string& deleted_sql =
      *new std::string("{delete(fault_rules, world_id bigint, fault_rule_id text)}");
  InsertAll(kFlows, changes.flows);
  WriteAll(deleted_sql, changes.deleted_rules, [](InputRows& input, const WorldKey& key) {
    input.StartRow().Integer(key.first).Text(key.second);
  });
  WriteAll(rules_sql, changes.fault_rules);
}

void SociWriter::AddToBalances(const Changes::Rows<domain::LedgerEntry>& entries) {
  static const std::string& sql = *new std::string(AddTo(kBalances, "minor_units"));
  // Each account once, in a fixed order.
  std::map<std::tuple<WorldId, std::string, std::string>, int64_t> sums;
  const auto add = [&](WorldId world, const std::string& account, const std::string& currency,
                       int64_t amount) {
    int64_t& sum = sums[{world, account, currency}];
    const std::optional<int64_t> total = domain::CheckedAdd(sum, amount);
    if (!total)
      throw StatusError(domain::BrokenInvariant(absl::StrCat("the balance of ", account, " overflows")));
    sum = *total;
  };
  for (const auto& [world, entry] : entries) {
    add(world, entry.posting.debit, entry.currency, -entry.posting.amount);
    add(world, entry.posting.credit, entry.currency, entry.posting.amount);
  }
  WriteAll(sql, sums, [](InputRows& input, const auto& sum) {
    const auto& [world, account, currency] = sum.first;
    Add(input, world, Balance{.account = account, .currency = currency, .minor_units = sum.second});
  });
}

void SociWriter::WriteTransactions(const Changes& changes, const NewKeys& fresh) {
  static const std::string& replace_sql = *new std::string(Upsert(kTransactions));
  Changes::Rows<const Transaction*> inserted, replaced;
  for (const auto& [world, transaction] : changes.transactions)
    (fresh.contains({world, transaction.id}) ? inserted : replaced).emplace_back(world, &transaction);
  const auto add = [](InputRows& input, const auto& row) { Add(input, row.first, *row.second); };
  InsertAll(kTransactions, inserted, add);
  WriteAll(replace_sql, replaced, add);
}

// Of a new transaction none can be stored yet: nothing to disarm or to replace.
void SociWriter::WriteTimers(const Changes& changes, const NewKeys& fresh) {
  static const std::string& disarm_sql =
      *new std::string("{delete(timers, world_id bigint, transaction_id uuid, kind smallint)}");
  static const std::string& arm_sql = *new std::string(Upsert(kTimers));
  Changes::Rows<std::pair<std::string, domain::TimerKind>> disarmed;
  for (const auto& timer : changes.disarmed) {
    if (!fresh.contains({timer.first, timer.second.first})) disarmed.push_back(timer);
  }
  WriteAll(disarm_sql, disarmed, [](InputRows& input, const auto& timer) {
    const auto& [transaction_id, kind] = timer.second;
    input.StartRow().Integer(timer.first).Text(TimerOwner(transaction_id)).Integer(static_cast<int>(kind));
  });
  Changes::Rows<domain::Timer> inserted, replaced;
  for (const auto& timer : changes.armed)
    (fresh.contains({timer.first, timer.second.transaction_id}) ? inserted : replaced).push_back(timer);
  InsertAll(kTimers, inserted);
  WriteAll(arm_sql, replaced);
}

Alarms SociWriter::AlarmsOf(const Changes& changes) {
  Alarms alarms;
  std::map<WorldId, absl::Time> next_due;
  Statement& statement = connection_.Prepare(
      "select r.world_id, (select min(t.due_us) from timers t where t.world_id = r.world_id)"
      " from {rows(world_id bigint)}",
      2);
  InputRows& worlds = statement.NewInput();
  for (const auto* sandboxes : {&changes.sandboxes, &changes.created_sandboxes}) {
    for (const Sandbox& sandbox : *sandboxes) worlds.StartRow().Integer(sandbox.world);
  }
  statement.ForEach([&](ResultRow& row) {
    const WorldId world = row.Integer();
    next_due[world] = row.OptionalTime().value_or(absl::InfiniteFuture());
  });
  for (const auto* sandboxes : {&changes.sandboxes, &changes.created_sandboxes}) {
    for (const Sandbox& sandbox : *sandboxes)
      alarms[sandbox.name] = AlarmOf(sandbox, next_due.at(sandbox.world));
  }
  return alarms;
}

Alarms SociWriter::WriteSandboxes(const Changes& changes) {
  static const std::string& sql = *new std::string(Upsert(kSandboxes));
  if (changes.sandboxes.empty() && changes.created_sandboxes.empty()) return {};
  const Alarms alarms = AlarmsOf(changes);
  WriteAll(sql, changes.sandboxes,
           [&](InputRows& input, const Sandbox& sandbox) { Add(input, sandbox, alarms.at(sandbox.name)); });
  const auto created = static_cast<int64_t>(changes.created_sandboxes.size());
  if (CreateSandboxes(changes.created_sandboxes, alarms) < created)
    throw StatusError(domain::RolledBack("another writer created the sandbox at the same time"));
  return alarms;
}

// Waits for writers that create sandboxes of these names; answers how many were
// still free.
int64_t SociWriter::CreateSandboxes(const std::vector<Sandbox>& sandboxes, const Alarms& alarms) {
  static const std::string& sql = *new std::string(InsertMissing(kSandboxes));
  return WriteAll(sql, sandboxes, [&](InputRows& input, const Sandbox& sandbox) {
    Add(input, sandbox, alarms.at(sandbox.name));
  });
}

absl::Status SociWriter::Commit() {
  return RunInside([this] { connection_.Commit(); });
}

absl::StatusOr<bool> SociWriter::Landed(const Changes& changes) {
  absl::StatusOr<bool> landed = connection_.Run([&] {
    connection_.Begin(TransactionMode::kWrite);
    return IsIn(changes);
  });
  connection_.Rollback();
  return landed;
}

// A transaction is in as a whole or not at all, so that one thing of it tells.
bool SociWriter::IsIn(const Changes& changes) {
  std::set<std::string> names(changes.deleted_sandboxes.begin(), changes.deleted_sandboxes.end());
  for (const Sandbox& sandbox : changes.sandboxes) names.insert(sandbox.name);
  // Both wait until the server has done with the transaction that was lost.
  const std::map<std::string, Sandbox> stored =
      SelectSandboxes({names.begin(), names.end()}, LockMode::kWait);
  if (!changes.created_sandboxes.empty()) CreateSandboxes(changes.created_sandboxes, AlarmsOf(changes));

  if (!changes.records.empty()) return HasRecord(changes.records.front());
  if (!changes.deleted_sandboxes.empty()) {
    const auto row = stored.find(changes.deleted_sandboxes.front());
    return row == stored.end() || row->second.world != changes.retired_worlds.front();
  }
  // The start of a clock move has no record. When another writer has ended it
  // since, its stored answer is found by whoever runs it again.
  const Sandbox& sandbox = changes.sandboxes.front();
  const auto row = stored.find(sandbox.name);
  return row != stored.end() && IsSameMove(row->second.advance, sandbox.advance);
}

bool SociWriter::HasRecord(const std::pair<WorldId, domain::Record>& record) {
  bool found = false;
  Statement& statement = connection_.Prepare(
      "select t.hash from {rows(world_id bigint, sequence bigint)}"
      " {find(traces t, t.world_id = r.world_id and t.sequence = r.sequence)}",
      1);
  statement.NewInput().StartRow().Integer(record.first).Integer(record.second.sequence);
  statement.ForEach([&](ResultRow& row) { found = row.Text() == record.second.hash; });
  return found;
}

absl::StatusOr<int64_t> SociWriter::Purge(int limit) {
  return connection_.Run([&]() -> int64_t {
    connection_.Begin(TransactionMode::kWrite);
    std::optional<WorldId> world;
    Statement& oldest = connection_.Prepare("select min(world_id) from worlds", 1);
    oldest.ForEach([&](ResultRow& row) { world = row.OptionalInteger(); });
    const int64_t purged = world ? PurgeWorld(*world, limit) : 0;
    connection_.Commit();
    return purged;
  });
}

int64_t SociWriter::PurgeWorld(WorldId world, int limit) {
  int64_t purged = 0;
  for (const Purged& each : kPurged) {
    if (purged >= limit) return purged;
    Statement& statement = connection_.Prepare(PurgeSql(each));
    statement.NewInput().StartRow().Integer(world).Integer(limit - purged);
    purged += statement.Execute();
  }
  if (purged < limit) {  // nothing is left of it
    Statement& statement = connection_.Prepare("{delete(worlds, world_id bigint)}");
    statement.NewInput().StartRow().Integer(world);
    purged += statement.Execute();
  }
  return purged;
}

}  // namespace tracktrove::store
