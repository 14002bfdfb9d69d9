// The part of Decide that is about disputes. The transaction is known to be
// there; the dispute is `facts.dispute`.
#ifndef TRACKTROVE_DOMAIN_DECIDE_DISPUTE_H_
#define TRACKTROVE_DOMAIN_DECIDE_DISPUTE_H_

#include "absl/status/statusor.h"
#include "domain/decide.h"
#include "domain/draft.h"

namespace tracktrove::domain {

// Puts a part of what is left of the captured amount into reserve, until the
// deadline of the policy at the latest.
absl::StatusOr<Decision> DecideOpenDispute(const Facts& facts, const OpenDispute& command,
                                           const Stamp& stamp);

// Adds evidence; the first makes it UNDER_REVIEW.
absl::StatusOr<Decision> DecideSubmitEvidence(const Facts& facts, const SubmitEvidence& command,
                                              const Stamp& stamp);

// Ends it. Nobody wins without evidence.
absl::StatusOr<Decision> DecideResolveDispute(const Facts& facts, const ResolveDispute& command,
                                              const Stamp& stamp);

// Nobody ended it in time: it is lost.
absl::StatusOr<Decision> DecideDisputeDeadline(const Facts& facts, const Stamp& stamp);

// Ends the open dispute as part of something that takes its money out of
// reserve by itself; the decision's `dispute` is what this answers.
Dispute EndedWith(Draft& draft, const Dispute& dispute, const std::string& resolution);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_DISPUTE_H_
