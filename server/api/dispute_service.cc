#include "api/dispute_service.h"

#include <string>

#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/page.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

absl::Status Get(store::Reader& reader, const v1::GetDisputeRequest& request, v1::Dispute* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const std::string id, CheckUuid(request.dispute(), "dispute"));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto dispute, reader.GetDispute(snapshot.sandbox.world, id));
  if (!dispute) return domain::DisputeNotFound(id);
  *reply = ToProto(*dispute);
  return absl::OkStatus();
}

absl::StatusOr<store::DisputeFilter> ToFilter(const v1::ListDisputesRequest& request) {
  store::DisputeFilter filter;
  if (!request.transaction().empty()) {
    TT_ASSIGN_OR_RETURN(filter.transaction_id, CheckTransactionId(request.transaction()));
  }
  if (!v1::Dispute::State_IsValid(request.state()))
    return domain::BadField("state", "is no state that this server knows");
  if (request.state() != v1::Dispute::STATE_UNSPECIFIED)
    filter.state = static_cast<domain::DisputeState>(request.state());
  return filter;
}

absl::Status List(store::Reader& reader, const v1::ListDisputesRequest& request,
                  v1::ListDisputesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const store::DisputeFilter filter, ToFilter(request));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  int64_t before = 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, before));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListDisputes(snapshot.sandbox.world, filter, before, size + 1));
  const auto convert = [](const domain::Dispute& dispute) { return ToProto(dispute); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_disputes()))
    reply->set_next_page_token(MakePageToken(request, last->sequence));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* DisputeService::OpenDispute(grpc::CallbackServerContext* context,
                                                      const v1::OpenDisputeRequest* request,
                                                      v1::Dispute* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* DisputeService::SubmitEvidence(grpc::CallbackServerContext* context,
                                                         const v1::SubmitEvidenceRequest* request,
                                                         v1::Dispute* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* DisputeService::ResolveDispute(grpc::CallbackServerContext* context,
                                                         const v1::ResolveDisputeRequest* request,
                                                         v1::Dispute* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* DisputeService::GetDispute(grpc::CallbackServerContext* context,
                                                     const v1::GetDisputeRequest* request,
                                                     v1::Dispute* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerUnaryReactor* DisputeService::ListDisputes(grpc::CallbackServerContext* context,
                                                       const v1::ListDisputesRequest* request,
                                                       v1::ListDisputesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

}  // namespace tracktrove::api
