// A simulation outlives its server.
#include <gmock/gmock.h>

#include <thread>

#include "tests/support/requests.h"
#include "tests/support/server_process.h"
#include "tests/support/simulations.h"

namespace tracktrove::testing {
namespace {

v1::RunSimulationRequest Workload() {
  v1::RunSimulationRequest request = Simulate("s", 2000);
  request.set_request_id("run");
  request.mutable_spec()->set_rate(200);
  request.mutable_spec()->set_success_rate(0.8);
  request.mutable_spec()->set_transient_failure_rate(0.2);
  return request;
}

TEST(SimulationCrash, ARunThatIsKilledInTheMiddleEndsWithTheDigestOfAnUndisturbedOne) {
  std::string undisturbed;
  {
    ServerProcess server;
    ASSERT_TRUE(server.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
    const v1::Simulation ended = RunToEnd(server.client(), Workload());
    EXPECT_EQ(ended.over(), 2000);
    undisturbed = ended.report().digest();
  }
  ServerProcess server;
  const Client client = server.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  auto stream = client.RunSimulation(Workload());
  ASSERT_TRUE(stream.ok()) << stream.status();
  int kills = 0;
  for (const int64_t arrived : {1, 500, 1500}) {
    const v1::Simulation seen =
        NextWith(**stream, [arrived](const v1::Simulation& s) { return s.arrived() >= arrived; });
    if (seen.state() != v1::Simulation::RUNNING) break;
    server.Kill();
    server.Start();
    ++kills;
  }
  EXPECT_GE(kills, 1);
  const v1::Simulation ended = ReadToEnd(**stream);  // the stream has joined it again each time
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  EXPECT_EQ(ended.over(), 2000);
  EXPECT_EQ(ended.report().digest(), undisturbed);
  EXPECT_TRUE(ended.report().ledger().ok()) << ended.report().ledger().problem();
  EXPECT_TRUE(ended.report().trail().ok()) << ended.report().trail().problem();
  ExpectSound(client, "s");
}

TEST(SimulationCrash, ARunOnARealtimeClockGoesOnByItself) {
  ServerProcess server;
  const Client client = server.client();
  v1::RunSimulationRequest request = Simulate("", 100);
  request.mutable_spec()->set_rate(50);
  auto stream = client.RunSimulation(request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  server.Kill();
  server.Start();
  v1::RunSimulationRequest watch;
  watch.set_simulation("sim-1");
  const v1::Simulation ended = RunToEnd(client, watch);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  EXPECT_EQ(ended.over(), 100);
  ExpectSound(client, "");
}

}  // namespace
}  // namespace tracktrove::testing
