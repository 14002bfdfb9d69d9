#include "api/simulation_service.h"

#include <string>
#include <utility>

#include "api/check.h"
#include "api/page.h"
#include "api/simulation_convert.h"
#include "api/simulation_look.h"
#include "api/simulation_reactor.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

absl::Status List(store::Reader& reader, const v1::ListSimulationsRequest& request,
                  v1::ListSimulationsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  int64_t before = 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, before));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListSimulations(snapshot.sandbox.world, before, size + 1));
  const auto convert = [&](const domain::SimulationRun& run) { return ToProto(run, name, snapshot.wall); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_simulations()))
    reply->set_next_page_token(MakePageToken(request, last->number));
  return absl::OkStatus();
}

absl::Status Get(const Edge& edge, const v1::GetSimulationRequest& request, SimulationDeliver deliver) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int64_t number, CheckSimulationId(request.simulation()));
  LookAtSimulation(edge, name, number, std::move(deliver));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerWriteReactor<v1::RunSimulationResponse>* SimulationService::RunSimulation(
    grpc::CallbackServerContext* context, const v1::RunSimulationRequest* request) {
  return SimulationReactor::Start(edge_, context, *request);
}

grpc::ServerUnaryReactor* SimulationService::GetSimulation(grpc::CallbackServerContext* context,
                                                           const v1::GetSimulationRequest* request,
                                                           v1::Simulation* reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = edge_.Authorize(*context);
  if (status.ok()) {
    status = Get(edge_, *request, [reactor, reply](absl::StatusOr<v1::Simulation> simulation) {
      if (simulation.ok()) *reply = *std::move(simulation);
      reactor->Finish(ToGrpc(simulation.status()));
    });
  }
  if (!status.ok()) reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::ListSimulations(grpc::CallbackServerContext* context,
                                                             const v1::ListSimulationsRequest* request,
                                                             v1::ListSimulationsResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

grpc::ServerUnaryReactor* SimulationService::CancelSimulation(grpc::CallbackServerContext* context,
                                                              const v1::CancelSimulationRequest* request,
                                                              v1::Simulation* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

}  // namespace tracktrove::api
