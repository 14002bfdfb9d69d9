// The part of Decide that is about simulations: how one starts, goes on from
// arrival to arrival, and ends.
#ifndef TRACKTROVE_DOMAIN_DECIDE_SIMULATION_H_
#define TRACKTROVE_DOMAIN_DECIDE_SIMULATION_H_

#include "absl/status/statusor.h"
#include "domain/decide.h"

namespace tracktrove::domain {

// One at a time: it arms its first arrival.
absl::StatusOr<Decision> DecideStartSimulation(const Facts& facts, const StartSimulation& command,
                                               const Stamp& stamp);

// No arrival will follow; what is under way goes on by itself.
absl::StatusOr<Decision> DecideCancelSimulation(const Facts& facts, const CancelSimulation& command,
                                                const Stamp& stamp);

// It has ended by itself.
absl::StatusOr<Decision> DecideFinishSimulation(const Facts& facts, const FinishSimulation& command,
                                                const Stamp& stamp);

absl::StatusOr<Decision> DecideKeepReport(const Facts& facts, const KeepReport& command);

// Its timer fired: at the deadline it ends, else the next transaction is
// initiated and the one after it armed. An arrival that the rules refuse (a
// policy may have changed since the start) is recorded and counted.
absl::StatusOr<Decision> DecideArrival(const Facts& facts, const Stamp& stamp);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_SIMULATION_H_
