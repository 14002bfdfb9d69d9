#include "domain/draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "domain/hash.h"
#include "domain/transaction.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'767'340'800'123);

TEST(FieldHash, IsSha256OverLengthPrefixedFields) {
  EXPECT_EQ(FieldHash(1).Text("ab").Text("c").Integer(-1).FinishHex(),
            "4aadb103d895c89c6f04be6dc0aed4a87bd1f3bcc56d3dde7e5bed984abb92dd");
}

TEST(FieldHash, KeepsFieldsApart) {
  EXPECT_NE(FieldHash(1).Text("ab").Text("c").Finish(), FieldHash(1).Text("a").Text("bc").Finish());
  EXPECT_NE(FieldHash(1).Text("").Finish(), FieldHash(1).Finish());
  EXPECT_NE(FieldHash(1).Text("a").Finish(), FieldHash(2).Text("a").Finish());
  EXPECT_NE(FieldHash(1).Text(absl::string_view("a\0", 2)).Finish(), FieldHash(1).Text("a").Finish());
}

// These values stand in stored traces and in people's tests: they never change.
TEST(Draws, AreTheSameForEver) {
  const Draws draws(42, "ordinal:1");
  EXPECT_EQ(draws.Bits("score-risk", 1, "latency"), 0x947cc6d52621f8df);
  EXPECT_EQ(draws.Below(kPpm, "score-risk", 1, "latency"), 580'028);
  EXPECT_EQ(draws.Hex(12, "score-risk", 1, "latency"), "947cc6d52621");
  EXPECT_EQ(draws.Hex(32, "score-risk", 1, "latency"), "947cc6d52621f8dfb864718750ffb160");
  EXPECT_EQ(draws.Uuid(kTime, "transaction_id"), "019b7db8-787b-7d4a-989e-e15dc8f236b6");
}

TEST(Draws, DependOnEveryPartOfTheirName) {
  const std::set<uint64_t> drawn = {Draws(42, "ordinal:1").Bits("step", 1, "latency"),
                                    Draws(43, "ordinal:1").Bits("step", 1, "latency"),
                                    Draws(42, "ordinal:2").Bits("step", 1, "latency"),
                                    Draws(42, "ordinal:1").Bits("other", 1, "latency"),
                                    Draws(42, "ordinal:1").Bits("step", 2, "latency"),
                                    Draws(42, "ordinal:1").Bits("step", 1, "failure_code"),
                                    Draws(42, "ordinal:1s").Bits("tep", 1, "latency"),
                                    Draws(42, "ordinal:1").Bits("", 1, "steplatency"),
                                    Draws(~42ull, "ordinal:1").Bits("step", 1, "latency")};
  EXPECT_EQ(drawn.size(), 9u);
}

TEST(Draws, OfAClientsKeySevenAreNotThoseOfOrdinalSeven) {
  Transaction by_ordinal, by_key;
  by_ordinal.ordinal = 7;
  by_key.ordinal = 8;
  by_key.draw_key = "7";
  EXPECT_EQ(by_ordinal.DrawKey(), "ordinal:7");
  EXPECT_EQ(by_key.DrawKey(), "key:7");
  by_key.draw_key = "ordinal:7";
  EXPECT_NE(by_key.DrawKey(), by_ordinal.DrawKey());
}

TEST(Draws, OfAClientsKeyDoNotDependOnTheOrdinal) {
  Transaction first, second;
  first.draw_key = second.draw_key = "tip-of-asha";
  first.ordinal = 1;
  second.ordinal = 99;
  EXPECT_EQ(first.DrawKey(), second.DrawKey());
}

TEST(Draws, FillTheirRangeEvenly) {
  constexpr int kBuckets = 10, kDraws = 100'000;
  std::array<int, kBuckets> hits{};
  for (int i = 0; i < kDraws; ++i) {
    const int64_t drawn = Draws(1, "key:" + std::to_string(i)).Below(kBuckets, "", 0, "test");
    ASSERT_GE(drawn, 0);
    ASSERT_LT(drawn, kBuckets);
    ++hits[drawn];
  }
  // Five standard deviations around 10,000.
  for (const int count : hits) EXPECT_NEAR(count, kDraws / kBuckets, 475);
}

TEST(Draws, BelowOneAreZeroAndBelowTheLargestBoundInRange) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    EXPECT_EQ(Draws(1, "k").Below(1, "", attempt, "test"), 0);
    EXPECT_GE(Draws(1, "k").Below(INT64_MAX, "", attempt, "test"), 0);
  }
}

TEST(Draws, NeverHitAChanceOfZeroAndAlwaysOneOfAMillion) {
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    const Draws draws(9, "k");
    ASSERT_FALSE(draws.Chance(0, "", attempt, "test"));
    ASSERT_TRUE(draws.Chance(kPpm, "", attempt, "test"));
  }
}

TEST(Draws, MakeUuidsOfVersionSevenWithTheMillisecondInFront) {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = Draws(i, "k").Uuid(kTime, "transaction_id");
    ASSERT_THAT(id, testing::MatchesRegex("019b7db8-787b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

TEST(Draws, MakeUuidsThatSortByTime) {
  const Draws draws(1, "k");
  EXPECT_LT(draws.Uuid(kTime, "id"), draws.Uuid(kTime + absl::Milliseconds(1), "id"));
  EXPECT_EQ(draws.Uuid(absl::UnixEpoch(), "id").substr(0, 15), "00000000-0000-7");
}

TEST(Draws, MakeUuidsThatUseAllTheirRandomBits) {
  uint64_t ones_high = 0, zeros_high = 0, ones_low = 0, zeros_low = 0;
  for (int i = 0; i < 200; ++i) {
    std::string hex = Draws(1, std::to_string(i)).Uuid(kTime, "id");
    std::erase(hex, '-');
    const uint64_t high = std::stoull(hex.substr(0, 16), nullptr, 16),
                   low = std::stoull(hex.substr(16), nullptr, 16);
    ones_high |= high, zeros_high |= ~high, ones_low |= low, zeros_low |= ~low;
  }
  EXPECT_EQ(ones_high & zeros_high, 0x0000'0000'0000'0fffu);
  EXPECT_EQ(ones_low & zeros_low, 0x3fff'ffff'ffff'ffffu);
}

}  // namespace
}  // namespace tracktrove::domain
