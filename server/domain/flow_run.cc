#include "domain/flow_run.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "domain/json.h"
#include "domain/template.h"

namespace tracktrove::domain {

FlowRun::FlowRun(const Sandbox& sandbox, const Flow& flow, Draft& draft)
    : sandbox_(sandbox),
      flow_(flow),
      draft_(draft),
      transaction_(draft.transaction()),
      draws_(sandbox.seed, transaction_.DrawKey()),
      doom_(DrawDoom()) {}

void FlowRun::Run(bool instant) {
  while (!transaction_.IsOver() && transaction_.state != State::kFailed && !WaitsForCapture()) {
    if (!instant) {
      const Step& step = flow_.steps[transaction_.step];
      const absl::Duration latency = DrawLatency(step, draws_, transaction_.attempt);
      draft_.Arm(TimerKind::kStep, draft_.now() + std::min(latency, step.timeout));
      return;
    }
    FinishStep();
  }
}

void FlowRun::FinishPacedStep() {
  FinishStep();
  Run(/*instant=*/sandbox_.pace == Pace::kInstant);
}

bool FlowRun::WaitsForCapture() const {
  return transaction_.capture == Capture::kManual && !transaction_.capture_requested &&
         transaction_.step == flow_.IndexOf(StepEffect::kCapture);
}

void FlowRun::FinishStep() {
  const Step& step = flow_.steps[transaction_.step];
  const absl::Duration latency = DrawLatency(step, draws_, transaction_.attempt);
  if (std::optional<Failure> failure = FailureOf(step, latency)) {
    Fail(step, std::min(latency, step.timeout), *std::move(failure));
  } else {
    Succeed(step, latency);
  }
}

// One draw decides a transaction's fate for all attempts, a second one the step
// at which an ill-fated one fails; a transient failure is drawn for each attempt.
// Whichever comes first in the flow happens; at the same step the final one does.
std::optional<FlowRun::Doom> FlowRun::DrawDoom() const {
  const Simulation& simulation = transaction_.simulation;
  const int attempt = transaction_.attempt;
  std::optional<Doom> doom;
  if (attempt <= simulation.fail_first_attempts ||
      draws_.Chance(simulation.transient_ppm, "", attempt, "transient")) {
    doom = Doom{.step = DrawFailingStep("transient_step", attempt), .final = false};
  }
  if (!draws_.Chance(simulation.success_ppm, "", 0, "fate")) {
    const int step = simulation.fail_at_step.empty() ? DrawFailingStep("fate_step", 0)
                                                     : flow_.IndexOf(simulation.fail_at_step);
    if (!doom || step <= doom->step) doom = Doom{.step = step, .final = true};
  }
  return doom;
}

int FlowRun::DrawFailingStep(absl::string_view purpose, int attempt) const {
  std::vector<int> candidates;
  for (size_t i = 0; i < flow_.steps.size(); ++i) {
    if (!flow_.steps[i].failures.empty()) candidates.push_back(static_cast<int>(i));
  }
  return candidates[draws_.Below(static_cast<int64_t>(candidates.size()), "", attempt, purpose)];
}

std::optional<Failure> FlowRun::FailureOf(const Step& step, absl::Duration latency) const {
  const bool last_attempt = transaction_.attempt >= sandbox_.policy.retry.max_attempts;
  if (doom_ && doom_->step == transaction_.step) {
    FailureMode mode{"STEP_FAILED", "the step failed", 1};  // of a step that fails only when told to
    if (!step.failures.empty()) mode = DrawFailure(step, draws_, transaction_.attempt);
    return Failure{mode.code, mode.message, step.name, doom_->final || last_attempt, std::nullopt};
  }
  if (latency > step.timeout) {
    return Failure{"STEP_TIMEOUT", "the service did not answer in time", step.name, last_attempt,
                   std::nullopt};
  }
  return std::nullopt;
}

void FlowRun::Succeed(const Step& step, absl::Duration latency) {
  const bool last = transaction_.step + 1 == static_cast<int>(flow_.steps.size());
  if (step.effect == StepEffect::kHold) {
    transaction_.state = State::kEscrow;
    transaction_.hold_expire_time = draft_.now() + transaction_.hold_ttl;
  }
  ApplyChange(step);
  if (last) {
    Amounts& amounts = transaction_.amounts;
    amounts.captured = transaction_.capture_requested.value_or(transaction_.amount.minor_units);
    amounts.fee = FeeOn(sandbox_.policy.fee, amounts.captured);
    transaction_.state = State::kCompleted;
    ReleaseHold(draft_);
  }
  ++transaction_.step;
  Record record;
  record.type = RecordType::kStepFinished;
  record.service = step.service;
  record.step = step.name;
  record.actor = "flow";
  record.duration = latency;
  draft_.Emit(std::move(record));
  if (step.effect == StepEffect::kHold) draft_.Arm(TimerKind::kHoldExpiry, *transaction_.hold_expire_time);
}

void FlowRun::Fail(const Step& step, absl::Duration latency, Failure failure) {
  if (!failure.final) failure.next_retry_time = draft_.now() + DrawBackoff();
  ReleaseHold(draft_);
  transaction_.state = State::kFailed;
  transaction_.failure = failure;
  Record record;
  record.type = RecordType::kStepFinished;
  record.service = step.service;
  record.step = step.name;
  record.actor = "flow";
  record.duration = latency;
  record.failure = failure;
  draft_.Emit(std::move(record));
  if (failure.next_retry_time) draft_.Arm(TimerKind::kRetry, *failure.next_retry_time);
}

// Full jitter: uniform between one microsecond and a cap that doubles with the attempts.
absl::Duration FlowRun::DrawBackoff() const {
  const RetryPolicy& retry = sandbox_.policy.retry;
  absl::Duration cap = retry.initial_backoff;
  for (int i = 1; i < transaction_.attempt && cap < retry.max_backoff; ++i) cap *= 2;
  cap = std::min(cap, retry.max_backoff);
  return absl::Microseconds(
      1 + draws_.Below(absl::ToInt64Microseconds(cap), "", transaction_.attempt, "backoff"));
}

void FlowRun::ApplyChange(const Step& step) {
  if (step.change.empty()) return;
  if (parsed_text_ != transaction_.dto) parsed_ = ParseStored(*transaction_.dto);
  const Json patch = Render(step.change, {.transaction = transaction_,
                                          .policy = sandbox_.policy,
                                          .dto = parsed_,
                                          .draws = draws_,
                                          .step = step.name,
                                          .time = draft_.now()});
  parsed_.merge_patch(patch);
  parsed_text_ = transaction_.dto = CanonicalText(parsed_);
}

void ReleaseHold(Draft& draft) {
  if (!draft.transaction().hold_expire_time) return;
  draft.transaction().hold_expire_time.reset();
  draft.Disarm(TimerKind::kHoldExpiry);
}

}  // namespace tracktrove::domain
