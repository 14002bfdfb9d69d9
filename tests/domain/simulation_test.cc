// How a simulation starts, goes on and ends.
#include <gmock/gmock.h>

#include "domain/decide.h"
#include "tests/domain/simulation_spec.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

const Timer kArrivalTimer{.kind = TimerKind::kArrival, .transaction_id = "", .due = {}};

// A sandbox with at most one simulation, as the engine keeps it.
class SimulatedWorld {
 public:
  explicit SimulatedWorld(Pace pace = Pace::kInstant) : world_(ManualSandbox(pace)) {}

  absl::StatusOr<Decision> Decide(const Command& command) {
    Facts facts;
    facts.sandbox_name = "lab";
    facts.sandbox = &world_.sandbox;
    facts.simulation = run ? &*run : nullptr;
    absl::StatusOr<Decision> decision = domain::Decide(facts, command, {world_.now(), kWall});
    if (!decision.ok()) return decision;
    if (decision->sandbox) world_.sandbox = *decision->sandbox;
    Seal(*decision, world_.sandbox, kWall);
    if (decision->simulation) run = decision->simulation;
    if (run && decision->transaction) run->Count(nullptr, *decision->transaction);
    return decision;
  }

  Sandbox& sandbox() { return world_.sandbox; }

  std::optional<SimulationRun> run;

 private:
  World world_;
};

TEST(Simulation, StartsByArmingItsFirstArrival) {
  SimulatedWorld world;
  const auto started = world.Decide(StartSimulation{TipsAndRefunds(3)});
  ASSERT_TRUE(started.ok()) << started.status();
  ASSERT_EQ(started->armed.size(), 1u);
  EXPECT_EQ(started->armed[0].kind, TimerKind::kArrival);
  EXPECT_EQ(started->armed[0].transaction_id, "");
  EXPECT_EQ(started->armed[0].due, kStart);
  EXPECT_EQ(started->records[0].type, RecordType::kSimulationStarted);
  EXPECT_EQ(started->records[0].record_class, RecordClass::kObserved);
  EXPECT_EQ(world.run->Id(), "sim-1");
  EXPECT_EQ(world.run->first_sequence, started->records[0].sequence);
  EXPECT_EQ(world.sandbox().running_simulation, 1);
  EXPECT_TRUE(world.sandbox().IsDriven());
}

TEST(Simulation, TakesTheSandboxesSeedAndEveryKindWhereNothingElseIsSaid) {
  SimulatedWorld world;
  SimulationSpec spec = TipsAndRefunds(3);
  spec.seed.reset();
  spec.weights.clear();
  ASSERT_TRUE(world.Decide(StartSimulation{spec}).ok());
  EXPECT_EQ(world.run->spec->seed, 42u);
  EXPECT_EQ(world.run->spec->weights.size(), BuiltinFlows().size());

  SimulatedWorld other;
  spec.flow = "card-purchase";
  ASSERT_TRUE(other.Decide(StartSimulation{spec}).ok());
  EXPECT_THAT(other.run->spec->weights, testing::ElementsAre(testing::Pair(Kind::kPurchase, 1)));
}

TEST(Simulation, IsRefusedForWhatItsFirstArrivalsWouldBeRefusedFor) {
  struct Case {
    const char* what;
    void (*change)(SimulationSpec&);
    const char* reason;
  };
  const Case cases[] = {
      {"flow", [](SimulationSpec& s) { s.flow = "no-such-flow"; }, "FLOW_NOT_FOUND"},
      {"amount", [](SimulationSpec& s) { s.amount.max_minor_units = 50'001; }, "BAD_REQUEST"},
      {"small amount", [](SimulationSpec& s) { s.amount.min_minor_units = 99; }, "BAD_REQUEST"},
      {"currency", [](SimulationSpec& s) { s.amount.currency = "inr"; }, "BAD_REQUEST"},
  };
  for (const Case& each : cases) {
    SimulatedWorld world;
    SimulationSpec spec = TipsAndRefunds(3);
    each.change(spec);
    EXPECT_EQ(Reason(world.Decide(StartSimulation{spec})), each.reason) << each.what;
    EXPECT_FALSE(world.run) << each.what;
  }
}

TEST(Simulation, IsTheOnlyOneAtATime) {
  SimulatedWorld world;
  ASSERT_TRUE(world.Decide(StartSimulation{TipsAndRefunds(3)}).ok());
  EXPECT_EQ(Reason(world.Decide(StartSimulation{TipsAndRefunds(3)})), "SIMULATION_RUNNING");
}

TEST(Simulation, ArrivesOneByOneAndArmsTheHorizonAfterTheLast) {
  SimulatedWorld world;
  SimulationSpec spec = TipsAndRefunds(3);
  spec.rate_micros = 1'000'000;
  ASSERT_TRUE(world.Decide(StartSimulation{spec}).ok());
  for (int i = 0; i < 3; ++i) {
    const auto arrived = world.Decide(FireTimer{kArrivalTimer});
    ASSERT_TRUE(arrived.ok()) << arrived.status();
    EXPECT_EQ(arrived->transaction->arrival, i);
    EXPECT_EQ(arrived->transaction->simulation_number, 1);
    EXPECT_EQ(arrived->transaction->DrawKey(), "arrival:" + std::to_string(i));
    EXPECT_EQ(arrived->transaction->ordinal, i + 1);
    const Timer& next = arrived->armed.back();
    EXPECT_EQ(next.kind, TimerKind::kArrival);
    EXPECT_EQ(next.due, i < 2 ? kStart + absl::Seconds(i + 1) : kStart + absl::Hours(24));
    EXPECT_EQ(world.run->IsDone(), i == 2);
  }
}

TEST(Simulation, EndsWithTheCountsOfItsTransactions) {
  SimulatedWorld world;
  ASSERT_TRUE(world.Decide(StartSimulation{TipsAndRefunds(2)}).ok());
  ASSERT_TRUE(world.Decide(FireTimer{kArrivalTimer}).ok());
  ASSERT_TRUE(world.Decide(FireTimer{kArrivalTimer}).ok());
  const auto finished = world.Decide(FinishSimulation{});
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_THAT(finished->disarmed, testing::ElementsAre(TimerKind::kArrival));
  EXPECT_EQ(finished->records[0].detail, "sim-1 FINISHED: 2 of 2 arrived, 2 COMPLETED");
  EXPECT_EQ(world.run->last_sequence, finished->records[0].sequence);
  EXPECT_EQ(world.run->end_time, kStart);
  EXPECT_EQ(world.sandbox().running_simulation, 0);
  EXPECT_FALSE(world.sandbox().IsDriven());
}

TEST(Simulation, EndsAtItsHorizonBeforeAnArrivalOfThatInstant) {
  SimulatedWorld world;
  SimulationSpec spec = TipsAndRefunds(3);
  spec.rate_micros = 1'000'000;
  spec.horizon = absl::Seconds(1);
  ASSERT_TRUE(world.Decide(StartSimulation{spec}).ok());
  ASSERT_TRUE(world.Decide(FireTimer{kArrivalTimer}).ok());
  world.sandbox().clock.last = kStart + absl::Seconds(1);
  const auto ended = world.Decide(FireTimer{kArrivalTimer});
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(world.run->state, RunState::kExpired);
  EXPECT_FALSE(ended->transaction);
  EXPECT_EQ(world.run->arrived(), 1);
}

TEST(Simulation, IsCancelledOnce) {
  SimulatedWorld world;
  EXPECT_EQ(Reason(world.Decide(CancelSimulation{1, ""})), "SIMULATION_NOT_FOUND");
  ASSERT_TRUE(world.Decide(StartSimulation{TipsAndRefunds(3)}).ok());
  const auto cancelled = world.Decide(CancelSimulation{1, "enough"});
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->records[0].type, RecordType::kSimulationCancelled);
  EXPECT_EQ(cancelled->records[0].detail, "sim-1 CANCELLED: 0 of 3 arrived; enough");
  EXPECT_EQ(Reason(world.Decide(CancelSimulation{1, ""})), "SIMULATION_OVER");
}

TEST(Simulation, GoesOnOverArrivalsThatTheRulesRefuseMeanwhile) {
  SimulatedWorld world;
  ASSERT_TRUE(world.Decide(StartSimulation{TipsAndRefunds(2)}).ok());
  world.sandbox().policy.amount_limits = {400, 500};
  const auto refused = world.Decide(FireTimer{kArrivalTimer});
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_FALSE(refused->transaction);
  EXPECT_EQ(refused->records[0].type, RecordType::kArrivalRefused);
  EXPECT_EQ(refused->records[0].failure->code, "BAD_REQUEST");
  EXPECT_EQ(refused->armed.size(), 1u);
  ASSERT_TRUE(world.Decide(FireTimer{kArrivalTimer}).ok());
  EXPECT_EQ(world.run->refused, 2);
  EXPECT_EQ(world.run->arrived(), 0);
  EXPECT_TRUE(world.run->IsDone());
}

TEST(Simulation, SharesItsFatesWithAnotherOfTheSameSeedButNotItsIds) {
  std::vector<std::string> ids;
  std::vector<State> states;
  for (int64_t count = 0; count < 2; ++count) {
    SimulatedWorld world;
    world.sandbox().seed = 1000 + static_cast<uint64_t>(count);
    world.sandbox().simulation_count = count;
    SimulationSpec spec = TipsAndRefunds(40);
    spec.chances.success_ppm = 500'000;
    ASSERT_TRUE(world.Decide(StartSimulation{spec}).ok());
    for (int i = 0; i < 40; ++i) {
      const auto arrived = world.Decide(FireTimer{kArrivalTimer});
      ASSERT_TRUE(arrived.ok()) << arrived.status();
      ids.push_back(arrived->transaction->id);
      states.push_back(arrived->transaction->state);
    }
  }
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 80u);
  EXPECT_TRUE(std::equal(states.begin(), states.begin() + 40, states.begin() + 40));
  EXPECT_THAT(states, testing::Contains(State::kFailed));
}

TEST(Simulation, CountsItsTransactionsByStateAsTheyMove) {
  SimulationRun run = RunOf(TipsAndRefunds(2));
  Transaction before;
  before.state = State::kInitiated;
  run.Count(nullptr, before);
  Transaction failed = before;
  failed.state = State::kFailed;
  failed.failure = Failure{"X", "", "", false, kStart};
  run.Count(&before, failed);
  EXPECT_EQ(run.over, 0);
  Transaction over = failed;
  over.failure->final = true;
  run.Count(&failed, over);
  EXPECT_EQ(run.over, 1);
  run.Count(&over, before);  // an operator had it tried again
  EXPECT_EQ(run.over, 0);
  EXPECT_EQ(run.states[static_cast<size_t>(State::kInitiated)], 1);
  EXPECT_EQ(run.states[static_cast<size_t>(State::kFailed)], 0);
}

TEST(Simulation, KeepsAReportOnlyOfItsOwnWorldAndOnlyAfterItsEnd) {
  SimulatedWorld world;
  ASSERT_TRUE(world.Decide(StartSimulation{TipsAndRefunds(3)}).ok());
  EXPECT_EQ(Reason(world.Decide(KeepReport{1, 1, "r"})), "SIMULATION_RUNNING");
  ASSERT_TRUE(world.Decide(CancelSimulation{1, ""}).ok());
  EXPECT_EQ(Reason(world.Decide(KeepReport{2, 1, "r"})), "SIMULATION_NOT_FOUND");
  const auto kept = world.Decide(KeepReport{1, 1, "r"});
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->report, "r");
}

}  // namespace
}  // namespace tracktrove::domain
