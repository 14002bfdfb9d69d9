// Holds and what ends them: captures, expiry, cancellation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

InitiateTransaction ManualTip() {
  InitiateTransaction tip = Tip();
  tip.capture = Capture::kManual;
  return tip;
}

TEST(ManualCapture, WaitsInEscrowWithOnlyTheHoldsTimer) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    World world(ManualSandbox(pace));
    const std::string id = world.Initiate(ManualTip()).id;
    world.FireUntil(id, TimerKind::kHoldExpiry);
    const Transaction& t = world.Get(id);
    EXPECT_EQ(t.state, State::kEscrow);
    EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kHoldExpiry));
    EXPECT_EQ(world.TimersOf(id)[0].due, *t.hold_expire_time);
    EXPECT_EQ(*t.hold_expire_time, t.update_time + absl::Minutes(15));
    EXPECT_EQ(world.posted.at(id), (Position{{"payer:asha", -2550}, {"escrow", 2550}}));
  }
}

TEST(Complete, CapturesAllWithoutAnAmountAndRunsTheRestAtOnce) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    World world(ManualSandbox(pace));
    const std::string id = world.Initiate(ManualTip()).id;
    world.FireUntil(id, TimerKind::kHoldExpiry);
    const absl::StatusOr<Decision> decision = world.Do(CompleteTransaction{id, {}});
    ASSERT_TRUE(decision.ok()) << decision.status();
    EXPECT_EQ(decision->records.front().type, RecordType::kCaptureRequested);
    EXPECT_EQ(decision->records.front().detail, "capture 2550 minor units");
    EXPECT_EQ(world.Get(id).state, State::kCompleted);
    EXPECT_EQ(world.Get(id).amounts, (Amounts{.captured = 2550, .fee = 51}));
    EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kSettlement));
  }
}

TEST(Complete, CapturesAPartAndReleasesTheRest) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(ManualTip()).id;
  ASSERT_TRUE(world.Do(CompleteTransaction{id, Money{"INR", 1000}}).ok());
  EXPECT_EQ(world.Get(id).amounts, (Amounts{.captured = 1000, .fee = 20}));
  EXPECT_EQ(world.posted.at(id),
            (Position{{"payer:asha", -1000}, {"fees", 20}, {"payee:ravi:pending", 980}}));
  EXPECT_NE(world.Get(id).dto->find(R"("payout":{"courier":"ravi","feeMinor":20,"netMinor":980})"),
            std::string::npos);
}

TEST(Complete, ChecksItsGuardsInOrder) {
  World world(ManualSandbox(Pace::kPaced));
  EXPECT_EQ(Reason(world.Do(CompleteTransaction{"nobody", {}})), "TRANSACTION_NOT_FOUND");

  const std::string automatic = world.Initiate(Tip()).id;
  EXPECT_EQ(Reason(world.Do(CompleteTransaction{automatic, {}})), "STATE_FORBIDS");
  while (world.Get(automatic).state == State::kInitiated) ASSERT_TRUE(world.FireNext());
  EXPECT_EQ(Reason(world.Do(CompleteTransaction{automatic, {}})), "CAPTURE_NOT_MANUAL");

  InitiateTransaction bid = ManualTip();
  bid.kind = Kind::kBidAdjustment;  // its capture does not follow the hold at once
  const std::string id = world.Initiate(bid).id;
  const absl::StatusOr<Decision> early = world.Do(CompleteTransaction{id, {}});
  EXPECT_EQ(Reason(early), "CAPTURE_NOT_READY");
  EXPECT_EQ(DetailsOf(early.status()).metadata.at("step"), "validate-bid");
  while (world.Get(id).state == State::kInitiated) ASSERT_TRUE(world.FireNext());
  const absl::StatusOr<Decision> ranking = world.Do(CompleteTransaction{id, Money{"USD", 0}});
  EXPECT_EQ(Reason(ranking), "CAPTURE_NOT_READY");
  EXPECT_EQ(DetailsOf(ranking.status()).metadata.at("step"), "rank-bid");

  world.FireUntil(id, TimerKind::kHoldExpiry);
  EXPECT_EQ(DetailsOf(world.Do(CompleteTransaction{id, Money{"USD", 0}}).status()).field,
            "amount.currency_code");
  for (const int64_t amount : {0, -1, 2551}) {
    EXPECT_EQ(DetailsOf(world.Do(CompleteTransaction{id, Money{"INR", amount}}).status()).field,
              "amount.minor_units");
  }
  EXPECT_TRUE(world.Do(CompleteTransaction{id, Money{"INR", 2550}}).ok());
  EXPECT_EQ(Reason(world.Do(CompleteTransaction{id, {}})), "STATE_FORBIDS");
}

TEST(Complete, HasToComeStrictlyBeforeTheHoldExpires) {
  for (const auto& [before_expiry, reason] :
       {std::pair(absl::Microseconds(1), ""), std::pair(absl::ZeroDuration(), "HOLD_EXPIRED"),
        std::pair(-absl::Seconds(1), "HOLD_EXPIRED")}) {
    World world(ManualSandbox(Pace::kInstant));
    const Transaction& t = world.Initiate(ManualTip());
    world.sandbox.clock.last = *t.hold_expire_time - before_expiry;  // its timer has not been fired yet
    EXPECT_EQ(Reason(world.Do(CompleteTransaction{t.id, {}})), reason) << before_expiry;
  }
}

TEST(Complete, MayFindTheCaptureRefused) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction command = ManualTip();
  command.simulation.success_ppm = 0;
  command.simulation.fail_at_step = "capture-tip";
  const std::string id = world.Initiate(command).id;
  ASSERT_EQ(world.Get(id).state, State::kEscrow);
  ASSERT_TRUE(world.Do(CompleteTransaction{id, {}}).ok());
  EXPECT_EQ(world.Get(id).state, State::kFailed);
  EXPECT_EQ(world.Get(id).failure->code, "CAPTURE_DECLINED");
  EXPECT_THAT(world.posted.at(id), IsEmpty());
  EXPECT_THAT(world.timers, IsEmpty());
}

TEST(HoldExpiry, GivesTheFundsBackExactlyAtItsTime) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction command = ManualTip();
  command.hold_ttl = absl::Seconds(90);
  const std::string id = world.Initiate(command).id;
  world.AdvanceBy(absl::Seconds(90) - absl::Microseconds(1));
  EXPECT_EQ(world.Get(id).state, State::kEscrow);
  world.AdvanceBy(absl::Microseconds(1));
  const Transaction& t = world.Get(id);
  EXPECT_EQ(t.state, State::kRefunded);
  EXPECT_EQ(t.update_time, kStart + absl::Seconds(90));
  EXPECT_EQ(t.hold_expire_time, std::nullopt);
  EXPECT_EQ(t.amounts, Amounts{});
  EXPECT_EQ(world.RecordsOf(id).back().type, RecordType::kHoldExpired);
  EXPECT_EQ(world.RecordsOf(id).back().actor, "timer");
  EXPECT_THAT(world.posted.at(id), IsEmpty());
  EXPECT_THAT(world.timers, IsEmpty());
}

// A paced flow whose hold ends exactly when the step after it does, and when the last step does.
TEST(HoldExpiry, BeatsAStepThatEndsAtTheSameInstant) {
  const Flow& flow = FlowOf(Kind::kTip);
  const Draws draws(42, "ordinal:1");
  const absl::Duration capture = DrawLatency(flow.steps[4], draws, 1),
                       notify = DrawLatency(flow.steps[5], draws, 1);
  const struct {
    absl::Duration ttl;
    State expected;
  } cases[] = {{capture, State::kRefunded},
               {capture + notify, State::kRefunded},
               {capture + notify + absl::Microseconds(1), State::kCompleted}};
  for (const auto& c : cases) {
    World world(ManualSandbox(Pace::kPaced));
    InitiateTransaction command = Tip();
    command.hold_ttl = c.ttl;
    const std::string id = world.Initiate(command).id;
    world.FireAll();
    EXPECT_EQ(world.Get(id).state, c.expected) << c.ttl;
    const std::vector<Record> records = world.RecordsOf(id);
    EXPECT_EQ(records.back().to_state, c.expected);
    EXPECT_LT(records[records.size() - 2].time, records.back().time) << "a step ended as late as the hold";
    EXPECT_EQ(world.TimersOf(id).size(), c.expected == State::kCompleted ? 1u : 0u) << "its settlement";
    EXPECT_EQ(world.posted.at(id), PositionOf(world.Get(id)));
  }
}

class CancelTest : public testing::Test {
 protected:
  // Cancels with a reason and checks what every cancellation leaves.
  const Transaction& Cancel(const std::string& id) {
    const absl::StatusOr<Decision> decision = world_.Do(CancelTransaction{id, "changed my mind"});
    EXPECT_TRUE(decision.ok()) << decision.status();
    EXPECT_EQ(decision->records.back().type, RecordType::kTransactionCancelled);
    EXPECT_EQ(decision->records.back().detail, "changed my mind");
    EXPECT_TRUE(decision->records.back().IsChange());
    EXPECT_TRUE(decision->records.back().IsFinal());
    EXPECT_THAT(world_.TimersOf(id), IsEmpty());
    EXPECT_TRUE(world_.Get(id).IsOver());
    EXPECT_THAT(world_.posted[id], IsEmpty());
    return world_.Get(id);
  }

  World world_{ManualSandbox(Pace::kPaced)};
};

TEST_F(CancelTest, OfAnInitiatedOneFailsItForGood) {
  const Transaction& t = Cancel(world_.Initiate(Tip()).id);
  EXPECT_EQ(t.state, State::kFailed);
  EXPECT_EQ(t.failure->code, "CANCELLED");
  EXPECT_EQ(t.failure->step, "");
  EXPECT_TRUE(t.failure->final);
}

TEST_F(CancelTest, OfAHeldOneGivesTheFundsBack) {
  const std::string automatic = world_.Initiate(Tip()).id;
  while (world_.Get(automatic).state == State::kInitiated) ASSERT_TRUE(world_.FireNext());
  EXPECT_EQ(Cancel(automatic).state, State::kRefunded);

  const std::string manual = world_.Initiate(ManualTip()).id;
  world_.FireUntil(manual, TimerKind::kHoldExpiry);
  EXPECT_EQ(Cancel(manual).state, State::kRefunded);
  EXPECT_EQ(world_.Get(manual).failure, std::nullopt);
}

TEST_F(CancelTest, OfAFailedOneWithARetryAheadEndsIt) {
  InitiateTransaction command = Tip();
  command.simulation.fail_first_attempts = 1;
  const std::string id = world_.Initiate(command).id;
  world_.FireUntil(id, TimerKind::kRetry);
  ASSERT_FALSE(world_.Get(id).IsOver());
  const Transaction& t = Cancel(id);
  EXPECT_EQ(t.state, State::kFailed);
  EXPECT_EQ(t.failure->code, "CANCELLED");
  EXPECT_EQ(t.failure->next_retry_time, std::nullopt);
}

TEST_F(CancelTest, OfOneThatIsOverIsForbidden) {
  EXPECT_EQ(Reason(world_.Do(CancelTransaction{"nobody", ""})), "TRANSACTION_NOT_FOUND");
  const std::string completed = world_.Initiate(Tip()).id;
  world_.FireAll();
  EXPECT_EQ(Reason(world_.Do(CancelTransaction{completed, ""})), "STATE_FORBIDS");
  const std::string cancelled = world_.Initiate(Tip()).id;
  Cancel(cancelled);
  EXPECT_EQ(Reason(world_.Do(CancelTransaction{cancelled, ""})), "STATE_FORBIDS");
  const std::string expired = world_.Initiate(ManualTip()).id;
  world_.FireAll();
  ASSERT_EQ(world_.Get(expired).state, State::kRefunded);
  EXPECT_EQ(Reason(world_.Do(CancelTransaction{expired, ""})), "STATE_FORBIDS");
}

}  // namespace
}  // namespace tracktrove::domain
