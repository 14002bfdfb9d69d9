#include "tests/simulation/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "domain/arrival.h"
#include "domain/flow.h"

namespace tracktrove::simulation {

using domain::Capture;
using domain::Pace;
using domain::Record;
using domain::RecordType;
using domain::State;

namespace {

// amount * part / whole, the nearest integer, ties to the even one; by hand.
int64_t NearestEven(int64_t amount, int64_t part, int64_t whole) {
  const __int128 product = static_cast<__int128>(amount) * part;
  const __int128 down = product / whole;
  const __int128 twice = 2 * (product - down * whole);
  const bool up = twice > whole || (twice == whole && down % 2 == 1);
  return static_cast<int64_t>(down) + (up ? 1 : 0);
}

void Move(std::map<std::string, int64_t>& delta, const std::string& account, int64_t amount) {
  if ((delta[account] += amount) == 0) delta.erase(account);
}

}  // namespace

bool Model::Subject::IsOver() const {
  return state == State::kCompleted || state == State::kRefunded || (state == State::kFailed && final);
}

Model::Model(const domain::Sandbox& sandbox, const Record& created)
    : pace_(sandbox.pace),
      policy_(sandbox.policy),
      head_sequence_(created.sequence),
      head_hash_(created.hash),
      last_time_(created.time) {}

const domain::Flow& Model::FlowOf(const Subject& subject) const {
  return subject.asked.flow.empty() ? domain::FlowOf(subject.asked.kind)
                                    : *domain::FindFlow(subject.asked.flow);
}

bool Model::WaitsForCapture(const Subject& subject) const {
  if (!subject.Moves() || subject.asked.capture != Capture::kManual || subject.capture_requested)
    return false;
  const domain::Flow& flow = FlowOf(subject);
  return flow.steps[subject.steps_done].effect == domain::StepEffect::kCapture;
}

// What of the fee the payee bears once so much has been refunded.
int64_t Model::FeeLeft(const Subject& subject, int64_t refunded) const {
  return subject.fee - NearestEven(subject.fee, refunded, subject.captured);
}

std::string Model::ExpectedReason(const domain::Command& command, absl::Time now) const {
  if (const auto* complete = std::get_if<domain::CompleteTransaction>(&command))
    return ReasonFor(*complete, now);
  if (const auto* cancel = std::get_if<domain::CancelTransaction>(&command)) return ReasonFor(*cancel);
  if (const auto* refund = std::get_if<domain::RefundTransaction>(&command)) return ReasonFor(*refund);
  if (std::holds_alternative<domain::StartSimulation>(command))
    return running_ != 0 ? "SIMULATION_RUNNING" : "";
  if (const auto* cancel = std::get_if<domain::CancelSimulation>(&command)) {
    if (cancel->number > simulations_) return "SIMULATION_NOT_FOUND";
    return cancel->number != running_ ? "SIMULATION_OVER" : "";
  }
  return "";
}

std::string Model::ReasonFor(const domain::CompleteTransaction& command, absl::Time now) const {
  const Subject& subject = subjects_.at(command.transaction_id);
  if (subject.state == State::kInitiated && subject.asked.capture == Capture::kManual)
    return "CAPTURE_NOT_READY";
  if (subject.state != State::kEscrow) return "STATE_FORBIDS";
  if (now >= *subject.hold_ends) return "HOLD_EXPIRED";
  if (subject.asked.capture != Capture::kManual) return "CAPTURE_NOT_MANUAL";
  if (!WaitsForCapture(subject)) return "CAPTURE_NOT_READY";
  if (command.amount && command.amount->minor_units > subject.asked.amount.minor_units) return "BAD_REQUEST";
  return "";
}

std::string Model::ReasonFor(const domain::CancelTransaction& command) const {
  return subjects_.at(command.transaction_id).IsOver() ? "STATE_FORBIDS" : "";
}

std::string Model::ReasonFor(const domain::RefundTransaction& command) const {
  const Subject& subject = subjects_.at(command.transaction_id);
  if (subject.state != State::kCompleted) return "STATE_FORBIDS";
  const int64_t left = subject.captured - subject.refunded;
  return command.amount && command.amount->minor_units > left ? "AMOUNT_EXCEEDS_REFUNDABLE" : "";
}

void Model::Observe(const domain::Command* command, const std::vector<Record>& records,
                    const std::vector<domain::LedgerEntry>& entries) {
  auto entry = entries.begin();
  for (const Record& record : records) {
    ASSERT_EQ(record.sequence, ++head_sequence_) << "a gap in the log";
    ASSERT_EQ(record.hash, domain::ChainHash(head_hash_, record));
    head_hash_ = record.hash;
    ASSERT_GE(record.time, last_time_) << "time fell";
    last_time_ = record.time;
    ++happened_[record.type];
    Delta delta;
    ASSERT_NO_FATAL_FAILURE(ObserveRecord(command, record, delta));
    const auto begin = entry;
    while (entry != entries.end() && entry->sequence == record.sequence) ++entry;
    const bool about_one = !record.transaction_id.empty();
    const std::string currency = about_one ? subjects_.at(record.transaction_id).asked.amount.currency : "";
    ASSERT_NO_FATAL_FAILURE(CheckEntries(record, {begin, entry}, delta, currency));
  }
  ASSERT_EQ(entry, entries.end()) << "an entry belongs to no record";
}

void Model::CheckEntries(const Record& record, const std::vector<domain::LedgerEntry>& entries,
                         const Delta& expected, const std::string& currency) {
  Delta delta;
  int line = 0;
  for (const domain::LedgerEntry& entry : entries) {
    ASSERT_GT(entry.posting.amount, 0);
    ASSERT_EQ(entry.line, line++);
    ASSERT_EQ(entry.currency, currency);
    ASSERT_EQ(entry.transaction_id, record.transaction_id);
    ASSERT_EQ(entry.time, record.time);
    Move(delta, entry.posting.debit, -entry.posting.amount);
    Move(delta, entry.posting.credit, entry.posting.amount);
  }
  ASSERT_EQ(delta, expected) << "the money of record " << record.sequence << ", type "
                             << static_cast<int>(record.type);
  for (const auto& [account, amount] : expected) Move(balances_, account + " " + currency, amount);
}

void Model::ObserveRecord(const domain::Command* command, const Record& record, Delta& delta) {
  if (record.transaction_id.empty()) return ObserveSandbox(command, record);
  Subject& subject = subjects_[record.transaction_id];
  ASSERT_EQ(record.index, subject.next_index++);
  ASSERT_EQ(record.from_state, subject.state);
  switch (record.type) {
    case RecordType::kTransactionInitiated:
      ASSERT_NO_FATAL_FAILURE(ObserveStart(command, record, subject));
      break;
    case RecordType::kStepFinished:
      ASSERT_NO_FATAL_FAILURE(ObserveStep(record, subject, delta));
      break;
    case RecordType::kHoldExpired:
      ASSERT_EQ(subject.state, State::kEscrow);
      ASSERT_EQ(record.time, *subject.hold_ends) << "a hold ended early or late";
      Release(subject, delta);
      subject.state = State::kRefunded;
      break;
    case RecordType::kRetryStarted:
      ASSERT_NO_FATAL_FAILURE(ObserveRetry(record, subject));
      break;
    case RecordType::kCaptureRequested: {
      ASSERT_TRUE(WaitsForCapture(subject) && subject.state == State::kEscrow);
      const auto& complete = std::get<domain::CompleteTransaction>(*command);
      subject.capture_requested =
          complete.amount ? complete.amount->minor_units : subject.asked.amount.minor_units;
      BeginStep(subject, record.time, /*instant=*/true);
      break;
    }
    case RecordType::kTransactionCancelled:
      ASSERT_NO_FATAL_FAILURE(ObserveCancel(record, subject, delta));
      break;
    case RecordType::kTransactionRefunded:
      ASSERT_NO_FATAL_FAILURE(ObserveRefund(command, subject, delta));
      break;
    case RecordType::kSnapshotRecorded:
      ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
      break;
    default:
      FAIL() << "a record of a transaction that is none: " << static_cast<int>(record.type);
  }
  ASSERT_EQ(record.to_state, subject.state) << "after record " << record.sequence;
  ASSERT_EQ(record.attempt, subject.attempt);
}

void Model::ObserveSandbox(const domain::Command* command, const Record& record) {
  ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
  switch (record.type) {
    case RecordType::kSandboxUpdated: {
      const auto& update = std::get<domain::UpdateSandbox>(*command);
      pace_ = update.pace.value_or(pace_);
      policy_.fee = update.fee.value_or(policy_.fee);
      policy_.amount_limits = update.amount_limits.value_or(policy_.amount_limits);
      break;
    }
    case RecordType::kClockAdvanced:
      break;
    case RecordType::kSimulationStarted:
      ASSERT_EQ(running_, 0);
      running_ = ++simulations_;
      spec_ = std::get<domain::StartSimulation>(*command).spec;
      run_began_ = record.time;
      arrived_ = 0;
      break;
    case RecordType::kSimulationEnded: {
      const bool all = arrived_ == spec_.count &&
                       std::all_of(subjects_.begin(), subjects_.end(), [this](const auto& each) {
                         return each.second.simulation != running_ || each.second.IsOver();
                       });
      ASSERT_TRUE(all || record.time == run_began_ + spec_.horizon) << "it ended with something under way";
      running_ = 0;
      break;
    }
    case RecordType::kSimulationCancelled:
      ASSERT_NE(running_, 0);
      running_ = 0;
      break;
    default:
      FAIL() << "an unexpected record of the sandbox: " << static_cast<int>(record.type);
  }
}

void Model::ObserveStart(const domain::Command* command, const Record& record, Subject& subject) {
  const auto* asked = command == nullptr ? nullptr : std::get_if<domain::InitiateTransaction>(command);
  if (asked != nullptr) {
    subject.asked = *asked;
  } else {  // an arrival
    ASSERT_NE(running_, 0);
    subject.asked = domain::ArrivalOf(spec_, arrived_);
    subject.simulation = running_;
    const absl::Duration slot =
        spec_.rate_micros == 0
            ? absl::ZeroDuration()
            : absl::Microseconds(static_cast<int64_t>(static_cast<__int128>(arrived_) * 1'000'000'000'000 /
                                                      spec_.rate_micros));
    ASSERT_GE(record.time, run_began_ + slot) << "an arrival came early";
    ASSERT_LT(record.time, run_began_ + spec_.horizon) << "an arrival came after the horizon";
    ++arrived_;
    ASSERT_LE(arrived_, spec_.count);
  }
  ASSERT_EQ(*record.dto, *subject.asked.payload);
  subject.state = State::kInitiated;
  BeginStep(subject, record.time, /*instant=*/false);
}

void Model::BeginStep(Subject& subject, absl::Time now, bool instant) {
  subject.step_began = now;
  subject.step_passes = !instant && pace_ == Pace::kPaced;
}

void Model::ObserveStep(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_TRUE(subject.Moves());
  ASSERT_FALSE(WaitsForCapture(subject)) << "a step ran on without its capture";
  const domain::Flow& flow = FlowOf(subject);
  const domain::Step& step = flow.steps[subject.steps_done];
  ASSERT_EQ(record.step, step.name);
  ASSERT_EQ(record.service, step.service);
  ASSERT_GE(record.duration, step.latency.p50 / 2);
  ASSERT_LE(record.duration, std::min(step.latency.max, step.timeout));
  ASSERT_EQ(record.time, subject.step_began + (subject.step_passes ? record.duration : absl::ZeroDuration()))
      << "a step took another time than it says";
  if (subject.hold_ends) ASSERT_LT(record.time, *subject.hold_ends) << "a step ended after the hold";
  if (record.failure) return ObserveFailure(record, subject, delta);

  ++subject.steps_done;
  const int64_t amount = subject.asked.amount.minor_units;
  const std::string payer = "payer:" + subject.asked.payer;
  if (step.effect == domain::StepEffect::kHold) {
    subject.state = State::kEscrow;
    subject.hold_ends = record.time + subject.asked.hold_ttl.value_or(policy_.hold_ttl);
    Move(delta, payer, -amount);
    Move(delta, "escrow", amount);
  }
  if (subject.steps_done == static_cast<int>(flow.steps.size())) {
    subject.captured = subject.capture_requested.value_or(amount);
    const int64_t fee =
        NearestEven(subject.captured, policy_.fee.ppm, 1'000'000) + policy_.fee.fixed_minor_units;
    subject.fee = std::min(fee, subject.captured);
    Release(subject, delta);
    Move(delta, payer, -subject.captured);
    Move(delta, "fees", subject.fee);
    Move(delta, "payee:" + subject.asked.payee + ":pending", subject.captured - subject.fee);
    subject.state = State::kCompleted;
    ASSERT_NE(subject.asked.simulation.success_ppm, 0) << "an ill-fated one ended well";
    ASSERT_GT(subject.attempt, subject.asked.simulation.fail_first_attempts);
  }
  BeginStep(subject, record.time, subject.capture_requested.has_value() && !subject.step_passes);
}

void Model::ObserveFailure(const Record& record, Subject& subject, Delta& delta) {
  const domain::Simulation& chances = subject.asked.simulation;
  const bool last = subject.attempt >= policy_.retry.max_attempts;
  const bool timeout = record.failure->code == "STEP_TIMEOUT";
  if (last) ASSERT_TRUE(record.failure->final) << "no attempt is left";
  if (timeout) ASSERT_EQ(record.failure->final, last);
  const bool may_be_transient =
      chances.transient_ppm > 0 || subject.attempt <= chances.fail_first_attempts || timeout;
  if (!record.failure->final) ASSERT_TRUE(may_be_transient) << "nothing made it fail";
  if (record.failure->final && !last)
    ASSERT_LT(chances.success_ppm, domain::kPpm) << "it was bound to succeed";
  ASSERT_EQ(record.failure->final, !record.failure->next_retry_time.has_value());
  if (subject.state == State::kEscrow) Release(subject, delta);
  subject.state = State::kFailed;
  subject.final = record.failure->final;
  subject.retry_at = record.failure->next_retry_time;
  if (!subject.retry_at) return;
  absl::Duration cap = policy_.retry.initial_backoff;
  for (int i = 1; i < subject.attempt; ++i) cap = std::min(cap * 2, policy_.retry.max_backoff);
  ASSERT_GT(*subject.retry_at, record.time);
  ASSERT_LE(*subject.retry_at - record.time, std::min(cap, policy_.retry.max_backoff));
}

void Model::ObserveRetry(const Record& record, Subject& subject) {
  ASSERT_TRUE(subject.state == State::kFailed && !subject.final);
  ASSERT_EQ(record.time, *subject.retry_at) << "a retry came early or late";
  ASSERT_EQ(*record.dto, *subject.asked.payload) << "a retry starts from the original payload";
  subject.retry_at.reset();
  subject.capture_requested.reset();
  subject.state = State::kInitiated;
  subject.steps_done = 0;
  ++subject.attempt;
  ASSERT_LE(subject.attempt, policy_.retry.max_attempts);
  BeginStep(subject, record.time, /*instant=*/false);
}

void Model::ObserveCancel(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_FALSE(subject.IsOver());
  subject.retry_at.reset();
  if (subject.state == State::kEscrow) {
    Release(subject, delta);
    subject.state = State::kRefunded;
    return;
  }
  subject.state = State::kFailed;
  subject.final = true;
  ASSERT_TRUE(record.failure && record.failure->final && record.failure->code == "CANCELLED");
}

void Model::ObserveRefund(const domain::Command* command, Subject& subject, Delta& delta) {
  ASSERT_EQ(subject.state, State::kCompleted);
  const auto& refund = std::get<domain::RefundTransaction>(*command);
  const int64_t left = subject.captured - subject.refunded;
  const int64_t amount = refund.amount ? refund.amount->minor_units : left;
  ASSERT_LE(amount, left) << "more was refunded than was captured";
  const int64_t fee_back = FeeLeft(subject, subject.refunded) - FeeLeft(subject, subject.refunded + amount);
  subject.refunded += amount;
  Move(delta, "payer:" + subject.asked.payer, amount);
  Move(delta, "fees", -fee_back);
  Move(delta, "payee:" + subject.asked.payee + ":pending", fee_back - amount);
  if (subject.refunded == subject.captured) subject.state = State::kRefunded;
}

// The whole hold goes back.
void Model::Release(Subject& subject, Delta& delta) {
  Move(delta, "payer:" + subject.asked.payer, subject.asked.amount.minor_units);
  Move(delta, "escrow", -subject.asked.amount.minor_units);
  subject.hold_ends.reset();
}

void Model::CheckRows(const SimulatedStore& store, const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) {
    const Subject& subject = subjects_.at(id);
    const domain::Transaction& row = store.transactions().at(id);
    ASSERT_EQ(row.state, subject.state);
    ASSERT_EQ(row.attempt, subject.attempt);
    ASSERT_EQ(row.amounts.captured, subject.captured);
    ASSERT_EQ(row.amounts.refunded, subject.refunded);
    ASSERT_EQ(row.record_count, subject.next_index);
    ASSERT_EQ(row.hold_expire_time, subject.hold_ends);
    ASSERT_EQ(row.failure.has_value(), subject.state == State::kFailed);
    std::map<domain::TimerKind, std::optional<absl::Time>> expected;
    if (subject.Moves() && !WaitsForCapture(subject)) expected[domain::TimerKind::kStep] = std::nullopt;
    if (subject.hold_ends) expected[domain::TimerKind::kHoldExpiry] = subject.hold_ends;
    if (subject.retry_at) expected[domain::TimerKind::kRetry] = subject.retry_at;
    for (const auto kind :
         {domain::TimerKind::kStep, domain::TimerKind::kHoldExpiry, domain::TimerKind::kRetry}) {
      const auto armed = store.timers().find({id, kind});
      ASSERT_EQ(armed != store.timers().end(), expected.contains(kind)) << domain::Name(kind);
      if (expected.contains(kind) && expected[kind]) ASSERT_EQ(armed->second.due, *expected[kind]);
    }
  }
  ASSERT_EQ(store.sandbox->head_sequence, head_sequence_);
  ASSERT_EQ(store.sandbox->head_hash, head_hash_);
  ASSERT_EQ(store.sandbox->transaction_count, static_cast<int64_t>(subjects_.size()));
  ASSERT_EQ(store.sandbox->running_simulation, running_);
  ASSERT_EQ(store.timers().contains({"", domain::TimerKind::kArrival}), running_ != 0)
      << "a simulation goes on by its timer, and ends with it";
  if (running_ != 0) CheckSimulation(store);
}

void Model::CheckSimulation(const SimulatedStore& store) const {
  const domain::SimulationRun& run = store.simulations().at(running_);
  ASSERT_EQ(run.arrived(), arrived_);
  std::array<int64_t, 7> states = {};
  int64_t over = 0;
  for (const auto& [id, subject] : subjects_) {
    if (subject.simulation != running_) continue;
    ++states[static_cast<size_t>(subject.state)];
    over += subject.IsOver();
  }
  ASSERT_EQ(run.states, states);
  ASSERT_EQ(run.over, over);
}

void Model::CheckBalances(const SimulatedStore& store) const {
  ASSERT_EQ(store.balances(), balances_);
  std::map<std::string, int64_t> totals;
  for (const auto& [account, amount] : balances_) totals[account.substr(account.rfind(' '))] += amount;
  for (const auto& [currency, total] : totals) ASSERT_EQ(total, 0) << currency;
}

}  // namespace tracktrove::simulation
