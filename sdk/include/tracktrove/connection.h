// What stands between a Client and a server: retries, deadlines, streams. Tests
// of programs that use the Client put their own in its place, overriding the
// calls that they expect.
#ifndef TRACKTROVE_CONNECTION_H_
#define TRACKTROVE_CONNECTION_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracktrove/options.h"
#include "tracktrove/stream.h"
#include "tracktrove/v1/admin.pb.h"
#include "tracktrove/v1/dispute.pb.h"
#include "tracktrove/v1/fault.pb.h"
#include "tracktrove/v1/flow.pb.h"
#include "tracktrove/v1/ledger.pb.h"
#include "tracktrove/v1/sandbox.pb.h"
#include "tracktrove/v1/settlement.pb.h"
#include "tracktrove/v1/simulation.pb.h"
#include "tracktrove/v1/trace.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove {

template <typename Event>
using StreamOr = absl::StatusOr<std::unique_ptr<Stream<Event>>>;

// Called exactly once, on a thread of the connection's: it must not wait.
using TransactionCallback = std::function<void(absl::StatusOr<v1::Transaction>)>;

// One method an rpc, under the rpc's name. All of them are for any thread.
class Connection {
 public:
  virtual ~Connection() = default;

#define TRACKTROVE_RPC(Name, Request, Response)                                       \
  virtual absl::StatusOr<v1::Response> Name(const v1::Request&, const CallOptions&) { \
    return absl::UnimplementedError(#Name);                                           \
  }
  TRACKTROVE_RPC(InitiateTransaction, InitiateTransactionRequest, Transaction)
  TRACKTROVE_RPC(GetTransaction, GetTransactionRequest, Transaction)
  TRACKTROVE_RPC(ListTransactions, ListTransactionsRequest, ListTransactionsResponse)
  TRACKTROVE_RPC(CompleteTransaction, CompleteTransactionRequest, Transaction)
  TRACKTROVE_RPC(CancelTransaction, CancelTransactionRequest, Transaction)
  TRACKTROVE_RPC(RefundTransaction, RefundTransactionRequest, Transaction)
  TRACKTROVE_RPC(GetTrace, GetTraceRequest, GetTraceResponse)
  TRACKTROVE_RPC(RecordSnapshot, RecordSnapshotRequest, TraceRecord)
  TRACKTROVE_RPC(ExplainTransaction, ExplainTransactionRequest, ExplainTransactionResponse)
  TRACKTROVE_RPC(CreateSandbox, CreateSandboxRequest, Sandbox)
  TRACKTROVE_RPC(GetSandbox, GetSandboxRequest, Sandbox)
  TRACKTROVE_RPC(ListSandboxes, ListSandboxesRequest, ListSandboxesResponse)
  TRACKTROVE_RPC(UpdateSandbox, UpdateSandboxRequest, Sandbox)
  TRACKTROVE_RPC(DeleteSandbox, DeleteSandboxRequest, DeleteSandboxResponse)
  TRACKTROVE_RPC(ResetSandbox, ResetSandboxRequest, Sandbox)
  TRACKTROVE_RPC(AdvanceClock, AdvanceClockRequest, AdvanceClockResponse)
  TRACKTROVE_RPC(GetStatistics, GetStatisticsRequest, GetStatisticsResponse)
  TRACKTROVE_RPC(ListLedgerEntries, ListLedgerEntriesRequest, ListLedgerEntriesResponse)
  TRACKTROVE_RPC(ListBalances, ListBalancesRequest, ListBalancesResponse)
  TRACKTROVE_RPC(CheckLedger, CheckLedgerRequest, CheckLedgerResponse)
  TRACKTROVE_RPC(RunSettlement, RunSettlementRequest, SettlementBatch)
  TRACKTROVE_RPC(GetSettlementBatch, GetSettlementBatchRequest, SettlementBatch)
  TRACKTROVE_RPC(ListSettlementBatches, ListSettlementBatchesRequest, ListSettlementBatchesResponse)
  TRACKTROVE_RPC(ListPayouts, ListPayoutsRequest, ListPayoutsResponse)
  TRACKTROVE_RPC(OpenDispute, OpenDisputeRequest, Dispute)
  TRACKTROVE_RPC(SubmitEvidence, SubmitEvidenceRequest, Dispute)
  TRACKTROVE_RPC(ResolveDispute, ResolveDisputeRequest, Dispute)
  TRACKTROVE_RPC(GetDispute, GetDisputeRequest, Dispute)
  TRACKTROVE_RPC(ListDisputes, ListDisputesRequest, ListDisputesResponse)
  TRACKTROVE_RPC(OverrideState, OverrideStateRequest, Transaction)
  TRACKTROVE_RPC(VerifyTrail, VerifyTrailRequest, VerifyTrailResponse)
  TRACKTROVE_RPC(ForceRetry, ForceRetryRequest, Transaction)
  TRACKTROVE_RPC(CreateFlow, CreateFlowRequest, Flow)
  TRACKTROVE_RPC(GetFlow, GetFlowRequest, Flow)
  TRACKTROVE_RPC(ListFlows, ListFlowsRequest, ListFlowsResponse)
  TRACKTROVE_RPC(CreateFaultRule, CreateFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(GetFaultRule, GetFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(ListFaultRules, ListFaultRulesRequest, ListFaultRulesResponse)
  TRACKTROVE_RPC(UpdateFaultRule, UpdateFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(DeleteFaultRule, DeleteFaultRuleRequest, DeleteFaultRuleResponse)
  TRACKTROVE_RPC(PreviewFaultRule, PreviewFaultRuleRequest, PreviewFaultRuleResponse)
  TRACKTROVE_RPC(InjectFailure, InjectFailureRequest, Transaction)
  TRACKTROVE_RPC(GetSimulation, GetSimulationRequest, Simulation)
  TRACKTROVE_RPC(ListSimulations, ListSimulationsRequest, ListSimulationsResponse)
  TRACKTROVE_RPC(CancelSimulation, CancelSimulationRequest, Simulation)
#undef TRACKTROVE_RPC

  virtual void AsyncInitiateTransaction(const v1::InitiateTransactionRequest&, const CallOptions&,
                                        TransactionCallback callback) {
    callback(absl::UnimplementedError("AsyncInitiateTransaction"));
  }
  virtual StreamOr<v1::TransactionChange> WatchTransactions(const v1::WatchTransactionsRequest&) {
    return absl::UnimplementedError("WatchTransactions");
  }
  virtual StreamOr<v1::TraceRecord> StreamTrace(const v1::StreamTraceRequest&) {
    return absl::UnimplementedError("StreamTrace");
  }
  virtual StreamOr<v1::Simulation> RunSimulation(const v1::RunSimulationRequest&) {
    return absl::UnimplementedError("RunSimulation");
  }
};

// Over gRPC. Connects when it is first used, and again whenever it has to.
std::shared_ptr<Connection> MakeConnection(Options options = {});

}  // namespace tracktrove

#endif  // TRACKTROVE_CONNECTION_H_
