// What operators do to a transaction on purpose: injected faults, forced retries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/decide_fault.h"
#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OperatorTest : public testing::Test {
 protected:
  absl::StatusOr<Decision> Inject(const std::string& id, FaultKind kind, const std::string& step = "",
                                  absl::Duration duration = {}) {
    PlannedFault planned;
    planned.fault.kind = kind;
    planned.fault.duration = duration;
    planned.step = step;
    return world_.Do(InjectFailure{id, planned, "dev", "to see it"});
  }

  World world_{ManualSandbox(Pace::kPaced)};
};

TEST_F(OperatorTest, AnInjectedFaultStrikesTheStepUnderWay) {
  const std::string id = world_.Initiate(Tip()).id;
  const absl::StatusOr<Decision> decision = Inject(id, FaultKind::kDatabaseError);
  ASSERT_TRUE(decision.ok()) << decision.status();
  const Record& action = decision->records.at(0);
  EXPECT_EQ(action.type, RecordType::kFaultInjected);
  EXPECT_EQ(action.record_class, RecordClass::kObserved);
  EXPECT_EQ(action.actor, "operator:dev");
  EXPECT_EQ(action.detail, "DATABASE_ERROR: to see it");
  EXPECT_EQ(action.fault_rule_id, "injected:1");
  world_.FireNext();
  EXPECT_EQ(world_.Get(id).failure->code, "DATABASE_ERROR");
  EXPECT_EQ(world_.Get(id).failure->fault_rule_id, "injected:1");
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).state, State::kCompleted) << "it strikes once";
}

TEST_F(OperatorTest, AnInjectedLatencyPutsOffTheStepUnderWay) {
  const std::string id = world_.Initiate(Tip()).id;
  const absl::Time before = world_.TimersOf(id).at(0).due;
  ASSERT_TRUE(Inject(id, FaultKind::kAddedLatency, "", absl::Seconds(1)).ok());
  EXPECT_THAT(world_.TimersOf(id), SizeIs(1));
  EXPECT_EQ(world_.TimersOf(id).at(0).due, before + absl::Seconds(1));
  world_.FireNext();
  EXPECT_EQ(world_.RecordsOf(id).back().time, before + absl::Seconds(1));
  EXPECT_FALSE(world_.Get(id).failure.has_value());
}

TEST_F(OperatorTest, AnInjectedFaultWaitsForAStepThatItCanActOn) {
  const std::string id = world_.Initiate(Tip()).id;
  EXPECT_EQ(DetailsOf(Inject(id, FaultKind::kPartialCapture).status()).field, "fault.capture_ppm");
  PlannedFault partial;
  partial.fault = {.kind = FaultKind::kPartialCapture, .capture_ppm = 500'000};
  ASSERT_TRUE(world_.Do(InjectFailure{id, partial, "dev", ""}).ok());
  ASSERT_TRUE(Inject(id, FaultKind::kStepTimeout, "score-risk").ok());
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).attempt, 2);
  EXPECT_EQ(world_.Get(id).amounts.captured, 1275) << "it waited for the second attempt";
}

TEST_F(OperatorTest, AnInjectedExpiryCutsAHoldThatIsPlaced) {
  InitiateTransaction command = Tip();
  command.capture = Capture::kManual;
  const std::string now = world_.Initiate(command).id, later = world_.Initiate(command).id;
  while (world_.Get(now).state != State::kEscrow || world_.Get(later).state != State::kEscrow)
    world_.FireNext();
  ASSERT_TRUE(Inject(now, FaultKind::kHoldExpiry).ok());
  EXPECT_EQ(world_.Get(now).state, State::kRefunded);
  EXPECT_THAT(world_.TimersOf(now), IsEmpty());
  EXPECT_THAT(world_.posted.at(now), IsEmpty());
  EXPECT_EQ(world_.RecordsOf(now).back().fault_rule_id, world_.RecordsOf(now).end()[-2].fault_rule_id);

  const absl::Time cut = world_.now() + absl::Seconds(3);
  ASSERT_TRUE(Inject(later, FaultKind::kHoldExpiry, "", absl::Seconds(3)).ok());
  EXPECT_EQ(world_.Get(later).state, State::kEscrow);
  EXPECT_EQ(world_.Get(later).hold_expire_time, cut);
  world_.FireAll();
  EXPECT_EQ(world_.RecordsOf(later).back().time, cut);
  EXPECT_EQ(world_.RecordsOf(later).back().fault_kind, FaultKind::kHoldExpiry);
}

TEST_F(OperatorTest, NothingIsInjectedIntoOneThatIsOverNorWithoutEnd) {
  const std::string id = world_.Initiate(Tip()).id;
  EXPECT_EQ(Reason(Inject("nobody", FaultKind::kStepError)), "TRANSACTION_NOT_FOUND");
  EXPECT_EQ(DetailsOf(Inject(id, FaultKind::kNone).status()).field, "fault.kind");
  EXPECT_EQ(DetailsOf(Inject(id, FaultKind::kStepError, "fly").status()).field, "step");
  for (int i = 0; i < kMaxPlanned; ++i) ASSERT_TRUE(Inject(id, FaultKind::kStepError, "notify-courier").ok());
  EXPECT_EQ(Reason(Inject(id, FaultKind::kStepError, "notify-courier")), "LIMIT_REACHED");
  ASSERT_TRUE(world_.Do(CancelTransaction{id, ""}).ok());
  EXPECT_EQ(Reason(Inject(id, FaultKind::kStepError)), "STATE_FORBIDS");
}

TEST_F(OperatorTest, AForcedRetryStartsTheNextAttemptAlsoOfAFinalFailure) {
  InitiateTransaction command = Tip();
  command.simulation.fail_first_attempts = 3;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  ASSERT_TRUE(world_.Get(id).failure->final);
  const absl::StatusOr<Decision> decision = world_.Do(ForceRetry{id, "dev", "the bank is back"});
  ASSERT_TRUE(decision.ok()) << decision.status();
  ASSERT_THAT(decision->records, SizeIs(2));
  EXPECT_EQ(decision->records[0].type, RecordType::kRetryForced);
  EXPECT_EQ(decision->records[0].record_class, RecordClass::kObserved);
  EXPECT_EQ(decision->records[0].actor, "operator:dev");
  EXPECT_EQ(decision->records[0].detail, "attempt 4: the bank is back");
  EXPECT_FALSE(decision->records[0].IsChange());
  EXPECT_EQ(decision->records[1].type, RecordType::kRetryStarted);
  EXPECT_EQ(decision->records[1].record_class, RecordClass::kDecided);
  EXPECT_EQ(decision->records[1].attempt, 4);
  EXPECT_EQ(*decision->records[1].dto, *Tip().payload);
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).state, State::kCompleted);
  EXPECT_EQ(Reason(world_.Do(ForceRetry{id, "dev", "again"})), "STATE_FORBIDS");
  EXPECT_EQ(Reason(world_.Do(ForceRetry{"nobody", "dev", "again"})), "TRANSACTION_NOT_FOUND");
}

TEST_F(OperatorTest, AForcedRetryTakesThePlaceOfTheScheduledOneAndUndoesACancellation) {
  InitiateTransaction command = Tip();
  command.simulation.fail_first_attempts = 1;
  const std::string id = world_.Initiate(command).id;
  world_.FireUntil(id, TimerKind::kRetry);
  ASSERT_TRUE(world_.Do(ForceRetry{id, "dev", "now"}).ok());
  EXPECT_THAT(world_.TimerKindsOf(id), ElementsAre(TimerKind::kStep));
  ASSERT_TRUE(world_.Do(CancelTransaction{id, ""}).ok());
  ASSERT_TRUE(world_.Do(ForceRetry{id, "dev", "after all"}).ok());
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).state, State::kCompleted);
  EXPECT_EQ(world_.Get(id).attempt, 3);
}

TEST_F(OperatorTest, AForcedRetryDoesNotChangeFate) {
  InitiateTransaction command = Tip();
  command.simulation.success_ppm = 0;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  const std::string step = world_.Get(id).failure->step;
  ASSERT_TRUE(world_.Do(ForceRetry{id, "dev", "try"}).ok());
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).failure->step, step);
  EXPECT_EQ(world_.Get(id).attempt, 2);
}

}  // namespace
}  // namespace tracktrove::domain
