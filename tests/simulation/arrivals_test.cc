// The arrivals of a simulation in a batch: a limit of their own, and nobody who
// waits for them.
#include <gmock/gmock.h>

#include "domain/json.h"
#include "tests/simulation/simulated_store.h"
#include "tests/simulation/text_codec.h"

namespace tracktrove::simulation {
namespace {

using domain::ClockMode;
using domain::RecordType;
using testing::ElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1'767'340'800);

domain::InitiateTransaction Tip() {
  domain::InitiateTransaction tip;
  tip.amount = {"INR", 2550};
  tip.payer = "asha";
  tip.payee = "ravi";
  tip.payload = domain::CanonicalText({{"order", "A-1"}});
  return tip;
}

domain::StartSimulation TipsAtOnce(int64_t count) {
  domain::SimulationSpec spec;
  spec.count = count;
  spec.seed = 7;
  spec.weights = {{domain::Kind::kTip, 1}};
  spec.amount = {"INR", 1'000, 2'000, domain::AmountShape::kUniform};
  spec.horizon = absl::Hours(1);
  return {spec};
}

// Batches over one sandbox, each run by a function and then written.
class ArrivalsTest : public testing::Test {
 protected:
  void Create(ClockMode mode, domain::Pace pace) {
    InBatch([&](engine::WorkingSet& set) {
      domain::CreateSandbox create;
      create.world = 1;
      create.clock_mode = mode;
      create.start_time = kNoon;
      create.pace = pace;
      Run(set, create);
    });
  }
  template <typename Work>
  void InBatch(Work work) {
    engine::BatchEffects effects;
    engine::DueTimers due;
    if (store_.sandbox) {
      const absl::Time now = store_.sandbox->clock.Now(wall_);
      due = store_.DueTimers(domain::FiringHorizon(*store_.sandbox, now), 100);
    }
    engine::WorkingSet set("lab", store_.sandbox, wall_, due, codec_, effects);
    std::set<std::string> ids;
    for (const auto& [id, transaction] : store_.transactions()) ids.insert(id);
    if (store_.sandbox) set.AddFound(store_.Load(ids, {}, {}));
    set.AddSimulations(store_.LoadSimulations());
    work(set);
    set.Finish();
    store_.Write(effects.changes);
    for (const auto& [world, record] : effects.changes.records) log_.push_back(record);
  }
  static void Run(engine::WorkingSet& set, domain::Command command) {
    const auto reply = set.Run(
        {.sandbox = "lab", .request_id = "", .fingerprint = "", .command = std::move(command), .done = {}},
        std::nullopt);
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  static bool Fire(engine::WorkingSet& set, int arrivals) {
    return set.FireTimers({.timers = 100, .arrivals = arrivals, .one_instant = false});
  }
  std::vector<int64_t> ArrivedAfter(const std::vector<int>& limits) {
    std::vector<int64_t> arrived;
    for (const int limit : limits) {
      InBatch([&](engine::WorkingSet& set) { Fire(set, limit); });
      arrived.push_back(store_.simulations().at(1).arrived());
    }
    return arrived;
  }
  std::vector<absl::Duration> TimesOf(RecordType type) const {
    std::vector<absl::Duration> times;
    for (const domain::Record& record : log_) {
      if (record.type == type) times.push_back(record.time - kNoon);
    }
    return times;
  }

  TextCodec codec_;
  absl::Time wall_ = kNoon;
  SimulatedStore store_;
  std::vector<domain::Record> log_;
};

TEST_F(ArrivalsTest, NoMoreThanTheLimitComeInABatch) {
  Create(ClockMode::kManual, domain::Pace::kInstant);
  InBatch([](engine::WorkingSet& set) { Run(set, TipsAtOnce(10)); });
  EXPECT_THAT(ArrivedAfter({3, 1, 4, 4}), ElementsAre(3, 4, 8, 10));
  EXPECT_EQ(store_.simulations().at(1).state, domain::RunState::kFinished);
}

TEST_F(ArrivalsTest, ACallIsServedBetweenThemAtTheTimeWhereTheClockStands) {
  Create(ClockMode::kManual, domain::Pace::kPaced);
  InBatch([](engine::WorkingSet& set) { Run(set, TipsAtOnce(10)); });
  InBatch([](engine::WorkingSet& set) {
    EXPECT_FALSE(Fire(set, 3)) << "more is due";
    EXPECT_FALSE(set.CallsWait()) << "but a call need not wait for that";
    Run(set, Tip());
  });
  EXPECT_THAT(ArrivedAfter({100}), ElementsAre(10));
  EXPECT_THAT(TimesOf(RecordType::kTransactionInitiated), testing::Each(absl::ZeroDuration()))
      << "the clock did not run past those that were put off";
}

TEST_F(ArrivalsTest, OnARealtimeClockTheOtherTimersFireAndLateArrivalsAreOfTheTimeByThen) {
  Create(ClockMode::kRealtime, domain::Pace::kPaced);
  InBatch([](engine::WorkingSet& set) { Run(set, Tip()); });
  InBatch([](engine::WorkingSet& set) { Run(set, TipsAtOnce(3)); });
  wall_ += absl::Minutes(1);
  InBatch([](engine::WorkingSet& set) {
    EXPECT_FALSE(Fire(set, 1));
    EXPECT_FALSE(set.CallsWait());
    Run(set, Tip());
  });
  EXPECT_EQ(TimesOf(RecordType::kStepFinished).size(), 12u)
      << "the steps of the tip and of the first arrival";
  EXPECT_THAT(ArrivedAfter({1, 1}), ElementsAre(2, 3));
  EXPECT_THAT(TimesOf(RecordType::kTransactionInitiated),
              ElementsAre(absl::ZeroDuration(), absl::ZeroDuration(), absl::Minutes(1), absl::Minutes(1),
                          absl::Minutes(1)));
}

TEST_F(ArrivalsTest, ACallWaitsForTimersThatAreDueBeforeIt) {
  Create(ClockMode::kRealtime, domain::Pace::kPaced);
  InBatch([](engine::WorkingSet& set) { Run(set, Tip()); });
  wall_ += absl::Minutes(1);
  InBatch([](engine::WorkingSet& set) {
    EXPECT_FALSE(set.FireTimers({.timers = 2, .arrivals = 1, .one_instant = false}));
    EXPECT_TRUE(set.CallsWait());
  });
}

TEST_F(ArrivalsTest, ASimulationThatCannotGoOnIsInterruptedAndItsSandboxGoesOn) {
  Create(ClockMode::kManual, domain::Pace::kInstant);
  InBatch([](engine::WorkingSet& set) { Run(set, TipsAtOnce(10)); });
  domain::SimulationRun broken = store_.simulations().at(1);
  broken.next_arrival = 10;  // as no run can be: its timer is armed beyond the last
  store::Changes changes;
  changes.simulations.emplace_back(1, broken);
  store_.Write(changes);
  InBatch([](engine::WorkingSet& set) { Fire(set, 3); });
  EXPECT_EQ(store_.simulations().at(1).state, domain::RunState::kInterrupted);
  EXPECT_EQ(store_.sandbox->running_simulation, 0);
  EXPECT_TRUE(store_.timers().empty());
}

}  // namespace
}  // namespace tracktrove::simulation
