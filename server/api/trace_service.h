// TraceService: shape and conversion; see trace.proto for what each call means.
#ifndef TRACKTROVE_API_TRACE_SERVICE_H_
#define TRACKTROVE_API_TRACE_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/trace.grpc.pb.h"

namespace tracktrove::api {

class TraceService : public v1::TraceService::CallbackService {
 public:
  explicit TraceService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* GetTrace(grpc::CallbackServerContext*, const v1::GetTraceRequest*,
                                     v1::GetTraceResponse*) override;
  grpc::ServerWriteReactor<v1::StreamTraceResponse>* StreamTrace(grpc::CallbackServerContext*,
                                                                 const v1::StreamTraceRequest*) override;
  grpc::ServerUnaryReactor* RecordSnapshot(grpc::CallbackServerContext*, const v1::RecordSnapshotRequest*,
                                           v1::TraceRecord*) override;
  grpc::ServerUnaryReactor* ExplainTransaction(grpc::CallbackServerContext*,
                                               const v1::ExplainTransactionRequest*,
                                               v1::ExplainTransactionResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_TRACE_SERVICE_H_
