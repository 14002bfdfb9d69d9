// An operator's override: any state to any other one, past the table of moves.
#ifndef TRACKTROVE_DOMAIN_DECIDE_OVERRIDE_H_
#define TRACKTROVE_DOMAIN_DECIDE_OVERRIDE_H_

#include "absl/status/statusor.h"
#include "domain/decide.h"

namespace tracktrove::domain {

// What each state means for the money and for what happens next; what is posted
// follows from the positions before and after, as in every move.
//
// INITIATED  nothing is held or captured; the next attempt begins, from the
//            first step and the payload, and runs on as any other
// ESCROW     the whole amount is held for the transaction's TTL; it waits at the
//            capture step for CompleteTransaction: its capture is MANUAL now
// COMPLETED  what was captured and not given back stays as it is; otherwise the
//            whole amount is captured, with the policy's fee. Nothing is paid
//            out, and it awaits settlement (again)
// SETTLED    as COMPLETED, and what is due has been paid out, in no batch
// FAILED     nothing is held, captured or paid out; for good, code OVERRIDDEN
// REFUNDED   the payer has everything back; what was paid out the next batch nets
//
// An open dispute stays open where COMPLETED and SETTLED become each other; in
// any other case it ends with the override, LOST, for its payer has the money.
absl::StatusOr<Decision> DecideOverride(const Facts& facts, const OverrideState& command, const Stamp& stamp);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_OVERRIDE_H_
