// Redis is flushed, killed, stopped or not there at all: holds end all the same,
// none early, and streams go on.
#include <gmock/gmock.h>

#include <iostream>
#include <memory>

#include "tests/e2e/scene.h"
#include "tests/support/postgres.h"
#include "tests/support/redis_server.h"
#include "tests/support/run.h"
#include "tests/support/server_process.h"

namespace tracktrove::testing {
namespace {

// Beyond this a hold's end would rest on chance.
constexpr absl::Duration kLatenessLimit = absl::Seconds(5);

// Two replicas that share a Redis, under load.
class RedisLoss : public ::testing::Test {
 protected:
  void StartServers() {
    for (auto& server : servers_) {
      server = std::make_unique<ServerProcess>(
          std::vector<std::string>(),
          Environment{{"TRACKTROVE_DATABASE", schema_.url()}, {"TRACKTROVE_REDIS", redis_.url()}});
    }
    const std::vector<std::string> endpoints = {servers_[0]->endpoint(), servers_[1]->endpoint()};
    scene_ = std::make_unique<Scene>(endpoints, endpoints, TestSeed());
  }

  // Breaks it and mends it, so many times.
  template <typename Break, typename Mend>
  void Repeat(int times, const Break& break_it, const Mend& mend_it) {
    for (int i = 0; i < times && !HasFatalFailure(); ++i) {
      scene_->AwaitProgress(20);
      break_it();
      scene_->AwaitProgress(20);
      mend_it();
    }
  }

  void ExpectSound() {
    scene_->ExpectSound();
    const std::vector<absl::Duration>& lateness = scene_->lateness();
    ASSERT_FALSE(lateness.empty());
    std::cout << lateness.size() << " holds expired; p99 " << lateness[lateness.size() * 99 / 100]
              << " late (aim 1s), the last one " << lateness.back() << "\n";
    EXPECT_LT(lateness.back(), kLatenessLimit);
    for (const auto& server : servers_) EXPECT_EQ(server->Stop(), 0) << "it was not there any more";
  }

  PostgresSchema schema_;
  RedisServer redis_;
  std::unique_ptr<ServerProcess> servers_[2];
  std::unique_ptr<Scene> scene_;
};

TEST_F(RedisLoss, FlushedAgainAndAgain) {
  StartServers();
  const int flushes = LongTests() ? 200 : 10;
  for (int flush = 0; flush < flushes && !HasFatalFailure(); ++flush) {
    scene_->AwaitProgress(10);
    redis_.Ask({"FLUSHALL"});
  }
  ExpectSound();
}

TEST_F(RedisLoss, KilledAndStartedAgain) {
  StartServers();
  Repeat(
      LongTests() ? 50 : 3, [this] { redis_.Crash(); }, [this] { redis_.Start(); });
  ExpectSound();
}

// It keeps its connections and does not answer: the worst it can do.
TEST_F(RedisLoss, StoppedForAWhile) {
  StartServers();
  Repeat(
      LongTests() ? 20 : 2, [this] { redis_.Pause(); }, [this] { redis_.Resume(); });
  ExpectSound();
}

TEST_F(RedisLoss, NotThereFromTheStartAndThenThere) {
  redis_.Crash();
  StartServers();
  scene_->AwaitProgress(40);
  redis_.Start();
  scene_->AwaitProgress(40);
  ExpectSound();
}

}  // namespace
}  // namespace tracktrove::testing
