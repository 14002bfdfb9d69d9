// LedgerService: shape, conversion and the ledger's proof; see ledger.proto for what each call means.
#ifndef TRACKTROVE_API_LEDGER_SERVICE_H_
#define TRACKTROVE_API_LEDGER_SERVICE_H_

#include "api/edge.h"
#include "tracktrove/v1/ledger.grpc.pb.h"

namespace tracktrove::api {

class LedgerService : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* ListLedgerEntries(grpc::CallbackServerContext*,
                                              const v1::ListLedgerEntriesRequest*,
                                              v1::ListLedgerEntriesResponse*) override;
  grpc::ServerUnaryReactor* ListBalances(grpc::CallbackServerContext*, const v1::ListBalancesRequest*,
                                         v1::ListBalancesResponse*) override;
  grpc::ServerUnaryReactor* CheckLedger(grpc::CallbackServerContext*, const v1::CheckLedgerRequest*,
                                        v1::CheckLedgerResponse*) override;

 private:
  const Edge& edge_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_LEDGER_SERVICE_H_
