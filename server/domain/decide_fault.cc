#include "domain/decide_fault.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/decide_sandbox.h"
#include "domain/draft.h"
#include "domain/errors.h"
#include "domain/flow_run.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

using Result = absl::StatusOr<Decision>;

// What an operator did, and why; no part of a run's digest.
Record Action(RecordType type, const std::string& actor, std::string what, const std::string& reason) {
  if (!reason.empty()) absl::StrAppend(&what, ": ", reason);
  Record record = Happening(type, absl::StrCat("operator:", actor), what);
  record.record_class = RecordClass::kObserved;
  return record;
}

const FaultRule* FindRule(const std::vector<FaultRule>& rules, const std::string& id) {
  const auto it = std::find_if(rules.begin(), rules.end(), [&](const FaultRule& r) { return r.id == id; });
  return it == rules.end() ? nullptr : &*it;
}

std::string Describe(const FaultRule& rule) {
  return absl::StrCat(rule.id, ", ", Name(rule.fault.kind), rule.enabled ? "" : ", disabled");
}

std::string Describe(const PlannedFault& planned) {
  return absl::StrCat(Name(planned.fault.kind), planned.step.empty() ? "" : " at ", planned.step);
}

}  // namespace

absl::Status CheckFaults(const std::vector<PlannedFault>& faults, const Flow& flow) {
  if (faults.size() > kMaxPlanned) {
    return BadField("simulation.faults", absl::StrCat("must be at most ", kMaxPlanned));
  }
  for (size_t i = 0; i < faults.size(); ++i) {
    const std::string place = absl::StrCat("simulation.faults[", i, "]");
    TT_RETURN_IF_ERROR(CheckFault(faults[i].fault, absl::StrCat(place, ".fault")));
    TT_RETURN_IF_ERROR(CheckReach(faults[i].fault.kind, faults[i].step, flow,
                                  absl::StrCat(place, ".fault.kind"), absl::StrCat(place, ".step")));
  }
  return absl::OkStatus();
}

Result DecideInject(const Facts& facts, const InjectFailure& command, const Stamp& stamp) {
  const Transaction& current = *facts.transaction;
  if (current.IsOver()) return StateForbids("made to fail", current.state);
  TT_ASSIGN_OR_RETURN(const Flow* flow, FlowOfTransaction(facts));
  PlannedFault planned = command.planned;
  TT_RETURN_IF_ERROR(CheckFault(planned.fault, "fault"));
  TT_RETURN_IF_ERROR(CheckReach(planned.fault.kind, planned.step, *flow, "fault.kind", "step"));
  if (current.simulation.injected.size() >= kMaxPlanned)
    return TooMany("injected faults waiting", kMaxPlanned);

  Draft draft(current, stamp.now);
  planned.id = absl::StrCat("injected:", current.record_count);
  Record record = Action(RecordType::kFaultInjected, command.actor, Describe(planned), command.reason);
  record.fault_rule_id = planned.id;
  record.fault_kind = planned.fault.kind;
  record.fault_duration = planned.fault.duration;
  draft.Emit(std::move(record));
  FlowRun run(*facts.sandbox, *flow, RulesFor(facts, current), draft);
  if (planned.fault.kind == FaultKind::kHoldExpiry && current.state == State::kEscrow) {
    run.CutHold({.id = planned.id, .fault = planned.fault});
  } else {
    draft.transaction().simulation.injected.push_back(std::move(planned));
    run.TakeUpInjected();
  }
  return draft.Finish();
}

Result DecideForceRetry(const Facts& facts, const ForceRetry& command, const Stamp& stamp) {
  const Transaction& current = *facts.transaction;
  if (current.state != State::kFailed) return StateForbids("retried", current.state);
  TT_ASSIGN_OR_RETURN(const Flow* flow, FlowOfTransaction(facts));

  Draft draft(current, stamp.now);
  draft.Disarm(TimerKind::kRetry);
  draft.Emit(Action(RecordType::kRetryForced, command.actor, absl::StrCat("attempt ", current.attempt + 1),
                    command.reason));
  StartAttempt(draft, absl::StrCat("operator:", command.actor));
  FlowRun(*facts.sandbox, *flow, RulesFor(facts, current), draft).Run(facts.sandbox->pace == Pace::kInstant);
  return draft.Finish();
}

Result DecideCreateFlow(const Facts& facts, const CreateFlow& command, const Stamp& stamp) {
  if (FlowsOf(facts).Find(command.flow.id) != nullptr) return FlowExists(command.flow.id);
  if (facts.sandbox->flow_count >= kMaxFlows) return TooMany("flows", kMaxFlows);
  Sandbox sandbox = *facts.sandbox;
  ++sandbox.flow_count;
  Decision decision = WithRecord(std::move(sandbox), RecordType::kFlowCreated, stamp.now,
                                 absl::StrCat("flow ", command.flow.id));
  decision.flow = command.flow;
  return decision;
}

Result DecideCreateRule(const Facts& facts, const CreateFaultRule& command, const Stamp& stamp) {
  const std::vector<FaultRule>& rules = RulesOf(facts);
  TT_RETURN_IF_ERROR(CheckRule(command.rule, facts.sandbox->policy, FlowsOf(facts)));
  if (FindRule(rules, command.rule.id) != nullptr) return FaultRuleExists(command.rule.id);
  if (rules.size() >= kMaxFaultRules) return TooMany("fault rules", kMaxFaultRules);

  FaultRule rule = command.rule;
  if (rule.id.empty()) rule.id = NextRuleId(*facts.sandbox, rules);
  rule.create_time = rule.update_time = stamp.now;
  Sandbox sandbox = *facts.sandbox;
  rule.ordinal = ++sandbox.fault_rules_created;
  sandbox.fault_rules_enabled += rule.enabled ? 1 : 0;
  Decision decision =
      WithRecord(std::move(sandbox), RecordType::kFaultRuleCreated, stamp.now, Describe(rule));
  decision.records.back().fault_rule_id = rule.id;
  decision.fault_rule = std::move(rule);
  return decision;
}

Result DecideUpdateRule(const Facts& facts, const UpdateFaultRule& command, const Stamp& stamp) {
  const FaultRule* found = FindRule(RulesOf(facts), command.id);
  if (found == nullptr) return FaultRuleNotFound(command.id);
  FaultRule rule = *found;
  rule.fault = command.fault.value_or(rule.fault);
  rule.match = command.match.value_or(rule.match);
  rule.ppm = command.ppm.value_or(rule.ppm);
  rule.first_n = command.first_n.value_or(rule.first_n);
  rule.nth = command.nth.value_or(rule.nth);
  rule.max_hits = command.max_hits.value_or(rule.max_hits);
  rule.enabled = command.enabled.value_or(rule.enabled);
  if (command.reset_counts) rule.count = {};
  rule.update_time = stamp.now;
  // One that a change of policy has made useless can still be switched off.
  const bool redefined =
      command.fault || command.match || command.ppm || command.first_n || command.nth || command.max_hits;
  if (rule.enabled || redefined) {
    TT_RETURN_IF_ERROR(CheckRule(rule, facts.sandbox->policy, FlowsOf(facts)));
  }

  Sandbox sandbox = *facts.sandbox;
  sandbox.fault_rules_enabled += (rule.enabled ? 1 : 0) - (found->enabled ? 1 : 0);
  Decision decision =
      WithRecord(std::move(sandbox), RecordType::kFaultRuleUpdated, stamp.now, Describe(rule));
  decision.records.back().fault_rule_id = rule.id;
  decision.fault_rule = std::move(rule);
  return decision;
}

Result DecideDeleteRule(const Facts& facts, const DeleteFaultRule& command, const Stamp& stamp) {
  const FaultRule* rule = FindRule(RulesOf(facts), command.id);
  if (rule == nullptr && command.allow_missing) return Decision{};
  if (rule == nullptr) return FaultRuleNotFound(command.id);
  Sandbox sandbox = *facts.sandbox;
  sandbox.fault_rules_enabled -= rule->enabled ? 1 : 0;
  Decision decision =
      WithRecord(std::move(sandbox), RecordType::kFaultRuleDeleted, stamp.now, Describe(*rule));
  decision.records.back().fault_rule_id = rule->id;
  decision.deleted_rule = rule->id;
  return decision;
}

std::string NextRuleId(const Sandbox& sandbox, const std::vector<FaultRule>& rules) {
  const Draws draws(sandbox.seed, "fault_rules");
  std::string id;
  int tries = 0;  // as many as there may be rules in its way
  do {
    const int number = static_cast<int>(sandbox.fault_rules_created) + 1;
    id = absl::StrCat("fault-", draws.Hex(8, "", number, absl::StrCat("id:", tries)));
  } while (FindRule(rules, id) != nullptr && ++tries <= kMaxFaultRules);
  return id;
}

}  // namespace tracktrove::domain
