#include "engine/ticker.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/time/clock.h"
#include "sync/mutex.h"

namespace tracktrove::engine {
namespace {

TEST(Ticker, CallsNobodyBackBeforeItIsStarted) {
  std::atomic<int> polls = 0;
  {
    Ticker ticker(
        absl::ZeroDuration(), [](const std::string&) {}, [&] { ++polls; });
    ticker.Set({{"due", absl::InfinitePast()}});
  }
  EXPECT_EQ(polls, 0);
}

TEST(Ticker, TellsOfADueSandboxAndTakesOnlyEarlierHints) {
  sync::Mutex mutex;
  std::vector<std::string> told;
  Ticker ticker(
      absl::Hours(1),
      [&](const std::string& sandbox) {
        sync::MutexLock lock(&mutex);
        told.push_back(sandbox);
      },
      [] {});
  ticker.Set({{"soon", absl::InfinitePast()}, {"never", absl::InfiniteFuture()}});
  ticker.Hint({{"soon", absl::InfiniteFuture()}});
  ticker.Start();
  sync::MutexLock lock(&mutex);
  ASSERT_TRUE(lock.AwaitUntil(absl::Now() + absl::Seconds(30), [&] { return !told.empty(); }));
  EXPECT_EQ(told, std::vector<std::string>{"soon"});
}

}  // namespace
}  // namespace tracktrove::engine
