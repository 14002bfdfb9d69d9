#include "tests/domain/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "domain/errors.h"
#include "domain/json.h"
#include "domain/settlement.h"

namespace tracktrove::domain {
namespace {

// The id of the transaction that a command names, or empty.
struct NamedTransaction {
  std::string operator()(const CompleteTransaction& c) const { return c.transaction_id; }
  std::string operator()(const CancelTransaction& c) const { return c.transaction_id; }
  std::string operator()(const RefundTransaction& c) const { return c.transaction_id; }
  std::string operator()(const RecordSnapshot& c) const { return c.transaction_id; }
  std::string operator()(const InjectFailure& c) const { return c.transaction_id; }
  std::string operator()(const ForceRetry& c) const { return c.transaction_id; }
  std::string operator()(const OpenDispute& c) const { return c.transaction_id; }
  std::string operator()(const OverrideState& c) const { return c.transaction_id; }
  std::string operator()(const FireTimer& c) const { return c.timer.transaction_id; }
  template <typename Other>
  std::string operator()(const Other&) const {
    return "";
  }
};

// The id of the dispute that a command names, or empty.
struct NamedDispute {
  std::string operator()(const SubmitEvidence& c) const { return c.dispute_id; }
  std::string operator()(const ResolveDispute& c) const { return c.dispute_id; }
  template <typename Other>
  std::string operator()(const Other&) const {
    return "";
  }
};

}  // namespace

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

CreateSandbox ManualSandbox(Pace pace, uint64_t seed) {
  CreateSandbox create;
  create.seed = seed;
  create.world = 1;
  create.clock_mode = ClockMode::kManual;
  create.start_time = kStart;
  create.pace = pace;
  return create;
}

InitiateTransaction Tip() {
  InitiateTransaction tip;
  tip.amount = {"INR", 2550};
  tip.payer = "asha";
  tip.payee = "ravi";
  tip.payload = CanonicalText({{"order", "A-1"}});
  return tip;
}

std::string Reason(const absl::Status& status) { return DetailsOf(status).reason; }

World::World(const CreateSandbox& create) {
  const Facts facts{.sandbox_name = "lab", .next_due = {}};
  absl::StatusOr<Decision> decision = Decide(facts, create, {kStart, kWall});
  EXPECT_TRUE(decision.ok()) << decision.status();
  sandbox = *decision->sandbox;
  Seal(*decision, sandbox, kWall);
  Apply(*decision);
}

absl::StatusOr<Decision> World::Do(const Command& command) { return DoAt(command, now()); }

absl::StatusOr<Decision> World::DoAt(const Command& command, absl::Time now) {
  Facts facts{.sandbox_name = sandbox.name, .sandbox = &sandbox, .next_due = {}};
  facts.batches = &batches;
  facts.zone = Zone(sandbox.policy.settlement.time_zone);
  const auto disputed = disputes.find(std::visit(NamedDispute{}, command));
  if (disputed != disputes.end()) facts.dispute = &disputed->second;
  const auto named = transactions.find(facts.dispute != nullptr ? facts.dispute->transaction_id
                                                                : std::visit(NamedTransaction{}, command));
  if (named != transactions.end()) {
    facts.transaction = &named->second;
    const auto open = disputes.find(named->second.open_dispute);
    if (facts.dispute == nullptr && open != disputes.end()) facts.dispute = &open->second;
  }
  if (const auto* initiate = std::get_if<InitiateTransaction>(&command)) {
    facts.draw_key_used = draw_keys_.count(initiate->draw_key) > 0;
  }
  facts.flows = &flows;
  facts.fault_rules = &rules;
  if (!timers.empty()) facts.next_due = timers.begin()->due;

  absl::StatusOr<Decision> decision = Decide(facts, command, {now, kWall});
  if (!decision.ok()) return decision;
  if (decision->sandbox) sandbox = *decision->sandbox;
  Seal(*decision, sandbox, kWall);
  Apply(*decision);
  return decision;
}

void World::Apply(const Decision& decision) {
  records.insert(records.end(), decision.records.begin(), decision.records.end());
  for (const LedgerEntry& entry : decision.entries) {
    Position& position = posted[entry.transaction_id];
    position[entry.posting.debit] -= entry.posting.amount;
    position[entry.posting.credit] += entry.posting.amount;
    std::erase_if(position, [](const auto& share) { return share.second == 0; });
  }
  if (decision.flow) flows.Add(*decision.flow);
  ApplyRules(decision);
  if (decision.dispute) disputes[decision.dispute->id] = *decision.dispute;
  if (decision.payout) payouts.push_back(*decision.payout);
  ApplyBatches(decision);
  if (!decision.transaction) return;
  const Transaction& transaction = *decision.transaction;
  transactions[transaction.id] = transaction;
  if (!transaction.draw_key.empty()) draw_keys_.insert(transaction.draw_key);
  const auto drop = [&](TimerKind kind) {
    std::erase_if(timers,
                  [&](const Timer& t) { return t.transaction_id == transaction.id && t.kind == kind; });
  };
  for (const TimerKind kind : decision.disarmed) drop(kind);
  for (const Timer& timer : decision.armed) {
    drop(timer.kind);
    timers.insert(timer);
  }
}

void World::ApplyRules(const Decision& decision) {
  if (decision.deleted_rule) {
    std::erase_if(rules, [&](const FaultRule& rule) { return rule.id == *decision.deleted_rule; });
  }
  if (decision.fault_rule) {
    const auto same = [&](const FaultRule& rule) { return rule.id == decision.fault_rule->id; };
    const auto it = std::find_if(rules.begin(), rules.end(), same);
    it == rules.end() ? rules.push_back(*decision.fault_rule) : void(*it = *decision.fault_rule);
  }
  for (FaultRule& rule : rules) {
    if (decision.counts.contains(rule.id)) rule.count = decision.counts.at(rule.id);
  }
}

void World::ApplyBatches(const Decision& decision) {
  for (const SettlementBatch& batch : decision.batches) {
    const Timer cut_off = CutOffOf(batch);
    timers.erase(cut_off);
    batches.erase(batch.id);
    if (batch.close_time) closed.push_back(batch);
    if (batch.close_time || batch.IsEmpty()) continue;
    timers.insert(cut_off);
    batches[batch.id] = batch;
  }
}

const Transaction& World::Initiate(const InitiateTransaction& command) {
  const absl::StatusOr<Decision> decision = Do(command);
  EXPECT_TRUE(decision.ok()) << decision.status();
  return Get(decision->transaction->id);
}

std::optional<Decision> World::FireNext() {
  if (timers.empty()) return std::nullopt;
  const Timer timer = *timers.begin();
  EXPECT_GE(timer.due, now());
  sandbox.clock.last = timer.due;
  absl::StatusOr<Decision> decision = Do(FireTimer{timer});
  EXPECT_TRUE(decision.ok()) << decision.status();
  return *std::move(decision);
}

absl::StatusOr<SettlementBatch> World::Settle(const std::function<void(const Decision&)>& see) {
  const absl::StatusOr<Decision> run = Do(RunSettlement{});
  if (!run.ok()) return run.status();
  const BatchId id = sandbox.advance->run->batch;
  for (const Timer& timer : std::set<Timer>(timers)) {
    const auto it = transactions.find(timer.transaction_id);
    if (timer.kind != TimerKind::kSettlement || it->second.settlement_batch != id) continue;
    const absl::StatusOr<Decision> paid = Do(FireTimer{timer});
    EXPECT_TRUE(paid.ok()) << paid.status();
    if (see) see(*paid);
  }
  const absl::StatusOr<Decision> finished = Do(FinishAdvance{});
  if (!finished.ok()) return finished.status();
  if (see) see(*finished);
  return closed.back();
}

int World::FireAll(int limit) {
  int fired = 0;
  while (fired < limit && !timers.empty() && timers.begin()->kind <= TimerKind::kRetry) {
    FireNext();
    ++fired;
  }
  return fired;
}

void World::FireUntil(const std::string& id, TimerKind kind) {
  for (int i = 0; i < 1000; ++i) {
    const std::vector<Timer> mine = TimersOf(id);
    ASSERT_FALSE(mine.empty()) << "the transaction has no timer left";
    if (mine.front().kind == kind) return;
    FireNext();
  }
  FAIL() << "no such timer within a thousand";
}

void World::AdvanceBy(absl::Duration duration) {
  ASSERT_TRUE(Do(AdvanceClock{.target = duration, .request_id = {}, .fingerprint = {}}).ok());
  for (int i = 0; i < 1000 && !timers.empty() && timers.begin()->due <= FiringHorizon(sandbox, now()); ++i) {
    const Timer timer = *timers.begin();
    ++sandbox.advance->counts[timer.kind];
    ASSERT_TRUE(DoAt(FireTimer{timer}, timer.due).ok());
  }
  ASSERT_TRUE(Do(FinishAdvance{}).ok());
}

std::vector<Timer> World::TimersOf(const std::string& id) const {
  std::vector<Timer> mine;
  std::copy_if(timers.begin(), timers.end(), std::back_inserter(mine),
               [&](const Timer& timer) { return timer.transaction_id == id; });
  return mine;
}

std::vector<TimerKind> World::TimerKindsOf(const std::string& id) const {
  std::vector<TimerKind> kinds;
  for (const Timer& timer : TimersOf(id)) kinds.push_back(timer.kind);
  return kinds;
}

const Dispute& World::DisputeOf(const std::string& id) const {
  const auto of_it = [&](const auto& dispute) { return dispute.second.transaction_id == id; };
  const auto it = std::find_if(disputes.rbegin(), disputes.rend(), of_it);
  EXPECT_NE(it, disputes.rend());
  return it->second;
}

std::vector<Record> World::RecordsOf(const std::string& id) const {
  std::vector<Record> mine;
  std::copy_if(records.begin(), records.end(), std::back_inserter(mine),
               [&](const Record& record) { return record.transaction_id == id; });
  return mine;
}

}  // namespace tracktrove::domain
