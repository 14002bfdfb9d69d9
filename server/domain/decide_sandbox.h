// The part of Decide that is about sandboxes and their clocks. Called by Decide
// once the sandbox is known to be there, or not.
#ifndef TRACKTROVE_DOMAIN_DECIDE_SANDBOX_H_
#define TRACKTROVE_DOMAIN_DECIDE_SANDBOX_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "domain/decide.h"

namespace tracktrove::domain {

// One AdvanceClock moves a clock by at most this.
inline constexpr absl::Duration kMaxAdvance = absl::Hours(400 * 24);

// A change of the sandbox, and the record that says so. It is what somebody
// outside did, so it is observed, and no part of a run's digest.
Decision WithRecord(Sandbox sandbox, RecordType type, absl::Time now, absl::string_view detail);

absl::StatusOr<Decision> DecideCreateSandbox(const std::string& name, const CreateSandbox& command,
                                             const Stamp& stamp);
absl::StatusOr<Decision> DecideUpdateSandbox(const Sandbox& sandbox, const UpdateSandbox& command,
                                             const Stamp& stamp);

// A new incarnation with the same name, seed, policy and clock, which is put
// back to where it started, so that an equal run gives equal ids. The log goes
// on where the old one ended: the first record says SANDBOX_RESET.
absl::StatusOr<Decision> DecideResetSandbox(const Sandbox& sandbox, const ResetSandbox& command,
                                            const Stamp& stamp);
// The hash that the oldest record is chained to. What came before a reset is
// purged, so the record of the reset says it.
std::string HashBefore(const Record& oldest);
absl::StatusOr<Decision> DecideDeleteSandbox(const Sandbox& sandbox);

// Sets the target; from then on timers fire up to it.
absl::StatusOr<Decision> DecideAdvance(const Sandbox& sandbox, const AdvanceClock& command,
                                       std::optional<absl::Time> next_due, const Stamp& stamp);

// The target is reached: moves the clock there and clears it.
absl::StatusOr<Decision> DecideFinishAdvance(const Sandbox& sandbox, const Stamp& stamp);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_SANDBOX_H_
