// TransactionService: shape and conversion; see transaction.proto for what each call means.
#ifndef TRACKTROVE_API_TRANSACTION_SERVICE_H_
#define TRACKTROVE_API_TRANSACTION_SERVICE_H_

#include "api/edge.h"
#include "api/encoded_changes.h"
#include "tracktrove/v1/transaction.grpc.pb.h"

namespace tracktrove::api {

// Initiates and changes come in the thousands, so these two leave requests and
// replies encoded: an initiate's reply is stored encoded anyway, and a change is
// the same for all who watch.
using TransactionHandlers = v1::TransactionService::WithRawCallbackMethod_InitiateTransaction<
    v1::TransactionService::WithRawCallbackMethod_WatchTransactions<v1::TransactionService::CallbackService>>;

class TransactionService : public TransactionHandlers {
 public:
  explicit TransactionService(const Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* InitiateTransaction(grpc::CallbackServerContext*, const grpc::ByteBuffer*,
                                                grpc::ByteBuffer*) override;
  grpc::ServerUnaryReactor* GetTransaction(grpc::CallbackServerContext*, const v1::GetTransactionRequest*,
                                           v1::Transaction*) override;
  grpc::ServerUnaryReactor* ListTransactions(grpc::CallbackServerContext*, const v1::ListTransactionsRequest*,
                                             v1::ListTransactionsResponse*) override;
  grpc::ServerUnaryReactor* CompleteTransaction(grpc::CallbackServerContext*,
                                                const v1::CompleteTransactionRequest*,
                                                v1::Transaction*) override;
  grpc::ServerUnaryReactor* CancelTransaction(grpc::CallbackServerContext*,
                                              const v1::CancelTransactionRequest*, v1::Transaction*) override;
  grpc::ServerUnaryReactor* RefundTransaction(grpc::CallbackServerContext*,
                                              const v1::RefundTransactionRequest*, v1::Transaction*) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchTransactions(grpc::CallbackServerContext*,
                                                                const grpc::ByteBuffer*) override;

 private:
  const Edge& edge_;
  EncodedChanges changes_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_TRANSACTION_SERVICE_H_
