// SettlementService: shape and conversion; see settlement.proto for what each call means.
#ifndef TRACKTROVE_API_SETTLEMENT_SERVICE_H_
#define TRACKTROVE_API_SETTLEMENT_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/settlement.grpc.pb.h"

namespace tracktrove::api {

class SettlementService : public v1::SettlementService::CallbackService {
 public:
  explicit SettlementService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* RunSettlement(grpc::CallbackServerContext*, const v1::RunSettlementRequest*,
                                          v1::SettlementBatch*) override;
  grpc::ServerUnaryReactor* GetSettlementBatch(grpc::CallbackServerContext*,
                                               const v1::GetSettlementBatchRequest*,
                                               v1::SettlementBatch*) override;
  grpc::ServerUnaryReactor* ListSettlementBatches(grpc::CallbackServerContext*,
                                                  const v1::ListSettlementBatchesRequest*,
                                                  v1::ListSettlementBatchesResponse*) override;
  grpc::ServerUnaryReactor* ListPayouts(grpc::CallbackServerContext*, const v1::ListPayoutsRequest*,
                                        v1::ListPayoutsResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SETTLEMENT_SERVICE_H_
