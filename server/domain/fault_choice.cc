#include "domain/fault_choice.h"

#include <algorithm>

namespace tracktrove::domain {

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

std::optional<ActingFault> ChooseFault(const Step& step, const std::vector<FaultRule>& rules,
                                       const Draws& draws, Draft& draft) {
  Transaction& transaction = draft.transaction();
  Simulation& simulation = transaction.simulation;
  for (std::vector<PlannedFault>* planned : {&simulation.injected, &simulation.faults}) {
    if (auto acting = TakePlanned(step, transaction.attempt, *planned)) return acting;
  }
  for (const FaultRule& rule : rules) {
    if (!Fits(rule, transaction, step)) continue;
    if (Hits(rule, draws, step, transaction.attempt, draft.CountOf(rule))) {
      return ActingFault{.id = rule.id, .fault = rule.fault};
    }
  }
  return std::nullopt;
}

}  // namespace tracktrove::domain
