// The amounts that commands name, against what they may be.
#ifndef TRACKTROVE_DOMAIN_AMOUNT_H_
#define TRACKTROVE_DOMAIN_AMOUNT_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/money.h"
#include "domain/sandbox.h"

namespace tracktrove::domain {

// The limits of the sandbox's policy, in the currency's own units.
absl::Status CheckAmount(const Money& amount, const AmountLimits& limits);

// An optional part of `whole`, positive and in its currency; all of it when
// absent. Whether there is that much is for the caller to check.
absl::StatusOr<int64_t> PartOf(const std::optional<Money>& part, const Money& whole);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_AMOUNT_H_
