#include "api/settlement_service.h"

#include <optional>
#include <string>

#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/page.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

absl::Status Get(store::Reader& reader, const v1::GetSettlementBatchRequest& request,
                 v1::SettlementBatch* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const domain::BatchId id, CheckBatchId(request.batch()));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto batch, reader.GetBatch(snapshot.sandbox.world, id));
  if (!batch) return domain::BatchNotFound(request.batch());
  *reply = ToProto(*batch);
  return absl::OkStatus();
}

absl::Status List(store::Reader& reader, const v1::ListSettlementBatchesRequest& request,
                  v1::ListSettlementBatchesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  domain::BatchId place;
  TT_RETURN_IF_ERROR(ReadPageToken(request, place));
  const auto before = request.page_token().empty() ? std::nullopt : std::optional(place);
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListBatches(snapshot.sandbox.world, before, size + 1));
  const auto convert = [](const domain::SettlementBatch& batch) { return ToProto(batch); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_batches()))
    reply->set_next_page_token(MakePageToken(request, last->id));
  return absl::OkStatus();
}

absl::Status ListPayoutsOf(store::Reader& reader, const v1::ListPayoutsRequest& request,
                           v1::ListPayoutsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const domain::BatchId id, CheckBatchId(request.batch()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  std::string payee, currency;
  TT_RETURN_IF_ERROR(ReadPageToken(request, payee, currency));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const domain::WorldId world = snapshot.sandbox.world;
  TT_ASSIGN_OR_RETURN(const auto batch, reader.GetBatch(world, id));
  if (!batch) return domain::BatchNotFound(request.batch());
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListPayouts(world, id, payee, currency, size + 1));
  const auto convert = [](const store::PayeePayout& payout) { return ToProto(payout); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_payouts()))
    reply->set_next_page_token(MakePageToken(request, last->payee, last->currency));
  return absl::OkStatus();
}

}  // namespace

// A long one is waited for as long as its client does.
grpc::ServerUnaryReactor* SettlementService::RunSettlement(grpc::CallbackServerContext* context,
                                                           const v1::RunSettlementRequest* request,
                                                           v1::SettlementBatch* reply) {
  return Write(edge_, context, ToCall(*request), reply, absl::InfiniteDuration());
}

grpc::ServerUnaryReactor* SettlementService::GetSettlementBatch(grpc::CallbackServerContext* context,
                                                                const v1::GetSettlementBatchRequest* request,
                                                                v1::SettlementBatch* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerUnaryReactor* SettlementService::ListSettlementBatches(
    grpc::CallbackServerContext* context, const v1::ListSettlementBatchesRequest* request,
    v1::ListSettlementBatchesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

grpc::ServerUnaryReactor* SettlementService::ListPayouts(grpc::CallbackServerContext* context,
                                                         const v1::ListPayoutsRequest* request,
                                                         v1::ListPayoutsResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return ListPayoutsOf(reader, *request, reply); });
}

}  // namespace tracktrove::api
