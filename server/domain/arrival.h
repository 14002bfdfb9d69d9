// What a simulation fires: its i-th transaction, as a pure function of what was
// asked for and i. Nothing depends on what came before it.
#ifndef TRACKTROVE_DOMAIN_ARRIVAL_H_
#define TRACKTROVE_DOMAIN_ARRIVAL_H_

#include <cstdint>

#include "domain/command.h"
#include "domain/simulation_run.h"

namespace tracktrove::domain {

// Kind by weight, amount by distribution, payer and payee from their pools, and
// a payload as such a platform would send it; all drawn from the spec's seed.
// `index` counts from 0.
InitiateTransaction ArrivalOf(const SimulationSpec& spec, int64_t index);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_ARRIVAL_H_
