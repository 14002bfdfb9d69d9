// The model of flows: attempts, steps, what made one fail, and faults.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "domain/arrival.h"
#include "tests/simulation/model.h"

namespace tracktrove::simulation {

using domain::Fault;
using domain::FaultKind;
using domain::FaultRule;
using domain::Record;
using domain::State;
using domain::Step;
using domain::StepEffect;

namespace {

bool FitsEffect(FaultKind kind, StepEffect effect) {
  switch (kind) {
    case FaultKind::kHoldExpiry:
      return effect == StepEffect::kHold;
    case FaultKind::kPartialCapture:
      return effect == StepEffect::kCapture;
    case FaultKind::kLedgerRejection:
      return effect == StepEffect::kHold || effect == StepEffect::kCapture;
    case FaultKind::kWebhookMiss:
    case FaultKind::kWebhookDelay:
    case FaultKind::kWebhookDuplicate:
    case FaultKind::kWebhookReorder:
    case FaultKind::kWebhookBadSignature:
      return effect == StepEffect::kNotify;
    default:
      return true;
  }
}

bool FitsKind(const FaultRule& rule, domain::Kind kind) {
  const auto& kinds = rule.match.kinds;
  return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// What a step fails with by this fault; empty: it does not make one fail.
std::string CodeBy(const Fault& fault, const std::string& seen) {
  switch (fault.kind) {
    case FaultKind::kStepError:
      return fault.code.empty() ? seen : fault.code;
    case FaultKind::kStepTimeout:
    case FaultKind::kAddedLatency:
    case FaultKind::kCacheOutage:
      return "STEP_TIMEOUT";
    case FaultKind::kLedgerRejection:
      return "LEDGER_REJECTED";
    case FaultKind::kDatabaseError:
      return "DATABASE_ERROR";
    case FaultKind::kTimeoutAfterCommit:
      return "TIMEOUT_AFTER_COMMIT";
    default:
      return "";
  }
}

// So long is an answer waited for that never comes.
absl::Duration PatienceFor(const Step& step) {
  return step.timeout == absl::InfiniteDuration() ? absl::Seconds(30) : step.timeout;
}

// So long may a step take that a fault touched in this way.
std::pair<absl::Duration, absl::Duration> BoundsOf(const Step& step, FaultKind kind, absl::Duration by) {
  const absl::Duration limit = kind == FaultKind::kTimeoutAfterCommit ? PatienceFor(step) : step.timeout;
  if (kind == FaultKind::kStepTimeout) return {PatienceFor(step), PatienceFor(step)};
  const bool adds = kind == FaultKind::kAddedLatency || kind == FaultKind::kCacheOutage;
  const absl::Duration added = adds ? by : absl::ZeroDuration();
  return {std::min(step.latency.p50 / 2 + added, limit), std::min(step.latency.max + added, limit)};
}

}  // namespace

void Model::ObserveStart(const domain::Command* command, const Record& record, Subject& subject) {
  const auto* asked = command == nullptr ? nullptr : std::get_if<domain::InitiateTransaction>(command);
  if (asked != nullptr) {
    subject.asked = *asked;
  } else {  // an arrival
    ASSERT_NE(running_, 0);
    const domain::SimulationSpec& spec = specs_.at(running_);
    subject.asked = domain::ArrivalOf(spec, arrived_);
    subject.simulation = running_;
    const absl::Duration slot = spec.rate_micros == 0
                                    ? absl::ZeroDuration()
                                    : absl::Microseconds(static_cast<int64_t>(
                                          absl::int128(arrived_) * 1'000'000'000'000 / spec.rate_micros));
    ASSERT_GE(record.time, run_began_ + slot) << "an arrival came early";
    ASSERT_LT(record.time, run_began_ + spec.horizon) << "an arrival came after the horizon";
    ++arrived_;
    ASSERT_LE(arrived_, spec.count);
  }
  ASSERT_EQ(*record.dto, *subject.asked.payload);
  subject.manual = subject.asked.capture.value_or(FlowOf(subject).capture) == domain::Capture::kManual;
  subject.state = State::kInitiated;
  BeginStep(subject, record.time);
}

void Model::BeginStep(Subject& subject, absl::Time now) {
  subject.step_began = now;
  subject.step_passes = !subject.instant_run && pace_ == domain::Pace::kPaced;
  subject.injected_at = absl::InfinitePast();
  subject.rules.clear();
  for (const auto& [id, rule] : rules_) {
    if (rule.enabled) subject.rules.insert(id);
  }
}

void Model::ObserveStep(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_TRUE(subject.Moves());
  ASSERT_FALSE(WaitsForCapture(subject)) << "a step ran on without its capture";
  ASSERT_FALSE(subject.lost_at) << "its work is done already";
  const Step& step = StepOf(subject);
  ASSERT_EQ(record.step, step.name);
  ASSERT_EQ(record.service, step.service);
  ASSERT_NO_FATAL_FAILURE(CheckTime(record, subject));
  ASSERT_NO_FATAL_FAILURE(CheckFault(record, subject));
  if (record.failure) {
    ASSERT_NO_FATAL_FAILURE(CheckCause(record, subject));
    return EndAttempt(record, subject, delta);
  }
  const bool done_before = subject.done.contains(step.name);
  ASSERT_EQ(absl::StrContains(record.detail, "found by idempotency"), done_before) << record.detail;
  if (record.fault_kind == FaultKind::kTimeoutAfterCommit) return ObserveWorkDone(record, subject, delta);
  ObserveSuccess(record, subject, delta);
}

void Model::CheckTime(const Record& record, const Subject& subject) const {
  const auto [least, most] = BoundsOf(StepOf(subject), record.fault_kind, record.fault_duration);
  ASSERT_GE(record.duration, least);
  ASSERT_LE(record.duration, most);
  const absl::Time ends = subject.step_passes
                              ? std::max(subject.step_began + record.duration, subject.injected_at)
                              : subject.step_began;
  ASSERT_EQ(record.time, ends) << "a step took another time than it says, " << record.duration << ", and it "
                               << (subject.step_passes ? "passes" : "does not pass");
  if (subject.hold_ends) {
    ASSERT_LT(record.time, *subject.hold_ends) << "a step ended after the hold";
  }
}

std::optional<Fault> Model::FaultNamed(const std::string& id, const Subject& subject) const {
  if (const auto injected = subject.injected.find(id); injected != subject.injected.end())
    return injected->second;
  for (const domain::PlannedFault& planned : subject.asked.simulation.faults) {
    if (planned.id == id) return planned.fault;
  }
  if (absl::StartsWith(id, "run:") && subject.simulation != 0) {
    const auto& rules = specs_.at(subject.simulation).fault_rules;
    const size_t place = std::stoul(id.substr(4));
    return place < rules.size() ? std::optional(rules[place].fault) : std::nullopt;
  }
  const auto rule = known_rules_.find(id);
  if (rule == known_rules_.end() || !subject.rules.contains(id)) return std::nullopt;
  return FitsKind(rule->second, subject.asked.kind) ? std::optional(rule->second.fault) : std::nullopt;
}

// A fault that touched a step is one that may, and not more often than it may.
void Model::CheckFault(const Record& record, Subject& subject) {
  const std::string& id = record.fault_rule_id;
  ASSERT_EQ(id.empty(), record.fault_kind == FaultKind::kNone);
  if (id.empty()) return;
  const std::optional<Fault> fault = FaultNamed(id, subject);
  ASSERT_TRUE(fault) << "no fault " << id << " could touch it";
  ASSERT_EQ(record.fault_kind, fault->kind);
  ASSERT_EQ(record.fault_duration, fault->duration);
  ASSERT_TRUE(FitsEffect(fault->kind, StepOf(subject).effect));
  if (subject.injected.contains(id)) {
    ASSERT_EQ(++subject.acted[id], 1) << id << " acted again";
  }
  for (const domain::PlannedFault& planned : subject.asked.simulation.faults) {
    if (planned.id != id) continue;
    ASSERT_LE(++subject.acted[id], planned.remaining);
  }
  const auto rule = known_rules_.find(id);
  if (rule == known_rules_.end() || reset_rules_.contains(id)) return;
  const int64_t hits = ++rule_hits_[id];
  for (const int64_t limit : {rule->second.max_hits, rule->second.first_n}) {
    ASSERT_LE(hits, limit == 0 ? hits : limit) << "rule " << id << " hit too often";
  }
  ASSERT_LE(hits, rule->second.nth == 0 ? hits : 1) << "rule " << id << " hit more than one";
}

// One that always hits must have left its mark on a step that went well.
void Model::CheckNoCertainRule(const Subject& subject) const {
  for (const std::string& id : subject.rules) {
    const FaultRule& rule = known_rules_.at(id);
    const bool certain = rule.ppm == 1'000'000 && rule.first_n == 0 && rule.nth == 0 && rule.max_hits == 0;
    ASSERT_FALSE(certain && FitsKind(rule, subject.asked.kind) &&
                 FitsEffect(rule.fault.kind, StepOf(subject).effect))
        << "rule " << id << " did not hit";
  }
}

void Model::ObserveSuccess(const Record& record, Subject& subject, Delta& delta) {
  const Step& step = StepOf(subject);
  switch (record.fault_kind) {
    case FaultKind::kStepError:
    case FaultKind::kStepTimeout:
    case FaultKind::kLedgerRejection:
    case FaultKind::kDatabaseError:
      FAIL() << "a step went well that was made to fail by " << record.fault_rule_id;
    case FaultKind::kNone:
      ASSERT_NO_FATAL_FAILURE(CheckNoCertainRule(subject));
      break;
    case FaultKind::kPartialCapture: {
      const int64_t ppm = FaultNamed(record.fault_rule_id, subject)->capture_ppm;
      const int64_t asked = subject.capture.value_or(subject.asked.amount.minor_units);
      subject.capture = std::max<int64_t>(1, NearestEven(asked, ppm, 1'000'000));
      break;
    }
    default:
      break;
  }
  if (step.effect == StepEffect::kHold) PlaceHold(record, subject, delta);
  if (step.effect == StepEffect::kCapture) TellFee(subject);
  ++subject.steps_done;
  if (subject.steps_done == static_cast<int>(FlowOf(subject).steps.size())) {
    Complete(subject, delta);
    ASSERT_TRUE(subject.skipped || subject.asked.simulation.success_ppm != 0)
        << "an ill-fated one ended well";
    ASSERT_TRUE(subject.skipped || subject.attempt > subject.asked.simulation.fail_first_attempts);
  }
  BeginStep(subject, record.time);
}

// Done, but whoever asked will not hear of it.
void Model::ObserveWorkDone(const Record& record, Subject& subject, Delta& delta) {
  const Step& step = StepOf(subject);
  if (step.effect == StepEffect::kHold) PlaceHold(record, subject, delta);
  if (step.effect == StepEffect::kCapture) TellFee(subject);
  subject.done.try_emplace(step.name, subject.attempt);
  const bool waits = subject.step_passes && pace_ == domain::Pace::kPaced;
  subject.lost_at = record.time + (waits ? PatienceFor(step) - record.duration : absl::ZeroDuration());
}

void Model::ObserveAnswerLost(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_TRUE(subject.lost_at && record.failure);
  ASSERT_EQ(record.fault_kind, FaultKind::kTimeoutAfterCommit);
  ASSERT_EQ(record.step, StepOf(subject).name);
  ASSERT_EQ(record.duration, PatienceFor(StepOf(subject)));
  ASSERT_EQ(record.time, *subject.lost_at) << "an answer was given up early or late";
  ASSERT_NO_FATAL_FAILURE(CheckCause(record, subject));
  EndAttempt(record, subject, delta);
}

void Model::PlaceHold(const Record& record, Subject& subject, Delta& delta) {
  absl::Duration ttl = subject.asked.hold_ttl.value_or(policy_.hold_ttl);
  if (record.fault_kind == FaultKind::kHoldExpiry) ttl = std::min(ttl, record.fault_duration);
  subject.state = State::kEscrow;
  subject.hold_ends = record.time + ttl;
  Move(delta, "payer:" + subject.asked.payer, -subject.asked.amount.minor_units);
  Move(delta, "escrow", subject.asked.amount.minor_units);
}

// Whether what a failure says of its cause can be.
void Model::CheckCause(const Record& record, const Subject& subject) const {
  const domain::Failure& failure = *record.failure;
  const domain::Simulation& chances = subject.asked.simulation;
  const bool last = subject.attempt >= policy_.retry.max_attempts;
  ASSERT_EQ(failure.final, !failure.next_retry_time.has_value());
  if (!failure.fault_rule_id.empty()) {
    ASSERT_EQ(failure.fault_rule_id, record.fault_rule_id);
    const std::string by = CodeBy(*FaultNamed(failure.fault_rule_id, subject), failure.code);
    ASSERT_EQ(failure.code, by) << "its fault makes no step fail so";
    ASSERT_EQ(failure.final, last);
    return;
  }
  const bool timeout = failure.code == "STEP_TIMEOUT";
  if (last) {
    ASSERT_TRUE(failure.final) << "no attempt is left";
  }
  if (timeout) {
    ASSERT_EQ(failure.final, last);
  }
  if (!failure.final) {
    ASSERT_TRUE(chances.transient_ppm > 0 || subject.attempt <= chances.fail_first_attempts || timeout)
        << "nothing made it fail";
  }
  if (failure.final && !last) {
    ASSERT_LT(chances.success_ppm, 1'000'000) << "it was bound to succeed";
  }
}

void Model::EndAttempt(const Record& record, Subject& subject, Delta& delta) {
  if (subject.state == State::kEscrow) Release(subject, delta);
  subject.lost_at.reset();
  subject.state = State::kFailed;
  subject.final = record.failure->final;
  subject.retry_at = record.failure->next_retry_time;
  if (!subject.retry_at) return;
  absl::Duration cap = policy_.retry.initial_backoff;
  for (int i = 1; i < subject.attempt; ++i) cap = std::min(cap * 2, policy_.retry.max_backoff);
  ASSERT_GT(*subject.retry_at, record.time);
  ASSERT_LE(*subject.retry_at - record.time, std::min(cap, policy_.retry.max_backoff));
}

void Model::BeginAttempt(Subject& subject) {
  subject.retry_at.reset();
  subject.capture.reset();
  subject.fee_told.reset();
  subject.instant_run = false;
  subject.skipped = false;
  subject.final = false;
  subject.steps_done = 0;
  subject.state = State::kInitiated;
  ++subject.attempt;
}

void Model::ObserveRetry(const domain::Command* command, const Record& record, Subject& subject) {
  ASSERT_EQ(subject.state, State::kFailed);
  const bool forced = command != nullptr && std::holds_alternative<domain::ForceRetry>(*command);
  if (!forced) {
    ASSERT_FALSE(subject.final);
    ASSERT_EQ(record.time, *subject.retry_at) << "a retry came early or late";
    ASSERT_LT(subject.attempt, policy_.retry.max_attempts);
  }
  ASSERT_EQ(*record.dto, *subject.asked.payload) << "a retry starts from the original payload";
  BeginAttempt(subject);
  BeginStep(subject, record.time);
}

void Model::ObserveInjection(const domain::Command* command, const Record& record, Subject& subject) {
  ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
  const Fault& fault = std::get<domain::InjectFailure>(*command).planned.fault;
  const std::string id = "injected:" + std::to_string(record.index);
  ASSERT_EQ(record.fault_rule_id, id);
  if (fault.kind == FaultKind::kHoldExpiry && subject.state == State::kEscrow) {
    subject.hold_ends = std::min(*subject.hold_ends, record.time + fault.duration);
    return;
  }
  subject.injected[id] = fault;
  const bool under_way = subject.Moves() && !WaitsForCapture(subject) && !subject.lost_at;
  if (under_way) subject.injected_at = record.time;
}

void Model::ObserveCancel(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_FALSE(subject.IsOver());
  subject.retry_at.reset();
  subject.lost_at.reset();
  if (subject.state == State::kEscrow) {
    Release(subject, delta);
    subject.state = State::kRefunded;
    return;
  }
  subject.state = State::kFailed;
  subject.final = true;
  ASSERT_TRUE(record.failure && record.failure->final && record.failure->code == "CANCELLED");
}

// The whole hold goes back.
void Model::Release(Subject& subject, Delta& delta) {
  Move(delta, "payer:" + subject.asked.payer, subject.asked.amount.minor_units);
  Move(delta, "escrow", -subject.asked.amount.minor_units);
  subject.hold_ends.reset();
}

}  // namespace tracktrove::simulation
