#include "api/commands.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/check.h"
#include "api/write_call.h"
#include "domain/errors.h"
#include "domain/hash.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;

constexpr absl::Duration kMinTtl = absl::Milliseconds(1);
constexpr absl::Duration kMaxTtl = absl::Hours(30 * 24);
constexpr int kMaxChannel = 64;
constexpr int kMaxService = 64;

uint64_t RandomBits() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

domain::Money ToDomain(const v1::Money& money) { return {money.currency_code(), money.minor_units()}; }

// An amount that must be a part of another one; which part, the state says.
template <typename Request>
std::optional<domain::Money> PartAmount(const Request& request) {
  if (!request.has_amount()) return std::nullopt;
  return ToDomain(request.amount());
}

absl::StatusOr<domain::Simulation> ToDomain(const v1::SimulationOptions& options) {
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
  return simulation;
}

absl::StatusOr<domain::AmountLimits> ToDomain(const v1::Policy::AmountLimits& limits) {
  constexpr int64_t kMost = 1'000'000;
  TT_RETURN_IF_ERROR(CheckRange(limits.min_major_units(), "policy.amount_limits.min_major_units", 0, kMost));
  TT_RETURN_IF_ERROR(CheckRange(limits.max_major_units(), "policy.amount_limits.max_major_units",
                                std::max<int64_t>(1, limits.min_major_units()), kMost));
  return domain::AmountLimits{limits.min_major_units(), limits.max_major_units()};
}

absl::StatusOr<domain::RetryPolicy> ToDomain(const v1::Policy::Retry& retry) {
  domain::RetryPolicy out;
  if (retry.max_attempts() != 0) {
    TT_RETURN_IF_ERROR(CheckRange(retry.max_attempts(), "policy.retry.max_attempts", 1, 20));
    out.max_attempts = retry.max_attempts();
  }
  if (retry.has_initial_backoff()) {
    TT_ASSIGN_OR_RETURN(out.initial_backoff,
                        CheckDuration(retry.initial_backoff(), "policy.retry.initial_backoff",
                                      absl::Milliseconds(1), absl::Hours(1)));
  }
  if (retry.has_max_backoff()) {
    TT_ASSIGN_OR_RETURN(out.max_backoff, CheckDuration(retry.max_backoff(), "policy.retry.max_backoff",
                                                       absl::Milliseconds(1), absl::Hours(24)));
  }
  if (out.max_backoff < out.initial_backoff) {
    return BadField("policy.retry.max_backoff", "must not be below initial_backoff");
  }
  return out;
}

absl::StatusOr<domain::FeePolicy> ToDomain(const v1::Policy::Fee& fee) {
  TT_RETURN_IF_ERROR(CheckRange(fee.ppm(), "policy.fee.ppm", 0, domain::kPpm));
  TT_RETURN_IF_ERROR(CheckRange(fee.fixed_minor_units(), "policy.fee.fixed_minor_units", 0, 1'000'000));
  return domain::FeePolicy{fee.ppm(), fee.fixed_minor_units()};
}

// The parts of a policy that a request sets.
absl::StatusOr<domain::UpdateSandbox> ToDomain(const v1::Policy& policy) {
  domain::UpdateSandbox update;
  if (policy.has_amount_limits()) {
    TT_ASSIGN_OR_RETURN(update.amount_limits, ToDomain(policy.amount_limits()));
  }
  if (policy.has_hold_ttl()) {
    TT_ASSIGN_OR_RETURN(update.hold_ttl,
                        CheckDuration(policy.hold_ttl(), "policy.hold_ttl", kMinTtl, kMaxTtl));
  }
  if (policy.has_retry()) {
    TT_ASSIGN_OR_RETURN(update.retry, ToDomain(policy.retry()));
  }
  if (policy.has_fee()) {
    TT_ASSIGN_OR_RETURN(update.fee, ToDomain(policy.fee()));
  }
  return update;
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
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
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
  if (request.capture() == v1::Transaction::MANUAL) command.capture = domain::Capture::kManual;
  if (request.has_hold_ttl()) {
    TT_ASSIGN_OR_RETURN(command.hold_ttl, CheckDuration(request.hold_ttl(), "hold_ttl", kMinTtl, kMaxTtl));
  }
  TT_ASSIGN_OR_RETURN(command.simulation, ToDomain(request.simulation()));
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CompleteTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  call.command = domain::CompleteTransaction{std::move(id), PartAmount(request)};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CancelTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  call.command = domain::CancelTransaction{std::move(id), request.reason()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::RefundTransactionRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(std::string id, CheckTransactionId(request.transaction()));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  call.command = domain::RefundTransaction{std::move(id), PartAmount(request), request.reason()};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::RecordSnapshotRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
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
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, ""));
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
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::UpdateSandboxRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
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
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
  call.command = domain::ResetSandbox{};
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::AdvanceClockRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, WriteCall(request, request.sandbox()));
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

}  // namespace tracktrove::api
