// Settlement: what completed up to a business day's cut-off is paid out
// together, N business days later. Each transaction has a timer that pays it,
// and its batch one that closes it, last at that instant; so the order, the
// crashes and the races are those of all timers.
#ifndef TRACKTROVE_DOMAIN_SETTLEMENT_H_
#define TRACKTROVE_DOMAIN_SETTLEMENT_H_

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decide.h"
#include "domain/decision.h"
#include "domain/draft.h"

namespace tracktrove::domain {

// More than this many open at once come only from a policy that changes all the
// time; then a transaction joins one that is there.
inline constexpr int kMaxOpenBatches = 100;

// All that a payee has a right to for these amounts. The part that a dispute
// holds is at most what would be paid without it.
Payout PayoutOf(const Amounts& amounts);

// Whether it is to be in a batch: it was never paid and something of it is not
// in dispute, or what it was paid is not what it should have been.
bool AwaitsSettlement(const Transaction& transaction);

// The timer that closes an open batch: the last one at its instant.
Timer CutOffOf(const SettlementBatch& batch);

// Sees to it that a decision's transaction is in a batch when it awaits
// settlement, and in none when it does not. Called once the rest is decided.
void FollowSettlement(const Facts& facts, const Stamp& stamp, Decision& decision);

// Pays what is due; the transaction leaves its batch.
absl::StatusOr<Decision> DecideSettle(const Facts& facts, const Stamp& stamp);

// Closes a batch, all of whose transactions have been paid.
absl::StatusOr<Decision> DecideCutOff(const Facts& facts, const Timer& timer, const Stamp& stamp);

// Starts paying the open batch whose time comes first, all else of the sandbox
// waiting meanwhile as for a clock move; the clock stays where it is.
absl::StatusOr<Decision> DecideRunSettlement(const Facts& facts, const RunSettlement& command,
                                             const Stamp& stamp);

// Everything in the batch has been paid: closes it.
absl::StatusOr<Decision> DecideFinishRun(const Facts& facts, const Stamp& stamp);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_SETTLEMENT_H_
