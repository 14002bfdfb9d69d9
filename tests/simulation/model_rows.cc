// The model against the store.
#include <gtest/gtest.h>

#include <array>

#include "tests/simulation/model.h"

namespace tracktrove::simulation {

using domain::State;
using domain::TimerKind;

void Model::CheckRows(const SimulatedStore& store, const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) {
    const Subject& subject = subjects_.at(id);
    const domain::Transaction& row = store.transactions().at(id);
    ASSERT_EQ(row.state, subject.state);
    ASSERT_EQ(row.attempt, subject.attempt);
    const domain::Amounts amounts{.captured = subject.captured,
                                  .fee = subject.fee,
                                  .refunded = subject.refunded,
                                  .disputed = subject.disputed,
                                  .lost = subject.lost,
                                  .settled = subject.settled};
    ASSERT_TRUE(row.amounts == amounts);
    ASSERT_EQ(row.record_count, subject.next_index);
    ASSERT_EQ(row.hold_expire_time, subject.hold_ends);
    ASSERT_EQ(row.failure.has_value(), subject.state == State::kFailed);
    ASSERT_EQ(row.open_dispute, subject.dispute);
    ASSERT_EQ(row.settlement_batch.has_value(), subject.paid_at.has_value());
    ASSERT_NO_FATAL_FAILURE(CheckTimers(store, id, subject));
  }
  ASSERT_EQ(store.sandbox->head_sequence, head_sequence_);
  ASSERT_EQ(store.sandbox->head_hash, head_hash_);
  ASSERT_EQ(store.sandbox->transaction_count, static_cast<int64_t>(subjects_.size()));
  ASSERT_EQ(store.sandbox->running_simulation, running_);
  ASSERT_EQ(store.timers().contains({"", TimerKind::kArrival}), running_ != 0)
      << "a simulation goes on by its timer, and ends with it";
  if (running_ != 0) CheckSimulation(store);
}

void Model::CheckTimers(const SimulatedStore& store, const std::string& id, const Subject& subject) const {
  std::map<TimerKind, std::optional<absl::Time>> expected;
  if (subject.Moves() && !WaitsForCapture(subject)) expected[TimerKind::kStep] = std::nullopt;
  if (subject.hold_ends) expected[TimerKind::kHoldExpiry] = subject.hold_ends;
  if (subject.retry_at) expected[TimerKind::kRetry] = subject.retry_at;
  if (subject.paid_at) expected[TimerKind::kSettlement] = subject.paid_at;
  if (!subject.dispute.empty())
    expected[TimerKind::kDisputeDeadline] = disputes_.at(subject.dispute).deadline;
  for (const auto kind : {TimerKind::kStep, TimerKind::kHoldExpiry, TimerKind::kRetry, TimerKind::kSettlement,
                          TimerKind::kDisputeDeadline}) {
    const auto armed = store.timers().find({id, kind});
    ASSERT_EQ(armed != store.timers().end(), expected.contains(kind)) << domain::Name(kind);
    if (expected.contains(kind) && expected[kind]) {
      ASSERT_EQ(armed->second.due, *expected[kind]) << domain::Name(kind);
    }
  }
}

void Model::CheckSimulation(const SimulatedStore& store) const {
  const domain::SimulationRun& run = store.simulations().at(running_);
  ASSERT_EQ(run.arrived(), arrived_);
  std::array<int64_t, 7> states = {};
  int64_t over = 0;
  for (const auto& [id, subject] : subjects_) {
    if (subject.simulation != running_) continue;
    ++states[static_cast<size_t>(subject.state)];
    over += subject.IsOver();
  }
  ASSERT_EQ(run.states, states);
  ASSERT_EQ(run.over, over);
  for (const domain::FaultCount& count : run.rule_counts) {
    ASSERT_LE(count.hits, count.seen);
  }
}

void Model::CheckBalances(const SimulatedStore& store) const {
  ASSERT_EQ(store.balances(), balances_);
  std::map<std::string, int64_t> totals;
  for (const auto& [account, amount] : balances_) totals[account.substr(account.rfind(' '))] += amount;
  for (const auto& [currency, total] : totals) {
    ASSERT_EQ(total, 0) << currency;
  }
  CheckBatches(store);
}

// Each batch awaits whom the model has in it, has its timer, and paid what it
// says; what was paid to a payee is what the settled account stands at.
void Model::CheckBatches(const SimulatedStore& store) const {
  std::map<absl::Time, int64_t> awaiting;
  for (const auto& [id, subject] : subjects_) {
    if (subject.paid_at) ++awaiting[*subject.paid_at];
  }
  std::map<std::pair<std::optional<domain::BatchId>, std::string>, int64_t> by_batch;
  std::map<std::string, int64_t> by_account;
  for (const domain::PayoutLine& line : store.payouts()) {
    by_batch[{line.batch, line.currency}] += line.payout.net();
    Move(by_account, "payee:" + line.payee + ":settled " + line.currency, line.payout.net());
  }
  for (const auto& [id, batch] : store.batches()) {
    for (const auto& [currency, total] : batch.totals) {
      ASSERT_EQ(total.net(), (by_batch[{id, currency}])) << id.ToString();
    }
    if (batch.close_time) continue;
    ASSERT_EQ(batch.awaiting, awaiting[batch.pay_time]) << id.ToString();
    awaiting.erase(batch.pay_time);
    ASSERT_TRUE(store.timers().contains({id.TimerId(), TimerKind::kCutOff}));
  }
  ASSERT_TRUE(awaiting.empty()) << "somebody awaits a payment that no batch will make";
  for (const auto& [account, amount] : balances_) {
    if (account.find(":settled ") == std::string::npos) continue;
    ASSERT_EQ(by_account[account], amount) << account;
    by_account.erase(account);
  }
  ASSERT_TRUE(by_account.empty()) << "paid, but not posted";
}

}  // namespace tracktrove::simulation
