// The way into TrackTrove for C++ programs:
//
//   tracktrove::Client client;  // localhost:50051
//   tracktrove::v1::InitiateTransactionRequest request;
//   request.set_kind(tracktrove::v1::Transaction::TIP);
//   ...
//   absl::StatusOr<tracktrove::v1::Transaction> tip = client.InitiateTransaction(request);
//
// The requests and answers are the messages of the contract (the protos say
// what each field means, its range and its default); every call has the name of
// its rpc. A write without a `request_id` gets a random one before the first
// attempt, so that a retry never does the work twice. error.h reads the reasons.
#ifndef TRACKTROVE_CLIENT_H_
#define TRACKTROVE_CLIENT_H_

#include <memory>
#include <utility>

#include "tracktrove/connection.h"
#include "tracktrove/error.h"
#include "tracktrove/options.h"
#include "tracktrove/range.h"
#include "tracktrove/stream.h"

namespace tracktrove {

// A value: copies share the connection and are cheap. Any thread may use one.
class Client {
 public:
  explicit Client(Options options = {}) : Client(MakeConnection(std::move(options))) {}
  explicit Client(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  // The same client with another limit for each whole call, retries included.
  Client WithTimeout(absl::Duration timeout) const;

  absl::StatusOr<v1::Transaction> InitiateTransaction(v1::InitiateTransactionRequest request) const;
  // Returns at once; Pipeline (pipeline.h) bounds how many are in flight.
  void AsyncInitiateTransaction(v1::InitiateTransactionRequest request, TransactionCallback callback) const;
  absl::StatusOr<v1::Transaction> GetTransaction(const v1::GetTransactionRequest& request) const;
  Range<v1::Transaction> ListTransactions(v1::ListTransactionsRequest request) const;
  absl::StatusOr<v1::Transaction> CompleteTransaction(v1::CompleteTransactionRequest request) const;
  absl::StatusOr<v1::Transaction> CancelTransaction(v1::CancelTransactionRequest request) const;
  absl::StatusOr<v1::Transaction> RefundTransaction(v1::RefundTransactionRequest request) const;
  // Without `resume_after`, from the moment of this call: what is initiated
  // after it has returned will be seen.
  StreamOr<v1::TransactionChange> WatchTransactions(const v1::WatchTransactionsRequest& request) const;

  Range<v1::TraceRecord> GetTrace(v1::GetTraceRequest request) const;
  // A whole sandbox's without `resume_after`: as WatchTransactions.
  StreamOr<v1::TraceRecord> StreamTrace(const v1::StreamTraceRequest& request) const;
  absl::StatusOr<v1::TraceRecord> RecordSnapshot(v1::RecordSnapshotRequest request) const;
  absl::StatusOr<v1::ExplainTransactionResponse> ExplainTransaction(
      const v1::ExplainTransactionRequest& request) const;

  absl::StatusOr<v1::Sandbox> CreateSandbox(v1::CreateSandboxRequest request) const;
  absl::StatusOr<v1::Sandbox> GetSandbox(const v1::GetSandboxRequest& request) const;
  Range<v1::Sandbox> ListSandboxes(v1::ListSandboxesRequest request = {}) const;
  absl::StatusOr<v1::Sandbox> UpdateSandbox(v1::UpdateSandboxRequest request) const;
  // Has no request_id: it is retried only with `allow_missing`.
  absl::Status DeleteSandbox(const v1::DeleteSandboxRequest& request) const;
  absl::StatusOr<v1::Sandbox> ResetSandbox(v1::ResetSandboxRequest request) const;
  absl::StatusOr<v1::AdvanceClockResponse> AdvanceClock(v1::AdvanceClockRequest request) const;

  absl::StatusOr<v1::GetStatisticsResponse> GetStatistics(const v1::GetStatisticsRequest& request) const;

  // Waits as long as an AdvanceClock may.
  absl::StatusOr<v1::SettlementBatch> RunSettlement(v1::RunSettlementRequest request) const;
  absl::StatusOr<v1::SettlementBatch> GetSettlementBatch(const v1::GetSettlementBatchRequest& request) const;
  Range<v1::SettlementBatch> ListSettlementBatches(v1::ListSettlementBatchesRequest request) const;
  Range<v1::Payout> ListPayouts(v1::ListPayoutsRequest request) const;

  absl::StatusOr<v1::Dispute> OpenDispute(v1::OpenDisputeRequest request) const;
  absl::StatusOr<v1::Dispute> SubmitEvidence(v1::SubmitEvidenceRequest request) const;
  absl::StatusOr<v1::Dispute> ResolveDispute(v1::ResolveDisputeRequest request) const;
  absl::StatusOr<v1::Dispute> GetDispute(const v1::GetDisputeRequest& request) const;
  Range<v1::Dispute> ListDisputes(v1::ListDisputesRequest request) const;

  Range<v1::LedgerEntry> ListLedgerEntries(v1::ListLedgerEntriesRequest request) const;
  Range<v1::Balance> ListBalances(v1::ListBalancesRequest request) const;
  // Goes through all pages: counts added up, and the first 100 problems.
  absl::StatusOr<v1::CheckLedgerResponse> CheckLedger(v1::CheckLedgerRequest request) const;

  absl::StatusOr<v1::Transaction> OverrideState(v1::OverrideStateRequest request) const;
  // Goes on to the end of the range or to the first bad record, counts added up.
  absl::StatusOr<v1::VerifyTrailResponse> VerifyTrail(v1::VerifyTrailRequest request) const;
  absl::StatusOr<v1::Transaction> ForceRetry(v1::ForceRetryRequest request) const;

  absl::StatusOr<v1::Flow> CreateFlow(v1::CreateFlowRequest request) const;
  absl::StatusOr<v1::Flow> GetFlow(const v1::GetFlowRequest& request) const;
  Range<v1::Flow> ListFlows(v1::ListFlowsRequest request) const;

  absl::StatusOr<v1::FaultRule> CreateFaultRule(v1::CreateFaultRuleRequest request) const;
  absl::StatusOr<v1::FaultRule> GetFaultRule(const v1::GetFaultRuleRequest& request) const;
  Range<v1::FaultRule> ListFaultRules(v1::ListFaultRulesRequest request) const;
  absl::StatusOr<v1::FaultRule> UpdateFaultRule(v1::UpdateFaultRuleRequest request) const;
  // Has no request_id: it is retried only with `allow_missing`.
  absl::Status DeleteFaultRule(const v1::DeleteFaultRuleRequest& request) const;
  absl::StatusOr<v1::PreviewFaultRuleResponse> PreviewFaultRule(
      const v1::PreviewFaultRuleRequest& request) const;
  absl::StatusOr<v1::Transaction> InjectFailure(v1::InjectFailureRequest request) const;

  // Gives the simulation as it goes, and last with its report. Cancelling the
  // stream cancels the simulation, unless the request only watches one.
  StreamOr<v1::Simulation> RunSimulation(v1::RunSimulationRequest request) const;
  absl::StatusOr<v1::Simulation> GetSimulation(const v1::GetSimulationRequest& request) const;
  Range<v1::Simulation> ListSimulations(v1::ListSimulationsRequest request) const;
  absl::StatusOr<v1::Simulation> CancelSimulation(v1::CancelSimulationRequest request) const;

 private:
  // Fixes where a stream starts that would start now.
  template <typename Request>
  absl::Status StartNow(Request& request) const;

  std::shared_ptr<Connection> connection_;
  CallOptions call_options_;
};

}  // namespace tracktrove

#endif  // TRACKTROVE_CLIENT_H_
