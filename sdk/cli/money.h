// Amounts as people write them; integers all the way.
#ifndef TRACKTROVE_SDK_CLI_MONEY_H_
#define TRACKTROVE_SDK_CLI_MONEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tracktrove/v1/money.pb.h"

namespace tracktrove::cli {

// "25.50" and "INR" are 2550 minor units. Refuses signs, exponents, more
// decimals than the currency has, and what does not fit.
absl::StatusOr<v1::Money> ParseMoney(absl::string_view amount, absl::string_view currency);

// `₹25.50`, `-¥300`, and for currencies without a sign of their own `KWD 1.250`.
std::string FormatMoney(const v1::Money& money);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_MONEY_H_
