// Simulations between the wire and the domain.
#ifndef TRACKTROVE_API_SIMULATION_CONVERT_H_
#define TRACKTROVE_API_SIMULATION_CONVERT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/simulation_report.h"
#include "domain/simulation_run.h"
#include "engine/call.h"
#include "tracktrove/v1/simulation.pb.h"

namespace tracktrove::api {

// A simulation's id as its number: `sim-7` is 7.
absl::StatusOr<int64_t> CheckSimulationId(const std::string& id, absl::string_view field = "simulation");

// A call without deadline and `done`, which are the handler's.
absl::StatusOr<engine::Call> ToCall(const v1::RunSimulationRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::CancelSimulationRequest& request);

// `wall` is the database's time: how long it has run follows from it.
v1::Simulation ToProto(const domain::SimulationRun& run, const std::string& sandbox, absl::Time wall);

v1::SimulationReport ToProto(const domain::SimulationReport& report, const domain::SimulationRun& run);

// A report as it is stored.
std::string ReportToText(const v1::SimulationReport& report);
absl::StatusOr<v1::SimulationReport> ReportFromText(const std::string& text);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SIMULATION_CONVERT_H_
