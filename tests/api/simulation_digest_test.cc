// The same seed comes to the same digest, whatever else differs.
#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/postgres.h"
#include "tests/support/requests.h"
#include "tests/support/simulations.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

config::Options BatchesOf(int calls) {
  config::Options options;
  options.max_batch = calls;
  return options;
}

v1::RunSimulationRequest Jittered() {
  v1::RunSimulationRequest request = Simulate("s", 200);
  request.set_request_id("run");
  request.mutable_spec()->set_rate(50);
  request.mutable_spec()->set_jitter(true);
  request.mutable_spec()->set_success_rate(0.8);
  request.mutable_spec()->set_transient_failure_rate(0.3);
  return request;
}

TEST(SimulationDigest, IsTheSameWhateverTheDatabaseAndTheBatchesAndOverARestart) {
  std::set<std::string> digests;
  std::vector<std::vector<std::string>> records;
  for (const Database database : {Database::kSqlite, Database::kPostgres}) {
    for (const int batch : {1, 7, 512, 64}) {
      TestApp app(database, BatchesOf(batch));
      ASSERT_TRUE(app.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
      if (batch == 64) {
        auto stream = app.client().RunSimulation(Jittered());
        ASSERT_TRUE(stream.ok());
        NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
        app.Restart();
        (*stream)->Cancel();
      }
      const v1::Simulation ended = RunToEnd(app.client(), Jittered());
      EXPECT_EQ(ended.over(), 200);
      digests.insert(ended.report().digest());
      records.push_back(DecidedRecords(app.client(), "s"));
      ExpectSound(app.client(), "s");
    }
  }
  EXPECT_EQ(digests.size(), 1u);
  for (const auto& each : records) EXPECT_EQ(each, records[0]);
}

TEST(SimulationDigest, IsTheSameWhenAnotherReplicaEndsTheRun) {
  TestApp alone;
  ASSERT_TRUE(alone.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  const std::string undisturbed = RunToEnd(alone.client(), Jittered()).report().digest();

  const PostgresSchema schema;
  config::Options options;
  options.database = schema.url();
  auto first = std::make_unique<TestApp>(options);
  TestApp second(options);
  ASSERT_TRUE(first->client().CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  auto stream = first->client().RunSimulation(Jittered());
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  first.reset();
  (*stream)->Cancel();
  const v1::Simulation ended = RunToEnd(second.client(), Jittered());
  EXPECT_EQ(ended.over(), 200);
  EXPECT_EQ(ended.report().digest(), undisturbed);
  ExpectSound(second.client(), "s");
}

TEST(SimulationDigest, IsTheSameForInstantRunsAtOnceAndAnotherForAnotherSeed) {
  std::vector<std::string> digests;
  for (const auto& [batch, seed] : {std::pair(1, 5), std::pair(7, 5), std::pair(512, 5), std::pair(512, 6)}) {
    TestApp app(BatchesOf(batch));
    ASSERT_TRUE(app.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
    v1::RunSimulationRequest request = Simulate("s", 200);
    request.mutable_spec()->set_seed(static_cast<uint64_t>(seed));
    request.mutable_spec()->set_transient_failure_rate(0.3);
    digests.push_back(RunToEnd(app.client(), request).report().digest());
  }
  EXPECT_EQ(digests[0], digests[1]);
  EXPECT_EQ(digests[0], digests[2]);
  EXPECT_NE(digests[0], digests[3]);
}

}  // namespace
}  // namespace tracktrove::testing
