#include "api/transaction_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/log_reactor.h"
#include "api/page.h"
#include "api/simulation_convert.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kMaxChanges = 256;
// A filter that matches rarely could else go through a whole sandbox for a page.
constexpr int64_t kMaxLookedAt = 20'000;

std::optional<std::string> IfSet(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

absl::StatusOr<store::TransactionFilter> ToFilter(const v1::ListTransactionsRequest& request) {
  store::TransactionFilter filter;
  if (!v1::Transaction::State_IsValid(request.state())) return domain::BadField("state", "is no known state");
  if (!v1::Transaction::Kind_IsValid(request.kind())) return domain::BadField("kind", "is no known kind");
  if (request.state() != 0) filter.state = static_cast<domain::State>(request.state());
  if (request.kind() != 0) filter.kind = static_cast<domain::Kind>(request.kind());
  for (const auto& [text, field] :
       {std::pair(&request.payer(), "payer"), std::pair(&request.payee(), "payee"),
        std::pair(&request.channel(), "channel"), std::pair(&request.label(), "label")}) {
    TT_RETURN_IF_ERROR(CheckText(*text, field, 2 * kMaxKey));
  }
  filter.payer = IfSet(request.payer());
  filter.payee = IfSet(request.payee());
  filter.channel = IfSet(request.channel());
  if (!request.label().empty()) {
    const size_t colon = request.label().find(':');
    if (colon == std::string::npos) return domain::BadField("label", "must be key:value");
    filter.label = {request.label().substr(0, colon), request.label().substr(colon + 1)};
  }
  if (request.has_create_time_from()) {
    TT_ASSIGN_OR_RETURN(filter.create_time_from, CheckTime(request.create_time_from(), "create_time_from"));
  }
  if (request.has_create_time_to()) {
    TT_ASSIGN_OR_RETURN(filter.create_time_to, CheckTime(request.create_time_to(), "create_time_to"));
  }
  if (!request.simulation().empty()) {
    TT_ASSIGN_OR_RETURN(filter.simulation_number, CheckSimulationId(request.simulation()));
  }
  return filter;
}

absl::Status List(store::Reader& reader, const v1::ListTransactionsRequest& request,
                  v1::ListTransactionsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  TT_ASSIGN_OR_RETURN(store::TransactionFilter filter, ToFilter(request));
  int64_t before = INT64_MAX;
  TT_RETURN_IF_ERROR(ReadPageToken(request, before));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  before = std::min(before, snapshot.sandbox.transaction_count + 1);
  filter.from_ordinal = before - kMaxLookedAt;
  TT_ASSIGN_OR_RETURN(const auto rows,
                      reader.ListTransactions(snapshot.sandbox.world, filter, before, size + 1));
  const absl::Time now = snapshot.sandbox.clock.Now(snapshot.wall);
  const auto convert = [&](const domain::Transaction& transaction) {
    return ToProto(transaction, name, now);
  };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_transactions())) {
    reply->set_next_page_token(MakePageToken(request, last->ordinal));
  } else if (filter.from_ordinal > 1) {  // those before it were not looked at
    reply->set_next_page_token(MakePageToken(request, filter.from_ordinal));
  }
  return absl::OkStatus();
}

absl::Status Get(store::Reader& reader, const v1::GetTransactionRequest& request, v1::Transaction* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const std::string id, CheckTransactionId(request.transaction()));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto transaction, reader.GetTransaction(snapshot.sandbox.world, id));
  if (!transaction) return domain::TransactionNotFound(id);
  *reply = ToProto(*transaction, name, snapshot.sandbox.clock.Now(snapshot.wall));
  return absl::OkStatus();
}

// An empty list asks for nothing in particular.
template <typename Repeated>
bool Matches(const Repeated& wanted, int value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

absl::StatusOr<engine::LogStreamOptions> ToOptions(const v1::WatchTransactionsRequest& request) {
  engine::LogStreamOptions options;
  TT_ASSIGN_OR_RETURN(options.sandbox, CheckSandbox(request.sandbox()));
  if (request.has_resume_after()) {
    if (request.resume_after() < 0) return domain::BadField("resume_after", "must not be negative");
    options.resume_after = request.resume_after();
  }
  TT_RETURN_IF_ERROR(CheckRange(request.max_changes(), "max_changes", 0, kMaxChanges));
  options.filter = [states = request.states(), kinds = request.kinds()](const domain::LogEntry& entry) {
    return entry.record.IsChange() && Matches(states, static_cast<int>(entry.record.to_state)) &&
           Matches(kinds, static_cast<int>(entry.kind));
  };
  return options;
}

}  // namespace

grpc::ServerUnaryReactor* TransactionService::InitiateTransaction(grpc::CallbackServerContext* context,
                                                                  const grpc::ByteBuffer* encoded,
                                                                  grpc::ByteBuffer* reply) {
  google::protobuf::Arena arena;
  auto* request = google::protobuf::Arena::CreateMessage<v1::InitiateTransactionRequest>(&arena);
  absl::Status readable = ReadRequest(*encoded, request);
  return Write(edge_, context, readable.ok() ? ToCall(*request) : std::move(readable), reply);
}

grpc::ServerUnaryReactor* TransactionService::GetTransaction(grpc::CallbackServerContext* context,
                                                             const v1::GetTransactionRequest* request,
                                                             v1::Transaction* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerUnaryReactor* TransactionService::ListTransactions(grpc::CallbackServerContext* context,
                                                               const v1::ListTransactionsRequest* request,
                                                               v1::ListTransactionsResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

grpc::ServerUnaryReactor* TransactionService::CompleteTransaction(
    grpc::CallbackServerContext* context, const v1::CompleteTransactionRequest* request,
    v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* TransactionService::CancelTransaction(grpc::CallbackServerContext* context,
                                                                const v1::CancelTransactionRequest* request,
                                                                v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* TransactionService::RefundTransaction(grpc::CallbackServerContext* context,
                                                                const v1::RefundTransactionRequest* request,
                                                                v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* TransactionService::WatchTransactions(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* encoded) {
  v1::WatchTransactionsRequest request;
  const absl::Status readable = ReadRequest(*encoded, &request);
  using Reactor = LogReactor<v1::WatchTransactionsResponse, grpc::ByteBuffer>;
  return Reactor::Start(
      edge_, context, readable.ok() ? ToOptions(request) : readable,
      [this, max = request.max_changes()](Reactor::Entries entries, grpc::ByteBuffer& response) {
        const size_t count = std::clamp<size_t>(max, 1, entries.size());
        response = changes_.Of(entries.first(count));
        return count;
      });
}

}  // namespace tracktrove::api
