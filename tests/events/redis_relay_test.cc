#include "events/redis_relay.h"

#include <gmock/gmock.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/support/redis_server.h"
#include "tests/support/test_log.h"

namespace tracktrove::events {
namespace {

using tracktrove::testing::Eventually;
using tracktrove::testing::kWorld;
using tracktrove::testing::RedisServer;
using tracktrove::testing::SequencesOf;
using tracktrove::testing::TestLog;

constexpr char kStream[] = "tracktrove:log:s:1";

// One server's relay, and what it was told.
class Replica {
 public:
  explicit Replica(const redis::Address& address, RedisRelayOptions options = {})
      : link_({.keeper = {.address = address}}),
        subscriber_({.keeper = {.address = address}}),
        relay_(NewRedisRelay(link_, subscriber_, std::move(options))) {
    relay_->Start([this](const std::string& sandbox, domain::WorldId world, const Position& head) {
      sync::MutexLock lock(&mutex_);
      news_.push_back(absl::StrCat(sandbox, " ", world, " ", head.sequence));
      head_ = head;
    });
    link_.Start();
    subscriber_.Start();
    EXPECT_TRUE(Eventually([&] { return link_.up(); }));
  }
  ~Replica() {
    subscriber_.Stop();
    link_.Stop();
  }

  Relay& relay() { return *relay_; }
  bool AwaitHead(const Position& head) {
    sync::MutexLock lock(&mutex_);
    const auto came = [&] { return head_ == head; };
    return lock.AwaitUntil(absl::Now() + absl::Seconds(30), came);
  }
  std::vector<std::string> news() {
    sync::MutexLock lock(&mutex_);
    return news_;
  }

 private:
  redis::Link link_;
  redis::Subscriber subscriber_;
  std::unique_ptr<Relay> relay_;
  sync::Mutex mutex_;
  std::vector<std::string> news_;
  Position head_;
};

class RedisRelayTest : public ::testing::Test {
 protected:
  void AwaitListeners(int count) {
    EXPECT_TRUE(Eventually([&] {
      const redis::Reply reply = redis_.Ask({"PUBSUB", "NUMSUB", "tracktrove:news@0"});
      return reply.list.size() == 2 && reply.list[1].integer == count;
    }));
  }

  RedisServer redis_;
};

TEST_F(RedisRelayTest, AnotherReplicaHearsOfANewHeadAndFetchesItsRecords) {
  Replica a(redis_.address()), b(redis_.address());
  AwaitListeners(2);
  TestLog log("s", kWorld);
  a.relay().Tell("s", kWorld, log.Append(3));
  a.relay().Tell("s", kWorld, log.Append(400));
  ASSERT_TRUE(b.AwaitHead(log.head()));
  EXPECT_EQ(b.news().back(), "s 1 403");
  const auto run = b.relay().Fetch("s", kWorld, 0);
  EXPECT_EQ(run.before, Position{});
  EXPECT_EQ(run.End(), log.head());
  EXPECT_EQ(run.entries.size(), 403u);
  EXPECT_EQ(*run.entries[0]->record.dto, *log.Since(0).entries[0]->record.dto);
  const auto rest = b.relay().Fetch("s", kWorld, 402);
  EXPECT_EQ(rest.End(), log.head());
  EXPECT_LE(rest.before.sequence, 402);
}

TEST_F(RedisRelayTest, FetchAnswersTheNewestThatAreWithoutAGap) {
  Replica a(redis_.address()), b(redis_.address());
  AwaitListeners(2);
  TestLog log("s", kWorld);
  a.relay().Tell("s", kWorld, log.Append(3));
  log.Append(2);  // never told
  a.relay().Tell("s", kWorld, log.Append(4));
  ASSERT_TRUE(b.AwaitHead(log.head()));
  const auto run = b.relay().Fetch("s", kWorld, 0);
  EXPECT_EQ(run.before.sequence, 5);
  EXPECT_EQ(SequencesOf(run.entries), (std::vector<int64_t>{6, 7, 8, 9}));
}

TEST_F(RedisRelayTest, AskingTooFarBackOrTooSoonDoesNotCloseTheWayForOthers) {
  RedisRelayOptions options;
  options.fetch_pause = absl::Hours(1);
  options.fetch_timeout = absl::Seconds(30);
  Replica a(redis_.address(), options);
  AwaitListeners(1);
  TestLog log("s", kWorld);
  log.Append(5);  // never told
  a.relay().Tell("s", kWorld, log.Append(3));
  ASSERT_TRUE(a.AwaitHead(log.head()));
  EXPECT_EQ(a.relay().Fetch("s", kWorld, 2).entries.size(), 3u);
  EXPECT_TRUE(a.relay().Fetch("s", kWorld, 1).entries.empty()) << "nobody has that, as was seen just now";
  EXPECT_EQ(a.relay().Fetch("s", kWorld, 6).entries.size(), 3u);
  EXPECT_TRUE(a.relay().Fetch("s", kWorld, 8).entries.empty());
  a.relay().Tell("s", kWorld, log.Append(1));
  ASSERT_TRUE(a.AwaitHead(log.head()));
  EXPECT_EQ(a.relay().Fetch("s", kWorld, 8).entries.size(), 1u);
}

TEST_F(RedisRelayTest, WhatIsToldTwiceOrLateIsKeptOnce) {
  Replica a(redis_.address()), b(redis_.address());
  AwaitListeners(2);
  TestLog log("s", kWorld);
  const auto first = log.Append(3), second = log.Append(3);
  a.relay().Tell("s", kWorld, first);
  ASSERT_TRUE(b.AwaitHead(first.End()));
  a.relay().Tell("s", kWorld, second);
  ASSERT_TRUE(b.AwaitHead(second.End()));
  b.relay().Tell("s", kWorld, first);
  ASSERT_TRUE(b.AwaitHead(first.End()));
  EXPECT_EQ(redis_.Ask({"XLEN", kStream}).integer, 2);
  EXPECT_EQ(b.relay().Fetch("s", kWorld, 0).entries.size(), 6u);
}

TEST_F(RedisRelayTest, AnotherWorldHasRecordsOfItsOwn) {
  Replica a(redis_.address());
  AwaitListeners(1);
  TestLog log("s", kWorld), again("made again", kWorld + 1);
  a.relay().Tell("s", kWorld, log.Append(9));
  a.relay().Tell("s", kWorld + 1, again.Append(2));
  ASSERT_TRUE(a.AwaitHead(again.head()));
  EXPECT_EQ(a.relay().Fetch("s", kWorld + 1, 0).End(), again.head());
  EXPECT_EQ(a.relay().Fetch("s", kWorld, 0).End(), log.head());
}

TEST_F(RedisRelayTest, AStreamIsBoundedInRecordsAndBytesAndExpires) {
  RedisRelayOptions options;
  options.kept = {.records = 500, .bytes = 100'000};
  Replica a(redis_.address(), options);
  TestLog small("small", kWorld, 10), large("large", kWorld, 5000);
  for (int i = 0; i < 300; ++i) {
    a.relay().Tell("s", kWorld, small.Append(10));
    a.relay().Tell("l", kWorld, large.Append(1));
  }
  ASSERT_TRUE(Eventually(
      [&] { return a.relay().Fetch("s", kWorld, small.head().sequence - 1).End() == small.head(); }));
  // Redis trims by whole nodes, of up to 100 entries or 4 KiB each.
  EXPECT_LT(a.relay().Fetch("s", kWorld, 0).entries.size(), 1600u);
  ASSERT_TRUE(Eventually(
      [&] { return a.relay().Fetch("l", kWorld, large.head().sequence - 1).End() == large.head(); }));
  const int64_t kept = redis_.Ask({"XLEN", "tracktrove:log:l:1"}).integer;
  EXPECT_TRUE(kept > 0 && kept <= 30) << kept;
  EXPECT_GT(redis_.Ask({"PTTL", kStream}).integer, 0);
}

TEST_F(RedisRelayTest, DamagedEntriesAreAGap) {
  Replica a(redis_.address());
  AwaitListeners(1);
  TestLog log("s", kWorld);
  a.relay().Tell("s", kWorld, log.Append(3));
  ASSERT_TRUE(a.AwaitHead(log.head()));
  redis_.Ask({"XADD", kStream, "4-0", "run", "nonsense"});
  redis_.Ask({"XADD", kStream, "5-0", "something", "else", "altogether", "!"});
  EXPECT_TRUE(a.relay().Fetch("s", kWorld, 0).entries.empty());
}

TEST_F(RedisRelayTest, AfterAFlushNothingIsFetchedAndNewsGoOn) {
  Replica a(redis_.address()), b(redis_.address());
  AwaitListeners(2);
  TestLog log("s", kWorld);
  a.relay().Tell("s", kWorld, log.Append(3));
  ASSERT_TRUE(b.AwaitHead(log.head()));
  redis_.Ask({"FLUSHALL"});
  EXPECT_TRUE(b.relay().Fetch("s", kWorld, 0).entries.empty());
  a.relay().Tell("s", kWorld, log.Append(1));
  EXPECT_TRUE(b.AwaitHead(log.head()));
}

TEST_F(RedisRelayTest, AStoppedRedisDelaysNobodyWhoTellsAndOneFetchForAMoment) {
  RedisRelayOptions options;
  options.fetch_pause = absl::Hours(1);
  Replica a(redis_.address(), options);
  TestLog log("s", kWorld);
  redis_.Pause();
  absl::Duration longest;
  for (int i = 0; i < 2000; ++i) {
    const auto run = log.Append(1);
    const absl::Time start = absl::Now();
    a.relay().Tell("s", kWorld, run);
    longest = std::max(longest, absl::Now() - start);
  }
  EXPECT_LT(longest, absl::Milliseconds(200));
  const absl::Time start = absl::Now();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(a.relay().Fetch("s", kWorld, 0).entries.empty());
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  redis_.Resume();
}

TEST_F(RedisRelayTest, WhatWaitsIsBounded) {
  RedisRelayOptions options;
  options.max_pending_bytes = 10'000;
  Replica a(redis_.address(), options);
  AwaitListeners(1);
  TestLog log("s", kWorld, 1000);
  a.relay().Tell("s", kWorld, log.Append(100));  // more than may wait: dropped
  const auto next = log.Append(5);
  a.relay().Tell("s", kWorld, next);
  ASSERT_TRUE(a.AwaitHead(log.head()));
  EXPECT_EQ(a.relay().Fetch("s", kWorld, 0).before, next.before);
}

}  // namespace
}  // namespace tracktrove::events
