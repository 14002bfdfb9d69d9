#include "events/ring.h"

#include <gtest/gtest.h>

#include "tests/support/test_log.h"

namespace tracktrove::events {
namespace {

using tracktrove::testing::kWorld;
using tracktrove::testing::SequencesOf;
using tracktrove::testing::TestLog;
using Sequences = std::vector<int64_t>;

// A ring that starts where the log stands.
Ring RingAt(const TestLog& log, RingBounds bounds = {}) {
  Ring ring(bounds);
  ring.Place(log.head());
  return ring;
}

Sequences All(const Ring& ring, int64_t after) { return SequencesOf(ring.Read(after, 1000)); }

TEST(Ring, IsOfNoLogUntilItIsPlaced) {
  TestLog log("s", kWorld);
  Ring ring({});
  EXPECT_EQ(ring.End(), std::nullopt);
  EXPECT_FALSE(ring.Merge(log.Append(3)));
  EXPECT_FALSE(ring.IsBehind(0));
}

TEST(Ring, GoesOnFromWhereItWasPlaced) {
  TestLog log("s", kWorld);
  log.Append(5);
  Ring ring = RingAt(log);
  EXPECT_EQ(ring.End(), log.head());
  EXPECT_TRUE(ring.Merge(log.Append(3)));
  EXPECT_EQ(All(ring, 5), (Sequences{6, 7, 8}));
  EXPECT_EQ(SequencesOf(ring.Read(6, 1)), Sequences{7});
  EXPECT_EQ(All(ring, 8), Sequences{});
  EXPECT_EQ(ring.End(), log.head());
  EXPECT_TRUE(ring.IsBehind(4));
  EXPECT_EQ(All(ring, 4), Sequences{});
}

TEST(Ring, TakesTheSameRecordsOnce) {
  TestLog log("s", kWorld);
  Ring ring = RingAt(log);
  const auto first = log.Append(4);
  EXPECT_TRUE(ring.Merge(first));
  EXPECT_TRUE(ring.Merge(first));
  log.Append(2);
  EXPECT_TRUE(ring.Merge(log.Since(2)));  // overlaps
  EXPECT_TRUE(ring.Merge(first));         // late
  EXPECT_EQ(All(ring, 0), (Sequences{1, 2, 3, 4, 5, 6}));
}

TEST(Ring, RefusesAGap) {
  TestLog log("s", kWorld);
  Ring ring = RingAt(log);
  ring.Merge(log.Append(2));
  log.Append(1);
  EXPECT_FALSE(ring.Merge(log.Append(2)));
  EXPECT_EQ(All(ring, 0), (Sequences{1, 2}));
  EXPECT_TRUE(ring.Merge(log.Since(2)));
  EXPECT_EQ(All(ring, 0), (Sequences{1, 2, 3, 4, 5}));
}

TEST(Ring, TakesWhatWasBeforeItsFirst) {
  TestLog log("s", kWorld);
  log.Append(6);
  Ring ring = RingAt(log);
  ring.Merge(log.Append(2));
  EXPECT_TRUE(ring.Merge(log.Since(3)));
  EXPECT_EQ(All(ring, 3), (Sequences{4, 5, 6, 7, 8}));
  EXPECT_TRUE(ring.IsBehind(2));
  EXPECT_TRUE(ring.Merge(log.Since(0)));
  EXPECT_EQ(All(ring, 0).size(), 8u);
}

TEST(Ring, RefusesRecordsOfAnotherLogWhateverTheirNumbers) {
  TestLog log("s", kWorld), other("made again", kWorld);
  Ring ring = RingAt(log);
  ring.Merge(log.Append(3));
  const auto early = other.Append(2), same = other.Append(1), next = other.Append(2);
  EXPECT_FALSE(ring.Merge({.before = early.End(), .entries = same.entries}));
  EXPECT_FALSE(ring.Merge(next));
  EXPECT_FALSE(ring.Merge(early)) << "both logs begin at the same place";
  EXPECT_FALSE(ring.Merge({.before = {2, "x"}, .entries = same.entries}));
  EXPECT_EQ(All(ring, 0), (Sequences{1, 2, 3}));
  EXPECT_TRUE(ring.Knows(log.head()));
  EXPECT_FALSE(ring.Knows({3, other.head().hash}));
}

TEST(Ring, IsBoundedInRecordsAndBytesAtBothEnds) {
  TestLog log("s", kWorld, /*dto_bytes=*/100);
  for (const RingBounds bounds : {RingBounds{.records = 3}, RingBounds{.bytes = 350}}) {
    Ring ring = RingAt(log, bounds);
    ring.Merge(log.Append(10));
    EXPECT_EQ(All(ring, log.head().sequence - 3).size(), 3u);
    EXPECT_TRUE(ring.IsBehind(log.head().sequence - 4));
    EXPECT_TRUE(ring.Merge(log.Since(0)));
    EXPECT_TRUE(ring.IsBehind(log.head().sequence - 4)) << "there is no room for more";
    EXPECT_TRUE(ring.Knows(log.head()));
  }
}

TEST(Ring, StartsAnewWhereItIsPlacedAgain) {
  TestLog log("s", kWorld);
  Ring ring = RingAt(log);
  ring.Merge(log.Append(3));
  log.Append(100);
  ring.Place(log.head());
  EXPECT_EQ(ring.End(), log.head());
  EXPECT_TRUE(ring.IsBehind(3));
  EXPECT_TRUE(ring.Merge(log.Append(1)));
  EXPECT_EQ(All(ring, 103), Sequences{104});
}

}  // namespace
}  // namespace tracktrove::events
