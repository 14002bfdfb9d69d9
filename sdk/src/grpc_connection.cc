#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "grpcpp/alarm.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "sdk/src/resuming_stream.h"
#include "sdk/src/retry.h"
#include "sdk/src/status.h"
#include "tracktrove/connection.h"
#include "tracktrove/v1/admin.grpc.pb.h"
#include "tracktrove/v1/dispute.grpc.pb.h"
#include "tracktrove/v1/fault.grpc.pb.h"
#include "tracktrove/v1/flow.grpc.pb.h"
#include "tracktrove/v1/ledger.grpc.pb.h"
#include "tracktrove/v1/sandbox.grpc.pb.h"
#include "tracktrove/v1/settlement.grpc.pb.h"
#include "tracktrove/v1/simulation.grpc.pb.h"
#include "tracktrove/v1/trace.grpc.pb.h"
#include "tracktrove/v1/transaction.grpc.pb.h"

namespace tracktrove {
namespace {

// A page ends at 3 MiB, but its first record always goes in, whatever its diff.
constexpr int kMaxMessageBytes = 16 << 20;

// What a stream asks for in one message; it gives them one by one.
constexpr int kMaxChanges = 256;

// How long an attempt waits for a connection before it fails for lack of one.
constexpr absl::Duration kConnectWindow = absl::Milliseconds(250);

std::shared_ptr<grpc::Channel> MakeChannel(const Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  if (!options.user_agent.empty()) arguments.SetUserAgentPrefix(options.user_agent);
  // A stream on a connection that died silently would wait for ever.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // gRPC's own pause between connections grows to two minutes and would answer
  // our retries without trying.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Despite its name, how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  return grpc::CreateCustomChannel(options.endpoint, grpc::InsecureChannelCredentials(), arguments);
}

void Authorize(grpc::ClientContext& context, const std::string& bearer_token) {
  if (!bearer_token.empty()) context.AddMetadata("authorization", "Bearer " + bearer_token);
}

// True while a callback runs on one of gRPC's threads.
thread_local bool in_callback = false;

// One asynchronous call with its retries. It owns itself and goes after
// its callback; neither method may touch it once the next step is under way.
class AsyncInitiate {
 public:
  // `connection` stays alive for the call.
  AsyncInitiate(std::shared_ptr<const Connection> connection, v1::TransactionService::Stub& stub,
                const v1::InitiateTransactionRequest& request, internal::Retry retry,
                std::string bearer_token, TransactionCallback callback)
      : connection_(std::move(connection)),
        stub_(stub),
        request_(request),
        retry_(retry),
        bearer_token_(std::move(bearer_token)),
        callback_(std::move(callback)) {}

  void Start() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(retry_.deadline()));
    // As GrpcConnection::Connect, without a thread to wait on.
    context_->set_wait_for_ready(!last_failure_.ok());
    Authorize(*context_, bearer_token_);
    stub_.async()->InitiateTransaction(
        context_.get(), &request_, &response_,
        [this](const grpc::Status& status) { OnDone(internal::ToStatus(status)); });
  }

 private:
  void OnDone(absl::Status status) {
    const absl::Time now = absl::Now();
    const std::optional<absl::Duration> delay = status.ok() ? std::nullopt : retry_.NextDelay(status, now);
    // Time ran out while it waited for a connection: say why there is none.
    if (absl::IsDeadlineExceeded(status) && !last_failure_.ok()) status = last_failure_;
    if (delay) {
      last_failure_ = status;
      // A new one each time: the last one's callback may still be on its way out.
      alarm_ = std::make_unique<grpc::Alarm>();
      alarm_->Set(absl::ToChronoTime(now + *delay), [this](bool) { Start(); });
      return;
    }
    in_callback = true;
    callback_(status.ok() ? absl::StatusOr<v1::Transaction>(std::move(response_)) : std::move(status));
    delete this;
    in_callback = false;
  }

  const std::shared_ptr<const Connection> connection_;
  v1::TransactionService::Stub& stub_;
  const v1::InitiateTransactionRequest request_;
  internal::Retry retry_;
  const std::string bearer_token_;
  const TransactionCallback callback_;
  absl::Status last_failure_;
  v1::Transaction response_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

class GrpcConnection final : public Connection, public std::enable_shared_from_this<GrpcConnection> {
 public:
  // The last channel to go joins gRPC's callback threads, so it must not go on
  // one of them: where the last client was held by a callback, a thread of its
  // own sees it off.
  static void Delete(const GrpcConnection* connection) {
    if (!in_callback) {
      delete connection;
    } else {
      std::thread([connection] { delete connection; }).detach();
    }
  }

  explicit GrpcConnection(Options options) : options_(std::move(options)), channel_(MakeChannel(options_)) {}

#define TRACKTROVE_RPC(stub, Name, Request, Response)                                                       \
  absl::StatusOr<v1::Response> Name(const v1::Request& request, const CallOptions& call_options) override { \
    return Call(*(stub), &std::decay_t<decltype(*(stub))>::Name, request, Timeout(request, call_options));  \
  }
  TRACKTROVE_RPC(transactions_, InitiateTransaction, InitiateTransactionRequest, Transaction)
  TRACKTROVE_RPC(transactions_, GetTransaction, GetTransactionRequest, Transaction)
  TRACKTROVE_RPC(transactions_, ListTransactions, ListTransactionsRequest, ListTransactionsResponse)
  TRACKTROVE_RPC(transactions_, CompleteTransaction, CompleteTransactionRequest, Transaction)
  TRACKTROVE_RPC(transactions_, CancelTransaction, CancelTransactionRequest, Transaction)
  TRACKTROVE_RPC(transactions_, RefundTransaction, RefundTransactionRequest, Transaction)
  TRACKTROVE_RPC(traces_, GetTrace, GetTraceRequest, GetTraceResponse)
  TRACKTROVE_RPC(traces_, RecordSnapshot, RecordSnapshotRequest, TraceRecord)
  TRACKTROVE_RPC(traces_, ExplainTransaction, ExplainTransactionRequest, ExplainTransactionResponse)
  TRACKTROVE_RPC(sandboxes_, CreateSandbox, CreateSandboxRequest, Sandbox)
  TRACKTROVE_RPC(sandboxes_, GetSandbox, GetSandboxRequest, Sandbox)
  TRACKTROVE_RPC(sandboxes_, ListSandboxes, ListSandboxesRequest, ListSandboxesResponse)
  TRACKTROVE_RPC(sandboxes_, UpdateSandbox, UpdateSandboxRequest, Sandbox)
  TRACKTROVE_RPC(sandboxes_, DeleteSandbox, DeleteSandboxRequest, DeleteSandboxResponse)
  TRACKTROVE_RPC(sandboxes_, ResetSandbox, ResetSandboxRequest, Sandbox)
  TRACKTROVE_RPC(sandboxes_, AdvanceClock, AdvanceClockRequest, AdvanceClockResponse)
  TRACKTROVE_RPC(sandboxes_, GetStatistics, GetStatisticsRequest, GetStatisticsResponse)
  TRACKTROVE_RPC(settlement_, RunSettlement, RunSettlementRequest, SettlementBatch)
  TRACKTROVE_RPC(settlement_, GetSettlementBatch, GetSettlementBatchRequest, SettlementBatch)
  TRACKTROVE_RPC(settlement_, ListSettlementBatches, ListSettlementBatchesRequest,
                 ListSettlementBatchesResponse)
  TRACKTROVE_RPC(settlement_, ListPayouts, ListPayoutsRequest, ListPayoutsResponse)
  TRACKTROVE_RPC(disputes_, OpenDispute, OpenDisputeRequest, Dispute)
  TRACKTROVE_RPC(disputes_, SubmitEvidence, SubmitEvidenceRequest, Dispute)
  TRACKTROVE_RPC(disputes_, ResolveDispute, ResolveDisputeRequest, Dispute)
  TRACKTROVE_RPC(disputes_, GetDispute, GetDisputeRequest, Dispute)
  TRACKTROVE_RPC(disputes_, ListDisputes, ListDisputesRequest, ListDisputesResponse)
  TRACKTROVE_RPC(ledger_, ListLedgerEntries, ListLedgerEntriesRequest, ListLedgerEntriesResponse)
  TRACKTROVE_RPC(ledger_, ListBalances, ListBalancesRequest, ListBalancesResponse)
  TRACKTROVE_RPC(ledger_, CheckLedger, CheckLedgerRequest, CheckLedgerResponse)
  TRACKTROVE_RPC(admin_, OverrideState, OverrideStateRequest, Transaction)
  TRACKTROVE_RPC(admin_, VerifyTrail, VerifyTrailRequest, VerifyTrailResponse)
  TRACKTROVE_RPC(admin_, ForceRetry, ForceRetryRequest, Transaction)
  TRACKTROVE_RPC(flows_, CreateFlow, CreateFlowRequest, Flow)
  TRACKTROVE_RPC(flows_, GetFlow, GetFlowRequest, Flow)
  TRACKTROVE_RPC(flows_, ListFlows, ListFlowsRequest, ListFlowsResponse)
  TRACKTROVE_RPC(faults_, CreateFaultRule, CreateFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(faults_, GetFaultRule, GetFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(faults_, ListFaultRules, ListFaultRulesRequest, ListFaultRulesResponse)
  TRACKTROVE_RPC(faults_, UpdateFaultRule, UpdateFaultRuleRequest, FaultRule)
  TRACKTROVE_RPC(faults_, DeleteFaultRule, DeleteFaultRuleRequest, DeleteFaultRuleResponse)
  TRACKTROVE_RPC(faults_, PreviewFaultRule, PreviewFaultRuleRequest, PreviewFaultRuleResponse)
  TRACKTROVE_RPC(faults_, InjectFailure, InjectFailureRequest, Transaction)
  TRACKTROVE_RPC(simulations_, GetSimulation, GetSimulationRequest, Simulation)
  TRACKTROVE_RPC(simulations_, ListSimulations, ListSimulationsRequest, ListSimulationsResponse)
  TRACKTROVE_RPC(simulations_, CancelSimulation, CancelSimulationRequest, Simulation)
#undef TRACKTROVE_RPC

  void AsyncInitiateTransaction(const v1::InitiateTransactionRequest& request,
                                const CallOptions& call_options, TransactionCallback callback) override {
    const internal::Retry retry(options_.retry, internal::IsIdempotent(request),
                                absl::Now() + Timeout(request, call_options));
    (new AsyncInitiate(shared_from_this(), *transactions_, request, retry, options_.bearer_token,
                       std::move(callback)))
        ->Start();
  }

  StreamOr<v1::TransactionChange> WatchTransactions(const v1::WatchTransactionsRequest& watch) override {
    v1::WatchTransactionsRequest request = watch;
    if (request.max_changes() == 0) request.set_max_changes(kMaxChanges);
    return MakeStream<v1::WatchTransactionsResponse, v1::TransactionChange>(
        *transactions_, &v1::TransactionService::Stub::WatchTransactions, request);
  }

  StreamOr<v1::TraceRecord> StreamTrace(const v1::StreamTraceRequest& request) override {
    return MakeStream<v1::StreamTraceResponse, v1::TraceRecord>(
        *traces_, &v1::TraceService::Stub::StreamTrace, request);
  }

  StreamOr<v1::Simulation> RunSimulation(const v1::RunSimulationRequest& request) override {
    return MakeStream<v1::RunSimulationResponse, v1::Simulation>(
        *simulations_, &v1::SimulationService::Stub::RunSimulation, request);
  }

 private:
  template <typename Request>
  absl::Duration Timeout(const Request&, const CallOptions& call_options) const {
    constexpr bool kAdvances =
        std::is_same_v<Request, v1::AdvanceClockRequest> || std::is_same_v<Request, v1::RunSettlementRequest>;
    return call_options.timeout.value_or(kAdvances ? options_.advance_clock_timeout : options_.timeout);
  }

  // gRPC gets on with a connection only while somebody polls, and until then
  // fails calls at once: between the attempts of one thread nobody would.
  void Connect(absl::Time deadline) const {
    if (channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) return;
    channel_->WaitForConnected(absl::ToChronoTime(std::min(deadline, absl::Now() + kConnectWindow)));
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout) const {
    internal::Retry retry(options_.retry, internal::IsIdempotent(request), absl::Now() + timeout);
    while (true) {
      Connect(retry.deadline());
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(retry.deadline()));
      Authorize(context, options_.bearer_token);
      Response response;
      const absl::Status status = internal::ToStatus((stub.*method)(&context, request, &response));
      if (status.ok()) return response;
      const std::optional<absl::Duration> delay = retry.NextDelay(status, absl::Now());
      if (!delay) return status;
      options_.sleeper(*delay, std::stop_token());
    }
  }

  // The stream keeps the connection.
  template <typename Response, typename Event, typename Stub, typename Request, typename Method>
  StreamOr<Event> MakeStream(Stub& stub, Method method, const Request& request) const {
    auto open = [self = shared_from_this(), &stub, method](grpc::ClientContext* context,
                                                           const Request& from) {
      self->Connect(absl::InfiniteFuture());
      Authorize(*context, self->options_.bearer_token);
      return std::unique_ptr<grpc::ClientReaderInterface<Response>>((stub.*method)(context, from));
    };
    return std::make_unique<internal::ResumingStream<Request, Response, Event>>(
        request, std::move(open), options_.retry, options_.sleeper);
  }

  const Options options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::TransactionService::Stub> transactions_ =
      v1::TransactionService::NewStub(channel_);
  const std::unique_ptr<v1::TraceService::Stub> traces_ = v1::TraceService::NewStub(channel_);
  const std::unique_ptr<v1::SandboxService::Stub> sandboxes_ = v1::SandboxService::NewStub(channel_);
  const std::unique_ptr<v1::SettlementService::Stub> settlement_ = v1::SettlementService::NewStub(channel_);
  const std::unique_ptr<v1::DisputeService::Stub> disputes_ = v1::DisputeService::NewStub(channel_);
  const std::unique_ptr<v1::LedgerService::Stub> ledger_ = v1::LedgerService::NewStub(channel_);
  const std::unique_ptr<v1::AdminService::Stub> admin_ = v1::AdminService::NewStub(channel_);
  const std::unique_ptr<v1::FlowService::Stub> flows_ = v1::FlowService::NewStub(channel_);
  const std::unique_ptr<v1::FaultService::Stub> faults_ = v1::FaultService::NewStub(channel_);
  const std::unique_ptr<v1::SimulationService::Stub> simulations_ = v1::SimulationService::NewStub(channel_);
};

}  // namespace

std::shared_ptr<Connection> MakeConnection(Options options) {
  return std::shared_ptr<GrpcConnection>(new GrpcConnection(std::move(options)), GrpcConnection::Delete);
}

}  // namespace tracktrove
