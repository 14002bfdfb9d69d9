#include "domain/fault_choice.h"

#include <algorithm>

namespace tracktrove::domain {
namespace {

// The fault of a rule that hits; `so_far` is what it had counted before this decision.
std::optional<ActingFault> Ask(const FaultRule& rule, const FaultCount& so_far, const Step& step,
                               const Draws& draws, Draft& draft) {
  const Transaction& transaction = draft.transaction();
  if (!Fits(rule, transaction, step)) return std::nullopt;
  if (!Hits(rule, draws, step, transaction.attempt, draft.CountOf(rule.id, so_far))) return std::nullopt;
  return ActingFault{.id = rule.id, .fault = rule.fault};
}

}  // namespace

std::optional<ActingFault> TakePlanned(const Step& step, int attempt, std::vector<PlannedFault>& planned) {
  const auto it = std::find_if(planned.begin(), planned.end(), [&](const PlannedFault& p) {
    return ActsOn(p.fault.kind, step.effect) && (p.step.empty() || p.step == step.name) &&
           (p.attempt == 0 || p.attempt == attempt);
  });
  if (it == planned.end()) return std::nullopt;
  ActingFault acting{.id = it->id, .fault = it->fault};
  if (--it->remaining == 0) planned.erase(it);
  return acting;
}

std::optional<ActingFault> ChooseFault(const Step& step, const Rules& rules, const Draws& draws,
                                       Draft& draft) {
  Transaction& transaction = draft.transaction();
  Simulation& simulation = transaction.simulation;
  for (std::vector<PlannedFault>* planned : {&simulation.injected, &simulation.faults}) {
    if (auto acting = TakePlanned(step, transaction.attempt, *planned)) return acting;
  }
  if (rules.of_sandbox != nullptr) {
    for (const FaultRule& rule : *rules.of_sandbox) {
      if (auto acting = Ask(rule, rule.count, step, draws, draft)) return acting;
    }
  }
  if (rules.of_run != nullptr) {
    for (size_t i = 0; i < rules.of_run->rule_counts.size(); ++i) {
      const FaultRule& rule = rules.of_run->spec->fault_rules[i];
      if (auto acting = Ask(rule, rules.of_run->rule_counts[i], step, draws, draft)) return acting;
    }
  }
  return std::nullopt;
}

}  // namespace tracktrove::domain
