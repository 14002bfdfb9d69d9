// Simulations, their reports, and the pages that a report is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/store/database.h"
#include "tests/store/describe.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using domain::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// The transaction with this ordinal, fired by a simulation.
Transaction Arrival(int ordinal, int64_t simulation, int64_t arrival) {
  Transaction transaction = PlainTransaction(ordinal);
  transaction.simulation_number = simulation;
  transaction.arrival = arrival;
  return transaction;
}

class SimulationStoreTest : public StoreTest {
 protected:
  std::map<SimulationKey, domain::SimulationRun> LoadRuns(const std::vector<SimulationKey>& keys) {
    Must(writer_->Begin());
    auto found = Must(writer_->LoadSimulations(keys));
    writer_->Rollback();
    return found;
  }

  // (arrival, index) of each record of a page, and where the page ends.
  std::vector<std::pair<int64_t, int>> Page(int64_t number, RunPlace& place, int64_t last_sequence,
                                            int limit) {
    std::vector<std::pair<int64_t, int>> read;
    for (const domain::RunRecord& each :
         Must(reader_->ReadRunRecords(kWorld, number, place, 100, last_sequence, limit))) {
      read.emplace_back(each.arrival, each.record.index);
      place = {each.arrival, each.record.index};
    }
    return read;
  }
};

TRACKTROVE_ON_EVERY_DATABASE(SimulationStoreTest);

TEST_P(SimulationStoreTest, ASimulationComesBackInEveryFieldAndIsReplacedInEveryField) {
  Commit({.simulations = {{kWorld, FullSimulation(1)}, {kWorld, PlainSimulation(2)}}});
  const auto runs = LoadRuns({{kWorld, 1}, {kWorld, 2}, {kWorld, 3}, {kWorld + 1, 1}});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(Describe(runs.at({kWorld, 1})), Describe(FullSimulation(1)));
  EXPECT_EQ(Describe(runs.at({kWorld, 2})), Describe(PlainSimulation(2)));
  EXPECT_EQ(Describe(Must(reader_->GetSimulation(kWorld, 1))->run), Describe(FullSimulation(1)));
  Commit({.simulations = {{kWorld, PlainSimulation(1)}, {kWorld, FullSimulation(2)}}});
  EXPECT_EQ(Describe(Must(reader_->GetSimulation(kWorld, 1))->run), Describe(PlainSimulation(1)));
  EXPECT_EQ(Describe(Must(reader_->GetSimulation(kWorld, 2))->run), Describe(FullSimulation(2)));
  EXPECT_EQ(Must(reader_->GetSimulation(kWorld, 3)), std::nullopt);
}

TEST_P(SimulationStoreTest, TheFirstReportIsTheOneThatIsKept) {
  Commit({.simulations = {{kWorld, FullSimulation(1)}}});
  EXPECT_EQ(Must(reader_->GetSimulation(kWorld, 1))->report, std::nullopt);
  Commit({.reports = {{kWorld, 1, "first"}, {kWorld, 1, "second"}}});
  Commit({.reports = {{kWorld, 1, "third"}}});
  EXPECT_EQ(Must(reader_->GetSimulation(kWorld, 1))->report, "first");
}

TEST_P(SimulationStoreTest, SimulationsAreListedTheNewestFirstFromACursor) {
  Commit({.simulations = {
              {kWorld, FullSimulation(1)}, {kWorld, FullSimulation(2)}, {kWorld, PlainSimulation(3)}}});
  const auto numbers = [&](int64_t before, int limit) {
    std::vector<int64_t> listed;
    for (const auto& run : Must(reader_->ListSimulations(kWorld, before, limit)))
      listed.push_back(run.number);
    return listed;
  };
  EXPECT_THAT(numbers(0, 2), ElementsAre(3, 2));
  EXPECT_THAT(numbers(2, 2), ElementsAre(1));
  EXPECT_THAT(numbers(1, 2), IsEmpty());
}

TEST_P(SimulationStoreTest, TheSandboxesOwnTimerComesBackWithoutATransactionAndCanBeDisarmed) {
  domain::Timer timer = TimerAt(10, 1, domain::TimerKind::kArrival, 5);
  timer.transaction_id.clear();
  Commit({.armed = {{kWorld, timer}}});
  const auto due = [&] {
    Must(writer_->Begin());
    std::vector<std::string> timers;
    for (const auto& each : Must(writer_->DueTimers(kWorld, At(10), 5))) timers.push_back(Describe(each));
    writer_->Rollback();
    return timers;
  };
  EXPECT_THAT(due(), ElementsAre(Describe(timer)));
  Commit({.disarmed = {{kWorld, {"", domain::TimerKind::kArrival}}}});
  EXPECT_THAT(due(), IsEmpty());
}

TEST_P(SimulationStoreTest, ASandboxWhoseClockASimulationMovesNeedsTheEngineAtOnce) {
  domain::Sandbox sandbox = PlainSandbox("a", kWorld);
  sandbox.clock.mode = domain::ClockMode::kManual;
  sandbox.simulation_count = 1;
  sandbox.running_simulation = 1;
  EXPECT_THAT(Commit({.sandboxes = {sandbox}}), ElementsAre(Pair("a", absl::InfinitePast())));
}

TEST_P(SimulationStoreTest, ARunsRecordsComeByArrivalAndIndexPageByPageUpToASequence) {
  // Arrivals in another order than ordinals, ids and sequences.
  Changes changes;
  changes.transactions = {{kWorld, Arrival(1, 7, 2)},
                          {kWorld, Arrival(2, 7, 0)},
                          {kWorld, Arrival(3, 7, 1)},
                          {kWorld, Arrival(4, 8, 0)},
                          {kWorld, PlainTransaction(5)}};
  int64_t sequence = 0;
  for (const int index : {0, 1, 2}) {
    for (int ordinal = 1; ordinal <= 5; ++ordinal)
      changes.records.emplace_back(kWorld, PlainRecord(++sequence, ordinal, index));
  }
  Commit(changes);
  RunPlace place;
  EXPECT_THAT(Page(7, place, kMost, 4), ElementsAre(Pair(0, 0), Pair(0, 1), Pair(0, 2), Pair(1, 0)));
  EXPECT_THAT(Page(7, place, kMost, 4), ElementsAre(Pair(1, 1), Pair(1, 2), Pair(2, 0), Pair(2, 1)));
  EXPECT_THAT(Page(7, place, kMost, 4), ElementsAre(Pair(2, 2)));
  EXPECT_THAT(Page(7, place, kMost, 4), IsEmpty());
  place = {};
  EXPECT_THAT(Page(7, place, 7, 10), ElementsAre(Pair(0, 0), Pair(0, 1), Pair(1, 0), Pair(2, 0), Pair(2, 1)));
  place = {};
  EXPECT_THAT(Page(9, place, kMost, 10), IsEmpty());
  EXPECT_EQ(Must(reader_->ReadRunRecords(kWorld, 7, {0, 1}, 2, kMost, 10)).size(), 4u) << "the window ends";
  const auto records = Must(reader_->ReadRunRecords(kWorld, 8, {}, 1, kMost, 1));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(Describe(records[0].record), Describe(PlainRecord(4, 4, 0)));
  EXPECT_EQ(records[0].flow, "tip");
  EXPECT_EQ(records[0].kind, domain::Kind::kTip);
}

TEST_P(SimulationStoreTest, ARunsTransactionsComeByArrivalWithTheSumsOfTheirEntries) {
  Commit({.transactions = {{kWorld, Arrival(1, 7, 1)},
                           {kWorld, Arrival(2, 7, 0)},
                           {kWorld, PlainTransaction(3)}},
          .entries = {{kWorld, Entry(1, 0, 1, {"payer:a", "escrow", 500})},
                      {kWorld, Entry(2, 0, 3, {"payer:b", "escrow", 5})}}});
  const auto first = Must(reader_->SumArrivals(kWorld, 7, -1, 1));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(Describe(first[0].transaction), Describe(Arrival(2, 7, 0)));
  EXPECT_THAT(first[0].sums, IsEmpty());
  const auto second = Must(reader_->SumArrivals(kWorld, 7, 0, 5));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_THAT(second[0].sums, ElementsAre(Pair("escrow", 500), Pair("payer:a", -500)));
}

TEST_P(SimulationStoreTest, TwoTransactionsCannotBeTheSameArrival) {
  Commit({.transactions = {{kWorld, Arrival(1, 7, 1)}}});
  Must(writer_->Begin());
  EXPECT_EQ(writer_->Write({.transactions = {{kWorld, Arrival(2, 7, 1)}}}).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace tracktrove::store
