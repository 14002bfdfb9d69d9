#include "domain/explain.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/draw.h"
#include "domain/fate.h"

namespace tracktrove::domain {
namespace {

std::string FaultName(const std::string& id) {
  if (absl::StartsWith(id, "inline:")) return absl::StrCat("The request's own fault ", id);
  if (absl::StartsWith(id, "injected:")) return absl::StrCat("The operator's fault ", id);
  return absl::StrCat("Fault rule ", id);
}

std::string Webhooks(const Record& record, absl::string_view what) {
  return absl::StrCat(" has the webhooks about ", record.step, " ", what, ".");
}

// What a fault did to a step, but for making it fail.
std::string Effect(const Record& record) {
  const std::string longer = absl::FormatDuration(record.fault_duration);
  switch (record.fault_kind) {
    case FaultKind::kAddedLatency:
      return absl::StrCat(" made ", record.step, " take ", longer, " longer.");
    case FaultKind::kCacheOutage:
      return absl::StrCat(" took the cache from ", record.service, ": ", record.step, " took ", longer,
                          " longer.");
    case FaultKind::kHoldExpiry:
      return record.fault_duration == absl::ZeroDuration()
                 ? " let the hold expire as soon as it was placed."
                 : absl::StrCat(" left the hold only ", longer, " to live.");
    case FaultKind::kDuplicateCallback:
      return absl::StrCat(" sent the answer of ", record.step, " twice; the second one was ignored.");
    case FaultKind::kPartialCapture:
      return absl::StrCat(" had ", record.step, " capture only a part.");
    case FaultKind::kTimeoutAfterCommit:
      return absl::StrCat(" let ", record.step, " do its work, but lost the answer.");
    case FaultKind::kWebhookMiss:
      return Webhooks(record, "not sent");
    case FaultKind::kWebhookDelay:
      return Webhooks(record, absl::StrCat("sent ", longer, " late"));
    case FaultKind::kWebhookDuplicate:
      return Webhooks(record, "sent twice");
    case FaultKind::kWebhookReorder:
      return Webhooks(record, "sent after the next ones");
    case FaultKind::kWebhookBadSignature:
      return Webhooks(record, "signed wrongly");
    case FaultKind::kNone:
    case FaultKind::kStepError:
    case FaultKind::kStepTimeout:
    case FaultKind::kLedgerRejection:
    case FaultKind::kDatabaseError:
      break;  // these make it fail, and nothing else
  }
  return absl::StrCat(" acted on ", record.step, ".");
}

// Walks along the records and gathers what caused what.
class Story {
 public:
  Story(uint64_t seed, const Flow& flow, const Transaction& transaction)
      : flow_(flow), transaction_(transaction), draws_(DrawsOf(seed, transaction)) {
    const int64_t success = transaction.simulation.success_ppm;
    if (success == kPpm || FateDraw(draws_) >= success) return;
    Cause cause;
    cause.kind = CauseKind::kFateDraw;
    cause.draw = FateDraw(draws_);
    cause.threshold = success;
    cause.sentence = absl::StrCat("Its fate draw, ", *cause.draw, ", is below its success rate, ", success,
                                  " ppm: it may end well.");
    causes_.push_back(std::move(cause));
  }

  void Read(const Record& record) {
    switch (record.type) {
      case RecordType::kStepFinished:
      case RecordType::kAnswerLost:
        return ReadStep(record);
      case RecordType::kHoldExpired:
        return ReadExpiry(record);
      case RecordType::kRetryStarted:
        return ReadRetry(record);
      case RecordType::kFaultInjected:
        return Add(CauseKind::kOperator, record, absl::StrCat("injected a fault, ", record.detail));
      case RecordType::kRetryForced:
        return Add(CauseKind::kOperator, record, absl::StrCat("had it tried again, ", record.detail));
      case RecordType::kCaptureRequested:
      case RecordType::kTransactionCancelled:
      case RecordType::kTransactionRefunded:
        return ReadClient(record);
      case RecordType::kStateOverridden:
        return ReadOverride(record);
      case RecordType::kTransactionSettled:
        return Tell(CauseKind::kSettlement, record, absl::StrCat("It was paid out in ", record.detail, "."));
      case RecordType::kDisputeOpened:
        return Tell(CauseKind::kDispute, record, absl::StrCat("The payer opened a ", record.detail, "."));
      case RecordType::kDisputeWon:
        return Tell(CauseKind::kDispute, record, absl::StrCat("The payee won the ", record.detail, "."));
      case RecordType::kDisputeLost:
        return Tell(CauseKind::kDispute, record,
                    absl::StrCat("The payee lost the ", record.detail, ", and the payer has it back."));
      case RecordType::kTransactionInitiated:
      case RecordType::kDuplicateIgnored:  // told with the step
      case RecordType::kEvidenceSubmitted:
      case RecordType::kSettlementClosed:
      case RecordType::kSnapshotRecorded:
      case RecordType::kSandboxCreated:
      case RecordType::kSandboxUpdated:
      case RecordType::kSandboxReset:
      case RecordType::kClockAdvanced:
      case RecordType::kFaultRuleCreated:
      case RecordType::kFaultRuleUpdated:
      case RecordType::kFaultRuleDeleted:
      case RecordType::kFlowCreated:
      case RecordType::kSimulationStarted:
      case RecordType::kSimulationEnded:
      case RecordType::kSimulationCancelled:
      case RecordType::kArrivalRefused:
        return;
    }
  }

  std::vector<Cause> Causes() && { return std::move(causes_); }

 private:
  Cause Of(CauseKind kind, const Record& record) const {
    Cause cause;
    cause.kind = kind;
    cause.sequence = record.sequence;
    cause.attempt = record.attempt;
    cause.step = record.step;
    cause.fault_rule_id = record.fault_rule_id;
    cause.fault_kind = record.fault_kind;
    return cause;
  }

  void Tell(CauseKind kind, const Record& record, std::string sentence) {
    Cause cause = Of(kind, record);
    cause.sentence = std::move(sentence);
    causes_.push_back(std::move(cause));
  }

  // Somebody did something: `deed` completes their name.
  void Add(CauseKind kind, const Record& record, const std::string& deed) {
    Cause cause = Of(kind, record);
    const bool by_operator = absl::StartsWith(record.actor, "operator:");
    cause.sentence = absl::StrCat(by_operator ? "The operator " : "The ",
                                  by_operator ? record.actor.substr(9) : record.actor, " ", deed, ".");
    causes_.push_back(std::move(cause));
  }

  void ReadStep(const Record& record) {
    if (record.fault_kind != FaultKind::kNone && !record.FailedByFault()) {
      Cause cause = Of(CauseKind::kFault, record);
      cause.sentence = FaultName(record.fault_rule_id) + Effect(record);
      causes_.push_back(std::move(cause));
    }
    if (record.failure) return ReadFailure(record);
    const bool answer_lost = record.fault_kind == FaultKind::kTimeoutAfterCommit;
    if (answer_lost) done_.try_emplace(record.step, record.attempt);
    const auto done = done_.find(record.step);
    if (done == done_.end() || done->second >= record.attempt) return;
    Cause cause = Of(CauseKind::kIdempotency, record);
    cause.sentence = absl::StrCat(record.step, " found its work done by attempt ", done->second,
                                  ", and gave the same answer.");
    causes_.push_back(std::move(cause));
  }

  // What puts it back before its capture forgets what was done, too.
  void ReadOverride(const Record& record) {
    const bool paid_side = record.to_state == State::kCompleted || record.to_state == State::kSettled ||
                           record.to_state == State::kRefunded;
    if (!paid_side) done_.clear();
    Add(CauseKind::kOperator, record,
        absl::StrCat("put it from ", Name(record.from_state), " to ", Name(record.to_state), ": ",
                     record.detail));
  }

  void ReadFailure(const Record& record) {
    failed_ = record.time;
    Cause cause = FailureCause(record);
    const bool for_good = cause.kind == CauseKind::kFateDraw || cause.kind == CauseKind::kTooLarge;
    causes_.push_back(std::move(cause));
    if (!record.failure->final || for_good) return;
    Cause spent = Of(CauseKind::kAttemptsSpent, record);
    spent.sentence = absl::StrCat("Attempt ", record.attempt, " was the last one that the policy granted.");
    causes_.push_back(std::move(spent));
  }

  Cause FailureCause(const Record& record) const {
    const std::string with = absl::StrCat(" with ", record.failure->code);
    if (record.FailedByFault()) {
      Cause cause = Of(CauseKind::kFault, record);
      cause.sentence = absl::StrCat(FaultName(record.fault_rule_id), " (", Name(record.fault_kind), ") made ",
                                    record.step, " fail", with, ".");
      return cause;
    }
    const std::optional<Doom> doom = DrawDoom(transaction_.simulation, flow_, draws_, record.attempt);
    if (doom && doom->step == flow_.IndexOf(record.step)) return DoomCauseOf(record, *doom, with);
    if (record.failure->code == kDtoTooLarge) return SizeCauseOf(record, with);
    const Step& step = flow_.steps[flow_.IndexOf(record.step)];
    Cause cause = Of(CauseKind::kTimeout, record);
    const absl::Duration latency = DrawLatency(step, draws_, record.attempt);
    cause.draw = absl::ToInt64Microseconds(latency);
    cause.threshold = absl::ToInt64Microseconds(step.timeout);
    cause.sentence =
        absl::StrCat(record.step, " would have taken ", absl::FormatDuration(latency),
                     ", which is more than its timeout, ", absl::FormatDuration(step.timeout), ".");
    return cause;
  }

  Cause SizeCauseOf(const Record& record, const std::string& with) const {
    Cause cause = Of(CauseKind::kTooLarge, record);
    cause.threshold = static_cast<int64_t>(kMaxDocumentBytes);
    cause.sentence = absl::StrCat(record.step, " would have made the document larger than ", *cause.threshold,
                                  " bytes or deeper than ", kMaxDocumentLevels,
                                  " levels, so it failed for good", with, ".");
    return cause;
  }

  Cause DoomCauseOf(const Record& record, const Doom& doom, const std::string& with) const {
    const Simulation& simulation = transaction_.simulation;
    switch (doom.cause) {
      case DoomCause::kFate: {
        Cause cause = Of(CauseKind::kFateDraw, record);
        cause.draw = FateDraw(draws_);
        cause.threshold = simulation.success_ppm;
        cause.sentence =
            absl::StrCat("Its fate draw, ", *cause.draw, ", is not below its success rate, ",
                         *cause.threshold, " ppm, so it fails for good at ", record.step, with, ".");
        return cause;
      }
      case DoomCause::kTransient: {
        Cause cause = Of(CauseKind::kTransientDraw, record);
        cause.draw = TransientDraw(draws_, record.attempt);
        cause.threshold = simulation.transient_ppm;
        cause.sentence = absl::StrCat("The draw of attempt ", record.attempt, ", ", *cause.draw,
                                      ", is below its transient failure rate, ", *cause.threshold,
                                      " ppm, so ", record.step, " failed", with, ".");
        return cause;
      }
      case DoomCause::kFirstAttempts:
        break;
    }
    Cause cause = Of(CauseKind::kFirstAttempts, record);
    cause.threshold = simulation.fail_first_attempts;
    cause.sentence = absl::StrCat("The request asked for the first ", *cause.threshold,
                                  " attempts to fail: ", record.step, " failed", with, ".");
    return cause;
  }

  void ReadExpiry(const Record& record) {
    Cause cause = Of(CauseKind::kHoldExpiry, record);
    cause.sentence = "Nobody completed the hold before it expired, so the funds went back.";
    if (!record.fault_rule_id.empty()) {
      cause.sentence =
          absl::StrCat(FaultName(record.fault_rule_id), " (", Name(record.fault_kind),
                       ") made the hold expire before it was completed, so the funds went back.");
    }
    causes_.push_back(std::move(cause));
  }

  void ReadRetry(const Record& record) {
    if (record.actor != "timer") return;  // an operator's, told already
    Cause cause = Of(CauseKind::kRetry, record);
    const absl::Duration waited = record.time - failed_;
    cause.draw = absl::ToInt64Microseconds(waited);
    cause.sentence = absl::StrCat("Attempt ", record.attempt, " began after a drawn wait of ",
                                  absl::FormatDuration(waited), ".");
    causes_.push_back(std::move(cause));
  }

  void ReadClient(const Record& record) {
    const std::string why = record.detail.empty() ? "" : absl::StrCat(": ", record.detail);
    if (record.type == RecordType::kCaptureRequested)
      return Add(CauseKind::kClient, record, "completed it" + why);
    if (record.type == RecordType::kTransactionCancelled)
      return Add(CauseKind::kClient, record, "cancelled it" + why);
    Add(CauseKind::kClient, record, "refunded it" + why);
  }

  const Flow& flow_;
  const Transaction& transaction_;
  const Draws draws_;
  absl::Time failed_;                // when the attempt before did
  std::map<std::string, int> done_;  // steps whose answer was lost, and the attempt that did the work
  std::vector<Cause> causes_;
};

// The newest link that tells of an end, if there is one.
std::string Because(const std::vector<Cause>& causes) {
  const auto ends = [](const Cause& cause) {
    return cause.sequence != 0 && cause.kind != CauseKind::kAttemptsSpent;
  };
  const auto it = std::find_if(causes.rbegin(), causes.rend(), ends);
  return it == causes.rend() ? "" : absl::StrCat(" ", it->sentence);
}

std::string Summarize(const Transaction& t, const std::vector<Cause>& causes) {
  switch (t.state) {
    case State::kInitiated:
      return absl::StrCat("It is INITIATED, at ", t.step_name, " in attempt ", t.attempt, ".");
    case State::kEscrow: {
      const bool waits = t.capture == Capture::kManual && !t.capture_requested;
      return absl::StrCat("It is in ESCROW until ", Rfc3339(*t.hold_expire_time), ", at ", t.step_name,
                          waits ? ", for CompleteTransaction to let it capture." : ".");
    }
    case State::kCompleted:
      return absl::StrCat("It COMPLETED in attempt ", t.attempt, " with ", t.amounts.captured, " of ",
                          t.amount.minor_units, " minor units captured.");
    case State::kFailed: {
      const std::string next = t.failure->next_retry_time ? absl::StrCat("it is tried again at ",
                                                                         Rfc3339(*t.failure->next_retry_time))
                                                          : "it is over";
      return absl::StrCat("It FAILED in attempt ", t.attempt, " with ", t.failure->code, "; ", next, ".",
                          Because(causes));
    }
    case State::kRefunded:
      return absl::StrCat("It is REFUNDED: the payer has everything back.", Because(causes));
    case State::kSettled:
      return absl::StrCat("It is SETTLED: the payee was paid out ", t.amounts.settled, " minor units.");
    case State::kNone:
      break;
  }
  return "";
}

}  // namespace

Explanation Explain(uint64_t seed, const Flow& flow, const Transaction& transaction,
                    const std::vector<Record>& records) {
  Story story(seed, flow, transaction);
  for (const Record& record : records) story.Read(record);
  Explanation explanation;
  explanation.causes = std::move(story).Causes();
  explanation.summary = Summarize(transaction, explanation.causes);
  return explanation;
}

}  // namespace tracktrove::domain
