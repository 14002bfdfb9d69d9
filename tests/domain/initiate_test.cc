// InitiateTransaction, and flows that run well, at both paces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "domain/errors.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Initiate, ChecksItsGuardsInOrder) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction command = Tip();
  command.draw_key = "taken";
  world.Initiate(command);

  // Everything is wrong; what is found is put right, one after the other.
  command.flow = "no-such-flow";
  command.simulation.fail_at_step = "no-such-step";
  command.amount = {"inr", 0};
  EXPECT_EQ(Reason(world.Do(command)), "FLOW_NOT_FOUND");
  command.flow = "card-purchase";
  EXPECT_EQ(DetailsOf(world.Do(command).status()).field, "simulation.fail_at_step");
  command.simulation.fail_at_step = "score-risk";
  EXPECT_EQ(Reason(world.Do(command)), "DRAW_KEY_REUSED");
  command.draw_key = "free";
  EXPECT_EQ(DetailsOf(world.Do(command).status()).field, "amount.currency_code");
  command.amount.currency = "INR";
  EXPECT_EQ(DetailsOf(world.Do(command).status()).field, "amount.minor_units");
  command.amount.minor_units = 100;
  EXPECT_TRUE(world.Do(command).ok());
}

TEST(Initiate, NeedsASandbox) {
  const absl::StatusOr<Decision> decision =
      Decide({.sandbox_name = "gone", .next_due = {}}, Tip(), {kStart, kWall});
  EXPECT_EQ(Reason(decision), "SANDBOX_NOT_FOUND");
}

TEST(Initiate, TakesAmountsWithinThePolicyInTheCurrencysOwnUnits) {
  const struct {
    AmountLimits limits;
    Money amount;
    bool ok;
  } cases[] = {
      {{1, 500}, {"INR", 99}, false},    {{1, 500}, {"INR", 100}, true},
      {{1, 500}, {"INR", 50'000}, true}, {{1, 500}, {"INR", 50'001}, false},
      {{1, 500}, {"JPY", 1}, true},      {{1, 500}, {"JPY", 500}, true},
      {{1, 500}, {"JPY", 501}, false},   {{1, 500}, {"KWD", 999}, false},
      {{1, 500}, {"KWD", 1000}, true},   {{1, 500}, {"KWD", 500'001}, false},
      {{0, 500}, {"INR", 1}, true},      {{0, 500}, {"INR", 0}, false},
      {{0, 500}, {"INR", -100}, false},  {{1, 1'000'000}, {"KWD", 1'000'000'000}, true},
      {{1, 500}, {"XXX", 100}, false},   {{1, 500}, {"", 100}, false},
  };
  for (const auto& c : cases) {
    CreateSandbox create = ManualSandbox(Pace::kInstant);
    create.policy.amount_limits = c.limits;
    World world(create);
    InitiateTransaction command = Tip();
    command.amount = c.amount;
    EXPECT_EQ(Reason(world.Do(command)), c.ok ? "" : "BAD_REQUEST")
        << c.amount.currency << " " << c.amount.minor_units;
  }
}

TEST(Initiate, SetsEveryFieldFromCommandAndSandbox) {
  World world(ManualSandbox(Pace::kPaced));
  InitiateTransaction command = Tip();
  command.request_id = "r-1";
  command.channel = "ios";
  command.labels = {{"city", "pune"}};
  const Transaction& t = world.Initiate(command);
  EXPECT_EQ(t.ordinal, 1);
  EXPECT_EQ(t.request_id, "r-1");
  EXPECT_EQ(t.state, State::kInitiated);
  EXPECT_EQ(t.flow, "food-delivery-tip");
  EXPECT_EQ(t.step, 0);
  EXPECT_EQ(t.attempt, 1);
  EXPECT_EQ(t.labels, command.labels);
  EXPECT_EQ(t.channel, "ios");
  EXPECT_EQ(t.hold_ttl, absl::Minutes(15));
  EXPECT_EQ(t.create_time, kStart);
  EXPECT_EQ(t.update_time, kStart);
  EXPECT_EQ(*t.dto, R"({"order":"A-1"})");
  EXPECT_EQ(t.sequence, 2);  // after the sandbox's own record
  EXPECT_EQ(t.record_count, 1);
  EXPECT_EQ(world.sandbox.transaction_count, 1);
}

TEST(Initiate, NamesTheSameIdForTheSameSeedDrawKeyAndTime) {
  World one(ManualSandbox(Pace::kInstant)), other(ManualSandbox(Pace::kPaced));
  World reseeded(ManualSandbox(Pace::kInstant, 43));
  const std::string id = one.Initiate(Tip()).id;
  EXPECT_EQ(other.Initiate(Tip()).id, id);
  EXPECT_NE(reseeded.Initiate(Tip()).id, id);
  EXPECT_NE(one.Initiate(Tip()).id, id);

  InitiateTransaction keyed = Tip();
  keyed.draw_key = "k";
  ASSERT_NE(one.sandbox.transaction_count, other.sandbox.transaction_count);
  EXPECT_EQ(one.Initiate(keyed).id, other.Initiate(keyed).id);
}

TEST(InstantFlow, CompletesAtOnceWithoutMovingTheClock) {
  World world(ManualSandbox(Pace::kInstant));
  const Transaction& t = world.Initiate(Tip());
  EXPECT_EQ(t.state, State::kCompleted);
  EXPECT_EQ(t.step, 6);
  EXPECT_EQ(t.amounts, (Amounts{.captured = 2550, .fee = 51}));
  EXPECT_EQ(t.hold_expire_time, std::nullopt);
  EXPECT_THAT(world.TimerKindsOf(t.id), ElementsAre(TimerKind::kSettlement));
  EXPECT_EQ(world.now(), kStart);

  std::vector<std::string> steps;
  std::vector<State> states;
  for (const Record& record : world.RecordsOf(t.id)) {
    steps.push_back(record.step);
    states.push_back(record.to_state);
    EXPECT_EQ(record.time, kStart);
    EXPECT_EQ(record.record_class, RecordClass::kDecided);
    if (!record.step.empty()) {
      EXPECT_GT(record.duration, absl::ZeroDuration());
    }
  }
  EXPECT_THAT(steps, ElementsAre("", "accept-payment", "score-risk", "authorize-upi", "hold-funds",
                                 "capture-tip", "notify-courier"));
  EXPECT_THAT(states, ElementsAre(State::kInitiated, State::kInitiated, State::kInitiated, State::kInitiated,
                                  State::kEscrow, State::kEscrow, State::kCompleted));
}

TEST(InstantFlow, LeavesABalancedLedgerWithTheFeeTaken) {
  World world(ManualSandbox(Pace::kInstant));
  const Transaction& t = world.Initiate(Tip());
  EXPECT_EQ(world.posted.at(t.id),
            (Position{{"payer:asha", -2550}, {"fees", 51}, {"payee:ravi:pending", 2499}}));
}

// What a user sees for seed 42: a change of any draw, template or flow shows here.
TEST(InstantFlow, BuildsTheSameDtoForEver) {
  World world(ManualSandbox(Pace::kInstant));
  const Transaction& t = world.Initiate(Tip());
  EXPECT_EQ(
      *t.dto,
      R"({"hold":{"expireTime":"2026-01-02T08:15:00+00:00","id":"hold_05e931a2c5c3"},)"
      R"("notification":{"channel":"sms","messageId":"msg_a75bb754"},"order":"A-1",)"
      R"("payment":{"amountMinor":2550,"attempt":1,"authorizationCode":"A3b14dd",)"
      R"("captureReference":"cap_1990b8fe24","currency":"INR","id":"019b7db8-7800-7d4a-989e-e15dc8f236b6",)"
      R"("method":"UPI","status":"CAPTURED"},"payout":{"courier":"ravi","feeMinor":51,"netMinor":2499},)"
      R"("risk":{"decision":"ALLOW","score":28}})");
  EXPECT_EQ(world.sandbox.head_hash, "3658e90ec540c59dc1daa38264dff6ca8e42c4c4331b1384714e5a517efa33a0");
}

TEST(InstantFlow, RunsEveryKindToCompletion) {
  World world(ManualSandbox(Pace::kInstant));
  for (const Flow& flow : BuiltinFlows()) {
    InitiateTransaction command = Tip();
    command.kind = flow.kind;
    command.capture = Capture::kAutomatic;
    const Transaction& t = world.Initiate(command);
    EXPECT_EQ(t.flow, flow.id);
    EXPECT_EQ(t.state, State::kCompleted) << flow.id;
    for (const Record& record : world.RecordsOf(t.id)) {
      EXPECT_EQ(CanonicalJson(ParseStored(*record.dto)), *record.dto) << "a DTO that is not canonical";
    }
  }
}

TEST(PacedFlow, EndsOneStepWithEachTimerAfterItsLatency) {
  World world(ManualSandbox(Pace::kPaced));
  const std::string id = world.Initiate(Tip()).id;
  const Flow& flow = FlowOf(Kind::kTip);
  const Draws draws(42, "ordinal:1");

  absl::Time expected = kStart;
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    const bool held = world.Get(id).state == State::kEscrow;
    EXPECT_THAT(world.TimerKindsOf(id),
                held ? ElementsAre(TimerKind::kStep, TimerKind::kHoldExpiry)
                     : testing::Matcher<std::vector<TimerKind>>(ElementsAre(TimerKind::kStep)));
    const absl::Duration latency = DrawLatency(flow.steps[i], draws, 1);
    expected += latency;
    const std::optional<Decision> fired = world.FireNext();
    ASSERT_EQ(fired->records.size(), 1u);
    EXPECT_EQ(fired->records[0].step, flow.steps[i].name);
    EXPECT_EQ(fired->records[0].time, expected);
    EXPECT_EQ(fired->records[0].duration, latency);
    EXPECT_EQ(world.Get(id).step, static_cast<int>(i) + 1);
    EXPECT_EQ(world.Get(id).update_time, expected);
  }
  EXPECT_EQ(world.Get(id).state, State::kCompleted);
  EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kSettlement));
}

TEST(PacedFlow, EndsWithTheSameDtoAsAnInstantOneButForItsTimes) {
  World paced(ManualSandbox(Pace::kPaced)), instant(ManualSandbox(Pace::kInstant));
  const std::string id = paced.Initiate(Tip()).id;
  paced.FireAll();
  Json slow = ParseStored(*paced.Get(id).dto), fast = ParseStored(*instant.Initiate(Tip()).dto);
  EXPECT_NE(slow["hold"]["expireTime"], fast["hold"]["expireTime"]);
  slow["hold"].erase("expireTime");
  fast["hold"].erase("expireTime");
  EXPECT_EQ(slow, fast);
}

TEST(PacedFlow, RunsOnAtOnceWhenTheSandboxBecomesInstant) {
  World world(ManualSandbox(Pace::kPaced));
  const std::string id = world.Initiate(Tip()).id;
  UpdateSandbox update;
  update.pace = Pace::kInstant;
  ASSERT_TRUE(world.Do(update).ok());
  EXPECT_EQ(world.Get(id).state, State::kInitiated);
  world.FireNext();
  EXPECT_EQ(world.Get(id).state, State::kCompleted);
}

TEST(Snapshot, AddsAnObservedRecordAndChangesNothingElse) {
  World world(ManualSandbox(Pace::kPaced));
  const Transaction before = world.Initiate(Tip());
  world.AdvanceBy(absl::Milliseconds(1));
  const absl::StatusOr<Decision> decision =
      world.Do(RecordSnapshot{before.id, "my-wallet", "debit", CanonicalText({{"seen", true}})});
  ASSERT_TRUE(decision.ok()) << decision.status();
  ASSERT_EQ(decision->records.size(), 1u);
  const Record& record = decision->records[0];
  EXPECT_EQ(record.type, RecordType::kSnapshotRecorded);
  EXPECT_EQ(record.record_class, RecordClass::kObserved);
  EXPECT_EQ(record.actor, "service:my-wallet");
  EXPECT_EQ(record.service, "my-wallet");
  EXPECT_EQ(record.step, "debit");
  EXPECT_EQ(*record.dto, R"({"seen":true})");
  EXPECT_EQ(record.index, 1);
  EXPECT_FALSE(record.IsChange());
  const Transaction& after = world.Get(before.id);
  EXPECT_EQ(after.dto, before.dto);
  EXPECT_EQ(after.state, before.state);
  EXPECT_EQ(after.update_time, before.update_time);
  EXPECT_THAT(decision->entries, IsEmpty());
  EXPECT_EQ(Reason(world.Do(RecordSnapshot{"nobody", "s", "", CanonicalText({})})), "TRANSACTION_NOT_FOUND");
}

}  // namespace
}  // namespace tracktrove::domain
