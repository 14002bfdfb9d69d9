#include "domain/decide.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/amount.h"
#include "domain/decide_dispute.h"
#include "domain/decide_fault.h"
#include "domain/decide_override.h"
#include "domain/decide_sandbox.h"
#include "domain/decide_simulation.h"
#include "domain/draft.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/flow_run.h"
#include "domain/settlement.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

using Result = absl::StatusOr<Decision>;

Result DecideInitiate(const Facts& facts, const InitiateTransaction& command, const Stamp& stamp) {
  const Sandbox& sandbox = *facts.sandbox;
  const Flow* flow = command.flow.empty() ? &FlowOf(command.kind) : FlowsOf(facts).Find(command.flow);
  if (flow == nullptr) return FlowNotFound(command.flow);
  const std::string& fail_at = command.simulation.fail_at_step;
  if (!fail_at.empty() && flow->IndexOf(fail_at) == static_cast<int>(flow->steps.size())) {
    return BadField("simulation.fail_at_step",
                    absl::StrCat("is no step of flow \"", flow->id, "\": \"", fail_at, "\""));
  }
  if (absl::Status status = CheckFaults(command.simulation.faults, *flow); !status.ok()) return status;
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
  transaction.id = DrawId(sandbox.seed, transaction, stamp.now, "transaction_id");
  transaction.kind = command.kind;
  transaction.amount = command.amount;
  transaction.payer = command.payer;
  transaction.payee = command.payee;
  transaction.channel = command.channel;
  transaction.labels = command.labels;
  transaction.flow = flow->id;
  transaction.capture = command.capture.value_or(flow->capture);
  transaction.hold_ttl = command.hold_ttl.value_or(sandbox.policy.hold_ttl);
  transaction.payload = command.payload;
  transaction.dto = command.payload;
  transaction.create_time = stamp.now;

  Draft draft(std::move(transaction), stamp.now);
  draft.transaction().state = State::kInitiated;
  draft.Emit(Happening(RecordType::kTransactionInitiated, "client"));
  FlowRun(sandbox, *flow, RulesFor(facts, draft.transaction()), draft).Run(sandbox.pace == Pace::kInstant);

  Result decision = draft.Finish();
  if (decision.ok()) {
    decision->sandbox = sandbox;
    ++decision->sandbox->transaction_count;
  }
  return decision;
}

Result DecideComplete(const Facts& facts, const CompleteTransaction& command, const Stamp& stamp) {
  const Transaction& transaction = *facts.transaction;
  TT_ASSIGN_OR_RETURN(const Flow* found, FlowOfTransaction(facts));
  const Flow& flow = *found;
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
  FlowRun(*facts.sandbox, flow, RulesFor(facts, transaction), draft).Run(/*instant=*/true);
  return draft.Finish();
}

Result DecideCancel(const Facts& facts, const CancelTransaction& command, const Stamp& stamp) {
  if (facts.transaction->IsOver()) return StateForbids("cancelled", facts.transaction->state);

  Draft draft(*facts.transaction, stamp.now);
  Transaction& transaction = draft.transaction();
  Record record = Happening(RecordType::kTransactionCancelled, "client", command.reason);
  draft.Disarm(TimerKind::kStep);
  draft.Disarm(TimerKind::kRetry);
  transaction.simulation.acting.reset();
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

// A timer is stored with the state that needs it and dropped with it, so one
// that fires always finds the state it was armed for. A step that ends exactly
// when the hold does is too late, whichever of the two timers comes first.
Result DecideFlowTimer(const Facts& facts, const FireTimer& command, const Stamp& stamp) {
  const Sandbox& sandbox = *facts.sandbox;
  TT_ASSIGN_OR_RETURN(const Flow* flow, FlowOfTransaction(facts));
  const Rules rules = RulesFor(facts, *facts.transaction);
  const auto run = [&](Draft& draft) { return FlowRun(sandbox, *flow, rules, draft); };
  Draft draft(*facts.transaction, stamp.now);
  draft.Disarm(command.timer.kind);
  switch (command.timer.kind) {
    case TimerKind::kStep:
      if (stamp.now >= facts.transaction->hold_expire_time.value_or(absl::InfiniteFuture())) {
        run(draft).ExpireHold();
      } else {
        run(draft).FinishPacedStep();
      }
      break;
    case TimerKind::kHoldExpiry:
      run(draft).ExpireHold();
      break;
    case TimerKind::kRetry:
      StartAttempt(draft, "timer");
      run(draft).Run(sandbox.pace == Pace::kInstant);
      break;
    case TimerKind::kSettlement:
    case TimerKind::kCutOff:
    case TimerKind::kDisputeDeadline:
    case TimerKind::kArrival:
      break;  // see DecideTimer
  }
  return draft.Finish();
}

Result DecideTimer(const Facts& facts, const FireTimer& command, const Stamp& stamp) {
  const Timer& timer = command.timer;
  if (timer.kind == TimerKind::kCutOff) return DecideCutOff(facts, timer, stamp);
  if (timer.kind == TimerKind::kArrival) return DecideArrival(facts, stamp);
  if (facts.transaction == nullptr) return TransactionNotFound(timer.transaction_id);
  switch (timer.kind) {
    case TimerKind::kStep:
    case TimerKind::kHoldExpiry:
    case TimerKind::kRetry:
      return DecideFlowTimer(facts, command, stamp);
    case TimerKind::kSettlement:
      return DecideSettle(facts, stamp);
    case TimerKind::kDisputeDeadline:
      return DecideDisputeDeadline(facts, stamp);
    case TimerKind::kCutOff:
    case TimerKind::kArrival:
      break;  // of no transaction
  }
  return BrokenInvariant("a timer of no known kind");
}

// Commands about one transaction, once it is known to be there.
template <typename Command>
Result OnTransaction(Result (*decide)(const Facts&, const Command&, const Stamp&), const Facts& facts,
                     const Command& command, const std::string& id, const Stamp& stamp) {
  if (facts.transaction == nullptr) return TransactionNotFound(id);
  return decide(facts, command, stamp);
}

// Commands about one dispute, likewise.
template <typename Command>
Result OnDispute(Result (*decide)(const Facts&, const Command&, const Stamp&), const Facts& facts,
                 const Command& command, const Stamp& stamp) {
  if (facts.dispute == nullptr) return DisputeNotFound(command.dispute_id);
  return OnTransaction(decide, facts, command, facts.dispute->transaction_id, stamp);
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
  Result operator()(const InjectFailure& c) const {
    return OnTransaction(DecideInject, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const ForceRetry& c) const {
    return OnTransaction(DecideForceRetry, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const CreateFlow& c) const { return DecideCreateFlow(facts, c, stamp); }
  Result operator()(const CreateFaultRule& c) const { return DecideCreateRule(facts, c, stamp); }
  Result operator()(const UpdateFaultRule& c) const { return DecideUpdateRule(facts, c, stamp); }
  Result operator()(const DeleteFaultRule& c) const { return DecideDeleteRule(facts, c, stamp); }
  Result operator()(const OpenDispute& c) const {
    return OnTransaction(DecideOpenDispute, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const SubmitEvidence& c) const {
    return OnDispute(DecideSubmitEvidence, facts, c, stamp);
  }
  Result operator()(const ResolveDispute& c) const {
    return OnDispute(DecideResolveDispute, facts, c, stamp);
  }
  Result operator()(const OverrideState& c) const {
    return OnTransaction(DecideOverride, facts, c, c.transaction_id, stamp);
  }
  Result operator()(const FireTimer& c) const { return DecideTimer(facts, c, stamp); }
  Result operator()(const CreateSandbox&) const { return SandboxExists(facts.sandbox_name); }
  Result operator()(const UpdateSandbox& c) const { return DecideUpdateSandbox(*facts.sandbox, c, stamp); }
  Result operator()(const ResetSandbox& c) const { return DecideResetSandbox(*facts.sandbox, c, stamp); }
  Result operator()(const DeleteSandbox&) const { return DecideDeleteSandbox(*facts.sandbox); }
  Result operator()(const AdvanceClock& c) const {
    return DecideAdvance(*facts.sandbox, c, facts.next_due, stamp);
  }
  Result operator()(const RunSettlement& c) const { return DecideRunSettlement(facts, c, stamp); }
  Result operator()(const FinishAdvance&) const {
    const bool runs = facts.sandbox->advance && facts.sandbox->advance->run;
    return runs ? DecideFinishRun(facts, stamp) : DecideFinishAdvance(*facts.sandbox, stamp);
  }
  Result operator()(const StartSimulation& c) const { return DecideStartSimulation(facts, c, stamp); }
  Result operator()(const CancelSimulation& c) const { return DecideCancelSimulation(facts, c, stamp); }
  Result operator()(const FinishSimulation& c) const { return DecideFinishSimulation(facts, c, stamp); }
  Result operator()(const KeepReport& c) const { return DecideKeepReport(facts, c); }
};

}  // namespace

const FlowBook& FlowsOf(const Facts& facts) {
  static const auto& builtin = *new FlowBook();
  return facts.flows != nullptr ? *facts.flows : builtin;
}

const std::vector<FaultRule>& RulesOf(const Facts& facts) {
  static const auto& none = *new std::vector<FaultRule>();
  return facts.fault_rules != nullptr ? *facts.fault_rules : none;
}

Rules RulesFor(const Facts& facts, const Transaction& transaction) {
  const SimulationRun* run = facts.simulation;
  const bool runs = run != nullptr && run->state == RunState::kRunning;
  return {.of_sandbox = &RulesOf(facts),
          .of_run = runs && run->number == transaction.simulation_number ? run : nullptr};
}

absl::StatusOr<const Flow*> FlowOfTransaction(const Facts& facts) {
  const Flow* flow = FlowsOf(facts).Find(facts.transaction->flow);
  if (flow == nullptr)
    return BrokenInvariant(absl::StrCat("flow \"", facts.transaction->flow, "\" is not there"));
  return flow;
}

Result Decide(const Facts& facts, const Command& command, const Stamp& stamp) {
  if (facts.sandbox == nullptr) {
    const auto* remove = std::get_if<DeleteSandbox>(&command);
    if (remove != nullptr && remove->allow_missing) return Decision{};
    const auto* create = std::get_if<CreateSandbox>(&command);
    if (create == nullptr) return SandboxNotFound(facts.sandbox_name);
    return DecideCreateSandbox(facts.sandbox_name, *create, stamp);
  }
  Result decision = std::visit(Decider{facts, stamp}, command);
  if (decision.ok()) FollowSettlement(facts, stamp, *decision);
  return decision;
}

}  // namespace tracktrove::domain
