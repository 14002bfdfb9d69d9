#include "sdk/cli/money.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tracktrove::cli {
namespace {

// ISO 4217: two decimals unless listed. Whether a code exists is the server's
// to say.
constexpr absl::string_view kNoDecimals = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
constexpr absl::string_view kThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";

size_t Decimals(absl::string_view currency) {
  const auto is_in = [currency](absl::string_view codes) {
    return currency.size() == 3 && codes.find(currency) != absl::string_view::npos;
  };
  return is_in(kNoDecimals) ? 0 : is_in(kThreeDecimals) ? 3 : 2;
}

std::string Sign(absl::string_view currency) {
  if (currency == "INR") return "₹";
  if (currency == "USD") return "$";
  if (currency == "EUR") return "€";
  if (currency == "GBP") return "£";
  if (currency == "JPY") return "¥";
  return absl::StrCat(currency, " ");
}

absl::Status BadAmount(absl::string_view amount, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("amount `", amount, "`: ", problem));
}

}  // namespace

absl::StatusOr<v1::Money> ParseMoney(absl::string_view amount, absl::string_view currency) {
  const size_t decimals = Decimals(currency);
  const size_t point = amount.find('.');
  const absl::string_view whole = amount.substr(0, point);
  const absl::string_view part = point == absl::string_view::npos ? "" : amount.substr(point + 1);
  const std::string digits = absl::StrCat(whole, part);
  if (whole.empty() || digits.find_first_not_of("0123456789") != std::string::npos ||
      (point != absl::string_view::npos && part.empty())) {
    return BadAmount(amount, "write it like 25.50");
  }
  if (part.size() > decimals) {
    return BadAmount(amount, absl::StrCat(currency, " has ", decimals, " decimals"));
  }
  int64_t minor_units;
  if (!absl::SimpleAtoi(absl::StrCat(digits, std::string(decimals - part.size(), '0')), &minor_units)) {
    return BadAmount(amount, "too large");
  }
  v1::Money money;
  money.set_currency_code(std::string(currency));
  money.set_minor_units(minor_units);
  return money;
}

std::string FormatMoney(const v1::Money& money) {
  const bool negative = money.minor_units() < 0;
  // Unsigned, because the smallest int64 has no positive twin.
  const uint64_t amount = negative ? 0 - static_cast<uint64_t>(money.minor_units()) : money.minor_units();
  const size_t decimals = Decimals(money.currency_code());
  const std::string digits = absl::StrFormat("%0*d", static_cast<int>(decimals) + 1, amount);
  const absl::string_view whole = absl::string_view(digits).substr(0, digits.size() - decimals);
  const absl::string_view part = absl::string_view(digits).substr(whole.size());
  return absl::StrCat(negative ? "-" : "", Sign(money.currency_code()), whole, part.empty() ? "" : ".", part);
}

}  // namespace tracktrove::cli
