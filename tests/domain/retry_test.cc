// Failures: fate, transient ones, timeouts, and the retries that heal them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "domain/draft.h"
#include "domain/flow_run.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

InitiateTransaction FailingTip(int attempts) {
  InitiateTransaction tip = Tip();
  tip.simulation.fail_first_attempts = attempts;
  return tip;
}

InitiateTransaction IllFatedTip(const std::string& step) {
  InitiateTransaction tip = Tip();
  tip.simulation.success_ppm = 0;
  tip.simulation.fail_at_step = step;
  return tip;
}

TEST(Retry, HealsAFailureThatIsNotFinal) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(FailingTip(1)).id;
  const Transaction failed = world.Get(id);
  ASSERT_EQ(failed.state, State::kFailed);
  EXPECT_FALSE(failed.failure->final);
  EXPECT_FALSE(failed.IsOver());
  EXPECT_EQ(failed.failure->step, world.RecordsOf(id).back().step);
  EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kRetry));
  EXPECT_EQ(world.TimersOf(id)[0].due, *failed.failure->next_retry_time);

  world.FireNext();
  const Transaction& healed = world.Get(id);
  EXPECT_EQ(healed.state, State::kCompleted);
  EXPECT_EQ(healed.attempt, 2);
  EXPECT_EQ(healed.failure, std::nullopt);
  EXPECT_EQ(world.posted.at(id), PositionOf(healed));
}

TEST(Retry, StartsFromTheFirstStepWithTheOriginalPayload) {
  World world(ManualSandbox(Pace::kPaced));
  const std::string id = world.Initiate(FailingTip(1)).id;
  world.FireUntil(id, TimerKind::kRetry);
  const std::optional<Decision> retry = world.FireNext();
  ASSERT_EQ(retry->records.size(), 1u);
  EXPECT_EQ(retry->records[0].type, RecordType::kRetryStarted);
  EXPECT_EQ(retry->records[0].attempt, 2);
  EXPECT_EQ(*retry->records[0].dto, *Tip().payload);
  EXPECT_EQ(world.Get(id).state, State::kInitiated);
  EXPECT_EQ(world.Get(id).step, 0);
  EXPECT_THAT(world.TimerKindsOf(id), ElementsAre(TimerKind::kStep));
  EXPECT_EQ(ParseStored(*world.Initiate(Tip()).dto), ParseStored(*world.Get(id).dto));
}

TEST(Retry, EndsWithTheLastAttemptThePolicyGrants) {
  for (const int max_attempts : {1, 2, 3, 5}) {
    CreateSandbox create = ManualSandbox(Pace::kInstant);
    create.policy.retry.max_attempts = max_attempts;
    World world(create);
    const std::string id = world.Initiate(FailingTip(20)).id;
    world.FireAll();
    EXPECT_EQ(world.Get(id).state, State::kFailed);
    EXPECT_TRUE(world.Get(id).failure->final);
    EXPECT_EQ(world.Get(id).failure->next_retry_time, std::nullopt);
    EXPECT_EQ(world.Get(id).attempt, max_attempts);
    EXPECT_THAT(world.timers, IsEmpty());
  }
}

TEST(Retry, FailsAsManyFirstAttemptsAsAsked) {
  CreateSandbox create = ManualSandbox(Pace::kInstant);
  create.policy.retry.max_attempts = 20;
  World world(create);
  for (int attempts = 0; attempts < 20; ++attempts) {
    const std::string id = world.Initiate(FailingTip(attempts)).id;
    world.FireAll();
    EXPECT_EQ(world.Get(id).state, State::kCompleted);
    EXPECT_EQ(world.Get(id).attempt, attempts + 1);
  }
}

// Full jitter under a cap of 500 ms, 1 s, 2 s ... and at last 30 s.
TEST(Retry, BacksOffWithinACapThatDoubles) {
  CreateSandbox create = ManualSandbox(Pace::kInstant);
  create.policy.retry.max_attempts = 12;
  World world(create);
  std::vector<double> longest(12);  // as a share of the cap
  for (int i = 0; i < 300; ++i) {
    const std::string id = world.Initiate(FailingTip(20)).id;
    absl::Duration cap = absl::Milliseconds(500);
    for (int attempt = 1; attempt < 12; ++attempt, cap = std::min(cap * 2, absl::Seconds(30))) {
      const absl::Duration backoff = *world.Get(id).failure->next_retry_time - world.now();
      ASSERT_GT(backoff, absl::ZeroDuration());
      ASSERT_LE(backoff, cap) << "attempt " << attempt;
      longest[attempt] = std::max(longest[attempt], absl::FDivDuration(backoff, cap));
      world.FireNext();
    }
    ASSERT_TRUE(world.Get(id).IsOver());
  }
  // That all of 300 draws stay under nine tenths of the cap has a chance of 2e-14.
  for (int attempt = 1; attempt < 12; ++attempt) EXPECT_GT(longest[attempt], 0.9) << attempt;
}

TEST(Retry, WaitsForANewCaptureOfAManualHold) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction command = Tip();
  command.capture = Capture::kManual;
  std::string id;
  for (int i = 0; i < 100 && id.empty(); ++i) {  // one whose first attempt fails at the capture or later
    command.simulation.fail_first_attempts = 1;
    const Transaction& t = world.Initiate(command);
    if (t.state == State::kEscrow) id = t.id;
  }
  ASSERT_FALSE(id.empty());
  ASSERT_TRUE(world.Do(CompleteTransaction{id, Money{"INR", 1000}}).ok());
  ASSERT_EQ(world.Get(id).state, State::kFailed);
  EXPECT_THAT(world.posted.at(id), IsEmpty());
  world.FireUntil(id, TimerKind::kRetry);
  while (world.Get(id).state == State::kFailed) ASSERT_TRUE(world.FireNext());
  EXPECT_EQ(world.Get(id).state, State::kEscrow);
  EXPECT_EQ(world.Get(id).capture_requested, std::nullopt);
  ASSERT_TRUE(world.Do(CompleteTransaction{id, {}}).ok());
  EXPECT_EQ(world.Get(id).amounts.captured, 2550);
}

TEST(Failure, HappensAtTheStepAskedForWithOneOfItsCodes) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    for (const Step& step : FlowOf(Kind::kTip).steps) {
      World world(ManualSandbox(pace));
      const std::string id = world.Initiate(IllFatedTip(step.name)).id;
      world.FireAll();
      const Transaction& t = world.Get(id);
      ASSERT_EQ(t.state, State::kFailed) << step.name;
      EXPECT_EQ(t.failure->step, step.name);
      EXPECT_TRUE(t.failure->final);
      EXPECT_EQ(t.attempt, 1) << "an ill-fated one is not retried";
      std::set<std::string> codes = {step.failures.empty() ? "STEP_FAILED" : ""};
      for (const FailureMode& mode : step.failures) codes.insert(mode.code);
      EXPECT_EQ(codes.count(t.failure->code), 1u) << t.failure->code;
      const Record record = world.RecordsOf(id).back();
      EXPECT_EQ(record.failure, t.failure);
      EXPECT_EQ(record.service, step.service);
      EXPECT_GT(record.duration, absl::ZeroDuration());
      EXPECT_THAT(world.posted[id], IsEmpty()) << "what was held goes back";
    }
  }
}

TEST(Failure, LeavesTheDtoAsTheStepBeforeLeftIt) {
  World world(ManualSandbox(Pace::kInstant));
  const std::vector<Record> records = world.RecordsOf(world.Initiate(IllFatedTip("capture-tip")).id);
  EXPECT_EQ(*records.back().dto, *records[records.size() - 2].dto);
}

TEST(Failure, ThatIsFinalWinsOverATransientOneAtTheSameStepAndComesAfterAnEarlierOne) {
  World world(ManualSandbox(Pace::kInstant));
  int retried = 0;
  for (int i = 0; i < 50; ++i) {
    InitiateTransaction command = IllFatedTip("score-risk");
    command.simulation.fail_first_attempts = 1;
    const std::string id = world.Initiate(command).id;
    world.FireAll();
    const Transaction& t = world.Get(id);
    EXPECT_EQ(t.failure->step, "score-risk");
    EXPECT_TRUE(t.failure->final);
    if (t.attempt == 2) {
      ++retried;
      const Record first = world.RecordsOf(id)[1];
      EXPECT_EQ(first.step, "accept-payment");
      EXPECT_TRUE(first.failure.has_value()) << "only an earlier failure may come before the final one";
    }
  }
  EXPECT_GT(retried, 0);
  EXPECT_LT(retried, 50);
}

// How many of 10,000 transactions end up `counted`.
int CountOf(const Simulation& simulation, const std::function<bool(const Transaction&)>& counted) {
  int count = 0;
  const World world(ManualSandbox(Pace::kInstant));
  for (int i = 0; i < 10'000; ++i) {
    InitiateTransaction command = Tip();
    command.draw_key = "run-" + std::to_string(i);
    command.simulation = simulation;
    const Facts facts{.sandbox_name = "lab", .sandbox = &world.sandbox, .next_due = {}};
    count += counted(*Decide(facts, command, {kStart, kWall})->transaction);
  }
  return count;
}

bool IsCompleted(const Transaction& t) { return t.state == State::kCompleted; }

TEST(SuccessRate, OfZeroNeverAndOfOneAlwaysEndsWell) {
  EXPECT_EQ(CountOf({.success_ppm = 0, .fail_at_step = {}}, IsCompleted), 0);
  EXPECT_EQ(CountOf({.success_ppm = kPpm, .fail_at_step = {}}, IsCompleted), 10'000);
}

TEST(SuccessRate, IsMetWithinFiveStandardDeviations) {
  EXPECT_NEAR(CountOf({.success_ppm = 850'000, .fail_at_step = {}}, IsCompleted), 8500, 179);
  EXPECT_NEAR(CountOf({.success_ppm = 500'000, .fail_at_step = {}}, IsCompleted), 5000, 250);
}

TEST(SuccessRate, LetsAnIllFatedOneFailAtEachStepThatCan) {
  const Flow& flow = FlowOf(Kind::kTip);
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    const int failed = CountOf({.success_ppm = 0, .fail_at_step = {}},
                               [i](const Transaction& t) { return t.step == static_cast<int>(i); });
    // Five steps have failures; each gets a fifth.
    EXPECT_NEAR(failed, flow.steps[i].failures.empty() ? 0 : 2000, flow.steps[i].failures.empty() ? 0 : 200);
  }
}

TEST(TransientFailureRate, IsDrawnForEachAttemptAndHealsByRetry) {
  const Simulation simulation{.transient_ppm = 300'000, .fail_at_step = {}};
  EXPECT_NEAR(CountOf(simulation, [](const Transaction& t) { return t.failure && !t.failure->final; }), 3000,
              230);

  CreateSandbox create = ManualSandbox(Pace::kInstant);
  create.policy.retry.max_attempts = 20;
  World world(create);
  for (int i = 0; i < 100; ++i) {
    InitiateTransaction command = Tip();
    command.simulation = simulation;
    world.Initiate(command);
  }
  world.FireAll();
  for (const auto& [id, t] : world.transactions) EXPECT_EQ(t.state, State::kCompleted);  // 0.3^20 would not
}

// A flow of its own, run without Decide: built-in steps are quicker than their timeouts.
class StepTimeout : public testing::Test {
 protected:
  StepTimeout() {
    flow_ = *ParseFlow(Json::parse(R"json({"id": "slow", "kind": "TIP", "steps": [
        {"name": "ask", "service": "bank", "latency": {"p50": "0.080s", "p99": "0.300s", "max": "0.400s"}, "timeout": "0.050s",
         "failures": [{"code": "REFUSED"}]},
        {"name": "hold", "service": "escrow", "effect": "HOLD"},
        {"name": "capture", "service": "bank", "effect": "CAPTURE"}]})json"));
    sandbox_.pace = Pace::kInstant;
  }

  Decision Run(int attempt, bool instant) {
    Transaction transaction;
    transaction.state = State::kInitiated;
    transaction.attempt = attempt;
    transaction.dto = CanonicalText(Json::object());
    Draft draft(transaction, kStart);
    FlowRun(sandbox_, flow_, {}, draft).Run(instant);
    return *draft.Finish();
  }

  Flow flow_;
  Sandbox sandbox_;
};

TEST_F(StepTimeout, FailsALongerLatencyAtTheTimeoutAndIsRetried) {
  const Decision decision = Run(1, /*instant=*/true);
  ASSERT_EQ(decision.records.size(), 1u);
  EXPECT_EQ(decision.transaction->failure->code, "STEP_TIMEOUT");
  EXPECT_FALSE(decision.transaction->failure->final);
  EXPECT_EQ(decision.records[0].duration, absl::Milliseconds(50));
}

TEST_F(StepTimeout, IsFinalInTheLastAttempt) {
  EXPECT_TRUE(Run(3, /*instant=*/true).transaction->failure->final);
}

TEST_F(StepTimeout, PassesOnTheClockInsteadOfTheLatency) {
  Transaction transaction;
  transaction.state = State::kInitiated;
  Draft draft(transaction, kStart);
  draft.Emit(Record());
  FlowRun(sandbox_, flow_, {}, draft).Run(/*instant=*/false);
  EXPECT_EQ(draft.Finish()->armed.at(0).due, kStart + absl::Milliseconds(50));
}

TEST(Draft, RefusesAMoveThatIsNotInTheTable) {
  Transaction transaction;
  transaction.id = "tx-1";
  transaction.state = State::kRefunded;
  Draft draft(transaction, kStart);
  draft.transaction().state = State::kCompleted;
  draft.Emit(Record());
  const absl::StatusOr<Decision> decision = draft.Finish();
  EXPECT_EQ(Reason(decision), "BROKEN_INVARIANT");
  EXPECT_THAT(std::string(decision.status().message()), testing::HasSubstr("from REFUNDED to COMPLETED"));
}

}  // namespace
}  // namespace tracktrove::domain
