#include "domain/flow_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/json.h"
#include "domain/template.h"

namespace tracktrove::domain {
namespace {

// What a fault makes its step fail with by itself, if it does.
std::optional<FailureMode> FailureBy(const Fault& fault, const Step& step, const Draws& draws, int attempt) {
  switch (fault.kind) {
    case FaultKind::kStepError:
      if (!fault.code.empty()) return FailureMode{fault.code, fault.message, 1};
      return DrawFailure(step, draws, attempt);
    case FaultKind::kStepTimeout:
      return FailureMode{kStepTimeout, "the service did not answer in time", 1};
    case FaultKind::kLedgerRejection:
      return FailureMode{"LEDGER_REJECTED", "the ledger refused the posting", 1};
    case FaultKind::kDatabaseError:
      return FailureMode{"DATABASE_ERROR", "the service's database failed", 1};
    case FaultKind::kNone:
    case FaultKind::kTimeoutAfterCommit:  // fails later, with its work done
    case FaultKind::kAddedLatency:
    case FaultKind::kHoldExpiry:
    case FaultKind::kDuplicateCallback:
    case FaultKind::kPartialCapture:
    case FaultKind::kCacheOutage:
    case FaultKind::kWebhookMiss:
    case FaultKind::kWebhookDelay:
    case FaultKind::kWebhookDuplicate:
    case FaultKind::kWebhookReorder:
    case FaultKind::kWebhookBadSignature:
      return std::nullopt;
  }
  return std::nullopt;
}

void Say(Record& record, absl::string_view text) {
  absl::StrAppend(&record.detail, record.detail.empty() ? "" : "; ", text);
}

void Mark(Record& record, const ActingFault& acting) {
  record.fault_rule_id = acting.id;
  record.fault_kind = acting.fault.kind;
  record.fault_duration = acting.fault.duration;
}

}  // namespace

FlowRun::FlowRun(const Sandbox& sandbox, const Flow& flow, const Rules& rules, Draft& draft)
    : sandbox_(sandbox),
      flow_(flow),
      rules_(rules),
      draft_(draft),
      transaction_(draft.transaction()),
      draws_(DrawsOf(sandbox.seed, transaction_)),
      doom_(DrawDoom(transaction_.simulation, flow, draws_, transaction_.attempt)) {}

void FlowRun::Run(bool instant) {
  while (!transaction_.IsOver() && transaction_.state != State::kFailed && !WaitsForCapture()) {
    BeginStep();
    if (!instant) {
      draft_.Arm(TimerKind::kStep, draft_.now() + TimeToAnswer());
      return;
    }
    FinishStep();
  }
}

void FlowRun::FinishPacedStep() {
  const bool instant = sandbox_.pace == Pace::kInstant;
  if (LosesAnswer() && !acting()->committed && !instant) {
    if (!Commit()) return;
    draft_.Arm(TimerKind::kStep, draft_.now() + Patience() - TimeToAnswer());
    return;
  }
  FinishStep();
  Run(instant);
}

void FlowRun::TakeUpInjected() {
  const bool under_way =
      (transaction_.state == State::kInitiated || transaction_.state == State::kEscrow) && !WaitsForCapture();
  if (!under_way || (acting() && acting()->committed)) return;
  auto injected = TakePlanned(step(), transaction_.attempt, transaction_.simulation.injected);
  if (!injected) return;
  transaction_.simulation.acting = std::move(injected);
  // The step began with the newest decided record.
  const absl::Time due = transaction_.update_time + TimeToAnswer();
  draft_.Arm(TimerKind::kStep, std::max(draft_.now(), due));
}

void FlowRun::CutHold(ActingFault by) {
  const absl::Time expire_time = draft_.now() + by.fault.duration;
  if (expire_time >= *transaction_.hold_expire_time) return;
  transaction_.hold_expire_time = expire_time;
  transaction_.simulation.on_hold = std::move(by);
  if (expire_time > draft_.now()) {
    draft_.Arm(TimerKind::kHoldExpiry, expire_time);
  } else {
    ExpireHold();
  }
}

void FlowRun::ExpireHold() {
  const Simulation& simulation = transaction_.simulation;
  Record record = Happening(RecordType::kHoldExpired, "timer");
  if (simulation.on_hold) {
    Mark(record, *simulation.on_hold);
  } else if (FaultOutlastsHold()) {
    Mark(record, *simulation.acting);
  }
  ReleaseHold(draft_);
  draft_.Disarm(TimerKind::kStep);
  transaction_.simulation.acting.reset();
  transaction_.state = State::kRefunded;
  draft_.Emit(std::move(record));
}

bool FlowRun::WaitsForCapture() const {
  return transaction_.capture == Capture::kManual && !transaction_.capture_requested &&
         transaction_.step == flow_.IndexOf(StepEffect::kCapture);
}

void FlowRun::BeginStep() {
  transaction_.step_name = step().name;
  transaction_.simulation.acting = ChooseFault(step(), rules_, draws_, draft_);
}

void FlowRun::FinishStep() {
  if (LosesAnswer()) {
    if (acting()->committed || Commit()) LoseAnswer();
  } else if (std::optional<Failure> failure = FailureOfStep()) {
    Fail(*std::move(failure));
  } else {
    Succeed();
  }
  transaction_.simulation.acting.reset();
}

bool FlowRun::Acts(FaultKind kind) const { return acting() && acting()->fault.kind == kind; }

absl::Duration FlowRun::Latency() const {
  if (Acts(FaultKind::kStepTimeout)) return Patience();
  const absl::Duration added = acting() ? AddedLatency(acting()->fault) : absl::ZeroDuration();
  return DrawLatency(step(), draws_, transaction_.attempt) + added;
}

absl::Duration FlowRun::Patience() const {
  return step().timeout == absl::InfiniteDuration() ? kPatience : step().timeout;
}

absl::Duration FlowRun::TimeToAnswer() const {
  return std::min(Latency(), LosesAnswer() ? Patience() : step().timeout);
}

bool FlowRun::FaultOutlastsHold() const {
  if (!acting() || !DelaysAnswer(acting()->fault.kind)) return false;
  const absl::Time answer = transaction_.update_time + DrawLatency(step(), draws_, transaction_.attempt);
  return acting()->committed || answer < *transaction_.hold_expire_time;
}

std::optional<Failure> FlowRun::FailureOfStep() const {
  const int attempt = transaction_.attempt;
  if (acting()) {
    if (const auto mode = FailureBy(acting()->fault, step(), draws_, attempt)) {
      return FailureWith(*mode, acting()->id);
    }
  }
  if (doom_ && doom_->step == transaction_.step) {
    Failure failure = FailureWith(DrawFailure(step(), draws_, attempt), "");
    failure.final = failure.final || doom_->final();
    return failure;
  }
  if (Latency() <= step().timeout) return std::nullopt;
  const bool anyway = DrawLatency(step(), draws_, attempt) > step().timeout;
  return FailureWith({kStepTimeout, "the service did not answer in time", 1}, anyway ? "" : acting()->id);
}

Failure FlowRun::FailureWith(const FailureMode& mode, const std::string& fault_id) const {
  const bool last_attempt = transaction_.attempt >= sandbox_.policy.retry.max_attempts;
  return Failure{mode.code, mode.message, step().name, last_attempt, std::nullopt, fault_id};
}

// The service does its work, but nobody hears of it. It will know the request
// again: a later attempt gets the answer of this one.
bool FlowRun::Commit() {
  Record record = StepRecord(RecordType::kStepFinished, TimeToAnswer());
  if (!DoWork(record)) return false;
  Say(record, "done, but the answer is lost");
  transaction_.simulation.done.try_emplace(step().name, transaction_.attempt);
  transaction_.simulation.acting->committed = true;
  draft_.Emit(std::move(record));
  if (step().effect == StepEffect::kHold) draft_.Arm(TimerKind::kHoldExpiry, *transaction_.hold_expire_time);
  return true;
}

void FlowRun::LoseAnswer() {
  EndAttempt(
      StepRecord(RecordType::kAnswerLost, Patience()),
      FailureWith({"TIMEOUT_AFTER_COMMIT", "the work was done, but its answer did not arrive in time", 1},
                  acting()->id));
}

void FlowRun::Succeed() {
  const bool holds = step().effect == StepEffect::kHold;
  const bool last = transaction_.step + 1 == static_cast<int>(flow_.steps.size());
  Record record = StepRecord(RecordType::kStepFinished, Latency());
  Record duplicate = StepRecord(RecordType::kDuplicateIgnored, absl::ZeroDuration());
  if (!DoWork(record)) return;
  if (Acts(FaultKind::kCacheOutage)) Say(record, "without its cache, from the database");
  if (last) Complete();
  transaction_.step_name = last ? "" : flow_.steps[transaction_.step + 1].name;
  ++transaction_.step;
  draft_.Emit(std::move(record));
  if (holds) draft_.Arm(TimerKind::kHoldExpiry, *transaction_.hold_expire_time);
  if (Acts(FaultKind::kDuplicateCallback)) {
    duplicate.detail = "the same answer again";
    draft_.Emit(std::move(duplicate));
  }
  if (holds && *transaction_.hold_expire_time <= draft_.now()) ExpireHold();
}

void FlowRun::Fail(Failure failure) {
  Record record = StepRecord(RecordType::kStepFinished, TimeToAnswer());
  // A fault that would have done something else came to nothing, and so did a
  // delay of an answer that would have been too late without it.
  const bool delayed =
      acting() && DelaysAnswer(acting()->fault.kind) && !LosesAnswer() && failure.code != kStepTimeout;
  if (failure.fault_rule_id.empty() && !delayed) {
    record.fault_rule_id.clear();
    record.fault_kind = FaultKind::kNone;
    record.fault_duration = absl::ZeroDuration();
  }
  EndAttempt(std::move(record), std::move(failure));
}

void FlowRun::EndAttempt(Record record, Failure failure) {
  if (!failure.final) failure.next_retry_time = draft_.now() + DrawBackoff();
  ReleaseHold(draft_);
  transaction_.simulation.acting.reset();
  transaction_.state = State::kFailed;
  transaction_.failure = failure;
  record.failure = failure;
  draft_.Emit(std::move(record));
  if (failure.next_retry_time) draft_.Arm(TimerKind::kRetry, *failure.next_retry_time);
}

void FlowRun::PlaceHold() {
  transaction_.state = State::kEscrow;
  absl::Duration ttl = transaction_.hold_ttl;
  if (Acts(FaultKind::kHoldExpiry) && acting()->fault.duration < ttl) {
    ttl = acting()->fault.duration;
    transaction_.simulation.on_hold = acting();
  }
  transaction_.hold_expire_time = draft_.now() + ttl;
}

void FlowRun::CapturePart() {
  const int64_t asked = transaction_.capture_requested.value_or(transaction_.amount.minor_units);
  const int64_t part = Proportion(asked, acting()->fault.capture_ppm, kPpm);
  transaction_.capture_requested = std::max<int64_t>(1, part);
}

void FlowRun::FixFee() {
  const int64_t captured = transaction_.capture_requested.value_or(transaction_.amount.minor_units);
  transaction_.capture_fee = FeeOn(sandbox_.policy.fee, captured);
}

bool FlowRun::DoWork(Record& record) {
  if (step().effect == StepEffect::kHold) PlaceHold();
  if (Acts(FaultKind::kPartialCapture)) CapturePart();
  if (step().effect == StepEffect::kCapture) FixFee();
  if (ApplyChange(record)) return true;
  Failure failure = FailureWith({kDtoTooLarge, "the document would become too large", 1}, "");
  failure.final = true;  // each attempt begins with the same payload
  Fail(std::move(failure));
  return false;
}

void FlowRun::Complete() {
  Amounts& amounts = transaction_.amounts;
  amounts.captured = transaction_.capture_requested.value_or(transaction_.amount.minor_units);
  amounts.fee = transaction_.capture_fee.value_or(FeeOn(sandbox_.policy.fee, amounts.captured));
  transaction_.state = State::kCompleted;
  ReleaseHold(draft_);
}

Record FlowRun::StepRecord(RecordType type, absl::Duration duration) const {
  Record record = Happening(type, "flow");
  record.service = step().service;
  record.step = step().name;
  record.duration = duration;
  if (acting()) Mark(record, *acting());
  return record;
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

bool FlowRun::ApplyChange(Record& record) {
  const auto done = transaction_.simulation.done.find(step().name);
  const bool found = done != transaction_.simulation.done.end();
  if (!step().change.empty()) {
    if (parsed_text_ != transaction_.dto) parsed_ = ParseStored(*transaction_.dto);
    parsed_text_ = transaction_.dto;
    const std::optional<Json> patch =
        Render(step().change, {.transaction = transaction_,
                               .policy = sandbox_.policy,
                               .dto = parsed_,
                               .draws = draws_,
                               .step = step().name,
                               .attempt = found ? done->second : transaction_.attempt,
                               .time = draft_.now()});
    if (!patch) return false;
    parsed_.merge_patch(*patch);
    parsed_text_ = CanonicalText(parsed_);
    if (parsed_text_->size() > kMaxDocumentBytes) return false;
    transaction_.dto = parsed_text_;
  }
  if (found) Say(record, absl::StrCat("found by idempotency: attempt ", done->second, " had done it"));
  return true;
}

void StartAttempt(Transaction& transaction) {
  ++transaction.attempt;
  transaction.step = 0;
  transaction.dto = transaction.payload;
  transaction.failure.reset();
  transaction.capture_requested.reset();
  transaction.capture_fee.reset();
}

void StartAttempt(Draft& draft, absl::string_view actor) {
  StartAttempt(draft.transaction());
  draft.transaction().state = State::kInitiated;
  draft.Emit(Happening(RecordType::kRetryStarted, actor));
}

void ReleaseHold(Draft& draft) {
  draft.transaction().simulation.on_hold.reset();
  if (!draft.transaction().hold_expire_time) return;
  draft.transaction().hold_expire_time.reset();
  draft.Disarm(TimerKind::kHoldExpiry);
}

}  // namespace tracktrove::domain
