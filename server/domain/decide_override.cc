#include "domain/decide_override.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/decide_dispute.h"
#include "domain/draft.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/flow_run.h"
#include "domain/ledger.h"
#include "domain/settlement.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

// As if nothing of the flow had happened.
void Undo(Transaction& transaction) {
  transaction.amounts = {};
  transaction.paid.reset();
  transaction.capture_requested.reset();
  transaction.capture_fee.reset();
  transaction.simulation.done.clear();
}

void ToEscrow(const Flow& flow, Draft& draft) {
  Transaction& transaction = draft.transaction();
  Undo(transaction);
  transaction.capture = Capture::kManual;
  transaction.step = flow.IndexOf(StepEffect::kCapture);
  transaction.step_name = flow.steps[transaction.step].name;
  transaction.hold_expire_time = draft.now() + transaction.hold_ttl;
}

void ToCompleted(const Sandbox& sandbox, const Flow& flow, Transaction& transaction) {
  Amounts& amounts = transaction.amounts;
  if (amounts.captured == 0) {
    amounts.captured = transaction.amount.minor_units;
    amounts.fee = FeeOn(sandbox.policy.fee, amounts.captured);
  }
  if (transaction.state == State::kRefunded) amounts.refunded = amounts.lost = 0;
  amounts.settled = 0;
  transaction.paid.reset();
  transaction.step = static_cast<int>(flow.steps.size());
  transaction.step_name.clear();
}

void Change(const Facts& facts, const OverrideState& command, const Flow& flow, Draft& draft) {
  Transaction& transaction = draft.transaction();
  transaction.failure.reset();
  switch (command.state) {
    case State::kNone:
      break;  // refused before
    case State::kInitiated:
      Undo(transaction);
      StartAttempt(transaction);
      break;
    case State::kEscrow:
      ToEscrow(flow, draft);
      break;
    case State::kCompleted:
      ToCompleted(*facts.sandbox, flow, transaction);
      break;
    case State::kSettled:
      ToCompleted(*facts.sandbox, flow, transaction);
      transaction.paid = PayoutOf(transaction.amounts);
      transaction.amounts.settled = transaction.paid->net();
      break;
    case State::kFailed:
      Undo(transaction);
      transaction.failure = Failure{"OVERRIDDEN", command.reason, "", true, std::nullopt};
      break;
    case State::kRefunded:
      transaction.amounts.disputed = 0;
      transaction.amounts.refunded = transaction.amounts.captured - transaction.amounts.lost;
      break;
  }
  transaction.state = command.state;
}

bool IsPaidSide(State state) { return state == State::kCompleted || state == State::kSettled; }

}  // namespace

absl::StatusOr<Decision> DecideOverride(const Facts& facts, const OverrideState& command,
                                        const Stamp& stamp) {
  const State from = facts.transaction->state;
  if (from == command.state) return StateForbids("overridden to the same state", from);
  const bool ends_dispute = facts.dispute != nullptr && !(IsPaidSide(from) && IsPaidSide(command.state));

  TT_ASSIGN_OR_RETURN(const Flow* flow, FlowOfTransaction(facts));
  Draft draft(*facts.transaction, stamp.now);
  draft.Disarm(TimerKind::kStep);
  draft.Disarm(TimerKind::kRetry);
  ReleaseHold(draft);
  draft.transaction().simulation.acting.reset();
  std::optional<Dispute> dispute;
  if (ends_dispute) {
    dispute = EndedWith(draft, *facts.dispute, absl::StrCat("overridden by ", command.actor));
  }
  Change(facts, command, *flow, draft);
  draft.transaction().update_time = stamp.now;
  Record record =
      Happening(RecordType::kStateOverridden, absl::StrCat("operator:", command.actor), command.reason);
  record.record_class = RecordClass::kObserved;
  record.failure = draft.transaction().failure;
  draft.Emit(std::move(record));
  if (command.state == State::kEscrow) {
    draft.Arm(TimerKind::kHoldExpiry, *draft.transaction().hold_expire_time);
  }
  if (command.state == State::kInitiated) {
    FlowRun(*facts.sandbox, *flow, RulesFor(facts, draft.transaction()), draft)
        .Run(facts.sandbox->pace == Pace::kInstant);
  }
  absl::StatusOr<Decision> decision = draft.Finish();
  if (!decision.ok()) return decision;
  decision->dispute = std::move(dispute);
  const Transaction& moved = *decision->transaction;
  const Payout change = moved.paid.value_or(Payout{}) - facts.transaction->paid.value_or(Payout{});
  if (change != Payout{}) {
    decision->payout = PayoutLine{std::nullopt, moved.payee, moved.amount.currency, change};
  }
  return decision;
}

}  // namespace tracktrove::domain
