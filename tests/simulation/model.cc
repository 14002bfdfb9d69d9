#include "tests/simulation/model.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tracktrove::simulation {

using domain::DisputeState;
using domain::Record;
using domain::RecordType;
using domain::State;

void Move(std::map<std::string, int64_t>& accounts, const std::string& account, int64_t amount) {
  if ((accounts[account] += amount) == 0) accounts.erase(account);
}

bool Model::Subject::IsOver() const {
  return state == State::kCompleted || state == State::kSettled || state == State::kRefunded ||
         (state == State::kFailed && final);
}

Model::Model(const domain::Sandbox& sandbox, const Record& created)
    : realtime_(sandbox.clock.mode == domain::ClockMode::kRealtime),
      pace_(sandbox.pace),
      policy_(sandbox.policy),
      head_sequence_(created.sequence),
      head_hash_(created.hash),
      last_time_(created.time) {}

const domain::Flow& Model::FlowOf(const Subject& subject) const {
  return subject.asked.flow.empty() ? domain::FlowOf(subject.asked.kind)
                                    : *domain::FindFlow(subject.asked.flow);
}

bool Model::WaitsForCapture(const Subject& subject) const {
  return subject.Moves() && subject.manual && !subject.capture &&
         StepOf(subject).effect == domain::StepEffect::kCapture;
}

bool Model::SomebodyAwaitsPayment() const {
  return std::any_of(subjects_.begin(), subjects_.end(),
                     [](const auto& each) { return each.second.paid_at.has_value(); });
}

std::string Model::ExpectedReason(const domain::Command& command, absl::Time now) const {
  if (const auto* complete = std::get_if<domain::CompleteTransaction>(&command))
    return ReasonFor(*complete, now);
  if (const auto* cancel = std::get_if<domain::CancelTransaction>(&command))
    return subjects_.at(cancel->transaction_id).IsOver() ? "STATE_FORBIDS" : "";
  if (const auto* inject = std::get_if<domain::InjectFailure>(&command))
    return subjects_.at(inject->transaction_id).IsOver() ? "STATE_FORBIDS" : "";
  if (const auto* retry = std::get_if<domain::ForceRetry>(&command))
    return subjects_.at(retry->transaction_id).state == State::kFailed ? "" : "STATE_FORBIDS";
  if (const auto* moved = std::get_if<domain::OverrideState>(&command))
    return subjects_.at(moved->transaction_id).state == moved->state ? "STATE_FORBIDS" : "";
  if (const auto* refund = std::get_if<domain::RefundTransaction>(&command)) return ReasonFor(*refund);
  if (const auto* open = std::get_if<domain::OpenDispute>(&command)) return ReasonFor(*open);
  if (const auto* submit = std::get_if<domain::SubmitEvidence>(&command)) return ReasonFor(*submit);
  if (const auto* resolve = std::get_if<domain::ResolveDispute>(&command)) return ReasonFor(*resolve);
  if (std::holds_alternative<domain::RunSettlement>(command))
    return SomebodyAwaitsPayment() ? "" : "NOTHING_TO_SETTLE";
  if (const auto* create = std::get_if<domain::CreateFaultRule>(&command))
    return rules_.contains(create->rule.id) ? "FAULT_RULE_EXISTS" : "";
  if (const auto* update = std::get_if<domain::UpdateFaultRule>(&command))
    return rules_.contains(update->id) ? "" : "FAULT_RULE_NOT_FOUND";
  if (const auto* remove = std::get_if<domain::DeleteFaultRule>(&command))
    return rules_.contains(remove->id) ? "" : "FAULT_RULE_NOT_FOUND";
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
  if (subject.state == State::kInitiated && subject.manual) return "CAPTURE_NOT_READY";
  if (subject.state != State::kEscrow) return "STATE_FORBIDS";
  if (now >= *subject.hold_ends) return "HOLD_EXPIRED";
  if (!subject.manual) return "CAPTURE_NOT_MANUAL";
  if (StepOf(subject).effect != domain::StepEffect::kCapture) return "CAPTURE_NOT_READY";
  if (command.amount && command.amount->minor_units > subject.asked.amount.minor_units) return "BAD_REQUEST";
  return "";
}

std::string Model::ReasonFor(const domain::RefundTransaction& command) const {
  const Subject& subject = subjects_.at(command.transaction_id);
  if (subject.state != State::kCompleted && subject.state != State::kSettled) return "STATE_FORBIDS";
  const int64_t free = subject.Left() - subject.disputed;
  const int64_t amount = command.amount ? command.amount->minor_units : free;
  return amount > free || amount == 0 ? "AMOUNT_EXCEEDS_REFUNDABLE" : "";
}

std::string Model::ReasonFor(const domain::OpenDispute& command) const {
  const Subject& subject = subjects_.at(command.transaction_id);
  const bool paid_for = subject.state == State::kCompleted || subject.state == State::kSettled;
  if (paid_for && !subject.dispute.empty()) return "DISPUTE_OPEN";
  return ReasonFor(domain::RefundTransaction{command.transaction_id, command.amount, ""});
}

std::string Model::ReasonFor(const domain::SubmitEvidence& command) const {
  const auto dispute = disputes_.find(command.dispute_id);
  if (dispute == disputes_.end()) return "DISPUTE_NOT_FOUND";
  if (dispute->second.state > DisputeState::kUnderReview) return "DISPUTE_OVER";
  return dispute->second.evidence + command.evidence.size() > 20 ? "TOO_MUCH_EVIDENCE" : "";
}

std::string Model::ReasonFor(const domain::ResolveDispute& command) const {
  const auto dispute = disputes_.find(command.dispute_id);
  if (dispute == disputes_.end()) return "DISPUTE_NOT_FOUND";
  if (dispute->second.state > DisputeState::kUnderReview) return "DISPUTE_OVER";
  return command.won && dispute->second.evidence == 0 ? "EVIDENCE_REQUIRED" : "";
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
    ++broken_[record.fault_kind];
    Delta delta;
    ASSERT_NO_FATAL_FAILURE(ObserveRecord(command, record, delta));
    const auto begin = entry;
    while (entry != entries.end() && entry->sequence == record.sequence) ++entry;
    const bool about_one = !record.transaction_id.empty();
    const std::string currency = about_one ? subjects_.at(record.transaction_id).asked.amount.currency : "";
    ASSERT_NO_FATAL_FAILURE(CheckEntries(record, {begin, entry}, delta, currency));
  }
  ASSERT_EQ(entry, entries.end()) << "an entry belongs to no record";
  if (command == nullptr || !std::holds_alternative<domain::RunSettlement>(*command)) return;
  ASSERT_FALSE(paying_);
  for (const auto& [id, subject] : subjects_) {
    if (subject.paid_at) paying_ = std::min(paying_.value_or(*subject.paid_at), *subject.paid_at);
  }
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
  for (const auto& [account, amount] : expected) {
    Move(balances_, account + " " + currency, amount);
    Move(subjects_.at(record.transaction_id).money, account, amount);
  }
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
    case RecordType::kAnswerLost:
      ASSERT_NO_FATAL_FAILURE(ObserveAnswerLost(record, subject, delta));
      break;
    case RecordType::kDuplicateIgnored:
      ASSERT_EQ(record.fault_kind, domain::FaultKind::kDuplicateCallback);
      ASSERT_EQ(record.time, subject.step_began) << "not with the first answer";
      break;
    case RecordType::kHoldExpired:
      ASSERT_EQ(subject.state, State::kEscrow);
      ASSERT_EQ(record.time, *subject.hold_ends) << "a hold ended early or late";
      Release(subject, delta);
      subject.lost_at.reset();
      subject.state = State::kRefunded;
      break;
    case RecordType::kFaultInjected:
      ASSERT_NO_FATAL_FAILURE(ObserveInjection(command, record, subject));
      break;
    case RecordType::kRetryForced:
      ASSERT_TRUE(std::holds_alternative<domain::ForceRetry>(*command));
      ASSERT_EQ(subject.state, State::kFailed);
      break;
    case RecordType::kRetryStarted:
      ASSERT_NO_FATAL_FAILURE(ObserveRetry(command, record, subject));
      break;
    case RecordType::kCaptureRequested: {
      ASSERT_TRUE(WaitsForCapture(subject) && subject.state == State::kEscrow);
      const auto& complete = std::get<domain::CompleteTransaction>(*command);
      subject.capture = complete.amount ? complete.amount->minor_units : subject.asked.amount.minor_units;
      subject.instant_run = true;
      BeginStep(subject, record.time);
      break;
    }
    case RecordType::kTransactionCancelled:
      ASSERT_NO_FATAL_FAILURE(ObserveCancel(record, subject, delta));
      break;
    case RecordType::kTransactionRefunded:
      ASSERT_NO_FATAL_FAILURE(ObserveRefund(command, subject, delta));
      break;
    case RecordType::kDisputeOpened:
      ASSERT_NO_FATAL_FAILURE(ObserveOpening(command, record, subject, delta));
      break;
    case RecordType::kEvidenceSubmitted:
      ASSERT_NO_FATAL_FAILURE(ObserveEvidence(command, subject));
      break;
    case RecordType::kDisputeWon:
    case RecordType::kDisputeLost:
      ASSERT_NO_FATAL_FAILURE(ObserveResolution(command, record, subject, delta));
      break;
    case RecordType::kTransactionSettled:
      ASSERT_NO_FATAL_FAILURE(ObservePayment(record, subject, delta));
      break;
    case RecordType::kStateOverridden:
      ASSERT_NO_FATAL_FAILURE(ObserveOverride(command, record, subject, delta));
      break;
    case RecordType::kSnapshotRecorded:
      ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
      break;
    default:
      FAIL() << "a record of a transaction that is none: " << static_cast<int>(record.type);
  }
  ASSERT_EQ(record.to_state, subject.state) << "after record " << record.sequence;
  ASSERT_EQ(record.attempt, subject.attempt);
  FollowSettlement(record.time, subject);
}

void Model::ObserveSandbox(const domain::Command* command, const Record& record) {
  if (record.type == RecordType::kSettlementClosed) return ObserveClosing(record);
  ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
  switch (record.type) {
    case RecordType::kSandboxUpdated: {
      const auto& update = std::get<domain::UpdateSandbox>(*command);
      pace_ = update.pace.value_or(pace_);
      policy_.fee = update.fee.value_or(policy_.fee);
      policy_.amount_limits = update.amount_limits.value_or(policy_.amount_limits);
      break;
    }
    case RecordType::kFaultRuleCreated:
    case RecordType::kFaultRuleUpdated:
    case RecordType::kFaultRuleDeleted:
      ASSERT_NO_FATAL_FAILURE(ObserveRuleChange(*command));
      break;
    case RecordType::kClockAdvanced:
      break;
    case RecordType::kSimulationStarted:
      ASSERT_EQ(running_, 0);
      running_ = ++simulations_;
      specs_[running_] = std::get<domain::StartSimulation>(*command).spec;
      run_began_ = record.time;
      arrived_ = 0;
      break;
    case RecordType::kSimulationEnded:
      ASSERT_NO_FATAL_FAILURE(ObserveRunEnd(record));
      break;
    case RecordType::kSimulationCancelled:
      ASSERT_NE(running_, 0);
      running_ = 0;
      break;
    default:
      FAIL() << "an unexpected record of the sandbox: " << static_cast<int>(record.type);
  }
}

void Model::ObserveRuleChange(const domain::Command& command) {
  if (const auto* create = std::get_if<domain::CreateFaultRule>(&command)) {
    rules_[create->rule.id] = known_rules_[create->rule.id] = create->rule;
  } else if (const auto* update = std::get_if<domain::UpdateFaultRule>(&command)) {
    rules_.at(update->id).enabled = update->enabled.value_or(rules_.at(update->id).enabled);
    if (update->reset_counts) reset_rules_.insert(update->id);
  } else {
    ASSERT_EQ(rules_.erase(std::get<domain::DeleteFaultRule>(command).id), 1u);
  }
}

void Model::ObserveRunEnd(const Record& record) {
  const domain::SimulationSpec& spec = specs_.at(running_);
  const bool all =
      arrived_ == spec.count && std::all_of(subjects_.begin(), subjects_.end(), [this](const auto& each) {
        return each.second.simulation != running_ || each.second.IsOver();
      });
  const absl::Duration late = record.time - (run_began_ + spec.horizon);
  // A REALTIME clock runs on while arrivals are put off.
  const bool expired = realtime_ ? late >= absl::ZeroDuration() : late == absl::ZeroDuration();
  ASSERT_TRUE(all || expired) << "it ended with something under way";
  running_ = 0;
}

}  // namespace tracktrove::simulation
