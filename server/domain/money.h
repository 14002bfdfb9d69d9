// Money: int64 minor units of an ISO 4217 currency, with checked arithmetic.
#ifndef TRACKTROVE_DOMAIN_MONEY_H_
#define TRACKTROVE_DOMAIN_MONEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tracktrove::domain {

struct Money {
  std::string currency;  // upper case
  int64_t minor_units = 0;

  friend bool operator==(const Money&, const Money&) = default;
};

// How many decimals a currency has (INR 2, JPY 0, KWD 3); nothing for a code
// that is not an active ISO 4217 currency in upper case.
std::optional<int> CurrencyExponent(absl::string_view currency);

// Nothing on overflow.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);
std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b);

// `major` units of a currency with `exponent` decimals, in minor units;
// nothing on overflow. 500 at exponent 2 is 50000.
std::optional<int64_t> MajorToMinor(int64_t major, int exponent);

// amount * numerator / denominator, rounded half to even, exact in between.
// Requires 0 <= numerator <= denominator, 0 < denominator and 0 <= amount, so
// the result never exceeds `amount`.
int64_t Proportion(int64_t amount, int64_t numerator, int64_t denominator);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_MONEY_H_
