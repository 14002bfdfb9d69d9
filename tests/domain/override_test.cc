// From any state to any other one: what an operator's override leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "domain/flow.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Position kNothing;
const Position kHeld = {{"payer:asha", -2550}, {"escrow", 2550}};
const Position kPending = {{"payer:asha", -2550}, {"fees", 51}, {"payee:ravi:pending", 2499}};
const Position kPaid = {{"payer:asha", -2550}, {"fees", 51}, {"payee:ravi:settled", 2499}};
const Position kOwed = {{"payee:ravi:settled", 2499}, {"payee:ravi:pending", -2499}};

// A tip that came into `state` by itself, in a PACED sandbox.
std::string Bring(World& world, State state) {
  InitiateTransaction tip = Tip();
  if (state == State::kEscrow) tip.capture = Capture::kManual;
  if (state == State::kFailed) tip.simulation.fail_first_attempts = 1;
  const std::string id = world.Initiate(tip).id;
  for (int i = 0; i < 100 && state != State::kInitiated && world.Get(id).state != state; ++i) {
    if (state == State::kRefunded && world.Get(id).state == State::kCompleted) {
      EXPECT_TRUE(world.Do(RefundTransaction{id, {}, ""}).ok());
    } else {
      world.FireNext();
    }
  }
  if (state == State::kSettled) world.FireNext();  // its batch closes
  EXPECT_EQ(world.Get(id).state, state);
  return id;
}

absl::StatusOr<Decision> Override(World& world, const std::string& id, State state) {
  return world.Do(OverrideState{id, state, "meera", "a ticket says so"});
}

Position ExpectedPosition(State from, State to) {
  switch (to) {
    case State::kEscrow:
      return kHeld;
    case State::kCompleted:
      return kPending;
    case State::kSettled:
      return kPaid;
    case State::kRefunded:
      return from == State::kSettled ? kOwed : kNothing;
    default:
      return kNothing;
  }
}

std::vector<TimerKind> ExpectedTimers(State from, State to) {
  switch (to) {
    case State::kInitiated:
      return {TimerKind::kStep};
    case State::kEscrow:
      return {TimerKind::kHoldExpiry};
    case State::kCompleted:
      return {TimerKind::kSettlement};
    case State::kRefunded:
      if (from == State::kSettled) return {TimerKind::kSettlement};
      return {};
    default:
      return {};
  }
}

TEST(Override, GoesFromAnyStateToAnyOtherWithTheMoneyAndTheTimersOfThat) {
  for (const State from : kStates) {
    for (const State to : kStates) {
      if (from == to) continue;
      SCOPED_TRACE(testing::Message() << Name(from) << " to " << Name(to));
      World world(ManualSandbox(Pace::kPaced));
      const std::string id = Bring(world, from);
      const absl::StatusOr<Decision> decision = Override(world, id, to);
      ASSERT_TRUE(decision.ok()) << decision.status();
      const Transaction& t = world.Get(id);
      EXPECT_EQ(t.state, to);
      EXPECT_EQ(world.posted[id], ExpectedPosition(from, to));
      EXPECT_EQ(world.posted[id], PositionOf(t));
      EXPECT_EQ(world.TimerKindsOf(id), ExpectedTimers(from, to));
      EXPECT_EQ(world.batches.size(), t.settlement_batch ? 1u : 0u);
      EXPECT_EQ(t.update_time, world.now());
      const Record& record = decision->records.front();
      EXPECT_EQ(record.type, RecordType::kStateOverridden);
      EXPECT_EQ(record.record_class, RecordClass::kObserved);
      EXPECT_EQ(record.actor, "operator:meera");
      EXPECT_EQ(record.detail, "a ticket says so");
      EXPECT_EQ(record.from_state, from);
      EXPECT_EQ(record.to_state, to);
    }
  }
}

TEST(Override, ToTheSameStateIsForbidden) {
  for (const State state : kStates) {
    World world(ManualSandbox(Pace::kPaced));
    const std::string id = Bring(world, state);
    EXPECT_EQ(Reason(Override(world, id, state)), "STATE_FORBIDS") << Name(state);
  }
}

TEST(Override, ToInitiatedBeginsTheNextAttemptFromThePayload) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    World world(ManualSandbox(pace));
    const std::string id = world.Initiate(Tip()).id;
    world.FireAll();
    ASSERT_EQ(world.Get(id).state, State::kCompleted);
    const absl::StatusOr<Decision> decision = Override(world, id, State::kInitiated);
    EXPECT_EQ(world.Get(id).attempt, 2);
    EXPECT_EQ(*decision->records.front().dto, *world.Get(id).payload);
    world.FireAll();
    EXPECT_EQ(world.Get(id).state, State::kCompleted);
    EXPECT_EQ(world.posted.at(id), kPending);
    EXPECT_EQ(world.batches.begin()->second.awaiting, 1) << "it has left its first batch";
  }
}

TEST(Override, ToEscrowWaitsForACaptureUntilTheHoldExpires) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(Tip()).id;
  ASSERT_TRUE(Override(world, id, State::kEscrow).ok());
  EXPECT_EQ(world.Get(id).hold_expire_time, kStart + absl::Minutes(15));
  ASSERT_TRUE(world.Do(CompleteTransaction{id, Money{"INR", 1000}}).ok());
  EXPECT_EQ(world.Get(id).amounts, (Amounts{.captured = 1000, .fee = 20}));

  ASSERT_TRUE(Override(world, id, State::kEscrow).ok());
  world.AdvanceBy(absl::Minutes(15));
  EXPECT_EQ(world.Get(id).state, State::kRefunded);
  EXPECT_THAT(world.posted.at(id), IsEmpty());
}

TEST(Override, ToCompletedKeepsWhatWasCapturedAndGivenBackInPart) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(Tip()).id;
  ASSERT_TRUE(world.Do(RefundTransaction{id, Money{"INR", 1000}, ""}).ok());
  world.AdvanceBy(absl::Hours(80));
  ASSERT_EQ(world.Get(id).state, State::kSettled);
  ASSERT_TRUE(Override(world, id, State::kCompleted).ok());
  EXPECT_EQ(world.Get(id).amounts, (Amounts{.captured = 2550, .fee = 51, .refunded = 1000}));
  EXPECT_EQ(world.Get(id).paid, std::nullopt);
  world.AdvanceBy(absl::Hours(48));
  EXPECT_EQ(world.Get(id).state, State::kSettled) << "it is paid again";
}

TEST(Override, ToFailedIsForGoodAndSaysWhy) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(Tip()).id;
  ASSERT_TRUE(Override(world, id, State::kFailed).ok());
  EXPECT_EQ(world.Get(id).failure, (Failure{"OVERRIDDEN", "a ticket says so", "", true, std::nullopt}));
  EXPECT_TRUE(world.RecordsOf(id).back().IsFinal());
  EXPECT_EQ(world.Get(id).amounts, Amounts{});
}

TEST(Override, EndsAnOpenDisputeUnlessItMovesBetweenCompletedAndSettled) {
  for (const State to : kStates) {
    if (to == State::kCompleted) continue;
    World world(ManualSandbox(Pace::kPaced));
    const std::string id = Bring(world, State::kCompleted);
    ASSERT_TRUE(world.Do(OpenDispute{id, Money{"INR", 1000}, DisputeReason::kOther, ""}).ok());
    ASSERT_TRUE(Override(world, id, to).ok());
    const bool stays = to == State::kSettled;
    EXPECT_EQ(world.DisputeOf(id).IsOver(), !stays) << Name(to);
    EXPECT_EQ(world.Get(id).amounts.disputed, stays ? 1000 : 0) << Name(to);
    EXPECT_EQ(world.Get(id).open_dispute.empty(), !stays) << Name(to);
    if (stays) {
      EXPECT_EQ(world.Get(id).amounts.settled, 1499);
      EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kDisputeDeadline));
    } else {
      EXPECT_EQ(world.DisputeOf(id).resolution, "overridden by meera");
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
