#include "domain/amount.h"

#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tracktrove::domain {

absl::Status CheckAmount(const Money& amount, const AmountLimits& limits) {
  const std::optional<int> exponent = CurrencyExponent(amount.currency);
  if (!exponent) {
    return BadField(
        "amount.currency_code",
        absl::StrCat("must be an ISO 4217 code in upper case, such as INR; it is \"", amount.currency, "\""));
  }
  if (amount.minor_units <= 0) return BadField("amount.minor_units", "must be positive");
  const std::optional<int64_t> min = MajorToMinor(limits.min_major_units, *exponent);
  const std::optional<int64_t> max = MajorToMinor(limits.max_major_units, *exponent);
  if (!min || !max) return BrokenInvariant("the policy's amount limits overflow");
  if (amount.minor_units < *min || amount.minor_units > *max) {
    return BadField("amount.minor_units",
                    absl::StrCat("must be ", *min, " to ", *max, " for ", amount.currency,
                                 " by this sandbox's policy (", limits.min_major_units, " to ",
                                 limits.max_major_units, " major units); it is ", amount.minor_units));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> PartOf(const std::optional<Money>& part, const Money& whole) {
  if (!part) return whole.minor_units;
  if (part->currency != whole.currency) {
    return BadField("amount.currency_code", absl::StrCat("must be the transaction's, ", whole.currency));
  }
  if (part->minor_units <= 0) return BadField("amount.minor_units", "must be positive");
  return part->minor_units;
}

}  // namespace tracktrove::domain
