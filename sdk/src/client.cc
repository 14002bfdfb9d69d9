#include "tracktrove/client.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "sdk/src/request_id.h"

namespace tracktrove {
namespace {

constexpr int kMaxProblems = 100;

// Made here, above the retries, so that every attempt carries the same one.
template <typename Request>
Request Identified(Request request) {
  if (request.request_id().empty()) request.set_request_id(internal::NewRequestId());
  return request;
}

// Walks the pages of one of the connection's list methods; `items` names the
// repeated field of its answer.
template <typename Request, typename Response, typename Item>
Range<Item> Paginate(std::shared_ptr<Connection> connection, const CallOptions& call_options, Request request,
                     absl::StatusOr<Response> (Connection::*list)(const Request&, const CallOptions&),
                     google::protobuf::RepeatedPtrField<Item>* (Response::*items)()) {
  std::string first_token = request.page_token();
  auto fetch = [connection = std::move(connection), call_options, request = std::move(request), list,
                items](const std::string& token) mutable -> absl::StatusOr<Page<Item>> {
    request.set_page_token(token);
    absl::StatusOr<Response> response = (connection.get()->*list)(request, call_options);
    if (!response.ok()) return response.status();
    auto* fetched = (*response.*items)();
    Page<Item> page;
    page.items.assign(std::make_move_iterator(fetched->begin()), std::make_move_iterator(fetched->end()));
    page.next_page_token = std::move(*response->mutable_next_page_token());
    return page;
  };
  return Range<Item>(std::move(fetch), std::move(first_token));
}

}  // namespace

Client Client::WithTimeout(absl::Duration timeout) const {
  Client client = *this;
  client.call_options_.timeout = timeout;
  return client;
}

template <typename Request>
absl::Status Client::StartNow(Request& request) const {
  if (request.has_resume_after()) return absl::OkStatus();
  v1::GetSandboxRequest get;
  get.set_sandbox(request.sandbox());
  absl::StatusOr<v1::Sandbox> sandbox = GetSandbox(get);
  if (!sandbox.ok()) return sandbox.status();
  request.set_resume_after(sandbox->head_sequence());
  return absl::OkStatus();
}

absl::StatusOr<v1::Transaction> Client::InitiateTransaction(v1::InitiateTransactionRequest request) const {
  return connection_->InitiateTransaction(Identified(std::move(request)), call_options_);
}

void Client::AsyncInitiateTransaction(v1::InitiateTransactionRequest request,
                                      TransactionCallback callback) const {
  connection_->AsyncInitiateTransaction(Identified(std::move(request)), call_options_, std::move(callback));
}

absl::StatusOr<v1::Transaction> Client::GetTransaction(const v1::GetTransactionRequest& request) const {
  return connection_->GetTransaction(request, call_options_);
}

Range<v1::Transaction> Client::ListTransactions(v1::ListTransactionsRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListTransactions,
                  &v1::ListTransactionsResponse::mutable_transactions);
}

absl::StatusOr<v1::Transaction> Client::CompleteTransaction(v1::CompleteTransactionRequest request) const {
  return connection_->CompleteTransaction(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Transaction> Client::CancelTransaction(v1::CancelTransactionRequest request) const {
  return connection_->CancelTransaction(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Transaction> Client::RefundTransaction(v1::RefundTransactionRequest request) const {
  return connection_->RefundTransaction(Identified(std::move(request)), call_options_);
}

StreamOr<v1::TransactionChange> Client::WatchTransactions(const v1::WatchTransactionsRequest& request) const {
  v1::WatchTransactionsRequest from = request;
  if (absl::Status status = StartNow(from); !status.ok()) return status;
  return connection_->WatchTransactions(from);
}

Range<v1::TraceRecord> Client::GetTrace(v1::GetTraceRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::GetTrace,
                  &v1::GetTraceResponse::mutable_records);
}

StreamOr<v1::TraceRecord> Client::StreamTrace(const v1::StreamTraceRequest& request) const {
  // One transaction's starts at its beginning.
  if (!request.transaction().empty()) return connection_->StreamTrace(request);
  v1::StreamTraceRequest from = request;
  if (absl::Status status = StartNow(from); !status.ok()) return status;
  return connection_->StreamTrace(from);
}

absl::StatusOr<v1::TraceRecord> Client::RecordSnapshot(v1::RecordSnapshotRequest request) const {
  return connection_->RecordSnapshot(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::ExplainTransactionResponse> Client::ExplainTransaction(
    const v1::ExplainTransactionRequest& request) const {
  return connection_->ExplainTransaction(request, call_options_);
}

absl::StatusOr<v1::Sandbox> Client::CreateSandbox(v1::CreateSandboxRequest request) const {
  return connection_->CreateSandbox(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Sandbox> Client::GetSandbox(const v1::GetSandboxRequest& request) const {
  return connection_->GetSandbox(request, call_options_);
}

Range<v1::Sandbox> Client::ListSandboxes(v1::ListSandboxesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListSandboxes,
                  &v1::ListSandboxesResponse::mutable_sandboxes);
}

absl::StatusOr<v1::Sandbox> Client::UpdateSandbox(v1::UpdateSandboxRequest request) const {
  return connection_->UpdateSandbox(Identified(std::move(request)), call_options_);
}

absl::Status Client::DeleteSandbox(const v1::DeleteSandboxRequest& request) const {
  return connection_->DeleteSandbox(request, call_options_).status();
}

absl::StatusOr<v1::Sandbox> Client::ResetSandbox(v1::ResetSandboxRequest request) const {
  return connection_->ResetSandbox(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::AdvanceClockResponse> Client::AdvanceClock(v1::AdvanceClockRequest request) const {
  return connection_->AdvanceClock(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::GetStatisticsResponse> Client::GetStatistics(
    const v1::GetStatisticsRequest& request) const {
  return connection_->GetStatistics(request, call_options_);
}

absl::StatusOr<v1::SettlementBatch> Client::RunSettlement(v1::RunSettlementRequest request) const {
  return connection_->RunSettlement(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::SettlementBatch> Client::GetSettlementBatch(
    const v1::GetSettlementBatchRequest& request) const {
  return connection_->GetSettlementBatch(request, call_options_);
}

Range<v1::SettlementBatch> Client::ListSettlementBatches(v1::ListSettlementBatchesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListSettlementBatches,
                  &v1::ListSettlementBatchesResponse::mutable_batches);
}

Range<v1::Payout> Client::ListPayouts(v1::ListPayoutsRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListPayouts,
                  &v1::ListPayoutsResponse::mutable_payouts);
}

absl::StatusOr<v1::Dispute> Client::OpenDispute(v1::OpenDisputeRequest request) const {
  return connection_->OpenDispute(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Dispute> Client::SubmitEvidence(v1::SubmitEvidenceRequest request) const {
  return connection_->SubmitEvidence(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Dispute> Client::ResolveDispute(v1::ResolveDisputeRequest request) const {
  return connection_->ResolveDispute(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Dispute> Client::GetDispute(const v1::GetDisputeRequest& request) const {
  return connection_->GetDispute(request, call_options_);
}

Range<v1::Dispute> Client::ListDisputes(v1::ListDisputesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListDisputes,
                  &v1::ListDisputesResponse::mutable_disputes);
}

absl::StatusOr<v1::Transaction> Client::OverrideState(v1::OverrideStateRequest request) const {
  return connection_->OverrideState(Identified(std::move(request)), call_options_);
}

Range<v1::LedgerEntry> Client::ListLedgerEntries(v1::ListLedgerEntriesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListLedgerEntries,
                  &v1::ListLedgerEntriesResponse::mutable_entries);
}

Range<v1::Balance> Client::ListBalances(v1::ListBalancesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListBalances,
                  &v1::ListBalancesResponse::mutable_balances);
}

absl::StatusOr<v1::CheckLedgerResponse> Client::CheckLedger(v1::CheckLedgerRequest request) const {
  v1::CheckLedgerResponse whole;
  whole.set_ok(true);
  do {
    absl::StatusOr<v1::CheckLedgerResponse> page = connection_->CheckLedger(request, call_options_);
    if (!page.ok()) return page.status();
    whole.set_ok(whole.ok() && page->ok());
    whole.set_checked_transactions(whole.checked_transactions() + page->checked_transactions());
    if (whole.bad_transaction().empty()) whole.set_bad_transaction(page->bad_transaction());
    for (auto& problem : *page->mutable_problems()) {
      if (whole.problems_size() < kMaxProblems) *whole.add_problems() = std::move(problem);
    }
    if (!page->next_page_token().empty() && page->next_page_token() == request.page_token()) {
      return absl::InternalError("next_page_token: the server repeated it");
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return whole;
}

absl::StatusOr<v1::VerifyTrailResponse> Client::VerifyTrail(v1::VerifyTrailRequest request) const {
  int64_t checked = 0;
  while (true) {
    absl::StatusOr<v1::VerifyTrailResponse> page = connection_->VerifyTrail(request, call_options_);
    if (!page.ok()) return page.status();
    checked += page->checked_records();
    page->set_checked_records(checked);
    if (!page->ok() || page->complete()) return page;
    if (page->last_sequence() <= request.after_sequence()) {
      return absl::InternalError(
          absl::StrCat("last_sequence: the server stands still at ", page->last_sequence()));
    }
    request.set_after_sequence(page->last_sequence());
  }
}

absl::StatusOr<v1::Transaction> Client::ForceRetry(v1::ForceRetryRequest request) const {
  return connection_->ForceRetry(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Flow> Client::CreateFlow(v1::CreateFlowRequest request) const {
  return connection_->CreateFlow(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::Flow> Client::GetFlow(const v1::GetFlowRequest& request) const {
  return connection_->GetFlow(request, call_options_);
}

Range<v1::Flow> Client::ListFlows(v1::ListFlowsRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListFlows,
                  &v1::ListFlowsResponse::mutable_flows);
}

absl::StatusOr<v1::FaultRule> Client::CreateFaultRule(v1::CreateFaultRuleRequest request) const {
  return connection_->CreateFaultRule(Identified(std::move(request)), call_options_);
}

absl::StatusOr<v1::FaultRule> Client::GetFaultRule(const v1::GetFaultRuleRequest& request) const {
  return connection_->GetFaultRule(request, call_options_);
}

Range<v1::FaultRule> Client::ListFaultRules(v1::ListFaultRulesRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListFaultRules,
                  &v1::ListFaultRulesResponse::mutable_rules);
}

absl::StatusOr<v1::FaultRule> Client::UpdateFaultRule(v1::UpdateFaultRuleRequest request) const {
  return connection_->UpdateFaultRule(Identified(std::move(request)), call_options_);
}

absl::Status Client::DeleteFaultRule(const v1::DeleteFaultRuleRequest& request) const {
  return connection_->DeleteFaultRule(request, call_options_).status();
}

absl::StatusOr<v1::PreviewFaultRuleResponse> Client::PreviewFaultRule(
    const v1::PreviewFaultRuleRequest& request) const {
  return connection_->PreviewFaultRule(request, call_options_);
}

absl::StatusOr<v1::Transaction> Client::InjectFailure(v1::InjectFailureRequest request) const {
  return connection_->InjectFailure(Identified(std::move(request)), call_options_);
}

StreamOr<v1::Simulation> Client::RunSimulation(v1::RunSimulationRequest request) const {
  const bool watches = !request.simulation().empty();
  return connection_->RunSimulation(watches ? std::move(request) : Identified(std::move(request)));
}

absl::StatusOr<v1::Simulation> Client::GetSimulation(const v1::GetSimulationRequest& request) const {
  return connection_->GetSimulation(request, call_options_);
}

Range<v1::Simulation> Client::ListSimulations(v1::ListSimulationsRequest request) const {
  return Paginate(connection_, call_options_, std::move(request), &Connection::ListSimulations,
                  &v1::ListSimulationsResponse::mutable_simulations);
}

absl::StatusOr<v1::Simulation> Client::CancelSimulation(v1::CancelSimulationRequest request) const {
  return connection_->CancelSimulation(Identified(std::move(request)), call_options_);
}

}  // namespace tracktrove
