// The server is killed again and again in the middle of everything.
#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>

#include "absl/time/clock.h"
#include "tests/e2e/scene.h"
#include "tests/support/run.h"
#include "tests/support/server_process.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

class Kill : public ::testing::TestWithParam<Database> {};

TEST_P(Kill, UnderLoadLosesNothingAcknowledgedAndDoublesNothing) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  std::unique_ptr<PostgresSchema> schema;
  Environment environment;
  if (GetParam() == Database::kPostgres) {
    schema = std::make_unique<PostgresSchema>();
    environment["TRACKTROVE_DATABASE"] = schema->url();
  }
  ServerProcess server({}, environment);
  Scene scene(server.endpoint(), seed);
  absl::Duration slowest;
  const int kills = LongTests() ? 200 : 20;
  for (int kill = 0; kill < kills && !HasFatalFailure(); ++kill) {
    scene.AwaitProgress(1 + static_cast<int64_t>(random() % 20));
    server.Kill();
    const absl::Time start = absl::Now();
    server.Start();
    ASSERT_TRUE(PatientClient({server.endpoint()}).GetSandbox({}).ok());
    slowest = std::max(slowest, absl::Now() - start);
  }
  std::cout << "serving again after at most " << slowest << " (aim 2s)\n";
  EXPECT_LT(slowest, absl::Seconds(20));
  scene.ExpectSound();
}
TRACKTROVE_ON_EVERY_DATABASE(Kill);

TEST(Restart, UnderLoadIsFeltByNobodyWhoTriesAgain) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  ServerProcess server;
  Scene scene(server.endpoint(), seed);
  const int restarts = LongTests() ? 100 : 5;
  for (int restart = 0; restart < restarts && !HasFatalFailure(); ++restart) {
    scene.AwaitProgress(1 + static_cast<int64_t>(random() % 20));
    EXPECT_EQ(server.Stop(), 0);
    server.Start();
  }
  scene.ExpectSound();
}

}  // namespace
}  // namespace tracktrove::testing
