// FlowService: shape and conversion; see flow.proto for what each call means.
#ifndef TRACKTROVE_API_FLOW_SERVICE_H_
#define TRACKTROVE_API_FLOW_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/flow.grpc.pb.h"

namespace tracktrove::api {

class FlowService : public v1::FlowService::CallbackService {
 public:
  explicit FlowService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* CreateFlow(grpc::CallbackServerContext*, const v1::CreateFlowRequest*,
                                       v1::Flow*) override;
  grpc::ServerUnaryReactor* GetFlow(grpc::CallbackServerContext*, const v1::GetFlowRequest*,
                                    v1::Flow*) override;
  grpc::ServerUnaryReactor* ListFlows(grpc::CallbackServerContext*, const v1::ListFlowsRequest*,
                                      v1::ListFlowsResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_FLOW_SERVICE_H_
