// AdminService: what operators do; see admin.proto for what each call means.
#ifndef TRACKTROVE_API_ADMIN_SERVICE_H_
#define TRACKTROVE_API_ADMIN_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/admin.grpc.pb.h"

namespace tracktrove::api {

class AdminService : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* OverrideState(grpc::CallbackServerContext*, const v1::OverrideStateRequest*,
                                          v1::Transaction*) override;
  grpc::ServerUnaryReactor* VerifyTrail(grpc::CallbackServerContext*, const v1::VerifyTrailRequest*,
                                        v1::VerifyTrailResponse*) override;
  grpc::ServerUnaryReactor* ForceRetry(grpc::CallbackServerContext*, const v1::ForceRetryRequest*,
                                       v1::Transaction*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_ADMIN_SERVICE_H_
