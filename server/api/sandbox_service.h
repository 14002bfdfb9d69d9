// SandboxService: shape and conversion; see sandbox.proto for what each call means.
#ifndef TRACKTROVE_API_SANDBOX_SERVICE_H_
#define TRACKTROVE_API_SANDBOX_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/sandbox.grpc.pb.h"

namespace tracktrove::api {

class SandboxService : public v1::SandboxService::CallbackService {
 public:
  explicit SandboxService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* CreateSandbox(grpc::CallbackServerContext*, const v1::CreateSandboxRequest*,
                                          v1::Sandbox*) override;
  grpc::ServerUnaryReactor* GetSandbox(grpc::CallbackServerContext*, const v1::GetSandboxRequest*,
                                       v1::Sandbox*) override;
  grpc::ServerUnaryReactor* ListSandboxes(grpc::CallbackServerContext*, const v1::ListSandboxesRequest*,
                                          v1::ListSandboxesResponse*) override;
  grpc::ServerUnaryReactor* UpdateSandbox(grpc::CallbackServerContext*, const v1::UpdateSandboxRequest*,
                                          v1::Sandbox*) override;
  grpc::ServerUnaryReactor* DeleteSandbox(grpc::CallbackServerContext*, const v1::DeleteSandboxRequest*,
                                          v1::DeleteSandboxResponse*) override;
  grpc::ServerUnaryReactor* ResetSandbox(grpc::CallbackServerContext*, const v1::ResetSandboxRequest*,
                                         v1::Sandbox*) override;
  grpc::ServerUnaryReactor* AdvanceClock(grpc::CallbackServerContext*, const v1::AdvanceClockRequest*,
                                         v1::AdvanceClockResponse*) override;
  grpc::ServerUnaryReactor* GetStatistics(grpc::CallbackServerContext*, const v1::GetStatisticsRequest*,
                                          v1::GetStatisticsResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SANDBOX_SERVICE_H_
