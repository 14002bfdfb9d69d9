// Whatever commands come, in whatever order: what must always hold, holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "domain/errors.h"
#include "domain/json.h"
#include "domain/moves.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using Random = std::mt19937_64;

// Uniform in [0, bound); std's distributions differ between libraries.
int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

// A transaction with chances of all sorts.
InitiateTransaction AnyTransaction(Random& random) {
  InitiateTransaction command = Tip();
  command.kind = static_cast<Kind>(1 + Below(random, 5));
  const bool yen = Below(random, 4) == 0;
  command.amount = {yen ? "JPY" : "INR", yen ? 1 + Below(random, 500) : 100 + Below(random, 49'900)};
  command.capture = Below(random, 2) == 0 ? Capture::kAutomatic : Capture::kManual;
  // Short enough to end now and then between two steps.
  if (Below(random, 3) == 0) command.hold_ttl = absl::Milliseconds(1 + Below(random, 400));
  command.simulation.success_ppm = Below(random, 3) == 0 ? 500'000 : kPpm;
  command.simulation.transient_ppm = Below(random, 3) == 0 ? 400'000 : 0;
  command.simulation.fail_first_attempts = static_cast<int>(Below(random, 3));
  if (Below(random, 4) == 0) {
    PlannedFault planned;
    planned.id = "inline:0";
    do {
      planned.fault = AnyFault(random);
    } while (!CheckReach(planned.fault.kind, "", FlowOf(command.kind), "", "").ok());
    planned.remaining = static_cast<int>(1 + Below(random, 3));
    command.simulation.faults = {planned};
  }
  return command;
}

// A fault that is sound, of any kind.
Fault AnyFault(Random& random) {
  Fault fault;
  fault.kind = static_cast<FaultKind>(1 + Below(random, 15));
  const bool late = fault.kind == FaultKind::kAddedLatency || fault.kind == FaultKind::kCacheOutage ||
                    fault.kind == FaultKind::kWebhookDelay;
  const bool hold = fault.kind == FaultKind::kHoldExpiry && Below(random, 2) == 0;
  if (late || hold) fault.duration = absl::Milliseconds(1 + Below(random, 3000));
  if (fault.kind == FaultKind::kPartialCapture) fault.capture_ppm = 1 + Below(random, kPpm - 1);
  return fault;
}

// A rule that can match, with limits of all sorts.
FaultRule AnyRule(Random& random) {
  FaultRule rule;
  rule.fault = AnyFault(random);
  if (Below(random, 2) == 0) rule.match.kinds = {static_cast<Kind>(1 + Below(random, 5))};
  rule.ppm = 1 + Below(random, 300'000);
  if (Below(random, 3) == 0) rule.max_hits = 1 + Below(random, 5);
  if (Below(random, 4) == 0) rule.nth = 1 + Below(random, 9);
  return rule;
}

CreateSandbox AnySandbox(Random& random) {
  CreateSandbox create = ManualSandbox(Below(random, 2) == 0 ? Pace::kInstant : Pace::kPaced, random());
  create.policy.fee = {Below(random, 2) == 0 ? 20'000 : Below(random, kPpm + 1), Below(random, 200)};
  create.policy.retry.max_attempts = static_cast<int>(1 + Below(random, 5));
  return create;
}

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
    if (!world_.timers.empty() && Below(random_, 3) == 0) return Check(*world_.FireNext(), expiry);
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

  Command AnyCommand() {
    if (ids_.empty()) return AnyTransaction(random_);
    const auto amount = [&](const std::string& id) -> std::optional<Money> {
      const Money& whole = world_.Get(id).amount;
      if (Below(random_, 2) == 0) return std::nullopt;
      return Money{whole.currency, 1 + Below(random_, whole.minor_units + 1)};  // one too much at times
    };
    const std::string id = AnyId();
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
      ASSERT_TRUE(record.to_state == state || IsLegalMove(state, record.to_state));
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
      ASSERT_LE(entry.sequence, head_sequence_);
    }
  }

  void CheckTransaction(const Transaction& t) {
    const Position position = PositionOf(t);
    ASSERT_EQ(world_.posted[t.id], position);
    int64_t total = 0;
    for (const auto& [account, amount] : position) {
      total += amount;
      if (account.rfind("payer:", 0) != 0) {
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
    std::vector<TimerKind> armed = world_.TimerKindsOf(t.id);
    std::sort(armed.begin(), armed.end());
    ASSERT_EQ(armed, expected) << Name(t.state);
  }

  Random random_;
  World world_;
  int64_t head_sequence_ = 1;
  std::string head_hash_;
  absl::Time last_time_ = kStart;
  std::vector<std::string> ids_;
  std::map<std::string, std::pair<int, State>> newest_;  // next index and state, by transaction
  int refused_ = 0;
};

TEST(RandomWalk, KeepsEveryInvariantAtEveryStep) {
  constexpr int kWalks = 200, kSteps = 1000;
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
    refused += walk.refused();
    for (const Record& record : walk.world().records) {
      if (record.from_state != record.to_state) ++reached[record.to_state];
      ++happened[record.type];
      ++broken[record.fault_kind];
    }
  }
  // The walk has been everywhere, or it proves nothing.
  for (const State state :
       {State::kInitiated, State::kEscrow, State::kCompleted, State::kFailed, State::kRefunded}) {
    EXPECT_GT(reached[state], 1000) << Name(state);
  }
  for (const RecordType type :
       {RecordType::kHoldExpired, RecordType::kRetryStarted, RecordType::kCaptureRequested,
        RecordType::kTransactionCancelled, RecordType::kTransactionRefunded, RecordType::kFaultInjected,
        RecordType::kDuplicateIgnored, RecordType::kAnswerLost, RecordType::kRetryForced}) {
    EXPECT_GT(happened[type], 1000) << static_cast<int>(type);
  }
  for (int kind = 1; kind <= 15; ++kind) {
    EXPECT_GT(broken[static_cast<FaultKind>(kind)], 1000) << Name(static_cast<FaultKind>(kind));
  }
  EXPECT_GT(refused, 1000);
}

// What happens to each of some transactions, by draw key; each list of commands
// is given at one instant.
struct Script {
  static constexpr int kTransactions = 40, kRounds = 6;
  std::vector<InitiateTransaction> initiates;
  std::vector<std::vector<int>> choices;  // by round and transaction
};

Script AnyScript(uint64_t seed) {
  Random random(seed);
  Script script;
  for (int i = 0; i < Script::kTransactions; ++i) {
    script.initiates.push_back(AnyTransaction(random));
    script.initiates.back().draw_key = "tip-" + std::to_string(i);
  }
  script.choices.resize(Script::kRounds, std::vector<int>(Script::kTransactions));
  for (auto& round : script.choices) {
    for (int& choice : round) choice = static_cast<int>(Below(random, 5));
  }
  return script;
}

// Runs the script with the transactions of each round in an order that `order`
// shuffles; answers the decided records' content, by draw key.
std::map<std::string, std::vector<std::string>> DigestOf(const Script& script, Pace pace, uint64_t order) {
  World world(ManualSandbox(pace));
  Random random(order);
  std::vector<int> turns(Script::kTransactions);
  for (int i = 0; i < Script::kTransactions; ++i) turns[i] = i;
  std::vector<std::string> ids(Script::kTransactions);
  for (int round = 0; round < Script::kRounds; ++round) {
    for (size_t i = turns.size() - 1; i > 0; --i) std::swap(turns[i], turns[Below(random, i + 1)]);
    for (const int i : turns) {
      if (round == 0) ids[i] = world.Initiate(script.initiates[i]).id;
      const int choice = script.choices[round][i];
      if (choice == 0) (void)world.Do(CompleteTransaction{ids[i], {}});
      if (choice == 1)
        (void)world.Do(RefundTransaction{ids[i], Money{script.initiates[i].amount.currency, 7}, ""});
      if (choice == 2 && round > 3) (void)world.Do(CancelTransaction{ids[i], ""});
    }
    world.AdvanceBy(absl::Milliseconds(150));
  }
  world.AdvanceBy(absl::Hours(1));
  std::map<std::string, std::vector<std::string>> digest;
  for (const Record& record : world.records) {
    if (record.record_class != RecordClass::kDecided) continue;
    digest[world.Get(record.transaction_id).draw_key].push_back(ContentHash(record));
  }
  return digest;
}

TEST(Determinism, GivesEqualContentForEqualSeedsHoweverCommandsOfDifferentDrawKeysInterleave) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    for (uint64_t seed = 0; seed < 10; ++seed) {
      const Script script = AnyScript(seed);
      const auto digest = DigestOf(script, pace, 0);
      ASSERT_EQ(digest.size(), static_cast<size_t>(Script::kTransactions));
      for (uint64_t order = 1; order < 4; ++order) EXPECT_EQ(DigestOf(script, pace, order), digest);
      EXPECT_NE(DigestOf(AnyScript(seed + 1000), pace, 0), digest);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
