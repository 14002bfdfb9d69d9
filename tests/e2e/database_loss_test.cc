// PostgreSQL goes away in the middle of everything, and comes back.
#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/scene.h"
#include "tests/support/own_services.h"
#include "tests/support/postgres.h"
#include "tests/support/proxy.h"
#include "tests/support/requests.h"
#include "tests/support/run.h"
#include "tests/support/server_process.h"

namespace tracktrove::testing {
namespace {

// Beyond this no call may be left without an answer.
constexpr absl::Duration kAnswerLimit = absl::Seconds(5);

// How long it takes to hear that the database is away.
template <typename Call>
absl::Duration TimeToHear(const Call& call) {
  const absl::Time start = absl::Now();
  const absl::Status status = call();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ReasonOf(status), "DATABASE_UNAVAILABLE") << status;
  return absl::Now() - start;
}

TEST(DatabaseLoss, ImmediateShutdownsUnderLoadLoseAndDoubleNothing) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  OwnService postgres("postgres");
  ServerProcess server({}, {{"TRACKTROVE_DATABASE", postgres.url()}});
  const Client client = ImpatientClient(server.endpoint());
  Scene scene(server.endpoint(), seed);
  absl::Duration slowest;
  const int crashes = LongTests() ? 50 : 5;
  for (int crash = 0; crash < crashes && !HasFatalFailure(); ++crash) {
    scene.AwaitProgress(1 + static_cast<int64_t>(random() % 20));
    postgres.Crash();
    slowest = std::max({slowest, TimeToHear([&] { return client.InitiateTransaction(Tip()).status(); }),
                        TimeToHear([&] { return client.GetSandbox({}).status(); })});
    postgres.Start();
  }
  scene.AwaitProgress(20);
  scene.ExpectSound();
  slowest = std::max(slowest, scene.slowest_attempt());
  std::cout << "no call took longer than " << slowest << "\n";
  EXPECT_LT(slowest, kAnswerLimit);
}

TEST(DatabaseLoss, TerminatedBackendsUnderLoadLoseAndDoubleNothing) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  const PostgresSchema schema;
  ServerProcess server({}, {{"TRACKTROVE_DATABASE", schema.url()}});
  Scene scene(server.endpoint(), seed);
  const int rounds = LongTests() ? 1000 : 50;
  int64_t terminated = 0;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    scene.AwaitProgress(1 + static_cast<int64_t>(random() % 4));
    terminated +=
        std::stoll(PostgresQuery(PostgresUrl(),
                                 absl::StrCat("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                                              " where application_name = '",
                                              schema.name(), "'"))
                       .front());
  }
  EXPECT_GT(terminated, rounds);
  scene.ExpectSound();
  std::cout << terminated << " backends ended; no call took longer than " << scene.slowest_attempt() << "\n";
  EXPECT_LT(scene.slowest_attempt(), kAnswerLimit);
}

// What was committed and what was not looks the same from here.
TEST(DatabaseLoss, CommitsWithoutAnAnswerUnderLoadLoseAndDoubleNothing) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  const PostgresSchema schema;
  Proxy proxy(schema.url());
  ServerProcess server({}, {{"TRACKTROVE_DATABASE", proxy.url()}});
  Scene scene(server.endpoint(), seed);
  const int rounds = LongTests() ? 1000 : 50;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    scene.AwaitProgress(1 + static_cast<int64_t>(random() % 4));
    const CommitCut where[] = {CommitCut::kBeforeServer, CommitCut::kAfterServer, CommitCut::kBeforeReply};
    proxy.CutCommits(where[random() % 3], 1 + static_cast<int>(random() % 2));
    ASSERT_TRUE(proxy.AwaitCuts());
  }
  scene.ExpectSound();
  std::cout << "no call took longer than " << scene.slowest_attempt() << "\n";
  EXPECT_LT(scene.slowest_attempt(), kAnswerLimit);
}

TEST(DatabaseLoss, SilenceUnderLoadLosesAndDoublesNothing) {
  const uint64_t seed = TestSeed();
  const PostgresSchema schema;
  Proxy proxy(schema.url());
  ServerProcess server({}, {{"TRACKTROVE_DATABASE", proxy.url()}});
  const Client client = ImpatientClient(server.endpoint());
  Scene scene(server.endpoint(), seed);
  absl::Duration slowest;
  const int silences = LongTests() ? 20 : 2;
  for (int silence = 0; silence < silences && !HasFatalFailure(); ++silence) {
    scene.AwaitProgress(5);
    proxy.Stall();
    slowest = std::max({slowest, TimeToHear([&] { return client.InitiateTransaction(Tip()).status(); }),
                        TimeToHear([&] { return client.GetSandbox({}).status(); })});
    proxy.Pass();
  }
  scene.AwaitProgress(5);
  scene.ExpectSound();
  slowest = std::max(slowest, scene.slowest_attempt());
  std::cout << "no call took longer than " << slowest << "\n";
  EXPECT_LT(slowest, kAnswerLimit);
}

}  // namespace
}  // namespace tracktrove::testing
