#include "holds/hold_keys.h"

#include <gtest/gtest.h>

namespace tracktrove::holds {
namespace {

constexpr char kId[] = "01890a5d-ac96-774b-bcce-b302099a8057";
const absl::Time kNow = absl::FromUnixSeconds(1767344400);

TEST(HoldKeys, AKeyLivesAsLongAsItsHoldAndSaysUntilWhen) {
  const HoldKeys keys("tt");
  EXPECT_EQ(
      *keys.Set({"s", kId}, kNow + absl::Seconds(60), kNow),
      (redis::Command{"SET", std::string("tt:hold:s:") + kId, "2026-01-02T09:01:00+00:00", "PX", "60001"}));
}

TEST(HoldKeys, AKeyNeverEndsBeforeItsHold) {
  const HoldKeys keys("tt");
  EXPECT_EQ(keys.Set({"s", kId}, kNow + absl::Microseconds(1), kNow)->back(), "1");
  EXPECT_EQ(keys.Set({"s", kId}, kNow + absl::Microseconds(1001), kNow)->back(), "2");
}

TEST(HoldKeys, AHoldThatHasEndedGetsNoKeyAndOneThatIsOverLosesIts) {
  const HoldKeys keys("tt");
  EXPECT_EQ(keys.Set({"s", kId}, kNow, kNow), std::nullopt);
  EXPECT_EQ(*keys.Set({"s", kId}, std::nullopt, kNow),
            (redis::Command{"DEL", std::string("tt:hold:s:") + kId}));
}

TEST(HoldKeys, TellItsOwnKeysFromOthers) {
  const HoldKeys keys("tt");
  EXPECT_EQ(keys.Parse(std::string("tt:hold:my-box.1:") + kId), HoldKey("my-box.1", kId));
  for (const char* other :
       {"", "tt:hold", "tt:hold:", "tt:hold:x", "tt:ended:s:1", "other:hold:s:1", "tt:armed"}) {
    EXPECT_EQ(keys.Parse(other), std::nullopt) << other;
  }
}

TEST(HoldKeys, AreLookedForByTheirSandboxAloneWhateverThePrefixMeansToAPattern) {
  EXPECT_EQ(HoldKeys("a*[1]").Scan("my-box.1", "17"),
            (redis::Command{"SCAN", "17", "MATCH", "a\\*\\[1\\]:hold:my-box.1:*", "COUNT", "1000"}));
}

TEST(HoldKeys, TheSettingForEventsKeepsWhatOthersWant) {
  EXPECT_EQ(WithExpiredEvents(""), "Ex");
  EXPECT_EQ(WithExpiredEvents("Kg"), "KgEx");
  EXPECT_EQ(WithExpiredEvents("E"), "Ex");
  EXPECT_EQ(WithExpiredEvents("A"), "AE");
  EXPECT_EQ(WithExpiredEvents("AKE"), std::nullopt);
  EXPECT_EQ(WithExpiredEvents("xE"), std::nullopt);
}

}  // namespace
}  // namespace tracktrove::holds
