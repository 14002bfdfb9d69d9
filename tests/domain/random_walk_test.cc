// Whatever commands come, in whatever order: what must always hold, holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "domain/errors.h"
#include "domain/json.h"
#include "domain/moves.h"
#include "domain/settlement.h"
#include "tests/domain/random_commands.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

class Walk {
 public:
  explicit Walk(uint64_t seed)
      : random_(seed), world_(AnySandbox(random_)), head_hash_(world_.sandbox.head_hash) {
    Json own = ParseStored(*FlowOf(Kind::kTip).definition);
    own["id"] = "own";
    Check(*world_.Do(CreateFlow{*ParseFlow(own)}), absl::InfiniteFuture());
  }

  void Step() {
    const absl::Time expiry = NextHoldExpiry();
    // Seldom one that is days away: the clock would run ahead of all flows.
    const bool far = !world_.timers.empty() && world_.timers.begin()->kind >= TimerKind::kSettlement;
    if (!world_.timers.empty() && Below(random_, far ? 12 : 3) == 0) return Check(*world_.FireNext(), expiry);
    if (Below(random_, 100) == 0) return Settle();
    const absl::StatusOr<Decision> decision = world_.Do(AnyCommand());
    if (decision.ok()) return Check(*decision, expiry);
    // The walk's commands are sound: only a state, an amount or nobody there may refuse them.
    ASSERT_TRUE(decision.status().code() == absl::StatusCode::kFailedPrecondition ||
                DetailsOf(decision.status()).field == "amount.minor_units")
        << decision.status();
    ++refused_;
  }

  int refused() const { return refused_; }
  const World& world() const { return world_; }

 private:
  const std::string& AnyId() {
    // Mostly one of the newest, which are still under way.
    const int64_t count = static_cast<int64_t>(ids_.size());
    return ids_[count - 1 - Below(random_, std::min<int64_t>(count, 12))];
  }

  // Pays the next batch ahead of its time.
  void Settle() {
    const absl::StatusOr<SettlementBatch> batch =
        world_.Settle([this](const Decision& decision) { Check(decision, absl::InfiniteFuture()); });
    if (batch.ok()) {
      ASSERT_EQ(batch->close_time, world_.now());
    } else {
      ASSERT_EQ(DetailsOf(batch.status()).reason, "NOTHING_TO_SETTLE");
      ASSERT_TRUE(world_.batches.empty());
    }
  }

  Command AnyCommand() {
    if (ids_.empty()) return AnyTransaction(random_);
    const auto amount = [&](const std::string& id) -> std::optional<Money> {
      const Money& whole = world_.Get(id).amount;
      if (Below(random_, 2) == 0) return std::nullopt;
      return Money{whole.currency, 1 + Below(random_, whole.minor_units + 1)};  // one too much at times
    };
    const std::string id = AnyId();
    if (Below(random_, 4) == 0) return AnyDisputeOrOverride(id, amount(id));
    switch (Below(random_, 14)) {
      case 0:
      case 1:
      case 2:
        return CompleteTransaction{id, amount(id)};
      case 3:
        return CancelTransaction{id, "walk"};
      case 4:
      case 5:
        return RefundTransaction{id, amount(id), ""};
      case 6:
        return RecordSnapshot{id, "walker", "look", CanonicalText({{"seen", Below(random_, 10)}})};
      case 7: {
        UpdateSandbox update;
        if (Below(random_, 8) == 0) update.pace = static_cast<Pace>(1 + Below(random_, 2));
        if (Below(random_, 8) == 0) update.settlement = AnySettlement(random_);
        return update;
      }
      case 8:
        return AnyChangeOfRules();
      case 9: {
        PlannedFault planned;
        do {
          planned.fault = AnyFault(random_);
        } while (!CheckReach(planned.fault.kind, "", *FlowOfOne(id), "", "").ok());
        return InjectFailure{id, planned, "walker", ""};
      }
      case 10:
        return ForceRetry{id, "walker", "walk"};
      default: {
        InitiateTransaction command = AnyTransaction(random_);
        if (Below(random_, 4) == 0) command.flow = "own";
        return command;
      }
    }
  }

  const Flow* FlowOfOne(const std::string& id) const { return world_.flows.Find(world_.Get(id).flow); }

  Command AnyChangeOfRules() {
    const std::vector<FaultRule>& rules = world_.rules;
    if (rules.size() < 5 || Below(random_, 3) == 0) {
      if (rules.size() < 8) return CreateFaultRule{AnyRule(random_)};
      return DeleteFaultRule{rules[Below(random_, static_cast<int64_t>(rules.size()))].id};
    }
    UpdateFaultRule update;
    update.id = rules[Below(random_, static_cast<int64_t>(rules.size()))].id;
    update.enabled = Below(random_, 2) == 0;
    update.reset_counts = Below(random_, 4) == 0;
    return update;
  }

  Command AnyDisputeOrOverride(const std::string& id, const std::optional<Money>& amount) {
    const int64_t choice = Below(random_, 6);
    if (choice == 0 && Below(random_, 2) == 0)
      return OverrideState{id, static_cast<State>(1 + Below(random_, 6)), "walker", "because"};
    if (choice == 1 || world_.disputes.empty()) {
      return OpenDispute{id, amount, static_cast<DisputeReason>(1 + Below(random_, 6)), ""};
    }
    auto dispute = world_.disputes.end();
    // Mostly one of the newest, as above; their ids begin with the time.
    std::advance(dispute, -1 - Below(random_, std::min<int64_t>(world_.disputes.size(), 3)));
    if (dispute->second.state == DisputeState::kOpen && choice < 4)
      return SubmitEvidence{dispute->first, {Evidence{"photo", "", CanonicalText({}), {}}}};
    return ResolveDispute{dispute->first, Below(random_, 2) == 0, ""};
  }

  absl::Time NextHoldExpiry() const {
    for (const Timer& timer : world_.timers) {
      if (timer.kind == TimerKind::kHoldExpiry) return timer.due;
    }
    return absl::InfiniteFuture();
  }

  void Check(const Decision& decision, absl::Time next_hold_expiry) {
    CheckRecords(decision, next_hold_expiry);
    CheckEntries(decision);
    if (decision.transaction) CheckTransaction(*decision.transaction);
  }

  void CheckRecords(const Decision& decision, absl::Time next_hold_expiry) {
    for (const Record& record : decision.records) {
      ASSERT_EQ(record.sequence, ++head_sequence_);
      ASSERT_EQ(record.hash, ChainHash(head_hash_, record));
      head_hash_ = record.hash;
      ASSERT_GE(record.time, last_time_) << "time fell";
      last_time_ = record.time;
      if (record.transaction_id.empty()) continue;
      auto& [index, state] = newest_[record.transaction_id];
      if (index == 0) ids_.push_back(record.transaction_id);
      ASSERT_EQ(record.index, index++);
      ASSERT_EQ(record.from_state, state);
      ASSERT_TRUE(record.to_state == state || IsLegalMove(state, record.to_state) ||
                  record.type == RecordType::kStateOverridden);
      state = record.to_state;
      const bool cut_off =
          record.fault_kind == FaultKind::kHoldExpiry && record.fault_duration == absl::ZeroDuration();
      if (record.type == RecordType::kHoldExpired && !cut_off) {
        ASSERT_EQ(record.time, next_hold_expiry) << "a hold ended early or late";
      }
    }
    ASSERT_EQ(world_.sandbox.head_sequence, head_sequence_);
    ASSERT_EQ(world_.sandbox.head_hash, head_hash_);
  }

  void CheckEntries(const Decision& decision) {
    const int64_t first = decision.records.empty() ? 0 : decision.records.front().sequence;
    std::pair<int64_t, int> expected{first, 0};
    for (const LedgerEntry& entry : decision.entries) {
      ASSERT_GT(entry.posting.amount, 0);
      ASSERT_EQ(entry.currency, decision.transaction->amount.currency);
      if (entry.sequence != expected.first) expected = {entry.sequence, 0};
      ASSERT_EQ(entry.line, expected.second++);
      ASSERT_GE(entry.sequence, first);
      const std::string account = "payee:" + decision.transaction->payee + ":settled";
      int64_t& settled = settled_[{decision.transaction->payee, entry.currency}];
      if (entry.posting.credit == account) settled += entry.posting.amount;
      if (entry.posting.debit == account) settled -= entry.posting.amount;
      ASSERT_LE(entry.sequence, head_sequence_);
    }
  }

  void CheckTransaction(const Transaction& t) {
    const Position position = PositionOf(t);
    ASSERT_EQ(world_.posted[t.id], position);
    int64_t total = 0;
    for (const auto& [account, amount] : position) {
      total += amount;
      // The payee owes what was paid out before it went back, and the fee on what is in dispute.
      const bool may_owe =
          account == "payee:" + t.payee + ":pending" && t.amounts.settled + t.amounts.disputed > 0;
      if (account.rfind("payer:", 0) != 0 && !may_owe) {
        ASSERT_GT(amount, 0) << account << " is overdrawn";
      }
    }
    ASSERT_EQ(total, 0);
    ASSERT_EQ(t.sequence, head_sequence_);
    ASSERT_EQ(t.state, newest_.at(t.id).second);
    ASSERT_EQ(t.record_count, newest_.at(t.id).first);
    ASSERT_EQ(t.hold_expire_time.has_value(), t.state == State::kEscrow);
    ASSERT_EQ(t.failure.has_value(), t.state == State::kFailed);

    std::vector<TimerKind> expected;
    const bool waits = t.capture == Capture::kManual && t.state == State::kEscrow &&
                       t.step == FlowOfOne(t.id)->IndexOf(StepEffect::kCapture);
    if (!t.IsOver() && t.state != State::kFailed && !waits) expected.push_back(TimerKind::kStep);
    if (t.state == State::kEscrow) expected.push_back(TimerKind::kHoldExpiry);
    if (t.state == State::kFailed && !t.IsOver()) expected.push_back(TimerKind::kRetry);
    if (Awaits(t)) expected.push_back(TimerKind::kSettlement);
    if (t.amounts.disputed > 0) expected.push_back(TimerKind::kDisputeDeadline);
    ASSERT_EQ(t.settlement_batch.has_value(), Awaits(t));
    ASSERT_EQ(t.open_dispute.empty(), t.amounts.disputed == 0);
    ASSERT_EQ(t.amounts.settled, t.paid.value_or(Payout{}).net());
    std::vector<TimerKind> armed = world_.TimerKindsOf(t.id);
    std::sort(armed.begin(), armed.end());
    ASSERT_EQ(armed, expected) << Name(t.state);
  }

  // Told anew: there is something to pay, for the first time or to make up for what was paid.
  static bool Awaits(const Transaction& t) {
    const Amounts& a = t.amounts;
    const int64_t left = a.captured - a.refunded - a.lost;
    if (t.state == State::kCompleted) return left > a.disputed;
    if (t.state != State::kSettled && t.state != State::kRefunded) return false;
    return a.settled != std::max<int64_t>(0, left - FeeKept(a) - a.disputed);
  }

 public:
  // Of the whole world: batches hold who awaits them, have their timer, and paid what was posted.
  void CheckBatches() const {
    std::map<BatchId, int64_t> awaiting;
    for (const auto& [id, t] : world_.transactions) {
      if (t.settlement_batch) ++awaiting[*t.settlement_batch];
    }
    std::vector<SettlementBatch> all = world_.closed;
    ASSERT_EQ(awaiting.size() + Paying(), world_.batches.size());
    for (const auto& [id, batch] : world_.batches) {
      all.push_back(batch);
      ASSERT_EQ(batch.awaiting, awaiting[id]);
      ASSERT_EQ(world_.timers.count(CutOffOf(batch)), 1u);
      ASSERT_GE(batch.pay_time, world_.now());
    }
    std::map<std::pair<std::optional<BatchId>, std::string>, int64_t> lines;
    std::map<std::pair<std::string, std::string>, int64_t> by_payee;
    for (const PayoutLine& line : world_.payouts) {
      lines[{line.batch, line.currency}] += line.payout.net();
      by_payee[{line.payee, line.currency}] += line.payout.net();
    }
    std::set<BatchId> ids;
    for (const SettlementBatch& batch : all) {
      ASSERT_TRUE(ids.insert(batch.id).second) << "two batches " << batch.id.ToString();
      for (const auto& [currency, total] : batch.totals) {
        ASSERT_EQ(total.net(), (lines[{batch.id, currency}]));
      }
    }
    for (const auto& [key, settled] : settled_) ASSERT_EQ(by_payee[key], settled);
    ASSERT_LE(by_payee.size(), settled_.size());
  }

 private:
  // Open batches that have paid everybody, and not closed yet.
  size_t Paying() const {
    return std::count_if(world_.batches.begin(), world_.batches.end(),
                         [](const auto& batch) { return batch.second.awaiting == 0; });
  }

  Random random_;
  World world_;
  std::map<std::pair<std::string, std::string>, int64_t> settled_;  // posted: by payee and currency
  int64_t head_sequence_ = 1;
  std::string head_hash_;
  absl::Time last_time_ = kStart;
  std::vector<std::string> ids_;
  std::map<std::string, std::pair<int, State>> newest_;  // next index and state, by transaction
  int refused_ = 0;
};

TEST(RandomWalk, KeepsEveryInvariantAtEveryStep) {
  constexpr int kWalks = 400, kSteps = 1000;
  std::map<State, int> reached;
  std::map<RecordType, int> happened;
  std::map<FaultKind, int> broken;
  int refused = 0;
  for (int seed = 0; seed < kWalks; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Walk walk(seed);
    for (int step = 0; step < kSteps; ++step) {
      walk.Step();
      if (HasFatalFailure()) return;
    }
    walk.CheckBatches();
    if (HasFatalFailure()) return;
    refused += walk.refused();
    for (const Record& record : walk.world().records) {
      if (record.from_state != record.to_state) ++reached[record.to_state];
      ++happened[record.type];
      ++broken[record.fault_kind];
    }
  }
  // The walk has been everywhere, or it proves nothing.
  for (const State state : {State::kInitiated, State::kEscrow, State::kCompleted, State::kFailed,
                            State::kRefunded, State::kSettled}) {
    EXPECT_GT(reached[state], 1000) << Name(state);
  }
  for (const RecordType type :
       {RecordType::kHoldExpired, RecordType::kRetryStarted, RecordType::kCaptureRequested,
        RecordType::kTransactionCancelled, RecordType::kTransactionRefunded, RecordType::kFaultInjected,
        RecordType::kDuplicateIgnored, RecordType::kAnswerLost, RecordType::kRetryForced,
        RecordType::kTransactionSettled, RecordType::kSettlementClosed, RecordType::kStateOverridden}) {
    EXPECT_GT(happened[type], 1000) << static_cast<int>(type);
  }
  for (const RecordType type : {RecordType::kDisputeOpened, RecordType::kEvidenceSubmitted,
                                RecordType::kDisputeWon, RecordType::kDisputeLost}) {
    EXPECT_GT(happened[type], 300) << static_cast<int>(type);
  }
  for (int kind = 1; kind <= 15; ++kind) {
    EXPECT_GT(broken[static_cast<FaultKind>(kind)], 1000) << Name(static_cast<FaultKind>(kind));
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace tracktrove::domain
