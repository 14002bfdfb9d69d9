#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "holds/holds.h"
#include "tests/holds/expiries.h"

namespace tracktrove::holds {
namespace {

TEST(InProcessHolds, TellsExpiriesInOrderOfTimeAndNotThoseDisarmed) {
  Expiries expiries;
  const auto holds = NewInProcessHolds();
  holds->Start([&](const std::string& sandbox) { expiries.Add(sandbox); }, nullptr);
  const absl::Time now = absl::Now();
  holds->Arm({{"late", "1", now + absl::Milliseconds(40)}, {"dropped", "2", now + absl::Milliseconds(20)}});
  holds->Disarm({{"dropped", "2", {}}});
  holds->Arm({{"early", "3", now}});
  EXPECT_EQ(expiries.AwaitCount(2), (std::vector<std::string>{"early", "late"}));
  holds->Stop();
}

TEST(InProcessHolds, ArmingAgainMovesTheExpiry) {
  Expiries expiries;
  const auto holds = NewInProcessHolds();
  holds->Start([&](const std::string& sandbox) { expiries.Add(sandbox); }, nullptr);
  holds->Arm({{"moved", "1", absl::InfiniteFuture()}});
  holds->Arm({{"moved", "1", absl::Now()}});
  EXPECT_EQ(expiries.AwaitCount(1), std::vector<std::string>{"moved"});
}

TEST(InProcessHolds, ForgetsThoseOfASandboxThatIsGoneAndHasRoomForOthers) {
  Expiries expiries;
  const auto holds = NewInProcessHolds(/*max_holds=*/4);
  holds->Start([&](const std::string& sandbox) { expiries.Add(sandbox); }, nullptr);
  const absl::Time soon = absl::Now() + absl::Milliseconds(50);
  holds->Arm({{"gone", "1", soon}, {"gone", "2", soon}, {"go", "1", soon}, {"gone too", "1", soon}});
  holds->Retire("gone");
  holds->Arm({{"a", "1", soon}, {"b", "1", soon}, {"beyond", "1", soon}});
  std::vector<std::string> told = expiries.AwaitCount(4);
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b", "go", "gone too"}));
}

TEST(InProcessHolds, DropsHintsBeyondItsBound) {
  Expiries expiries;
  const auto holds = NewInProcessHolds(/*max_holds=*/1);
  holds->Start([&](const std::string& sandbox) { expiries.Add(sandbox); }, nullptr);
  const absl::Time soon = absl::Now() + absl::Milliseconds(20);
  holds->Arm({{"kept", "1", soon}, {"beyond", "2", soon - absl::Milliseconds(10)}});
  EXPECT_EQ(expiries.AwaitCount(1), std::vector<std::string>{"kept"});
}

}  // namespace
}  // namespace tracktrove::holds
