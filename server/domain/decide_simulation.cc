#include "domain/decide_simulation.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/arrival.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

using Result = absl::StatusOr<Decision>;

// A record of the sandbox itself: what an operator did, so it is observed, and
// no part of the run's digest.
Record RecordOfRun(RecordType type, absl::Time now, absl::string_view actor, std::string detail) {
  Record record;
  record.type = type;
  record.record_class = RecordClass::kObserved;
  record.time = now;
  record.actor = std::string(actor);
  record.detail = std::move(detail);
  return record;
}

// Of the newest record in `decision`.
void ArmNext(Decision& decision, const SimulationRun& run) {
  decision.armed.push_back({.kind = TimerKind::kArrival,
                            .transaction_id = "",
                            .due = run.DueTime(run.next_arrival),
                            .sequence = static_cast<int64_t>(decision.records.size()) - 1});
}

// `sim-1: 190 of 200 arrived, 180 COMPLETED, 8 FAILED, 2 ESCROW`
std::string Summary(const SimulationRun& run) {
  std::vector<std::string> parts = {
      absl::StrCat(run.Id(), " ", Name(run.state), ": ", run.arrived(), " of ", run.spec->count, " arrived")};
  if (run.refused > 0) parts.push_back(absl::StrCat(run.refused, " refused"));
  for (const State state : {State::kCompleted, State::kFailed, State::kRefunded, State::kSettled,
                            State::kInitiated, State::kEscrow}) {
    const int64_t count = run.states[static_cast<size_t>(state)];
    if (count > 0) parts.push_back(absl::StrCat(count, " ", Name(state)));
  }
  return absl::StrJoin(parts, ", ");
}

Decision End(const Facts& facts, RunState how, const Stamp& stamp, RecordType type, absl::string_view actor,
             absl::string_view reason) {
  Decision decision;
  decision.simulation = *facts.simulation;
  SimulationRun& run = *decision.simulation;
  run.state = how;
  run.end_time = stamp.now;
  run.end_wall_time = stamp.wall;
  decision.sandbox = *facts.sandbox;
  decision.sandbox->running_simulation = 0;
  std::string detail = Summary(run);
  if (!reason.empty()) absl::StrAppend(&detail, "; ", reason);
  decision.records.push_back(RecordOfRun(type, stamp.now, actor, std::move(detail)));
  decision.disarmed.push_back(TimerKind::kArrival);
  return decision;
}

absl::StatusOr<std::map<Kind, int64_t>> DefaultWeights(const Facts& facts, const std::string& flow) {
  std::map<Kind, int64_t> weights;
  if (!flow.empty()) {
    const Flow* const found = FlowsOf(facts).Find(flow);
    if (found == nullptr) return FlowNotFound(flow);
    weights[found->kind] = 1;
  } else {
    for (const Flow& each : BuiltinFlows()) weights[each.kind] = 1;
  }
  return weights;
}

absl::Status CheckFaultRules(const Facts& facts, SimulationSpec& spec) {
  for (size_t i = 0; i < spec.fault_rules.size(); ++i) {
    FaultRule& rule = spec.fault_rules[i];
    rule.id = RunRuleId(i);
    const absl::Status status = CheckRule(rule, facts.sandbox->policy, FlowsOf(facts));
    if (!status.ok()) return FieldMoved(status, "rule", absl::StrCat("spec.fault_rules[", i, "]"));
  }
  return absl::OkStatus();
}

// What its very first arrival would be refused for, it is refused for at once.
absl::Status CheckFirstArrival(const Facts& facts, const SimulationSpec& spec, const Stamp& stamp) {
  InitiateTransaction first = ArrivalOf(spec, 0);
  for (const auto& [kind, weight] : spec.weights) {
    for (const int64_t amount : {spec.amount.min_minor_units, spec.amount.max_minor_units}) {
      first.kind = kind;
      first.amount.minor_units = amount;
      TT_RETURN_IF_ERROR(Decide(facts, first, stamp).status());
    }
  }
  return absl::OkStatus();
}

// Its record says why; nothing else comes of it.
Decision RefusedArrival(const Facts& facts, const absl::Status& status, const Stamp& stamp) {
  const SimulationRun& run = *facts.simulation;
  Record record = RecordOfRun(RecordType::kArrivalRefused, stamp.now, "timer",
                              absl::StrCat(run.Id(), ", arrival ", run.next_arrival));
  record.failure = Failure{DetailsOf(status).reason, std::string(status.message()), "", true, std::nullopt};
  Decision decision;
  decision.records.push_back(std::move(record));
  return decision;
}

}  // namespace

Result DecideStartSimulation(const Facts& facts, const StartSimulation& command, const Stamp& stamp) {
  if (facts.simulation != nullptr) return SimulationRunning(facts.simulation->Id());
  auto spec = std::make_shared<SimulationSpec>(command.spec);
  spec->seed = command.spec.seed.value_or(facts.sandbox->seed);
  if (spec->weights.empty()) {
    TT_ASSIGN_OR_RETURN(spec->weights, DefaultWeights(facts, spec->flow));
  }
  TT_RETURN_IF_ERROR(CheckFaultRules(facts, *spec));
  TT_RETURN_IF_ERROR(CheckFirstArrival(facts, *spec, stamp));

  SimulationRun run;
  run.number = facts.sandbox->simulation_count + 1;
  run.rule_counts.resize(spec->fault_rules.size());
  run.spec = std::move(spec);
  run.start_time = stamp.now;
  run.start_wall_time = stamp.wall;
  Decision decision;
  decision.sandbox = *facts.sandbox;
  decision.sandbox->simulation_count = run.number;
  decision.sandbox->running_simulation = run.number;
  decision.records.push_back(
      RecordOfRun(RecordType::kSimulationStarted, stamp.now, "client",
                  absl::StrCat(run.Id(), ": ", run.spec->count, " transactions, seed ", *run.spec->seed)));
  ArmNext(decision, run);
  decision.simulation = std::move(run);
  return decision;
}

Result DecideCancelSimulation(const Facts& facts, const CancelSimulation& command, const Stamp& stamp) {
  if (facts.simulation == nullptr) return SimulationNotFound(SimulationId(command.number));
  if (facts.simulation->state != RunState::kRunning)
    return SimulationOver(facts.simulation->Id(), Name(facts.simulation->state));
  return End(facts, RunState::kCancelled, stamp, RecordType::kSimulationCancelled, "client", command.reason);
}

Result DecideFinishSimulation(const Facts& facts, const FinishSimulation& command, const Stamp& stamp) {
  if (facts.simulation == nullptr) return BrokenInvariant("a simulation ended that was not under way");
  return End(facts, command.how, stamp, RecordType::kSimulationEnded, "timer", "");
}

Result DecideKeepReport(const Facts& facts, const KeepReport& command) {
  if (facts.simulation == nullptr || facts.sandbox->world != command.world)
    return SimulationNotFound(SimulationId(command.number));
  if (facts.simulation->state == RunState::kRunning) return SimulationRunning(facts.simulation->Id());
  Decision decision;
  decision.simulation = *facts.simulation;
  decision.report = command.report;
  return decision;
}

Result DecideArrival(const Facts& facts, const Stamp& stamp) {
  if (facts.simulation == nullptr) return BrokenInvariant("an arrival is armed without a simulation");
  const SimulationRun& run = *facts.simulation;
  if (stamp.now >= run.deadline()) return DecideFinishSimulation(facts, {RunState::kExpired}, stamp);
  if (run.next_arrival >= run.spec->count) return BrokenInvariant("an arrival is armed beyond the last");

  InitiateTransaction command = ArrivalOf(*run.spec, run.next_arrival);
  command.simulation_number = run.number;
  Result decision = Decide(facts, command, stamp);
  if (absl::IsInternal(decision.status())) return decision;
  const bool refused = !decision.ok();
  if (refused) decision = RefusedArrival(facts, decision.status(), stamp);
  decision->simulation = run;
  ++decision->simulation->next_arrival;
  decision->simulation->refused += refused;
  ArmNext(*decision, *decision->simulation);
  return decision;
}

}  // namespace tracktrove::domain
