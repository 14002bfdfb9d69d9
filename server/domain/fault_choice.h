// Which fault acts on a step that begins: of those that an operator injected,
// else of those that the request brought, else of the rules in order.
#ifndef TRACKTROVE_DOMAIN_FAULT_CHOICE_H_
#define TRACKTROVE_DOMAIN_FAULT_CHOICE_H_

#include <optional>
#include <vector>

#include "domain/draft.h"
#include "domain/draw.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/simulation_run.h"

namespace tracktrove::domain {

// Uses up what it takes: one of a planned fault, a count of a rule.
std::optional<ActingFault> ChooseFault(const Step& step, const Rules& rules, const Draws& draws,
                                       Draft& draft);

// The same among the planned ones given.
std::optional<ActingFault> TakePlanned(const Step& step, int attempt, std::vector<PlannedFault>& planned);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FAULT_CHOICE_H_
