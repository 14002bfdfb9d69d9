// The part of Decide that is about flows, fault rules and what operators do to
// a transaction on purpose. Called by Decide once the sandbox is known to be
// there, and the transaction where the command names one.
#ifndef TRACKTROVE_DOMAIN_DECIDE_FAULT_H_
#define TRACKTROVE_DOMAIN_DECIDE_FAULT_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/decide.h"

namespace tracktrove::domain {

inline constexpr int64_t kMaxFlows = 100;  // of a sandbox's own
inline constexpr int kMaxPlanned = 20;     // faults that a request brings, or that operators have injected

// The faults that a request brings along, of a transaction of this flow.
absl::Status CheckFaults(const std::vector<PlannedFault>& faults, const Flow& flow);

// The action is observed; what comes of it is decided.
absl::StatusOr<Decision> DecideInject(const Facts& facts, const InjectFailure& command, const Stamp& stamp);
absl::StatusOr<Decision> DecideForceRetry(const Facts& facts, const ForceRetry& command, const Stamp& stamp);

absl::StatusOr<Decision> DecideCreateFlow(const Facts& facts, const CreateFlow& command, const Stamp& stamp);

absl::StatusOr<Decision> DecideCreateRule(const Facts& facts, const CreateFaultRule& command,
                                          const Stamp& stamp);
absl::StatusOr<Decision> DecideUpdateRule(const Facts& facts, const UpdateFaultRule& command,
                                          const Stamp& stamp);
absl::StatusOr<Decision> DecideDeleteRule(const Facts& facts, const DeleteFaultRule& command,
                                          const Stamp& stamp);

// The id that the sandbox's next rule gets when its request names none.
std::string NextRuleId(const Sandbox& sandbox, const std::vector<FaultRule>& rules);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_FAULT_H_
