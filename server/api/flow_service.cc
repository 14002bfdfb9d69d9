#include "api/flow_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/check.h"
#include "api/fault_commands.h"
#include "api/fault_convert.h"
#include "api/page.h"
#include "domain/flow.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

absl::Status Get(store::Reader& reader, const v1::GetFlowRequest& request, v1::Flow* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_RETURN_IF_ERROR(CheckId(request.flow(), "flow"));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const domain::Flow flow, ReadFlow(reader, snapshot.sandbox.world, request.flow()));
  *reply = ToProto(flow);
  return absl::OkStatus();
}

absl::Status List(store::Reader& reader, const v1::ListFlowsRequest& request, v1::ListFlowsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  std::string after;
  TT_RETURN_IF_ERROR(ReadPageToken(request, after));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(std::vector<domain::Flow> flows,
                      reader.ListFlows(snapshot.sandbox.world, after, size + 1));
  for (const domain::Flow& flow : domain::BuiltinFlows()) {
    if (flow.id > after) flows.push_back(flow);
  }
  std::sort(flows.begin(), flows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto convert = [](const domain::Flow& flow) { return ToProto(flow); };
  if (const auto* last = FillPage(flows, size, convert, reply->mutable_flows()))
    reply->set_next_page_token(MakePageToken(request, last->id));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* FlowService::CreateFlow(grpc::CallbackServerContext* context,
                                                  const v1::CreateFlowRequest* request, v1::Flow* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* FlowService::GetFlow(grpc::CallbackServerContext* context,
                                               const v1::GetFlowRequest* request, v1::Flow* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerUnaryReactor* FlowService::ListFlows(grpc::CallbackServerContext* context,
                                                 const v1::ListFlowsRequest* request,
                                                 v1::ListFlowsResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

}  // namespace tracktrove::api
