// What each kind of fault does: to the step, the trace, the ledger and the retry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "domain/errors.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Fault Of(FaultKind kind, absl::Duration duration = {}) {
  Fault fault;
  fault.kind = kind;
  fault.duration = duration;
  if (kind == FaultKind::kPartialCapture) fault.capture_ppm = 400'000;
  return fault;
}

PlannedFault At(const std::string& step, const Fault& fault) {
  PlannedFault planned;
  planned.id = "inline:0";
  planned.step = step;
  planned.fault = fault;
  return planned;
}

InitiateTransaction TipWith(const PlannedFault& planned) {
  InitiateTransaction tip = Tip();
  tip.simulation.faults = {planned};
  return tip;
}

// The record that ended `step` in `attempt`, or nothing.
std::optional<Record> StepRecord(const World& world, const std::string& id, const std::string& step,
                                 int attempt = 1) {
  for (const Record& record : world.RecordsOf(id)) {
    if (record.step == step && record.attempt == attempt) return record;
  }
  return std::nullopt;
}

// Every record that a fault touched: `TYPE step KIND id`.
std::vector<std::string> Touched(const World& world, const std::string& id) {
  std::vector<std::string> touched;
  for (const Record& record : world.RecordsOf(id)) {
    if (record.fault_kind == FaultKind::kNone) continue;
    touched.push_back(absl::StrCat(static_cast<int>(record.type), " ", record.step, " ",
                                   Name(record.fault_kind), " ", record.fault_rule_id));
  }
  return touched;
}

class EveryPace : public testing::TestWithParam<Pace> {
 protected:
  // A tip with this fault, run to the end of its first attempt and no further.
  const Transaction& FirstAttempt(const PlannedFault& planned) {
    id_ = world_.Initiate(TipWith(planned)).id;
    for (int i = 0; i < 100; ++i) {
      const Transaction& t = world_.Get(id_);
      if (t.IsOver() || t.state == State::kFailed) break;
      world_.FireNext();
    }
    return world_.Get(id_);
  }

  void ExpectSound() { EXPECT_EQ(world_.posted[id_], PositionOf(world_.Get(id_))); }

  World world_{ManualSandbox(GetParam())};
  std::string id_;
};

INSTANTIATE_TEST_SUITE_P(At, EveryPace, testing::Values(Pace::kInstant, Pace::kPaced),
                         [](const auto& at) { return at.param == Pace::kInstant ? "Instant" : "Paced"; });

// What a kind does to the step that it strikes.
struct Failing {
  FaultKind kind;
  const char* step;
  const char* code;
};

TEST_P(EveryPace, AFailingKindFailsTheAttemptAndTheNextOneHeals) {
  const Failing cases[] = {
      {FaultKind::kStepError, "capture-tip", "CAPTURE_DECLINED"},  // the step's only one
      {FaultKind::kStepError, "notify-courier", "STEP_FAILED"},    // it has none
      {FaultKind::kStepTimeout, "score-risk", "STEP_TIMEOUT"},
      {FaultKind::kTimeoutAfterCommit, "authorize-upi", "TIMEOUT_AFTER_COMMIT"},
      {FaultKind::kTimeoutAfterCommit, "hold-funds", "TIMEOUT_AFTER_COMMIT"},
      {FaultKind::kTimeoutAfterCommit, "capture-tip", "TIMEOUT_AFTER_COMMIT"},
      {FaultKind::kTimeoutAfterCommit, "notify-courier", "TIMEOUT_AFTER_COMMIT"},
      {FaultKind::kLedgerRejection, "hold-funds", "LEDGER_REJECTED"},
      {FaultKind::kLedgerRejection, "capture-tip", "LEDGER_REJECTED"},
      {FaultKind::kDatabaseError, "accept-payment", "DATABASE_ERROR"},
  };
  for (const Failing& c : cases) {
    SCOPED_TRACE(testing::Message() << Name(c.kind) << " at " << c.step);
    const Transaction failed = FirstAttempt(At(c.step, Of(c.kind)));
    ASSERT_EQ(failed.state, State::kFailed);
    EXPECT_EQ(failed.failure->code, c.code);
    EXPECT_EQ(failed.failure->step, c.step);
    EXPECT_EQ(failed.failure->fault_rule_id, "inline:0");
    EXPECT_FALSE(failed.failure->final);
    EXPECT_THAT(world_.posted[id_], IsEmpty()) << "what was held goes back";
    const Record record = world_.RecordsOf(id_).back();
    EXPECT_EQ(record.failure, failed.failure);
    EXPECT_EQ(record.fault_kind, c.kind);
    EXPECT_EQ(record.fault_rule_id, "inline:0");
    EXPECT_TRUE(record.FailedByFault());
    EXPECT_EQ(failed.simulation.acting, std::nullopt);
    EXPECT_THAT(failed.simulation.faults, IsEmpty()) << "it is used up";

    world_.FireAll();
    EXPECT_EQ(world_.Get(id_).state, State::kCompleted);
    EXPECT_EQ(world_.Get(id_).attempt, 2);
    EXPECT_EQ(world_.Get(id_).amounts.captured, 2550);
    ExpectSound();
  }
}

TEST_P(EveryPace, AStepErrorHasTheCodeItWasGiven) {
  Fault fault = Of(FaultKind::kStepError);
  fault.code = "SOLAR_FLARE";
  fault.message = "the sun did it";
  const Transaction& t = FirstAttempt(At("score-risk", fault));
  EXPECT_EQ(t.failure->code, "SOLAR_FLARE");
  EXPECT_EQ(t.failure->message, "the sun did it");
}

TEST_P(EveryPace, ATimeoutTakesAsLongAsTheStepIsWaitedFor) {
  FirstAttempt(At("score-risk", Of(FaultKind::kStepTimeout)));
  EXPECT_EQ(world_.RecordsOf(id_).back().duration, absl::Seconds(1));
}

// The whole story of work that was done while its answer was lost.
TEST_P(EveryPace, AfterALostAnswerTheHoldIsFoundByIdempotencyAndFundsAreHeldOnceAtATime) {
  const Transaction failed = FirstAttempt(At("hold-funds", Of(FaultKind::kTimeoutAfterCommit)));
  EXPECT_THAT(Touched(world_, id_), ElementsAre("2 hold-funds TIMEOUT_AFTER_COMMIT inline:0",
                                                "15 hold-funds TIMEOUT_AFTER_COMMIT inline:0"));
  const Record done = *StepRecord(world_, id_, "hold-funds");
  EXPECT_EQ(done.from_state, State::kInitiated);
  EXPECT_EQ(done.to_state, State::kEscrow);
  EXPECT_EQ(done.detail, "done, but the answer is lost");
  const Record lost = world_.RecordsOf(id_).back();
  EXPECT_EQ(lost.from_state, State::kEscrow);
  EXPECT_EQ(lost.to_state, State::kFailed);
  EXPECT_EQ(lost.duration, absl::Seconds(1));
  EXPECT_EQ(lost.dto, done.dto) << "the change stands";
  if (GetParam() == Pace::kPaced) {
    EXPECT_EQ(lost.time - done.time, lost.duration - done.duration);
  }

  world_.FireAll();
  const Record again = *StepRecord(world_, id_, "hold-funds", 2);
  EXPECT_EQ(again.detail, "found by idempotency: attempt 1 had done it");
  EXPECT_EQ(ParseStored(*again.dto)["hold"]["id"], ParseStored(*done.dto)["hold"]["id"]);
  EXPECT_NE(ParseStored(*again.dto)["payment"]["authorizationCode"],
            ParseStored(*done.dto)["payment"]["authorizationCode"])
      << "a step that was answered is done anew";
  EXPECT_EQ(world_.Get(id_).state, State::kCompleted);
  ExpectSound();
}

TEST_P(EveryPace, ALostAnswerOfTheCaptureKeepsItsReference) {
  FirstAttempt(At("capture-tip", Of(FaultKind::kTimeoutAfterCommit)));
  const Json first = ParseStored(*world_.RecordsOf(id_).back().dto)["payment"]["captureReference"];
  ASSERT_TRUE(first.is_string());
  world_.FireAll();
  EXPECT_EQ(ParseStored(*world_.Get(id_).dto)["payment"]["captureReference"], first);
  ExpectSound();
}

TEST(Fault, ThatAlwaysStrikesEndsWithTheLastAttempt) {
  World world(ManualSandbox(Pace::kInstant));
  PlannedFault planned = At("score-risk", Of(FaultKind::kDatabaseError));
  planned.remaining = 1000;
  const std::string id = world.Initiate(TipWith(planned)).id;
  world.FireAll();
  EXPECT_EQ(world.Get(id).attempt, 3);
  EXPECT_TRUE(world.Get(id).failure->final);
  EXPECT_EQ(world.Get(id).simulation.faults.at(0).remaining, 997);
}

TEST(Fault, StrikesOnlyInTheAttemptItIsPlannedFor) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction command = TipWith(At("", Of(FaultKind::kDatabaseError)));
  command.simulation.faults.push_back(At("score-risk", Of(FaultKind::kLedgerRejection)));
  command.simulation.faults[1].fault = Of(FaultKind::kStepError);
  command.simulation.faults[1].id = "inline:1";
  command.simulation.faults[1].attempt = 3;
  const std::string id = world.Initiate(command).id;
  EXPECT_EQ(world.Get(id).failure->step, "accept-payment") << "without a step, the first that it can act on";
  world.FireAll();
  EXPECT_EQ(world.Get(id).state, State::kCompleted);
  EXPECT_EQ(world.Get(id).attempt, 2) << "the third attempt never came";
}

TEST_P(EveryPace, AddedLatencyMakesTheStepTakeLongerAndNothingElse) {
  World plain(ManualSandbox(GetParam()));
  const std::string other = plain.Initiate(Tip()).id;
  plain.FireAll();
  const Transaction& t =
      FirstAttempt(At("score-risk", Of(FaultKind::kAddedLatency, absl::Milliseconds(400))));
  EXPECT_EQ(t.state, State::kCompleted);
  const Record slow = *StepRecord(world_, id_, "score-risk");
  EXPECT_EQ(slow.duration, StepRecord(plain, other, "score-risk")->duration + absl::Milliseconds(400));
  EXPECT_EQ(slow.fault_duration, absl::Milliseconds(400));
  EXPECT_THAT(Touched(world_, id_), ElementsAre("2 score-risk ADDED_LATENCY inline:0"));
  ExpectSound();
}

TEST_P(EveryPace, AddedLatencyMayTurnIntoATimeout) {
  const Transaction& t = FirstAttempt(At("score-risk", Of(FaultKind::kAddedLatency, absl::Seconds(5))));
  EXPECT_EQ(t.state, State::kFailed);
  EXPECT_EQ(t.failure->code, "STEP_TIMEOUT");
  EXPECT_EQ(t.failure->fault_rule_id, "inline:0");
  EXPECT_EQ(world_.RecordsOf(id_).back().duration, absl::Seconds(1));
}

TEST(AddedLatency, MayOutlastTheHold) {
  World world(ManualSandbox(Pace::kPaced));
  InitiateTransaction command = TipWith(At("capture-tip", Of(FaultKind::kAddedLatency, absl::Seconds(2))));
  command.hold_ttl = absl::Milliseconds(1500);
  const std::string id = world.Initiate(command).id;
  world.FireAll();
  EXPECT_EQ(world.Get(id).state, State::kRefunded);
  EXPECT_THAT(Touched(world, id), ElementsAre("3  ADDED_LATENCY inline:0"));
  EXPECT_EQ(world.Get(id).simulation.acting, std::nullopt);
  EXPECT_THAT(world.timers, IsEmpty());
  EXPECT_THAT(world.posted.at(id), IsEmpty());
}

TEST(AddedLatency, IsNotBlamedForAHoldThatWouldHaveExpiredAnyway) {
  World world(ManualSandbox(Pace::kPaced));
  InitiateTransaction command = TipWith(At("capture-tip", Of(FaultKind::kAddedLatency, absl::Seconds(2))));
  command.hold_ttl = absl::Milliseconds(1);
  const std::string id = world.Initiate(command).id;
  world.FireAll();
  EXPECT_EQ(world.Get(id).state, State::kRefunded);
  EXPECT_THAT(Touched(world, id), IsEmpty());
}

TEST_P(EveryPace, ACacheOutageIsSlowerAndSaysSo) {
  EXPECT_EQ(FirstAttempt(At("score-risk", Of(FaultKind::kCacheOutage, kCacheMiss))).state, State::kCompleted);
  const Record record = *StepRecord(world_, id_, "score-risk");
  EXPECT_GT(record.duration, kCacheMiss);
  EXPECT_EQ(record.detail, "without its cache, from the database");
  ExpectSound();
}

TEST_P(EveryPace, AHoldThatExpiresAtOnceIsRefunded) {
  const Transaction& t = FirstAttempt(At("", Of(FaultKind::kHoldExpiry)));
  EXPECT_EQ(t.state, State::kRefunded);
  EXPECT_THAT(Touched(world_, id_),
              ElementsAre("2 hold-funds HOLD_EXPIRY inline:0", "3  HOLD_EXPIRY inline:0"));
  EXPECT_THAT(world_.timers, IsEmpty());
  EXPECT_EQ(t.simulation.on_hold, std::nullopt);
  ExpectSound();
}

TEST_P(EveryPace, AHoldThatIsCutShortExpiresThen) {
  InitiateTransaction command = TipWith(At("", Of(FaultKind::kHoldExpiry, absl::Seconds(9))));
  command.capture = Capture::kManual;
  const std::string id = world_.Initiate(command).id;
  world_.FireUntil(id, TimerKind::kHoldExpiry);
  const absl::Time held = world_.Get(id).update_time;
  EXPECT_EQ(world_.Get(id).hold_expire_time, held + absl::Seconds(9));
  world_.FireAll();
  const Record expired = world_.RecordsOf(id).back();
  EXPECT_EQ(expired.type, RecordType::kHoldExpired);
  EXPECT_EQ(expired.time, held + absl::Seconds(9));
  EXPECT_EQ(expired.fault_rule_id, "inline:0");
}

TEST_P(EveryPace, AHoldIsNeverMadeToLiveLonger) {
  InitiateTransaction command = TipWith(At("", Of(FaultKind::kHoldExpiry, absl::Hours(9))));
  command.capture = Capture::kManual;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  EXPECT_EQ(world_.RecordsOf(id).back().fault_rule_id, "") << "the fault did not bring it about";
}

TEST_P(EveryPace, ADuplicateCallbackIsIgnored) {
  EXPECT_EQ(FirstAttempt(At("capture-tip", Of(FaultKind::kDuplicateCallback))).state, State::kCompleted);
  EXPECT_THAT(Touched(world_, id_), ElementsAre("2 capture-tip DUPLICATE_CALLBACK inline:0",
                                                "14 capture-tip DUPLICATE_CALLBACK inline:0"));
  const std::vector<Record> records = world_.RecordsOf(id_);
  const auto ignored = std::find_if(records.begin(), records.end(), [](const Record& record) {
    return record.type == RecordType::kDuplicateIgnored;
  });
  EXPECT_FALSE(ignored->IsChange());
  EXPECT_EQ(ignored->dto, (ignored - 1)->dto);
  EXPECT_EQ(world_.Get(id_).amounts.captured, 2550);
  ExpectSound();
}

TEST_P(EveryPace, APartialCaptureReleasesTheRest) {
  const Transaction& t = FirstAttempt(At("capture-tip", Of(FaultKind::kPartialCapture)));
  EXPECT_EQ(t.state, State::kCompleted);
  EXPECT_EQ(t.amounts, (Amounts{.captured = 1020, .fee = 20}));
  EXPECT_THAT(*t.dto, HasSubstr(R"("feeMinor":20,"netMinor":1000)"));
  EXPECT_EQ(world_.posted.at(id_),
            (Position{{"payer:asha", -1020}, {"fees", 20}, {"payee:ravi:pending", 1000}}));
}

TEST(PartialCapture, TakesAPartOfWhatWasAskedForAndAtLeastOneMinorUnit) {
  for (const auto& [ppm, expected] : {std::pair(500'000, 500), std::pair(1, 1), std::pair(999'999, 1000)}) {
    World world(ManualSandbox(Pace::kInstant));
    Fault fault = Of(FaultKind::kPartialCapture);
    fault.capture_ppm = ppm;
    InitiateTransaction command = TipWith(At("", fault));
    command.capture = Capture::kManual;
    const std::string id = world.Initiate(command).id;
    ASSERT_TRUE(world.Do(CompleteTransaction{id, Money{"INR", 1000}}).ok());
    EXPECT_EQ(world.Get(id).amounts.captured, expected) << ppm;
    EXPECT_EQ(world.posted.at(id), PositionOf(world.Get(id)));
  }
}

TEST_P(EveryPace, AWebhookFaultIsOnTheRecordOfTheStepThatNotifies) {
  for (const FaultKind kind :
       {FaultKind::kWebhookMiss, FaultKind::kWebhookDelay, FaultKind::kWebhookDuplicate,
        FaultKind::kWebhookReorder, FaultKind::kWebhookBadSignature}) {
    const bool delays = kind == FaultKind::kWebhookDelay;
    EXPECT_EQ(FirstAttempt(At("", Of(kind, delays ? absl::Minutes(5) : absl::ZeroDuration()))).state,
              State::kCompleted);
    EXPECT_THAT(Touched(world_, id_),
                ElementsAre(absl::StrCat("2 notify-courier ", Name(kind), " inline:0")));
    EXPECT_EQ(world_.RecordsOf(id_).back().fault_duration, delays ? absl::Minutes(5) : absl::ZeroDuration());
    EXPECT_LT(world_.RecordsOf(id_).back().duration, absl::Minutes(5)) << "the step itself is not slower";
    ExpectSound();
  }
}

TEST_P(EveryPace, AFaultThatComesToNothingIsNotBlamedForAFateThatStruckFirst) {
  InitiateTransaction command = TipWith(At("capture-tip", Of(FaultKind::kPartialCapture)));
  command.simulation.success_ppm = 0;
  command.simulation.fail_at_step = "capture-tip";
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  EXPECT_EQ(world_.Get(id).failure->code, "CAPTURE_DECLINED");
  EXPECT_EQ(world_.Get(id).failure->fault_rule_id, "");
  EXPECT_THAT(Touched(world_, id), IsEmpty());
}

TEST_P(EveryPace, AFateThatStrikesADelayedStepIsStillFate) {
  InitiateTransaction command =
      TipWith(At("score-risk", Of(FaultKind::kAddedLatency, absl::Milliseconds(50))));
  command.simulation.success_ppm = 0;
  command.simulation.fail_at_step = "score-risk";
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  const Record record = world_.RecordsOf(id).back();
  EXPECT_EQ(record.failure->code, "RISK_DECLINED");
  EXPECT_EQ(record.fault_rule_id, "inline:0") << "it took longer";
  EXPECT_FALSE(record.FailedByFault());
  EXPECT_EQ(record.failure->fault_rule_id, "");
}

// The numbers are what an equal run gives in every pace: faults move no draw.
TEST(Fault, ChangesNoDrawOfTheStepsThatItLeavesAlone) {
  World plain(ManualSandbox(Pace::kInstant)), faulty(ManualSandbox(Pace::kInstant));
  const Json a = ParseStored(*plain.Initiate(Tip()).dto);
  const Json b =
      ParseStored(*faulty.Initiate(TipWith(At("capture-tip", Of(FaultKind::kDuplicateCallback)))).dto);
  EXPECT_EQ(a, b);
}

struct BadFault {
  const char* what;
  const char* field;
  PlannedFault planned;
};

TEST(Fault, ThatIsMalformedOrCannotActIsRefused) {
  const auto with = [](FaultKind kind, auto spoil) {
    Fault fault = Of(kind);
    spoil(fault);
    return At("", fault);
  };
  const auto none = [](Fault&) {};
  const BadFault cases[] = {
      {"no kind", "fault.kind", with(FaultKind::kNone, none)},
      {"a code for a timeout", "fault.code", with(FaultKind::kStepTimeout, [](Fault& f) { f.code = "X"; })},
      {"a message for a timeout", "fault.message",
       with(FaultKind::kStepTimeout, [](Fault& f) { f.message = "x"; })},
      {"a latency of nothing", "fault.duration", with(FaultKind::kAddedLatency, none)},
      {"a latency of a week", "fault.duration",
       with(FaultKind::kAddedLatency, [](Fault& f) { f.duration = absl::Hours(168); })},
      {"a duration for an error", "fault.duration",
       with(FaultKind::kStepError, [](Fault& f) { f.duration = absl::Seconds(1); })},
      {"a part for an error", "fault.capture_ppm",
       with(FaultKind::kStepError, [](Fault& f) { f.capture_ppm = 1; })},
      {"nothing captured", "fault.capture_ppm",
       with(FaultKind::kPartialCapture, [](Fault& f) { f.capture_ppm = 0; })},
      {"the whole captured", "fault.capture_ppm",
       with(FaultKind::kPartialCapture, [](Fault& f) { f.capture_ppm = kPpm; })},
      {"an unknown step", "step", At("fly", Of(FaultKind::kStepError))},
      {"a hold that a notifier should place", "step", At("notify-courier", Of(FaultKind::kHoldExpiry))},
      {"a webhook of the risk service", "step", At("score-risk", Of(FaultKind::kWebhookMiss))},
  };
  World world(ManualSandbox(Pace::kInstant));
  for (const BadFault& c : cases) {
    SCOPED_TRACE(c.what);
    const absl::StatusOr<Decision> decision = world.Do(TipWith(c.planned));
    EXPECT_EQ(DetailsOf(decision.status()).field, absl::StrCat("simulation.faults[0].", c.field));
  }
  InitiateTransaction bid = TipWith(At("", Of(FaultKind::kWebhookMiss)));
  bid.kind = Kind::kBidAdjustment;  // nobody is notified
  EXPECT_EQ(DetailsOf(world.Do(bid).status()).field, "simulation.faults[0].fault.kind");
  InitiateTransaction many = Tip();
  many.simulation.faults.assign(21, At("", Of(FaultKind::kStepError)));
  EXPECT_EQ(DetailsOf(world.Do(many).status()).field, "simulation.faults");
}

}  // namespace
}  // namespace tracktrove::domain
