#include "redis/subscriber.h"

#include <gmock/gmock.h>

#include "tests/support/captured_log.h"
#include "tests/support/redis_server.h"

namespace tracktrove::redis {
namespace {

using ::testing::HasSubstr;
using tracktrove::testing::CapturedLog;
using tracktrove::testing::Eventually;
using tracktrove::testing::RedisServer;

class Messages {
 public:
  Subscriber::OnMessage Sink() {
    return [this](const std::string& payload) {
      sync::MutexLock lock(&mutex_);
      payloads_.push_back(payload);
    };
  }
  std::vector<std::string> AwaitCount(size_t count) {
    sync::MutexLock lock(&mutex_);
    const auto enough = [&] { return payloads_.size() >= count; };
    lock.AwaitUntil(absl::Now() + absl::Seconds(30), enough);
    return payloads_;
  }

 private:
  sync::Mutex mutex_;
  std::vector<std::string> payloads_;
};

class SubscriberTest : public ::testing::Test {
 protected:
  // Publishes until it reaches somebody, so that it is heard once.
  void Publish(const std::string& channel, const std::string& payload) {
    EXPECT_TRUE(Eventually([&] { return redis_.Ask({"PUBLISH", channel, payload}).integer == 1; }));
  }

  RedisServer redis_;
};

TEST_F(SubscriberTest, HearsWhatIsPublishedOnItsChannelsInOrder) {
  Messages first, second;
  Subscriber subscriber({.keeper = {.address = redis_.address()}});
  subscriber.On("a", first.Sink());
  subscriber.On("b", second.Sink());
  subscriber.Start();
  Publish("a", "1");
  Publish("b", "2");
  Publish("a", std::string("3\0 4", 4));
  EXPECT_EQ(first.AwaitCount(2), (std::vector<std::string>{"1", std::string("3\0 4", 4)}));
  EXPECT_EQ(second.AwaitCount(1), std::vector<std::string>{"2"});
}

TEST_F(SubscriberTest, SubscribesAgainAfterACrash) {
  Messages messages;
  Subscriber subscriber({.keeper = {.address = redis_.address()}});
  subscriber.On("a", messages.Sink());
  subscriber.Start();
  Publish("a", "before");
  redis_.Crash();
  redis_.Start();
  Publish("a", "after");
  EXPECT_EQ(messages.AwaitCount(2), (std::vector<std::string>{"before", "after"}));
}

TEST_F(SubscriberTest, GivesUpAConnectionThatShowsNoSignOfLife) {
  CapturedLog log;
  Messages messages;
  Subscriber subscriber({.keeper = {.address = redis_.address()}, .ping_after = absl::Milliseconds(50)});
  subscriber.On("a", messages.Sink());
  subscriber.Start();
  Publish("a", "before");
  redis_.Pause();
  EXPECT_TRUE(Eventually([&] { return log.text().find("does not answer") != std::string::npos; }));
  redis_.Resume();
  Publish("a", "after");
  EXPECT_EQ(messages.AwaitCount(2).back(), "after");
}

TEST_F(SubscriberTest, AChannelThatIsForbiddenDoesNotCostItTheOthers) {
  CapturedLog log;
  redis_.Ask({"ACL", "SETUSER", "app", "on", ">secret", "~*", "resetchannels", "&allowed", "+@all"});
  Address address = redis_.address();
  address.user = "app";
  address.password = "secret";
  Messages messages;
  Subscriber subscriber({.keeper = {.address = address}});
  subscriber.On("allowed", messages.Sink());
  subscriber.On("forbidden", messages.Sink());
  subscriber.Start();
  Publish("allowed", "heard");
  EXPECT_EQ(messages.AwaitCount(1), std::vector<std::string>{"heard"});
  EXPECT_TRUE(Eventually([&] { return log.text().find("refuses a subscription") != std::string::npos; }));
}

}  // namespace
}  // namespace tracktrove::redis
