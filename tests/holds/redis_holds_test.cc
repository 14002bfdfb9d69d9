#include "holds/redis_holds.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "domain/vocabulary.h"
#include "tests/holds/expiries.h"
#include "tests/support/captured_log.h"
#include "tests/support/redis_server.h"

namespace tracktrove::holds {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tracktrove::testing::CapturedLog;
using tracktrove::testing::Eventually;
using tracktrove::testing::RedisServer;

constexpr char kPrefix[] = "tt";

std::string KeyOf(const Hold& hold) {
  return absl::StrCat("tt:hold:", hold.sandbox, ":", hold.transaction_id);
}

// What the database of a test has.
class Stored {
 public:
  void Put(const std::vector<Hold>& holds) {
    sync::MutexLock lock(&mutex_);
    for (const Hold& hold : holds) holds_[{hold.sandbox, hold.transaction_id}] = hold;
  }
  // In pages of ten.
  ReadStored Read() {
    return [this](const std::string& sandbox, const std::function<bool(std::vector<Hold>)>& take) {
      std::vector<Hold> all;
      {
        sync::MutexLock lock(&mutex_);
        for (const auto& [key, hold] : holds_) {
          if (sandbox.empty() || sandbox == hold.sandbox) all.push_back(hold);
        }
      }
      for (size_t i = 0; i < all.size(); i += 10) {
        if (!take({all.begin() + i, all.begin() + std::min(i + 10, all.size())})) break;
      }
      return absl::OkStatus();
    };
  }

 private:
  sync::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Hold> holds_;
};

// One server's holds.
class Replica {
 public:
  Replica(const redis::Address& address, Stored& stored, int max_pending = 100'000)
      : link_({.keeper = {.address = address}}),
        subscriber_({.keeper = {.address = address}}),
        holds_(NewRedisHolds(link_, subscriber_,
                             {.prefix = kPrefix,
                              .database = address.database,
                              .max_pending = max_pending,
                              .check_interval = absl::Milliseconds(50)})) {
    holds_->Start([this](const std::string& sandbox) { expiries_.Add(sandbox); }, stored.Read());
    link_.Start();
    subscriber_.Start();
  }
  ~Replica() {
    holds_->Stop();
    subscriber_.Stop();
    link_.Stop();
  }

  Holds& holds() { return *holds_; }
  Expiries& expiries() { return expiries_; }
  redis::Link& link() { return link_; }

 private:
  Expiries expiries_;
  redis::Link link_;
  redis::Subscriber subscriber_;
  std::unique_ptr<Holds> holds_;
};

class RedisHoldsTest : public ::testing::Test {
 protected:
  // A replica that has armed what is stored.
  std::unique_ptr<Replica> NewReplica(int max_pending = 100'000) {
    auto replica = std::make_unique<Replica>(redis_.address(), stored_, max_pending);
    EXPECT_TRUE(Eventually([&] { return replica->link().up(); }));
    AwaitArmed();
    return replica;
  }

  // Until somebody says that the keys are complete.
  void AwaitArmed() {
    EXPECT_TRUE(Eventually([&] {
      const std::string armed = redis_.Ask({"GET", "tt:armed"}).text;
      return !armed.empty() && armed != "arming";
    }));
  }
  void AwaitListeners(int count) {
    const std::string channel = "__keyevent@0__:expired";
    EXPECT_TRUE(Eventually([&] {
      const redis::Reply reply = redis_.Ask({"PUBSUB", "NUMSUB", channel});
      return reply.list.size() == 2 && reply.list[1].integer == count;
    }));
  }

  // Armed as a commit does: stored first.
  void Commit(Replica& replica, const std::vector<Hold>& holds) {
    stored_.Put(holds);
    replica.holds().Arm(holds);
  }
  bool Exists(const Hold& hold) { return redis_.Ask({"EXISTS", KeyOf(hold)}).integer == 1; }
  int64_t MillisecondsLeft(const Hold& hold) { return redis_.Ask({"PTTL", KeyOf(hold)}).integer; }

  static Hold InAnHour(const std::string& id) { return {"s", id, absl::Now() + absl::Hours(1)}; }

  RedisServer redis_;
  Stored stored_;
};

TEST_F(RedisHoldsTest, AKeyStandsForAHoldUntilItEndsOrIsDisarmed) {
  const auto replica = NewReplica();
  const Hold hold = InAnHour("1");
  Commit(*replica, {hold});
  ASSERT_TRUE(Eventually([&] { return Exists(hold); }));
  EXPECT_EQ(redis_.Ask({"GET", KeyOf(hold)}).text, domain::Rfc3339(hold.expire_wall));
  EXPECT_GT(MillisecondsLeft(hold), 3'500'000);
  EXPECT_LE(MillisecondsLeft(hold), 3'600'001);
  replica->holds().Disarm({hold});
  EXPECT_TRUE(Eventually([&] { return !Exists(hold); }));
}

TEST_F(RedisHoldsTest, EachEndIsToldOnceHoweverManyReplicasHearOfIt) {
  const auto a = NewReplica();
  const auto b = NewReplica();
  AwaitListeners(2);
  constexpr int kHolds = 30;
  std::vector<Hold> holds;
  const absl::Time soon = absl::Now() + absl::Milliseconds(100);
  for (int i = 0; i < kHolds; ++i) holds.push_back({absl::StrCat("s", i), "1", soon});
  Commit(*a, holds);
  const auto told = [&] { return a->expiries().AwaitCount(0).size() + b->expiries().AwaitCount(0).size(); };
  ASSERT_TRUE(Eventually([&] { return told() >= kHolds; }));
  // One more each has settled all claims before it.
  Commit(*b, {{"last", "1", absl::Now() + absl::Milliseconds(50)}});
  ASSERT_TRUE(Eventually([&] { return told() >= kHolds + 1; }));
  std::map<std::string, int> times;
  for (Replica* replica : {a.get(), b.get()}) {
    for (const std::string& sandbox : replica->expiries().AwaitCount(0)) ++times[sandbox];
  }
  EXPECT_EQ(times.size(), kHolds + 1u);
  for (const auto& [sandbox, count] : times) EXPECT_EQ(count, 1) << sandbox;
}

TEST_F(RedisHoldsTest, AFlushIsNoticedAndEverythingIsArmedAgain) {
  const auto replica = NewReplica();
  std::vector<Hold> holds;
  for (int i = 0; i < 25; ++i) holds.push_back(InAnHour(absl::StrCat(i)));
  Commit(*replica, holds);
  ASSERT_TRUE(Eventually([&] { return Exists(holds.back()); }));
  redis_.Ask({"FLUSHALL"});
  AwaitArmed();
  for (const Hold& hold : holds) EXPECT_TRUE(Exists(hold)) << hold.transaction_id;
}

TEST_F(RedisHoldsTest, AKilledRedisIsFilledAgainAndWhatWasArmedMeanwhileIsInIt) {
  const auto replica = NewReplica();
  const Hold before = InAnHour("before");
  const Hold meanwhile = InAnHour("meanwhile");
  Commit(*replica, {before});
  ASSERT_TRUE(Eventually([&] { return Exists(before); }));
  redis_.Crash();
  Commit(*replica, {meanwhile});
  redis_.Start();
  AwaitArmed();
  EXPECT_TRUE(Exists(before));
  EXPECT_TRUE(Exists(meanwhile));
  AwaitListeners(1);
  Commit(*replica, {{"ends", "1", absl::Now() + absl::Milliseconds(50)}});
  EXPECT_EQ(replica->expiries().AwaitCount(1), std::vector<std::string>{"ends"})
      << "notifications were switched on again, and subscribed to";
}

TEST_F(RedisHoldsTest, AStoppedRedisDelaysNobodyWhoArms) {
  const auto replica = NewReplica();
  redis_.Pause();
  std::vector<Hold> holds;
  absl::Duration longest;
  for (int i = 0; i < 2000; ++i) {
    holds.push_back(InAnHour(absl::StrCat(i)));
    stored_.Put({holds.back()});
    const absl::Time start = absl::Now();
    replica->holds().Arm({holds.back()});
    longest = std::max(longest, absl::Now() - start);
  }
  EXPECT_LT(longest, absl::Milliseconds(200));
  redis_.Resume();
  EXPECT_TRUE(Eventually([&] { return redis_.Ask({"KEYS", "tt:hold:*"}).list.size() == holds.size(); }));
}

TEST_F(RedisHoldsTest, WhatIsLeftOutBeyondTheBoundIsReadFromTheDatabaseAndArmed) {
  const auto replica = NewReplica(/*max_pending=*/5);
  std::vector<Hold> holds;
  for (int i = 0; i < 50; ++i) holds.push_back(InAnHour(absl::StrCat(i)));
  Commit(*replica, holds);
  EXPECT_TRUE(Eventually([&] { return redis_.Ask({"KEYS", "tt:hold:*"}).list.size() == holds.size(); }));
}

TEST_F(RedisHoldsTest, AClockThatWasMovedMovesTheHoldsOfItsSandbox) {
  const auto replica = NewReplica();
  const Hold moved = InAnHour("1");
  const Hold other = {"other", "1", moved.expire_wall};
  Commit(*replica, {moved, other});
  ASSERT_TRUE(Eventually([&] { return Exists(moved) && Exists(other); }));
  stored_.Put({{"s", "1", moved.expire_wall - absl::Minutes(50)}});
  replica->holds().Rearm("s");
  EXPECT_TRUE(Eventually([&] { return MillisecondsLeft(moved) <= 600'001; }));
  EXPECT_GT(MillisecondsLeft(other), 3'500'000);
}

TEST_F(RedisHoldsTest, KeysOfASandboxThatIsGoneGoWithItButForThoseOfTheOneThatCameAfter) {
  const auto replica = NewReplica();
  std::vector<Hold> gone;
  for (int i = 0; i < 3000; ++i) gone.push_back(InAnHour(absl::StrCat("gone", i)));
  const Hold other = {"s2", "1", absl::Now() + absl::Hours(1)}, again = InAnHour("again");
  replica->holds().Arm(gone);  // they are stored no longer
  Commit(*replica, {other});
  ASSERT_TRUE(Eventually([&] { return redis_.Ask({"KEYS", "tt:hold:*"}).list.size() == gone.size() + 1; }));
  replica->holds().Retire("s");
  Commit(*replica, {again});
  EXPECT_TRUE(Eventually([&] { return redis_.Ask({"KEYS", "tt:hold:*"}).list.size() == 2; }));
  EXPECT_TRUE(Eventually([&] { return Exists(again); }));
  EXPECT_TRUE(Exists(other));
}

TEST_F(RedisHoldsTest, AHoldOfABrokenReplicaIsToldByTheOthers) {
  auto broken = NewReplica();
  const auto whole = NewReplica();
  AwaitListeners(2);
  Commit(*broken, {{"s", "1", absl::Now() + absl::Milliseconds(300)}});
  ASSERT_TRUE(Eventually([&] { return Exists({"s", "1", {}}); }));
  broken.reset();
  EXPECT_EQ(whole->expiries().AwaitCount(1), std::vector<std::string>{"s"});
}

TEST_F(RedisHoldsTest, WithoutTheRightToSwitchNotificationsOnItSaysSoAndStillSetsKeys) {
  CapturedLog log;
  redis_.Ask({"ACL", "SETUSER", "app", "on", ">hush-hush", "~*", "&*", "+@all", "-config"});
  redis::Address address = redis_.address();
  address.user = "app";
  address.password = "hush-hush";
  Replica replica(address, stored_);
  ASSERT_TRUE(Eventually([&] { return replica.link().up(); }));
  const Hold hold = InAnHour("1");
  Commit(replica, {hold});
  EXPECT_TRUE(Eventually([&] { return Exists(hold); }));
  EXPECT_TRUE(
      Eventually([&] { return log.text().find("notify-keyspace-events to Ex") != std::string::npos; }));
  EXPECT_THAT(log.text(), HasSubstr("NOPERM"));
  EXPECT_THAT(log.text(), Not(HasSubstr("hush-hush")));
}

TEST_F(RedisHoldsTest, NotificationsThatOthersWantStaySwitchedOn) {
  redis_.Ask({"CONFIG", "SET", "notify-keyspace-events", "Kg"});
  const auto replica = NewReplica();
  EXPECT_TRUE(Eventually([&] {
    const std::string setting = redis_.Ask({"CONFIG", "GET", "notify-keyspace-events"}).list[1].text;
    return setting.find('K') != std::string::npos && setting.find('g') != std::string::npos &&
           setting.find('E') != std::string::npos && setting.find('x') != std::string::npos;
  }));
}

}  // namespace
}  // namespace tracktrove::holds
