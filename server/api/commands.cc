#include "api/commands.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/base_call.h"
#include "api/check.h"
#include "api/fault_commands.h"
#include "api/policy.h"
#include "domain/errors.h"
#include "domain/hash.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;

constexpr int kMaxChannel = 64;
constexpr int kMaxService = 64;

uint64_t RandomBits() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

absl::StatusOr<domain::Simulation> ToSimulation(const v1::SimulationOptions& options) {
  domain::Simulation simulation;
  simulation.success_ppm = options.fail_at_step().empty() ? domain::kPpm : 0;
  if (options.has_success_rate()) {
    TT_ASSIGN_OR_RETURN(simulation.success_ppm, CheckRate(options.success_rate(), "simulation.success_rate"));
  }
  TT_ASSIGN_OR_RETURN(simulation.transient_ppm,
                      CheckRate(options.transient_failure_rate(), "simulation.transient_failure_rate"));
  TT_RETURN_IF_ERROR(CheckRange(options.fail_first_attempts(), "simulation.fail_first_attempts", 0, 20));
  simulation.fail_first_attempts = options.fail_first_attempts();
  TT_RETURN_IF_ERROR(CheckText(options.fail_at_step(), "simulation.fail_at_step", kMaxService));
  simulation.fail_at_step = options.fail_at_step();
  TT_ASSIGN_OR_RETURN(simulation.faults, ToDomain(options.faults()));
  return simulation;
}

absl::StatusOr<std::optional<domain::Pace>> CheckPace(v1::Sandbox::Pace pace) {
  if (!v1::Sandbox::Pace_IsValid(pace)) return BadField("pace", "is no pace that this server knows");
  if (pace == v1::Sandbox::PACE_UNSPECIFIED) return std::nullopt;
  return static_cast<domain::Pace>(pace);
}

// A repeated request must name the same sandbox, so a name that is left to the
// server follows from the request's id where there is one.
std::string DrawSandboxName(const std::string& request_id) {
  constexpr uint8_t kVersion = 1;
  if (!request_id.empty())
    return "sb-" + domain::FieldHash(kVersion).Text(request_id).FinishHex().substr(0, 8);
  return absl::StrFormat("sb-%08x", RandomBits() & 0xffff'ffff);
}

}  // namespace

absl::StatusOr<engine::Call> ToCall(const v1::InitiateTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::InitiateTransaction command;
  command.request_id = request.request_id();
  TT_RETURN_IF_ERROR(CheckText(request.draw_key(), "draw_key", kMaxKey));
  command.draw_key = request.draw_key();
  if (request.kind() == v1::Transaction::KIND_UNSPECIFIED) return BadField("kind", "is required");
  if (!v1::Transaction::Kind_IsValid(request.kind()))
    return BadField("kind", "is no kind that this server knows");
  command.kind = static_cast<domain::Kind>(request.kind());
  if (!request.has_amount()) return BadField("amount", "is required");
  command.amount = ToDomain(request.amount());
  TT_RETURN_IF_ERROR(CheckParty(request.payer(), "payer"));
  TT_RETURN_IF_ERROR(CheckParty(request.payee(), "payee"));
  if (request.payer() == request.payee()) return BadField("payee", "must not be the payer");
  command.payer = request.payer();
  command.payee = request.payee();
  TT_RETURN_IF_ERROR(CheckText(request.channel(), "channel", kMaxChannel));
  command.channel = request.channel();
  TT_ASSIGN_OR_RETURN(command.labels, CheckLabels(request.labels()));
  TT_ASSIGN_OR_RETURN(command.payload, CheckDocument(request.payload(), "payload"));
  TT_RETURN_IF_ERROR(CheckText(request.flow(), "flow", kMaxKey));
  command.flow = request.flow();
  if (!v1::Transaction::Capture_IsValid(request.capture()))
    return BadField("capture", "must be AUTOMATIC or MANUAL");
  if (request.capture() != v1::Transaction::CAPTURE_UNSPECIFIED) {
    command.capture = static_cast<domain::Capture>(request.capture());
  }
  if (request.has_hold_ttl()) {
    TT_ASSIGN_OR_RETURN(command.hold_ttl, CheckDuration(request.hold_ttl(), "hold_ttl", kMinTtl, kMaxTtl));
  }
  TT_ASSIGN_OR_RETURN(command.simulation, ToSimulation(request.simulation()));
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CompleteTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  call.command = domain::CompleteTransaction{std::move(id), PartAmount(request)};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CancelTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  call.command = domain::CancelTransaction{std::move(id), request.reason()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::RefundTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  call.command = domain::RefundTransaction{std::move(id), PartAmount(request), request.reason()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::RecordSnapshotRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::RecordSnapshot command;
  TT_ASSIGN_OR_RETURN(command.transaction_id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckText(request.service(), "service", kMaxService, /*required=*/true));
  TT_RETURN_IF_ERROR(CheckText(request.step(), "step", kMaxService));
  command.service = request.service();
  command.step = request.step();
  if (!request.has_dto()) return BadField("dto", "is required");
  TT_ASSIGN_OR_RETURN(command.dto, CheckDocument(request.dto(), "dto"));
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CreateSandboxRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, ""));
  call.sandbox = request.sandbox_id().empty() ? DrawSandboxName(request.request_id()) : request.sandbox_id();
  TT_RETURN_IF_ERROR(CheckSandbox(call.sandbox, "sandbox_id").status());
  domain::CreateSandbox command;
  command.seed = request.has_seed() ? request.seed() : RandomBits();
  if (!v1::Sandbox::Clock::Mode_IsValid(request.clock_mode())) {
    return BadField("clock_mode", "must be REALTIME or MANUAL");
  }
  if (request.clock_mode() == v1::Sandbox::Clock::MANUAL) command.clock_mode = domain::ClockMode::kManual;
  if (request.has_start_time()) {
    TT_ASSIGN_OR_RETURN(command.start_time, CheckTime(request.start_time(), "start_time"));
  }
  TT_ASSIGN_OR_RETURN(const std::optional<domain::Pace> pace, CheckPace(request.pace()));
  command.pace = pace.value_or(command.pace);
  TT_ASSIGN_OR_RETURN(const domain::UpdateSandbox policy, ToDomain(request.policy()));
  command.policy.amount_limits = policy.amount_limits.value_or(command.policy.amount_limits);
  command.policy.hold_ttl = policy.hold_ttl.value_or(command.policy.hold_ttl);
  command.policy.retry = policy.retry.value_or(command.policy.retry);
  command.policy.fee = policy.fee.value_or(command.policy.fee);
  command.policy.settlement = policy.settlement.value_or(command.policy.settlement);
  command.policy.dispute_deadline = policy.dispute_deadline.value_or(command.policy.dispute_deadline);
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::UpdateSandboxRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(domain::UpdateSandbox command, ToDomain(request.policy()));
  TT_ASSIGN_OR_RETURN(command.pace, CheckPace(request.pace()));
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::DeleteSandboxRequest& request) {
  if (request.sandbox().empty()) return BadField("sandbox", "is required");
  engine::Call call;
  TT_ASSIGN_OR_RETURN(call.sandbox, CheckSandbox(request.sandbox()));
  call.command = domain::DeleteSandbox{.allow_missing = request.allow_missing()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::ResetSandboxRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  call.command = domain::ResetSandbox{};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::AdvanceClockRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::AdvanceClock command;
  switch (request.target_case()) {
    case v1::AdvanceClockRequest::kBy: {
      TT_ASSIGN_OR_RETURN(command.target,
                          CheckDuration(request.by(), "by", absl::ZeroDuration(), absl::Hours(400 * 24)));
      break;
    }
    case v1::AdvanceClockRequest::kTo: {
      TT_ASSIGN_OR_RETURN(command.target, CheckTime(request.to(), "to"));
      break;
    }
    case v1::AdvanceClockRequest::kToNextEvent:
      if (!request.to_next_event()) return BadField("to_next_event", "must be true when set");
      command.target = domain::AdvanceClock::ToNextEvent{};
      break;
    case v1::AdvanceClockRequest::TARGET_NOT_SET:
      return BadField("target", "is required: one of by, to, to_next_event");
  }
  command.request_id = call.request_id;
  command.fingerprint = call.fingerprint;
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::RunSettlementRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  call.command = domain::RunSettlement{.request_id = call.request_id, .fingerprint = call.fingerprint};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::OverrideStateRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::OverrideState command;
  TT_ASSIGN_OR_RETURN(command.transaction_id, CheckTransactionId(request.transaction()));
  if (request.state() == v1::Transaction::STATE_UNSPECIFIED) return BadField("state", "is required");
  if (!v1::Transaction::State_IsValid(request.state()))
    return BadField("state", "is no state that this server knows");
  command.state = static_cast<domain::State>(request.state());
  TT_RETURN_IF_ERROR(CheckParty(request.actor(), "actor"));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey, /*required=*/true));
  command.actor = request.actor();
  command.reason = request.reason();
  call.command = std::move(command);
  return call;
}

}  // namespace tracktrove::api
