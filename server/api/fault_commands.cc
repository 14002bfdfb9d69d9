#include "api/fault_commands.h"

#include <google/protobuf/util/json_util.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/base_call.h"
#include "api/check.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/json.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;

constexpr int kMaxCode = 64;
constexpr int kMaxAttempt = 1000;
constexpr int kMaxCount = 1000;
constexpr size_t kMaxFlow = 64 << 10;
constexpr absl::Duration kMaxDuration = absl::Hours(30 * 24);

absl::StatusOr<domain::Fault> ToFault(const v1::Fault& fault, const std::string& place) {
  if (!v1::Fault::Kind_IsValid(fault.kind()) || fault.kind() == v1::Fault::KIND_UNSPECIFIED) {
    return BadField(absl::StrCat(place, ".kind"), "is required, and one that this server knows");
  }
  TT_RETURN_IF_ERROR(CheckText(fault.code(), absl::StrCat(place, ".code"), kMaxCode));
  TT_RETURN_IF_ERROR(CheckText(fault.message(), absl::StrCat(place, ".message"), kMaxKey));
  domain::Fault out{.kind = static_cast<domain::FaultKind>(fault.kind()),
                    .code = fault.code(),
                    .message = fault.message(),
                    .duration = {},
                    .capture_ppm = fault.capture_ppm()};
  if (fault.has_duration()) {
    TT_ASSIGN_OR_RETURN(out.duration, CheckDuration(fault.duration(), absl::StrCat(place, ".duration"),
                                                    absl::ZeroDuration(), kMaxDuration));
  } else if (out.kind == domain::FaultKind::kCacheOutage) {
    out.duration = domain::kCacheMiss;
  }
  return out;
}

absl::Status CheckLabel(const std::string& label, domain::FaultMatch& match) {
  if (label.empty()) return absl::OkStatus();
  TT_RETURN_IF_ERROR(CheckText(label, "rule.match.label", 2 * kMaxKey));
  const size_t colon = label.find(':');
  if (colon == std::string::npos || colon == 0) return BadField("rule.match.label", "must be key:value");
  match.label = {label.substr(0, colon), label.substr(colon + 1)};
  return absl::OkStatus();
}

absl::StatusOr<domain::FaultMatch> ToFaultMatch(const v1::FaultMatch& match) {
  domain::FaultMatch out;
  for (const int kind : match.kinds()) {
    if (!v1::Transaction::Kind_IsValid(kind) || kind == v1::Transaction::KIND_UNSPECIFIED) {
      return BadField("rule.match.kinds", "must be kinds that this server knows");
    }
    out.kinds.push_back(static_cast<domain::Kind>(kind));
  }
  if (out.kinds.size() > v1::Transaction::Kind_ARRAYSIZE) return BadField("rule.match.kinds", "are too many");
  for (const auto& [text, field] :
       {std::pair(&match.channel(), "rule.match.channel"), std::pair(&match.payer(), "rule.match.payer"),
        std::pair(&match.payee(), "rule.match.payee"), std::pair(&match.flow(), "rule.match.flow"),
        std::pair(&match.step(), "rule.match.step")}) {
    TT_RETURN_IF_ERROR(CheckText(*text, field, kMaxKey));
  }
  out.channel = match.channel();
  out.payer = match.payer();
  out.payee = match.payee();
  out.flow = match.flow();
  out.step = match.step();
  TT_RETURN_IF_ERROR(CheckLabel(match.label(), out));
  if (match.has_amount()) {
    out.amount = domain::AmountRange{.currency = match.amount().currency_code(),
                                     .min = match.amount().min_minor_units(),
                                     .max = match.amount().max_minor_units()};
  }
  out.attempt = match.attempt();
  return out;
}

// The contract's message in the JSON form that the domain reads and the store
// keeps: that of the JSON gateway.
absl::StatusOr<domain::Flow> ToFlow(const v1::Flow& flow) {
  for (int i = 0; i < flow.steps_size(); ++i) {
    const v1::Flow::Step& step = flow.steps(i);
    const std::string place = absl::StrCat("flow.steps[", i, "]");
    TT_RETURN_IF_ERROR(CheckDocument(step.change(), absl::StrCat(place, ".change")).status());
    if (!v1::Flow::Step::Effect_IsValid(step.effect())) {
      return BadField(absl::StrCat(place, ".effect"), "is none that this server knows");
    }
  }
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(flow, &json).ok()) {
    return BadField("flow", "must be valid UTF-8, with durations in range");
  }
  if (json.size() > kMaxFlow)
    return BadField("flow", absl::StrCat("must be at most ", kMaxFlow, " bytes as JSON"));
  absl::StatusOr<domain::Flow> parsed = domain::ParseFlow(domain::ParseStored(json));
  if (parsed.ok()) return parsed;
  return domain::FieldMoved(parsed.status(), "", "flow.");
}

}  // namespace

absl::StatusOr<domain::FaultRule> ToDomain(const v1::FaultRule& rule) {
  domain::FaultRule out;
  TT_ASSIGN_OR_RETURN(out.fault, ToFault(rule.fault(), "rule.fault"));
  TT_ASSIGN_OR_RETURN(out.match, ToFaultMatch(rule.match()));
  if (rule.has_probability_ppm()) out.ppm = rule.probability_ppm();
  out.first_n = rule.first_n();
  out.nth = rule.nth();
  out.max_hits = rule.max_hits();
  if (rule.has_enabled()) out.enabled = rule.enabled();
  return out;
}

absl::StatusOr<std::vector<domain::PlannedFault>> ToDomain(
    const google::protobuf::RepeatedPtrField<v1::PlannedFault>& faults) {
  std::vector<domain::PlannedFault> out;
  for (int i = 0; i < faults.size(); ++i) {
    const v1::PlannedFault& fault = faults[i];
    const std::string place = absl::StrCat("simulation.faults[", i, "]");
    domain::PlannedFault planned;
    planned.id = absl::StrCat("inline:", i);
    TT_ASSIGN_OR_RETURN(planned.fault, ToFault(fault.fault(), absl::StrCat(place, ".fault")));
    TT_RETURN_IF_ERROR(CheckText(fault.step(), absl::StrCat(place, ".step"), kMaxCode));
    planned.step = fault.step();
    TT_RETURN_IF_ERROR(CheckRange(fault.attempt(), absl::StrCat(place, ".attempt"), 0, kMaxAttempt));
    planned.attempt = fault.attempt();
    TT_RETURN_IF_ERROR(CheckRange(fault.count(), absl::StrCat(place, ".count"), 0, kMaxCount));
    if (fault.count() > 0) planned.remaining = fault.count();
    out.push_back(std::move(planned));
  }
  return out;
}

absl::StatusOr<engine::Call> ToCall(const v1::CreateFlowRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  if (!request.has_flow()) return BadField("flow", "is required");
  TT_RETURN_IF_ERROR(CheckId(request.flow().id(), "flow.id"));
  TT_ASSIGN_OR_RETURN(domain::Flow flow, ToFlow(request.flow()));
  call.command = domain::CreateFlow{std::move(flow)};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CreateFaultRuleRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  if (!request.has_rule()) return BadField("rule", "is required");
  TT_ASSIGN_OR_RETURN(domain::FaultRule rule, ToDomain(request.rule()));
  if (!request.fault_rule_id().empty()) {
    TT_RETURN_IF_ERROR(CheckId(request.fault_rule_id(), "fault_rule_id"));
  }
  rule.id = request.fault_rule_id();
  call.command = domain::CreateFaultRule{std::move(rule)};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::UpdateFaultRuleRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::UpdateFaultRule command;
  TT_RETURN_IF_ERROR(CheckId(request.fault_rule(), "fault_rule"));
  command.id = request.fault_rule();
  const v1::FaultRule& rule = request.rule();
  if (rule.has_fault()) {
    TT_ASSIGN_OR_RETURN(command.fault, ToFault(rule.fault(), "rule.fault"));
  }
  if (rule.has_match()) {
    TT_ASSIGN_OR_RETURN(command.match, ToFaultMatch(rule.match()));
  }
  if (rule.has_probability_ppm()) command.ppm = rule.probability_ppm();
  if (rule.has_first_n()) command.first_n = rule.first_n();
  if (rule.has_nth()) command.nth = rule.nth();
  if (rule.has_max_hits()) command.max_hits = rule.max_hits();
  if (rule.has_enabled()) command.enabled = rule.enabled();
  command.reset_counts = request.reset_counts();
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::DeleteFaultRuleRequest& request) {
  engine::Call call;
  TT_ASSIGN_OR_RETURN(call.sandbox, CheckSandbox(request.sandbox()));
  TT_RETURN_IF_ERROR(CheckId(request.fault_rule(), "fault_rule"));
  call.command = domain::DeleteFaultRule{request.fault_rule(), request.allow_missing()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::InjectFailureRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::InjectFailure command;
  TT_ASSIGN_OR_RETURN(command.transaction_id, CheckTransactionId(request.transaction()));
  TT_ASSIGN_OR_RETURN(command.planned.fault, ToFault(request.fault(), "fault"));
  TT_RETURN_IF_ERROR(CheckText(request.step(), "step", kMaxCode));
  command.planned.step = request.step();
  TT_RETURN_IF_ERROR(CheckParty(request.actor(), "actor"));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  command.actor = request.actor();
  command.reason = request.reason();
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::ForceRetryRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::ForceRetry command;
  TT_ASSIGN_OR_RETURN(command.transaction_id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckParty(request.actor(), "actor"));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey, /*required=*/true));
  command.actor = request.actor();
  command.reason = request.reason();
  call.command = std::move(command);
  return call;
}

}  // namespace tracktrove::api
