#include "api/settlement_service.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
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
  TT_ASSIGN_OR_RETURN(const auto position, ReadPageToken(request, request.page_token(), 1));
  std::optional<domain::BatchId> before;
  if (!position.empty()) {
    TT_ASSIGN_OR_RETURN(before, CheckBatchId(position[0]));
  }
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(auto page, reader.ListBatches(snapshot.sandbox.world, before, size + 1));
  const bool more = static_cast<int>(page.size()) > size;
  if (more) page.pop_back();
  for (const domain::SettlementBatch& batch : page) *reply->add_batches() = ToProto(batch);
  if (more) reply->set_next_page_token(MakePageToken(request, {page.back().id.ToString()}));
  return absl::OkStatus();
}

absl::Status ListPayoutsOf(store::Reader& reader, const v1::ListPayoutsRequest& request,
                           v1::ListPayoutsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const domain::BatchId id, CheckBatchId(request.batch()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  TT_ASSIGN_OR_RETURN(auto position, ReadPageToken(request, request.page_token(), 2));
  if (position.empty()) position = {"", ""};
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const domain::WorldId world = snapshot.sandbox.world;
  TT_ASSIGN_OR_RETURN(const auto batch, reader.GetBatch(world, id));
  if (!batch) return domain::BatchNotFound(request.batch());
  TT_ASSIGN_OR_RETURN(auto page, reader.ListPayouts(world, id, position[0], position[1], size + 1));
  const bool more = static_cast<int>(page.size()) > size;
  if (more) page.pop_back();
  for (const store::PayeePayout& payout : page) *reply->add_payouts() = ToProto(payout);
  if (more) reply->set_next_page_token(MakePageToken(request, {page.back().payee, page.back().currency}));
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
