#include "api/fault_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/check.h"
#include "api/fault_commands.h"
#include "api/fault_convert.h"
#include "api/page.h"
#include "domain/decide_fault.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kDefaultPreview = 100;

absl::Status Get(store::Reader& reader, const v1::GetFaultRuleRequest& request, v1::FaultRule* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_RETURN_IF_ERROR(CheckId(request.fault_rule(), "fault_rule"));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rule, reader.GetFaultRule(snapshot.sandbox.world, request.fault_rule()));
  if (!rule) return domain::FaultRuleNotFound(request.fault_rule());
  *reply = ToProto(*rule);
  return absl::OkStatus();
}

absl::Status List(store::Reader& reader, const v1::ListFaultRulesRequest& request,
                  v1::ListFaultRulesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  int64_t after = 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, after));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListFaultRules(snapshot.sandbox.world, after, size + 1));
  const auto convert = [](const domain::FaultRule& rule) { return ToProto(rule); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_rules()))
    reply->set_next_page_token(MakePageToken(request, last->ordinal));
  return absl::OkStatus();
}

// The flows that a rule may meet: all of the sandbox.
absl::StatusOr<domain::FlowBook> AllFlows(store::Reader& reader, domain::WorldId world) {
  TT_ASSIGN_OR_RETURN(std::vector<domain::Flow> own, reader.ListFlows(world, "", domain::kMaxFlows));
  domain::FlowBook flows;
  for (domain::Flow& flow : own) flows.Add(std::move(flow));
  return flows;
}

absl::Status Preview(store::Reader& reader, const v1::PreviewFaultRuleRequest& request,
                     v1::PreviewFaultRuleResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int count, CheckPageSize(request.transactions(), kDefaultPreview));
  TT_ASSIGN_OR_RETURN(domain::FaultRule rule, ToDomain(request.rule()));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const domain::Sandbox& sandbox = snapshot.sandbox;
  TT_ASSIGN_OR_RETURN(const domain::FlowBook flows, AllFlows(reader, sandbox.world));
  TT_RETURN_IF_ERROR(CheckRule(rule, sandbox.policy, flows));
  rule.id = request.fault_rule_id();
  if (rule.id.empty()) {
    TT_ASSIGN_OR_RETURN(const auto rules, reader.ListFaultRules(sandbox.world, 0, domain::kMaxFaultRules));
    rule.id = domain::NextRuleId(sandbox, rules);
  }
  rule.enabled = true;
  TT_ASSIGN_OR_RETURN(std::vector<domain::Transaction> transactions,
                      reader.ListTransactions(sandbox.world, {}, 0, count));
  std::reverse(transactions.begin(), transactions.end());  // as they arrived
  *reply = ToProto(domain::Preview(rule, sandbox.seed, flows, transactions));
  reply->set_transactions(static_cast<int32_t>(transactions.size()));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* FaultService::CreateFaultRule(grpc::CallbackServerContext* context,
                                                        const v1::CreateFaultRuleRequest* request,
                                                        v1::FaultRule* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* FaultService::GetFaultRule(grpc::CallbackServerContext* context,
                                                     const v1::GetFaultRuleRequest* request,
                                                     v1::FaultRule* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerUnaryReactor* FaultService::ListFaultRules(grpc::CallbackServerContext* context,
                                                       const v1::ListFaultRulesRequest* request,
                                                       v1::ListFaultRulesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

grpc::ServerUnaryReactor* FaultService::UpdateFaultRule(grpc::CallbackServerContext* context,
                                                        const v1::UpdateFaultRuleRequest* request,
                                                        v1::FaultRule* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* FaultService::DeleteFaultRule(grpc::CallbackServerContext* context,
                                                        const v1::DeleteFaultRuleRequest* request,
                                                        v1::DeleteFaultRuleResponse* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* FaultService::PreviewFaultRule(grpc::CallbackServerContext* context,
                                                         const v1::PreviewFaultRuleRequest* request,
                                                         v1::PreviewFaultRuleResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Preview(reader, *request, reply); });
}

grpc::ServerUnaryReactor* FaultService::InjectFailure(grpc::CallbackServerContext* context,
                                                      const v1::InjectFailureRequest* request,
                                                      v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

}  // namespace tracktrove::api
