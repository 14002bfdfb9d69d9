// What a simulation fires is a function of its seed and the place alone.
#include "domain/arrival.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "domain/json.h"
#include "tests/domain/simulation_spec.h"

namespace tracktrove::domain {
namespace {

std::string Describe(const InitiateTransaction& c) {
  return testing::PrintToString(std::make_tuple(Name(c.kind), c.amount.currency, c.amount.minor_units,
                                                c.payer, c.payee, c.channel, *c.payload, c.flow, c.arrival));
}

TEST(Arrival, IsTheSameForTheSameSeedAndPlaceAndAnotherForOthers) {
  const SimulationSpec spec = TipsAndRefunds(100);
  SimulationSpec other = spec;
  other.seed = 8;
  int same = 0;
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(Describe(ArrivalOf(spec, i)), Describe(ArrivalOf(spec, i)));
    EXPECT_NE(Describe(ArrivalOf(spec, i)), Describe(ArrivalOf(spec, i + 1)));
    same += Describe(ArrivalOf(spec, i)) == Describe(ArrivalOf(other, i));
  }
  EXPECT_EQ(same, 0);
}

TEST(Arrival, DoesNotDependOnHowManyThereAreOrHowFastTheyCome) {
  const SimulationSpec spec = TipsAndRefunds(100);
  SimulationSpec other = spec;
  other.count = 5;
  other.rate_micros = 3'000'000;
  other.jitter = true;
  other.horizon = absl::Hours(1);
  EXPECT_EQ(Describe(ArrivalOf(spec, 3)), Describe(ArrivalOf(other, 3)));
}

TEST(Arrival, HasKindsByTheirWeights) {
  SimulationSpec spec = TipsAndRefunds(4000);  // 3 to 1
  std::map<Kind, int> counts;
  for (int64_t i = 0; i < spec.count; ++i) ++counts[ArrivalOf(spec, i).kind];
  EXPECT_NEAR(counts[Kind::kTip], 3000, 120);
  EXPECT_NEAR(counts[Kind::kRefund], 1000, 120);
  EXPECT_EQ(counts.size(), 2u);
}

TEST(Arrival, HasAmountsWithinBoundsAndLowOnesMoreOftenWhereAskedFor) {
  SimulationSpec spec = TipsAndRefunds(4000);
  spec.amount = {"INR", 100, 120, AmountShape::kUniform};
  const auto mean = [&spec] {
    std::set<int64_t> seen;
    int64_t sum = 0;
    for (int64_t i = 0; i < spec.count; ++i) {
      const int64_t amount = ArrivalOf(spec, i).amount.minor_units;
      seen.insert(amount);
      sum += amount;
    }
    EXPECT_EQ(*seen.begin(), 100);
    EXPECT_EQ(*seen.rbegin(), 120);
    EXPECT_EQ(seen.size(), 21u);
    return static_cast<double>(sum) / static_cast<double>(spec.count);
  };
  EXPECT_NEAR(mean(), 110, 0.4);
  spec.amount.shape = AmountShape::kLowHeavy;
  EXPECT_NEAR(mean(), 106.5, 0.4);
}

TEST(Arrival, HasPayersAndPayeesFromTheirPools) {
  SimulationSpec spec = TipsAndRefunds(1000);
  spec.weights = {{Kind::kTip, 1}};
  spec.payers = 7;
  spec.payees = 1;
  std::set<std::string> payers, payees;
  for (int64_t i = 0; i < spec.count; ++i) {
    payers.insert(ArrivalOf(spec, i).payer);
    payees.insert(ArrivalOf(spec, i).payee);
  }
  EXPECT_EQ(payers.size(), 7u);
  EXPECT_THAT(payees, testing::ElementsAre("rider-1"));
}

TEST(Arrival, HasADocumentOfItsKindInCanonicalForm) {
  const std::map<Kind, std::string> members = {{Kind::kTip, "order"},
                                               {Kind::kBidAdjustment, "auction"},
                                               {Kind::kRefund, "ticket"},
                                               {Kind::kLoyaltyCredit, "loyalty"},
                                               {Kind::kPurchase, "cart"}};
  for (const auto& [kind, member] : members) {
    SimulationSpec spec = TipsAndRefunds(1);
    spec.weights = {{kind, 1}};
    const InitiateTransaction arrival = ArrivalOf(spec, 0);
    const Json payload = ParseStored(*arrival.payload);
    EXPECT_TRUE(payload.contains(member)) << Name(kind) << *arrival.payload;
    EXPECT_EQ(CanonicalJson(payload), *arrival.payload);
    EXPECT_NE(arrival.payer, arrival.payee);
  }
}

struct DueCase {
  int64_t rate_micros;
  int64_t arrival;
  int64_t expected_us;
};

TEST(ArrivalTimes, AreEvenlySpacedFromTheStartExactToTheMicrosecond) {
  constexpr DueCase kCases[] = {{0, 0, 0},
                                {0, 99, 0},
                                {1'000'000, 1, 1'000'000},
                                {3'000'000, 1, 333'333},
                                {3'000'000, 3, 1'000'000},
                                {1'000, 2, 2'000'000'000},
                                {100'000'000'000, 99, 990}};
  for (const DueCase& each : kCases) {
    SimulationRun run = RunOf(TipsAndRefunds(100));
    SimulationSpec spec = *run.spec;
    spec.rate_micros = each.rate_micros;
    run.spec = std::make_shared<SimulationSpec>(spec);
    EXPECT_EQ(run.DueTime(each.arrival) - run.start_time, absl::Microseconds(each.expected_us))
        << each.rate_micros << " " << each.arrival;
  }
}

TEST(ArrivalTimes, WithJitterStayInTheirSlotsAndSoInOrder) {
  SimulationSpec spec = TipsAndRefunds(1000);
  spec.rate_micros = 10'000'000;
  spec.jitter = true;
  const SimulationRun run = RunOf(spec);
  int moved = 0;
  for (int64_t i = 0; i < spec.count; ++i) {
    const absl::Duration offset = run.DueTime(i) - run.start_time;
    EXPECT_GE(offset, i * absl::Milliseconds(100));
    EXPECT_LT(offset, (i + 1) * absl::Milliseconds(100));
    moved += offset != i * absl::Milliseconds(100);
  }
  EXPECT_GT(moved, 990);
}

TEST(ArrivalTimes, NeverPassTheHorizonWhichFollowsTheLast) {
  SimulationSpec spec = TipsAndRefunds(10);
  spec.rate_micros = 1'000'000;
  spec.horizon = absl::Milliseconds(4500);
  const SimulationRun run = RunOf(spec);
  EXPECT_EQ(run.DueTime(4) - run.start_time, absl::Seconds(4));
  EXPECT_EQ(run.DueTime(5), run.deadline());
  EXPECT_EQ(run.DueTime(10), run.deadline());
}

}  // namespace
}  // namespace tracktrove::domain
