// Reading one simulation as it stands, with its report once it has ended.
#ifndef TRACKTROVE_API_SIMULATION_LOOK_H_
#define TRACKTROVE_API_SIMULATION_LOOK_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "api/edge.h"
#include "tracktrove/v1/simulation.pb.h"

namespace tracktrove::api {

// Called once, on a reading thread or at once when it is refused.
using SimulationDeliver = std::function<void(absl::StatusOr<v1::Simulation>)>;

// Reads the simulation; where it has ended and nobody asked before, its report
// is made first, and kept.
void LookAtSimulation(const Edge& edge, const std::string& sandbox, int64_t number,
                      SimulationDeliver deliver);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SIMULATION_LOOK_H_
