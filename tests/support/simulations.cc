#include "tests/support/simulations.h"

#include <gtest/gtest.h>

namespace tracktrove::testing {

v1::RunSimulationRequest Simulate(const std::string& sandbox, int count) {
  v1::RunSimulationRequest request;
  request.set_sandbox(sandbox);
  request.mutable_spec()->set_count(count);
  request.mutable_spec()->set_seed(11);
  return request;
}

v1::Simulation RunToEnd(const Client& client, const v1::RunSimulationRequest& request) {
  auto stream = client.RunSimulation(request);
  EXPECT_TRUE(stream.ok()) << stream.status();
  return stream.ok() ? ReadToEnd(**stream) : v1::Simulation();
}

v1::Simulation ReadToEnd(Stream<v1::Simulation>& stream) {
  v1::Simulation last;
  while (true) {
    auto next = stream.Next();
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok() || !*next) break;
    last = **std::move(next);
  }
  EXPECT_TRUE(last.has_report()) << last.ShortDebugString();
  return last;
}

v1::Simulation NextWith(Stream<v1::Simulation>& stream,
                        const std::function<bool(const v1::Simulation&)>& wanted) {
  while (true) {
    auto next = stream.Next();
    if (!next.ok() || !*next) {
      ADD_FAILURE() << "the stream ended before: " << next.status();
      return {};
    }
    if (wanted(**next)) return **std::move(next);
  }
}

}  // namespace tracktrove::testing
