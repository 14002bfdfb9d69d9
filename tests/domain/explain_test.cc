// The chain of causes, as data and as sentences.
#include "domain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/fate.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ExplainTest : public testing::Test {
 protected:
  explicit ExplainTest(Pace pace = Pace::kInstant) : world_(ManualSandbox(pace)) {}

  Explanation Of(const std::string& id) {
    const Transaction& t = world_.Get(id);
    return Explain(world_.sandbox.seed, *FlowBook().Find(t.flow), t, world_.RecordsOf(id));
  }

  std::vector<CauseKind> KindsOf(const std::string& id) {
    std::vector<CauseKind> kinds;
    for (const Cause& cause : Of(id).causes) kinds.push_back(cause.kind);
    return kinds;
  }

  // A tip with this fault at this step.
  std::string With(Fault fault, const std::string& step = "") {
    PlannedFault planned;
    planned.id = "inline:0";
    planned.fault = std::move(fault);
    planned.step = step;
    InitiateTransaction command = Tip();
    command.simulation.faults = {planned};
    return world_.Initiate(command).id;
  }

  World world_;
};

TEST_F(ExplainTest, OneThatWentWellHasNothingToExplain) {
  const std::string id = world_.Initiate(Tip()).id;
  EXPECT_THAT(Of(id).causes, IsEmpty());
  EXPECT_EQ(Of(id).summary, "It COMPLETED in attempt 1 with 2550 of 2550 minor units captured.");
}

TEST_F(ExplainTest, FateIsToldWithItsDrawAndTheRate) {
  bool well = false, ill = false;
  for (int i = 0; i < 50 && !(well && ill); ++i) {
    InitiateTransaction command = Tip();
    command.simulation.success_ppm = 500'000;
    const Transaction& t = world_.Initiate(command);
    const Explanation explanation = Of(t.id);
    const int64_t draw = FateDraw(Draws(42, t.DrawKey()));
    ASSERT_EQ(explanation.causes.size(), 1u);
    const Cause& cause = explanation.causes[0];
    EXPECT_EQ(cause.kind, CauseKind::kFateDraw);
    EXPECT_EQ(cause.draw, draw);
    EXPECT_EQ(cause.threshold, 500'000);
    if (t.state == State::kCompleted) {
      well = true;
      EXPECT_LT(draw, 500'000);
      EXPECT_EQ(cause.sequence, 0);
    } else {
      ill = true;
      EXPECT_GE(draw, 500'000);
      EXPECT_EQ(cause.sequence, world_.RecordsOf(t.id).back().sequence);
      EXPECT_EQ(cause.step, t.failure->step);
      EXPECT_EQ(cause.sentence,
                absl::StrCat("Its fate draw, ", draw, ", is not below its success rate, 500000 ppm, ",
                             "so it fails for good at ", t.failure->step, " with ", t.failure->code, "."));
      EXPECT_EQ(explanation.summary, absl::StrCat("It FAILED in attempt 1 with ", t.failure->code,
                                                  "; it is over. ", cause.sentence));
    }
  }
  EXPECT_TRUE(well && ill);
}

TEST_F(ExplainTest, TransientFailuresAndTheirRetriesAreToldInOrder) {
  InitiateTransaction command = Tip();
  command.simulation.transient_ppm = kPpm;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  EXPECT_THAT(KindsOf(id),
              ElementsAre(CauseKind::kTransientDraw, CauseKind::kRetry, CauseKind::kTransientDraw,
                          CauseKind::kRetry, CauseKind::kTransientDraw, CauseKind::kAttemptsSpent));
  const std::vector<Cause> causes = Of(id).causes;
  EXPECT_EQ(causes[0].draw, TransientDraw(Draws(42, "ordinal:1"), 1));
  EXPECT_EQ(causes[0].threshold, kPpm);
  const std::vector<Record> records = world_.RecordsOf(id);
  const auto retry = std::find_if(records.begin(), records.end(),
                                  [](const Record& r) { return r.type == RecordType::kRetryStarted; });
  EXPECT_EQ(causes[1].sequence, retry->sequence);
  EXPECT_EQ(absl::Microseconds(*causes[1].draw), retry->time - (retry - 1)->time);
  EXPECT_EQ(causes[5].sentence, "Attempt 3 was the last one that the policy granted.");
}

TEST_F(ExplainTest, FailuresThatWereAskedForAreToldAsSuch) {
  InitiateTransaction command = Tip();
  command.simulation.fail_first_attempts = 1;
  const std::string id = world_.Initiate(command).id;
  EXPECT_THAT(KindsOf(id), ElementsAre(CauseKind::kFirstAttempts));
  EXPECT_THAT(Of(id).summary, HasSubstr("it is tried again at 2026-01-02T08:00:"));
}

TEST_F(ExplainTest, StaysTrueWhenThePolicyChangesAfterwards) {
  InitiateTransaction command = Tip();
  command.simulation.transient_ppm = kPpm;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  const Explanation before = Of(id);
  UpdateSandbox update;
  update.retry = RetryPolicy{20, absl::Hours(1), absl::Hours(1)};
  ASSERT_TRUE(world_.Do(update).ok());
  const Explanation after = Of(id);
  EXPECT_EQ(after.summary, before.summary);
  ASSERT_EQ(after.causes.size(), before.causes.size());
  for (size_t i = 0; i < after.causes.size(); ++i) {
    EXPECT_EQ(after.causes[i].sentence, before.causes[i].sentence);
  }
}

Fault FaultOf(FaultKind kind, absl::Duration duration = {}, int64_t capture_ppm = 0) {
  return {.kind = kind, .duration = duration, .capture_ppm = capture_ppm};
}

TEST_F(ExplainTest, EveryKindOfFaultHasItsSentence) {
  const struct {
    Fault fault;
    const char* step;
    const char* sentence;
  } cases[] = {
      {FaultOf(FaultKind::kStepError), "score-risk",
       "The request's own fault inline:0 (STEP_ERROR) made score-risk fail with RISK_DECLINED."},
      {FaultOf(FaultKind::kStepTimeout), "score-risk",
       "The request's own fault inline:0 (STEP_TIMEOUT) made score-risk fail with STEP_TIMEOUT."},
      {FaultOf(FaultKind::kTimeoutAfterCommit), "hold-funds",
       "The request's own fault inline:0 let hold-funds do its work, but lost the answer."},
      {FaultOf(FaultKind::kAddedLatency, absl::Milliseconds(20)), "score-risk",
       "The request's own fault inline:0 made score-risk take 20ms longer."},
      {FaultOf(FaultKind::kAddedLatency, absl::Seconds(20)), "score-risk",
       "The request's own fault inline:0 (ADDED_LATENCY) made score-risk fail with STEP_TIMEOUT."},
      {FaultOf(FaultKind::kHoldExpiry), "",
       "The request's own fault inline:0 let the hold expire as soon as it was placed."},
      {FaultOf(FaultKind::kHoldExpiry, absl::Seconds(5)), "",
       "The request's own fault inline:0 left the hold only 5s to live."},
      {FaultOf(FaultKind::kDuplicateCallback), "capture-tip",
       "The request's own fault inline:0 sent the answer of capture-tip twice; the second one was ignored."},
      {FaultOf(FaultKind::kPartialCapture, {}, 500'000), "",
       "The request's own fault inline:0 had capture-tip capture only a part."},
      {FaultOf(FaultKind::kLedgerRejection), "hold-funds",
       "The request's own fault inline:0 (LEDGER_REJECTION) made hold-funds fail with LEDGER_REJECTED."},
      {FaultOf(FaultKind::kDatabaseError), "score-risk",
       "The request's own fault inline:0 (DATABASE_ERROR) made score-risk fail with DATABASE_ERROR."},
      {FaultOf(FaultKind::kCacheOutage, absl::Milliseconds(250)), "score-risk",
       "The request's own fault inline:0 took the cache from risk: score-risk took 250ms longer."},
      {FaultOf(FaultKind::kWebhookMiss), "",
       "The request's own fault inline:0 has the webhooks about notify-courier not sent."},
      {FaultOf(FaultKind::kWebhookDelay, absl::Minutes(5)), "",
       "The request's own fault inline:0 has the webhooks about notify-courier sent 5m late."},
      {FaultOf(FaultKind::kWebhookDuplicate), "",
       "The request's own fault inline:0 has the webhooks about notify-courier sent twice."},
      {FaultOf(FaultKind::kWebhookReorder), "",
       "The request's own fault inline:0 has the webhooks about notify-courier sent after the next ones."},
      {FaultOf(FaultKind::kWebhookBadSignature), "",
       "The request's own fault inline:0 has the webhooks about notify-courier signed wrongly."},
  };
  for (const auto& c : cases) {
    const std::string id = With(c.fault, c.step);
    const std::vector<Cause> causes = Of(id).causes;
    ASSERT_FALSE(causes.empty()) << c.sentence;
    EXPECT_EQ(causes[0].kind, CauseKind::kFault);
    EXPECT_EQ(causes[0].sentence, c.sentence);
    EXPECT_EQ(causes[0].fault_rule_id, "inline:0");
    EXPECT_EQ(causes[0].fault_kind, c.fault.kind);
    EXPECT_GT(causes[0].sequence, 0);
  }
}

TEST_F(ExplainTest, ALostAnswerIsToldToItsEnd) {
  const std::string id = With(FaultOf(FaultKind::kTimeoutAfterCommit), "hold-funds");
  world_.FireAll();
  EXPECT_THAT(KindsOf(id),
              ElementsAre(CauseKind::kFault, CauseKind::kFault, CauseKind::kRetry, CauseKind::kIdempotency));
  EXPECT_EQ(Of(id).causes.back().sentence,
            "hold-funds found its work done by attempt 1, and gave the same answer.");
}

TEST_F(ExplainTest, WhatHappenedBeforeAnOverrideStaysTold) {
  const std::string id = With(FaultOf(FaultKind::kTimeoutAfterCommit), "hold-funds");
  world_.FireAll();
  ASSERT_TRUE(world_.Do(OverrideState{id, State::kInitiated, "dev", "once more"}).ok());
  EXPECT_THAT(KindsOf(id), ElementsAre(CauseKind::kFault, CauseKind::kFault, CauseKind::kRetry,
                                       CauseKind::kIdempotency, CauseKind::kOperator))
      << "the third attempt did its work itself";
  EXPECT_EQ(Of(id).causes.back().sentence, "The operator dev put it from COMPLETED to INITIATED: once more.");
}

TEST_F(ExplainTest, AnExpiryIsToldWithTheFaultThatBroughtItAbout) {
  const std::string by_fault = With(FaultOf(FaultKind::kHoldExpiry));
  EXPECT_THAT(KindsOf(by_fault), ElementsAre(CauseKind::kFault, CauseKind::kHoldExpiry));
  EXPECT_EQ(Of(by_fault).summary,
            "It is REFUNDED: the payer has everything back. The request's own fault inline:0 (HOLD_EXPIRY) "
            "made the "
            "hold expire before it was completed, so the funds went back.");
  InitiateTransaction command = Tip();
  command.capture = Capture::kManual;
  const std::string by_nobody = world_.Initiate(command).id;
  EXPECT_EQ(Of(by_nobody).summary,
            "It is in ESCROW until 2026-01-02T08:15:00+00:00, at capture-tip, for CompleteTransaction to let "
            "it capture.");
  world_.FireAll();
  EXPECT_EQ(Of(by_nobody).causes.back().sentence,
            "Nobody completed the hold before it expired, so the funds went back.");
}

TEST_F(ExplainTest, WhatOperatorsAndClientsDidIsTold) {
  InitiateTransaction command = Tip();
  command.simulation.fail_first_attempts = 3;
  command.capture = Capture::kManual;
  const std::string id = world_.Initiate(command).id;
  world_.FireAll();
  PlannedFault planned;
  planned.fault = FaultOf(FaultKind::kDuplicateCallback);
  ASSERT_TRUE(world_.Do(ForceRetry{id, "dev", "the bank is back"}).ok());
  ASSERT_TRUE(world_.Do(InjectFailure{id, planned, "dev", ""}).ok());
  ASSERT_TRUE(world_.Do(CompleteTransaction{id, Money{"INR", 1000}}).ok());
  ASSERT_TRUE(world_.Do(RefundTransaction{id, {}, "cold food"}).ok());
  std::vector<std::string> sentences;
  for (const Cause& cause : Of(id).causes) {
    if (cause.kind == CauseKind::kOperator || cause.kind == CauseKind::kClient)
      sentences.push_back(cause.sentence);
  }
  EXPECT_THAT(sentences, ElementsAre("The operator dev had it tried again, attempt 4: the bank is back.",
                                     "The operator dev injected a fault, DUPLICATE_CALLBACK.",
                                     "The client completed it: capture 1000 minor units.",
                                     "The client refunded it: refund 1000 minor units: cold food."));
  EXPECT_EQ(Of(id).summary,
            "It is REFUNDED: the payer has everything back. The client refunded it: refund 1000 minor units: "
            "cold food.");
}

class ExplainPacedTest : public ExplainTest {
 protected:
  ExplainPacedTest() : ExplainTest(Pace::kPaced) {}
};

TEST_F(ExplainPacedTest, OneUnderWaySaysWhereItIs) {
  const std::string id = world_.Initiate(Tip()).id;
  world_.FireNext();
  EXPECT_EQ(Of(id).summary, "It is INITIATED, at score-risk in attempt 1.");
}

TEST(ExplainTimeout, IsToldWithTheLatencyAndItsBound) {
  const Flow flow = *ParseFlow(Json::parse(R"json({"id": "slow", "kind": "TIP", "steps": [
      {"name": "ask", "service": "bank", "latency": {"p50": "0.080s", "p99": "0.300s", "max": "0.400s"},
       "timeout": "0.050s", "failures": [{"code": "REFUSED"}]},
      {"name": "hold", "service": "escrow", "effect": "HOLD"},
      {"name": "capture", "service": "bank", "effect": "CAPTURE"}]})json"));
  World world(ManualSandbox(Pace::kInstant));
  ASSERT_TRUE(world.Do(CreateFlow{flow}).ok());
  InitiateTransaction command = Tip();
  command.flow = "slow";
  std::string id;
  for (int i = 0; i < 100 && id.empty(); ++i) {
    const Transaction& t = world.Initiate(command);
    if (t.failure) id = t.id;
  }
  const Transaction& t = world.Get(id);
  const Explanation explanation = Explain(42, flow, t, world.RecordsOf(id));
  ASSERT_EQ(explanation.causes.size(), 1u);
  EXPECT_EQ(explanation.causes[0].kind, CauseKind::kTimeout);
  EXPECT_EQ(explanation.causes[0].threshold, 50'000);
  EXPECT_GT(*explanation.causes[0].draw, 50'000);
}

}  // namespace
}  // namespace tracktrove::domain
