#include "domain/decide.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/decide_sandbox.h"
#include "domain/decide_simulation.h"
#include "domain/draft.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/flow_run.h"

namespace tracktrove::domain {
namespace {

using Result = absl::StatusOr<Decision>;

Record Happening(RecordType type, absl::string_view actor, absl::string_view detail = "") {
  Record record;
  record.type = type;
  record.actor = std::string(actor);
  record.detail = std::string(detail);
  return record;
}

// The limits of the sandbox's policy, in the currency's own units.
absl::Status CheckAmount(const Money& amount, const AmountLimits& limits) {
  const std::optional<int> exponent = CurrencyExponent(amount.currency);
  if (!exponent) {
    return BadField(
        "amount.currency_code",
        absl::StrCat("must be an ISO 4217 code in upper case, such as INR; it is \"", amount.currency, "\""));
  }
  if (amount.minor_units <= 0) return BadField("amount.minor_units", "must be positive");
  const std::optional<int64_t> min = MajorToMinor(limits.min_major_units, *exponent);
  const std::optional<int64_t> max = MajorToMinor(limits.max_major_units, *exponent);
  if (!min || !max) return BrokenInvariant("the policy's amount limits overflow");
  if (amount.minor_units < *min || amount.minor_units > *max) {
    return BadField("amount.minor_units",
                    absl::StrCat("must be ", *min, " to ", *max, " for ", amount.currency,
                                 " by this sandbox's policy (", limits.min_major_units, " to ",
                                 limits.max_major_units, " major units); it is ", amount.minor_units));
  }
  return absl::OkStatus();
}

// An optional part of `whole`, checked; all of it when absent.
absl::StatusOr<int64_t> PartOf(const std::optional<Money>& part, const Money& whole) {
  if (!part) return whole.minor_units;
  if (part->currency != whole.currency) {
    return BadField("amount.currency_code", absl::StrCat("must be the transaction's, ", whole.currency));
  }
  if (part->minor_units <= 0) return BadField("amount.minor_units", "must be positive");
  return part->minor_units;
}

// Simulations of one sandbox may share a seed and so their draws, but not ids.
std::string IdPurpose(int64_t simulation_number) {
  return simulation_number == 0 ? "transaction_id" : absl::StrCat("transaction_id/", simulation_number);
}

Result DecideInitiate(const Facts& facts, const InitiateTransaction& command, const Stamp& stamp) {
  const Sandbox& sandbox = *facts.sandbox;
  const Flow* flow = command.flow.empty() ? &FlowOf(command.kind) : FindFlow(command.flow);
  if (flow == nullptr) return FlowNotFound(command.flow);
  const std::string& fail_at = command.simulation.fail_at_step;
  if (!fail_at.empty() && flow->IndexOf(fail_at) == static_cast<int>(flow->steps.size())) {
    return BadField("simulation.fail_at_step",
                    absl::StrCat("is no step of flow \"", flow->id, "\": \"", fail_at, "\""));
  }
  if (facts.draw_key_used) return DrawKeyReused(command.draw_key);
  if (absl::Status status = CheckAmount(command.amount, sandbox.policy.amount_limits); !status.ok())
    return status;

  Transaction transaction;
  transaction.ordinal = sandbox.transaction_count + 1;
  transaction.request_id = command.request_id;
  transaction.draw_key = command.draw_key;
  transaction.simulation = command.simulation;
  transaction.simulation_number = command.simulation_number;
  transaction.arrival = command.arrival;
  transaction.id = DrawsOf(sandbox, transaction).Uuid(stamp.now, IdPurpose(command.simulation_number));
  transaction.kind = command.kind;
  transaction.amount = command.amount;
  transaction.payer = command.payer;
  transaction.payee = command.payee;
  transaction.channel = command.channel;
  transaction.labels = command.labels;
  transaction.flow = flow->id;
  transaction.capture = command.capture;
  transaction.hold_ttl = command.hold_ttl.value_or(sandbox.policy.hold_ttl);
  transaction.payload = command.payload;
  transaction.dto = command.payload;
  transaction.create_time = stamp.now;

  Draft draft(std::move(transaction), stamp.now);
  draft.transaction().state = State::kInitiated;
  draft.Emit(Happening(RecordType::kTransactionInitiated, "client"));
  FlowRun(sandbox, *flow, draft).Run(sandbox.pace == Pace::kInstant);

  Result decision = draft.Finish();
  if (decision.ok()) {
    decision->sandbox = sandbox;
    ++decision->sandbox->transaction_count;
  }
  return decision;
}

Result DecideComplete(const Facts& facts, const CompleteTransaction& command, const Stamp& stamp) {
  const Transaction& transaction = *facts.transaction;
  const Flow& flow = *FindFlow(transaction.flow);
  if (transaction.state != State::kEscrow) {
    const bool waits_to_hold =
        transaction.state == State::kInitiated && transaction.capture == Capture::kManual;
    return waits_to_hold ? CaptureNotReady(flow.steps[transaction.step].name)
                         : StateForbids("completed", transaction.state);
  }
  if (stamp.now >= *transaction.hold_expire_time) return HoldExpired(*transaction.hold_expire_time);
  if (transaction.capture != Capture::kManual) return CaptureNotManual();
  if (transaction.step != flow.IndexOf(StepEffect::kCapture)) {
    return CaptureNotReady(flow.steps[transaction.step].name);
  }
  const absl::StatusOr<int64_t> amount = PartOf(command.amount, transaction.amount);
  if (!amount.ok()) return amount.status();
  if (*amount > transaction.amount.minor_units) {
    return BadField("amount.minor_units",
                    absl::StrCat("must not exceed the held ", transaction.amount.minor_units));
  }

  Draft draft(transaction, stamp.now);
  draft.transaction().capture_requested = *amount;
  draft.Emit(
      Happening(RecordType::kCaptureRequested, "client", absl::StrCat("capture ", *amount, " minor units")));
  FlowRun(*facts.sandbox, flow, draft).Run(/*instant=*/true);
  return draft.Finish();
}

Result DecideCancel(const Facts& facts, const CancelTransaction& command, const Stamp& stamp) {
  if (facts.transaction->IsOver()) return StateForbids("cancelled", facts.transaction->state);

  Draft draft(*facts.transaction, stamp.now);
  Transaction& transaction = draft.transaction();
  Record record = Happening(RecordType::kTransactionCancelled, "client", command.reason);
  draft.Disarm(TimerKind::kStep);
  draft.Disarm(TimerKind::kRetry);
  if (transaction.state == State::kEscrow) {
    ReleaseHold(draft);
    transaction.state = State::kRefunded;
  } else {
    transaction.state = State::kFailed;
    transaction.failure = Failure{"CANCELLED", "the client cancelled it", "", true, std::nullopt};
    record.failure = transaction.failure;
  }
  draft.Emit(std::move(record));
  return draft.Finish();
}

Result DecideRefund(const Facts& facts, const RefundTransaction& command, const Stamp& stamp) {
  const Transaction& current = *facts.transaction;
  if (current.state != State::kCompleted && current.state != State::kSettled) {
    return StateForbids("refunded", current.state);
  }
  const Money refundable{current.amount.currency, Refundable(current.amounts)};
  const absl::StatusOr<int64_t> amount = PartOf(command.amount, refundable);
  if (!amount.ok()) return amount.status();
  if (*amount > refundable.minor_units || *amount == 0) {
    return AmountExceedsRefundable({refundable.currency, *amount}, refundable);
  }

  Draft draft(current, stamp.now);
  Amounts& amounts = draft.transaction().amounts;
  amounts.refunded += *amount;
  if (amounts.refunded + amounts.lost == amounts.captured) draft.transaction().state = State::kRefunded;
  std::string detail = absl::StrCat("refund ", *amount, " minor units");
  if (!command.reason.empty()) absl::StrAppend(&detail, ": ", command.reason);
  draft.Emit(Happening(RecordType::kTransactionRefunded, "client", detail));
  return draft.Finish();
}

Result DecideSnapshot(const Facts& facts, const RecordSnapshot& command, const Stamp& stamp) {
  Draft draft(*facts.transaction, stamp.now);
  Record record = Happening(RecordType::kSnapshotRecorded, absl::StrCat("service:", command.service));
  record.record_class = RecordClass::kObserved;
  record.service = command.service;
  record.step = command.step;
  record.dto = command.dto;
  draft.Emit(std::move(record));
  return draft.Finish();
}

// Nobody completed the hold in time. What else the flow waited for is off.
void ExpireHold(Draft& draft) {
  ReleaseHold(draft);
  draft.Disarm(TimerKind::kStep);
  draft.transaction().state = State::kRefunded;
  draft.Emit(Happening(RecordType::kHoldExpired, "timer"));
}

// From the first step, with the original payload.
void StartRetry(Draft& draft) {
  Transaction& transaction = draft.transaction();
  ++transaction.attempt;
  transaction.step = 0;
  transaction.dto = transaction.payload;
  transaction.failure.reset();
  transaction.capture_requested.reset();
  transaction.state = State::kInitiated;
  draft.Emit(Happening(RecordType::kRetryStarted, "timer"));
}

// A timer is stored with the state that needs it and dropped with it, so one
// that fires always finds the state it was armed for. A step that ends exactly
// when the hold does is too late, whichever of the two timers comes first.
Result DecideTransactionTimer(const Facts& facts, const FireTimer& command, const Stamp& stamp) {
  const Sandbox& sandbox = *facts.sandbox;
  const Flow& flow = *FindFlow(facts.transaction->flow);
  Draft draft(*facts.transaction, stamp.now);
  draft.Disarm(command.timer.kind);
  switch (command.timer.kind) {
    case TimerKind::kStep:
      if (stamp.now >= facts.transaction->hold_expire_time.value_or(absl::InfiniteFuture())) {
        ExpireHold(draft);
      } else {
        FlowRun(sandbox, flow, draft).FinishPacedStep();
      }
      break;
    case TimerKind::kHoldExpiry:
      ExpireHold(draft);
      break;
    case TimerKind::kRetry:
      StartRetry(draft);
      FlowRun(sandbox, flow, draft).Run(sandbox.pace == Pace::kInstant);
      break;
    case TimerKind::kArrival:
      return BrokenInvariant("an arrival is armed for a transaction");
  }
  return draft.Finish();
}

// Commands about one transaction, once it is known to be there.
template <typename Command>
Result OnTransaction(Result (*decide)(const Facts&, const Command&, const Stamp&), const Facts& facts,
                     const Command& command, const std::string& id, const Stamp& stamp) {
  if (facts.transaction == nullptr) return TransactionNotFound(id);
  return decide(facts, command, stamp);
}

struct Decider {
  const Facts& facts;
  const Stamp& stamp;

  Result operator()(const InitiateTransaction& c) const { return DecideInitiate(facts, c, stamp); }
  Result operator()(const CompleteTransaction& c) const {
    return OnTransaction(DecideComplete, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const CancelTransaction& c) const {
    return OnTransaction(DecideCancel, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const RefundTransaction& c) const {
    return OnTransaction(DecideRefund, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const RecordSnapshot& c) const {
    return OnTransaction(DecideSnapshot, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const FireTimer& c) const {
    if (c.timer.kind == TimerKind::kArrival) return DecideArrival(facts, stamp);
    return OnTransaction(DecideTransactionTimer, facts, c, c.timer.transaction_id, stamp);
  }
  Result operator()(const CreateSandbox&) const { return SandboxExists(facts.sandbox_name); }
  Result operator()(const UpdateSandbox& c) const { return DecideUpdateSandbox(*facts.sandbox, c, stamp); }
  Result operator()(const ResetSandbox& c) const { return DecideResetSandbox(*facts.sandbox, c, stamp); }
  Result operator()(const DeleteSandbox&) const { return DecideDeleteSandbox(*facts.sandbox); }
  Result operator()(const AdvanceClock& c) const {
    return DecideAdvance(*facts.sandbox, c, facts.next_due, stamp);
  }
  Result operator()(const FinishAdvance&) const { return DecideFinishAdvance(*facts.sandbox, stamp); }
  Result operator()(const StartSimulation& c) const { return DecideStartSimulation(facts, c, stamp); }
  Result operator()(const CancelSimulation& c) const { return DecideCancelSimulation(facts, c, stamp); }
  Result operator()(const FinishSimulation& c) const { return DecideFinishSimulation(facts, c, stamp); }
  Result operator()(const KeepReport& c) const { return DecideKeepReport(facts, c); }
};

}  // namespace

Result Decide(const Facts& facts, const Command& command, const Stamp& stamp) {
  if (facts.sandbox == nullptr) {
    const auto* remove = std::get_if<DeleteSandbox>(&command);
    if (remove != nullptr && remove->allow_missing) return Decision{};
    const auto* create = std::get_if<CreateSandbox>(&command);
    if (create == nullptr) return SandboxNotFound(facts.sandbox_name);
    return DecideCreateSandbox(facts.sandbox_name, *create, stamp);
  }
  return std::visit(Decider{facts, stamp}, command);
}

}  // namespace tracktrove::domain
