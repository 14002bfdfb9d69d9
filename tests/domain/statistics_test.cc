#include "domain/statistics.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

TEST(Statistics, BucketsAreHours) {
  EXPECT_EQ(BucketOf(kStart), kStart);
  EXPECT_EQ(BucketOf(kStart + absl::Hours(1) - absl::Microseconds(1)), kStart);
  EXPECT_EQ(BucketOf(kStart + absl::Hours(1)), kStart + absl::Hours(1));
  EXPECT_EQ(BucketOf(absl::UnixEpoch() - absl::Microseconds(1)), absl::UnixEpoch() - absl::Hours(1));
}

TEST(Statistics, CountTheMovesOfTransactionsAndNothingElse) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction failing = Tip();
  failing.simulation.fail_first_attempts = 1;
  const std::string id = world.Initiate(failing).id;
  world.FireAll();
  ASSERT_TRUE(world.Do(RecordSnapshot{id, "receipts", "", world.Get(id).dto}).ok());
  std::map<std::pair<State, bool>, int> counted;
  std::string code;
  for (const Record& record : world.records) {
    const auto key = CountedAs(record, Kind::kTip);
    if (!key) continue;
    EXPECT_EQ(key->bucket, kStart);
    ++counted[{key->state, key->final}];
    if (key->state == State::kFailed) code = key->failure_code;
    EXPECT_EQ(key->failure_code.empty(), key->state != State::kFailed);
  }
  EXPECT_EQ(counted, (std::map<std::pair<State, bool>, int>{{{State::kInitiated, false}, 2},
                                                            {{State::kFailed, false}, 1},
                                                            {{State::kEscrow, false}, 1},
                                                            {{State::kCompleted, false}, 1}}));
  EXPECT_FALSE(code.empty());
}

TEST(Statistics, CountACancelledFailureAsFinal) {
  World world(ManualSandbox(Pace::kInstant));
  InitiateTransaction failing = Tip();
  failing.simulation.fail_first_attempts = 1;
  const std::string id = world.Initiate(failing).id;
  ASSERT_TRUE(world.Do(CancelTransaction{id, ""}).ok());
  const auto key = CountedAs(world.records.back(), Kind::kTip);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->failure_code, "CANCELLED");
  EXPECT_TRUE(key->final);
}

}  // namespace
}  // namespace tracktrove::domain
