// FaultService: shape, conversion and the dry run; see fault.proto for what each call means.
#ifndef TRACKTROVE_API_FAULT_SERVICE_H_
#define TRACKTROVE_API_FAULT_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/fault.grpc.pb.h"

namespace tracktrove::api {

class FaultService : public v1::FaultService::CallbackService {
 public:
  explicit FaultService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* CreateFaultRule(grpc::CallbackServerContext*, const v1::CreateFaultRuleRequest*,
                                            v1::FaultRule*) override;
  grpc::ServerUnaryReactor* GetFaultRule(grpc::CallbackServerContext*, const v1::GetFaultRuleRequest*,
                                         v1::FaultRule*) override;
  grpc::ServerUnaryReactor* ListFaultRules(grpc::CallbackServerContext*, const v1::ListFaultRulesRequest*,
                                           v1::ListFaultRulesResponse*) override;
  grpc::ServerUnaryReactor* UpdateFaultRule(grpc::CallbackServerContext*, const v1::UpdateFaultRuleRequest*,
                                            v1::FaultRule*) override;
  grpc::ServerUnaryReactor* DeleteFaultRule(grpc::CallbackServerContext*, const v1::DeleteFaultRuleRequest*,
                                            v1::DeleteFaultRuleResponse*) override;
  grpc::ServerUnaryReactor* PreviewFaultRule(grpc::CallbackServerContext*, const v1::PreviewFaultRuleRequest*,
                                             v1::PreviewFaultRuleResponse*) override;
  grpc::ServerUnaryReactor* InjectFailure(grpc::CallbackServerContext*, const v1::InjectFailureRequest*,
                                          v1::Transaction*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_FAULT_SERVICE_H_
