// Simulations as tests run them.
#ifndef TRACKTROVE_TESTS_SUPPORT_SIMULATIONS_H_
#define TRACKTROVE_TESTS_SUPPORT_SIMULATIONS_H_

#include <functional>
#include <string>

#include "tracktrove/client.h"

namespace tracktrove::testing {

// All at once, of all kinds, with the seed 11.
v1::RunSimulationRequest Simulate(const std::string& sandbox, int count);

// The last message of a run, with its report; fails the test when there is none.
v1::Simulation RunToEnd(const Client& client, const v1::RunSimulationRequest& request);
v1::Simulation ReadToEnd(Stream<v1::Simulation>& stream);

// Reads on until a message is as wanted; fails the test when none comes.
v1::Simulation NextWith(Stream<v1::Simulation>& stream,
                        const std::function<bool(const v1::Simulation&)>& wanted);

// A Duration or a Timestamp in seconds.
template <typename Message>
double Seconds(const Message& message) {
  return static_cast<double>(message.seconds()) + message.nanos() / 1e9;
}

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_SIMULATIONS_H_
