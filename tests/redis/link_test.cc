#include "redis/link.h"

#include <gmock/gmock.h>
#include <pthread.h>
#include <signal.h>

#include <future>
#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/support/captured_log.h"
#include "tests/support/redis_server.h"

namespace tracktrove::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tracktrove::testing::CapturedLog;
using tracktrove::testing::Eventually;
using tracktrove::testing::RedisServer;

// Counts what it was told, and lets wait for it.
class Answers {
 public:
  void Add(const absl::StatusOr<Replies>& replies) {
    sync::MutexLock lock(&mutex_);
    ++(replies.ok() ? answered_ : failed_);
  }
  bool AwaitTotal(int total) {
    sync::MutexLock lock(&mutex_);
    const auto all = [&] { return answered_ + failed_ >= total; };
    return lock.AwaitUntil(absl::Now() + absl::Seconds(30), all);
  }
  int answered() {
    sync::MutexLock lock(&mutex_);
    return answered_;
  }
  int failed() {
    sync::MutexLock lock(&mutex_);
    return failed_;
  }

 private:
  sync::Mutex mutex_;
  int answered_ = 0;
  int failed_ = 0;
};

class LinkTest : public ::testing::Test {
 protected:
  // A link that is up.
  std::unique_ptr<Link> NewLink(LinkOptions options) {
    auto link = std::make_unique<Link>(std::move(options));
    link->Start();
    EXPECT_TRUE(Eventually([&] { return link->up(); }));
    return link;
  }
  std::unique_ptr<Link> NewLink() { return NewLink({.keeper = {.address = redis_.address()}}); }

  static absl::StatusOr<Replies> Ask(Link& link, std::vector<Command> commands) {
    std::promise<absl::StatusOr<Replies>> promise;
    const bool sent =
        link.Send({.make = [&] { return commands; },
                   .done = [&](absl::StatusOr<Replies> replies) { promise.set_value(std::move(replies)); }});
    if (!sent) return absl::UnavailableError("refused");
    return promise.get_future().get();
  }

  RedisServer redis_;
};

TEST_F(LinkTest, AnswersEachCommandOfARequestInItsKind) {
  const auto link = NewLink();
  const auto replies = Ask(*link, {{"SET", "k", std::string("a\0b", 3)},
                                   {"GET", "k"},
                                   {"GET", "none"},
                                   {"STRLEN", "k"},
                                   {"NONSENSE"},
                                   {"MGET", "k", "none"}});
  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), 6u);
  EXPECT_EQ((*replies)[0].text, "OK");
  EXPECT_EQ((*replies)[1].text, std::string("a\0b", 3));
  EXPECT_EQ((*replies)[2].kind, Reply::Kind::kNil);
  EXPECT_EQ((*replies)[3].integer, 3);
  EXPECT_EQ((*replies)[4].kind, Reply::Kind::kError);
  ASSERT_EQ((*replies)[5].list.size(), 2u);
  EXPECT_EQ((*replies)[5].list[1].kind, Reply::Kind::kNil);
}

TEST_F(LinkTest, KeepsTheOrderOfManyRequests) {
  const auto link = NewLink({.keeper = {.address = redis_.address()}, .max_queue = 10'000});
  Answers answers;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(link->Send({.make =
                                [i] {
                                  return std::vector<Command>{{"RPUSH", "list", absl::StrCat(i)}};
                                },
                            .done = [&answers](const auto& replies) { answers.Add(replies); }}));
  }
  ASSERT_TRUE(answers.AwaitTotal(5000));
  EXPECT_EQ(answers.failed(), 0);
  const Reply list = redis_.Ask({"LRANGE", "list", "0", "-1"});
  ASSERT_EQ(list.list.size(), 5000u);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(list.list[i].text, absl::StrCat(i));
}

TEST_F(LinkTest, UsesTheDatabaseOfItsAddress) {
  Address address = redis_.address();
  address.database = 3;
  const auto link = NewLink({.keeper = {.address = address}});
  ASSERT_TRUE(Ask(*link, {{"SET", "here", "1"}}).ok());
  EXPECT_THAT(redis_.Ask({"INFO", "keyspace"}).text, HasSubstr("db3:keys=1"));
}

TEST_F(LinkTest, RefusesWhileRedisIsAbsentAndTakesWhenItIsThere) {
  redis_.Crash();
  Link link({.keeper = {.address = redis_.address()}});
  link.Start();
  EXPECT_FALSE(Ask(link, {{"PING"}}).ok());
  redis_.Start();
  EXPECT_TRUE(Eventually([&] { return link.up(); }));
  EXPECT_TRUE(Ask(link, {{"PING"}}).ok());
}

TEST_F(LinkTest, ComesBackAfterACrashAndSaysSo) {
  CapturedLog log;
  std::atomic<int> ups = 0;
  Link link({.keeper = {.address = redis_.address()}});
  link.OnUp([&] { ++ups; });
  link.Start();
  ASSERT_TRUE(Eventually([&] { return ups == 1; }));
  redis_.Crash();
  ASSERT_TRUE(Eventually([&] { return !Ask(link, {{"PING"}}).ok() && !link.up(); }));
  redis_.Start();
  ASSERT_TRUE(Eventually([&] { return ups == 2 && Ask(link, {{"PING"}}).ok(); }));
  EXPECT_THAT(log.text(), HasSubstr("is out of reach"));
  EXPECT_THAT(log.text(), HasSubstr("is back"));
}

TEST_F(LinkTest, AStoppedRedisCostsWhoeverSendsNothingAndItsQueueIsBounded) {
  const auto link = NewLink({.keeper = {.address = redis_.address()}, .max_queue = 100, .max_together = 10});
  Answers answers;
  redis_.Pause();
  int taken = 0;
  absl::Duration longest;
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time start = absl::Now();
    taken += link->Send({.make = [] { return std::vector<Command>{{"PING"}}; },
                         .done = [&answers](const auto& replies) { answers.Add(replies); }});
    longest = std::max(longest, absl::Now() - start);
  }
  EXPECT_LE(taken, 110);
  EXPECT_GE(taken, 100);
  EXPECT_LT(longest, absl::Milliseconds(200));
  EXPECT_TRUE(answers.AwaitTotal(taken));
  EXPECT_EQ(answers.failed(), taken) << "each was told that it came to nothing";
  EXPECT_TRUE(Eventually([&] { return !link->up(); }));
  redis_.Resume();
  EXPECT_TRUE(Eventually([&] { return Ask(*link, {{"PING"}}).ok(); }));
}

TEST_F(LinkTest, StopsSoonWhileRedisHangs) {
  const auto link = NewLink({.keeper = {.address = redis_.address(), .timeouts = {.reply = absl::Hours(1)}}});
  Answers answers;
  redis_.Pause();
  ASSERT_TRUE(link->Send({.make = [] { return std::vector<Command>{{"PING"}}; },
                          .done = [&answers](const auto& replies) { answers.Add(replies); }}));
  link->Stop();
  EXPECT_EQ(answers.failed(), 1);
}

TEST_F(LinkTest, AWrongPasswordIsTriedAgainAndNeverLogged) {
  CapturedLog log;
  Address address = redis_.address();
  address.password = "not-the-password";
  Link link({.keeper = {.address = address}});
  link.Start();
  EXPECT_TRUE(Eventually([&] { return log.text().find("the password was refused") != std::string::npos; }));
  EXPECT_FALSE(link.up());
  EXPECT_THAT(log.text(), Not(HasSubstr("not-the-password")));
}

TEST_F(LinkTest, ItsThreadAloneIsSparedTheSignalOfABrokenPipe) {
  const auto spared = [] {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return sigismember(&blocked, SIGPIPE) == 1;
  };
  const auto link = NewLink();
  std::promise<bool> there;
  ASSERT_TRUE(link->Send({.make =
                              [&] {
                                there.set_value(spared());
                                return std::vector<Command>();
                              },
                          .done = [](const auto&) {}}));
  EXPECT_TRUE(there.get_future().get());
  EXPECT_FALSE(spared());
}

}  // namespace
}  // namespace tracktrove::redis
