// SimulationService: shape and conversion; see simulation.proto for what each call means.
#ifndef TRACKTROVE_API_SIMULATION_SERVICE_H_
#define TRACKTROVE_API_SIMULATION_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/simulation.grpc.pb.h"

namespace tracktrove::api {

class SimulationService : public v1::SimulationService::CallbackService {
 public:
  explicit SimulationService(const Edge& edge) : edge_(edge) {}

  grpc::ServerWriteReactor<v1::RunSimulationResponse>* RunSimulation(
      grpc::CallbackServerContext*, const v1::RunSimulationRequest*) override;
  grpc::ServerUnaryReactor* GetSimulation(grpc::CallbackServerContext*, const v1::GetSimulationRequest*,
                                          v1::Simulation*) override;
  grpc::ServerUnaryReactor* ListSimulations(grpc::CallbackServerContext*, const v1::ListSimulationsRequest*,
                                            v1::ListSimulationsResponse*) override;
  grpc::ServerUnaryReactor* CancelSimulation(grpc::CallbackServerContext*, const v1::CancelSimulationRequest*,
                                             v1::Simulation*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SIMULATION_SERVICE_H_
