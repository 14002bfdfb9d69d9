// DisputeService: shape and conversion; see dispute.proto for what each call means.
#ifndef TRACKTROVE_API_DISPUTE_SERVICE_H_
#define TRACKTROVE_API_DISPUTE_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/dispute.grpc.pb.h"

namespace tracktrove::api {

class DisputeService : public v1::DisputeService::CallbackService {
 public:
  explicit DisputeService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* OpenDispute(grpc::CallbackServerContext*, const v1::OpenDisputeRequest*,
                                        v1::Dispute*) override;
  grpc::ServerUnaryReactor* SubmitEvidence(grpc::CallbackServerContext*, const v1::SubmitEvidenceRequest*,
                                           v1::Dispute*) override;
  grpc::ServerUnaryReactor* ResolveDispute(grpc::CallbackServerContext*, const v1::ResolveDisputeRequest*,
                                           v1::Dispute*) override;
  grpc::ServerUnaryReactor* GetDispute(grpc::CallbackServerContext*, const v1::GetDisputeRequest*,
                                       v1::Dispute*) override;
  grpc::ServerUnaryReactor* ListDisputes(grpc::CallbackServerContext*, const v1::ListDisputesRequest*,
                                         v1::ListDisputesResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_DISPUTE_SERVICE_H_
