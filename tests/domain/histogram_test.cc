#include "domain/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tracktrove::domain {
namespace {

TEST(Histogram, IsExactForShortDurationsAndTheMaximum) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.Add(absl::Microseconds(i));
  EXPECT_EQ(histogram.count(), 100);
  EXPECT_EQ(histogram.Quantile(500'000), absl::Microseconds(50));
  EXPECT_EQ(histogram.Quantile(1), absl::Microseconds(1));
  EXPECT_EQ(histogram.Quantile(1'000'000), absl::Microseconds(100));
  EXPECT_EQ(histogram.max(), absl::Microseconds(100));
}

TEST(Histogram, OfNothingAnswersZero) { EXPECT_EQ(Histogram().Quantile(500'000), absl::ZeroDuration()); }

TEST(Histogram, IsNeverBelowTheExactQuantileAndAtMostASixtyFourthAbove) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<int64_t> values;
    const int64_t bound = int64_t{100} << round;
    for (int i = 0; i < 2000; ++i) {
      values.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(bound)));
      histogram.Add(absl::Microseconds(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const int64_t ppm : {1'000, 500'000, 950'000, 990'000, 999'000}) {
      const int64_t exact = values[(2000 * ppm + kPpm - 1) / kPpm - 1];
      const int64_t told = absl::ToInt64Microseconds(histogram.Quantile(ppm));
      EXPECT_GE(told, exact);
      EXPECT_LE(told - exact, exact / 64);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
