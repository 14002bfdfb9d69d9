#include "domain/decide_dispute.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/amount.h"
#include "domain/draw.h"
#include "domain/errors.h"
#include "domain/ledger.h"

namespace tracktrove::domain {
namespace {

absl::StatusOr<Decision> Finish(Draft& draft, Dispute dispute) {
  absl::StatusOr<Decision> decision = draft.Finish();
  if (decision.ok()) decision->dispute = std::move(dispute);
  return decision;
}

// The money leaves the reserve, to whom it belongs from now on.
absl::StatusOr<Decision> Resolve(const Facts& facts, DisputeState state, const std::string& resolution,
                                 const char* actor, const Stamp& stamp) {
  const bool won = state == DisputeState::kWon;
  Draft draft(*facts.transaction, stamp.now);
  Dispute dispute = EndedWith(draft, *facts.dispute, resolution);
  dispute.state = state;
  Transaction& transaction = draft.transaction();
  Amounts& amounts = transaction.amounts;
  amounts.disputed -= dispute.amount.minor_units;
  if (!won) amounts.lost += dispute.amount.minor_units;
  if (amounts.refunded + amounts.lost == amounts.captured) transaction.state = State::kRefunded;
  std::string detail = absl::StrCat("dispute ", dispute.id, ", ", dispute.amount.minor_units, " minor units");
  if (!resolution.empty()) absl::StrAppend(&detail, ": ", resolution);
  draft.Emit(Happening(won ? RecordType::kDisputeWon : RecordType::kDisputeLost, actor, std::move(detail)));
  return Finish(draft, std::move(dispute));
}

}  // namespace

absl::StatusOr<Decision> DecideOpenDispute(const Facts& facts, const OpenDispute& command,
                                           const Stamp& stamp) {
  const Transaction& current = *facts.transaction;
  if (current.state != State::kCompleted && current.state != State::kSettled) {
    return StateForbids("disputed", current.state);
  }
  if (!current.open_dispute.empty()) return DisputeIsOpen(current.open_dispute);
  const Money left{current.amount.currency, Refundable(current.amounts)};
  const absl::StatusOr<int64_t> amount = PartOf(command.amount, left);
  if (!amount.ok()) return amount.status();
  if (*amount > left.minor_units || *amount == 0) {
    return AmountExceedsRefundable({left.currency, *amount}, left);
  }

  Draft draft(current, stamp.now);
  Transaction& transaction = draft.transaction();
  Dispute dispute;
  dispute.id = DrawId(facts.sandbox->seed, transaction, stamp.now,
                      absl::StrCat("dispute:", ++transaction.dispute_count));
  dispute.transaction_id = transaction.id;
  dispute.reason = command.reason;
  dispute.text = command.text;
  dispute.amount = {left.currency, *amount};
  dispute.create_time = stamp.now;
  dispute.deadline = stamp.now + facts.sandbox->policy.dispute_deadline;
  transaction.open_dispute = dispute.id;
  transaction.amounts.disputed += *amount;
  draft.Emit(
      Happening(RecordType::kDisputeOpened, "client",
                absl::StrCat("dispute ", dispute.id, ", ", *amount, " minor units: ", Name(dispute.reason))));
  draft.Arm(TimerKind::kDisputeDeadline, dispute.deadline);
  return Finish(draft, std::move(dispute));
}

absl::StatusOr<Decision> DecideSubmitEvidence(const Facts& facts, const SubmitEvidence& command,
                                              const Stamp& stamp) {
  if (facts.dispute->IsOver()) return DisputeIsOver(facts.dispute->id, facts.dispute->state);
  Dispute dispute = *facts.dispute;
  for (const Evidence& evidence : command.evidence) {
    dispute.evidence.push_back(evidence);
    dispute.evidence.back().time = stamp.now;
  }
  if (dispute.evidence.size() > Dispute::kMaxEvidence) {
    return TooMuchEvidence(static_cast<int>(facts.dispute->evidence.size()), Dispute::kMaxEvidence);
  }
  dispute.state = DisputeState::kUnderReview;
  Draft draft(*facts.transaction, stamp.now);
  draft.Emit(Happening(RecordType::kEvidenceSubmitted, "client",
                       absl::StrCat("dispute ", dispute.id, ", evidence of ", command.evidence.size())));
  return Finish(draft, std::move(dispute));
}

absl::StatusOr<Decision> DecideResolveDispute(const Facts& facts, const ResolveDispute& command,
                                              const Stamp& stamp) {
  const Dispute& dispute = *facts.dispute;
  if (dispute.IsOver()) return DisputeIsOver(dispute.id, dispute.state);
  if (command.won && dispute.state == DisputeState::kOpen) return EvidenceRequired(dispute.id);
  return Resolve(facts, command.won ? DisputeState::kWon : DisputeState::kLost, command.reason, "client",
                 stamp);
}

absl::StatusOr<Decision> DecideDisputeDeadline(const Facts& facts, const Stamp& stamp) {
  if (facts.dispute == nullptr) return BrokenInvariant("a deadline passed of no open dispute");
  return Resolve(facts, DisputeState::kLost, "the deadline passed", "timer", stamp);
}

Dispute EndedWith(Draft& draft, const Dispute& dispute, const std::string& resolution) {
  Dispute ended = dispute;
  ended.state = DisputeState::kLost;
  ended.close_time = draft.now();
  ended.resolution = resolution;
  draft.transaction().open_dispute.clear();
  draft.Disarm(TimerKind::kDisputeDeadline);
  return ended;
}

}  // namespace tracktrove::domain
