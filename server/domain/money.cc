#include "domain/money.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/numeric/int128.h"

namespace tracktrove::domain {
namespace {

// Active ISO 4217 currencies (published list of 2024-06), in groups by their
// number of decimals. Funds codes, metals and test codes are left out.
constexpr absl::string_view kExponent0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
constexpr absl::string_view kExponent2 =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD "
    "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER "
    "ZAR ZMW ZWG ";
constexpr absl::string_view kExponent3 = "BHD IQD JOD KWD LYD OMR TND ";

constexpr std::array<std::pair<int, absl::string_view>, 3> kCurrencies = {
    {{2, kExponent2}, {0, kExponent0}, {3, kExponent3}}};

}  // namespace

std::optional<int> CurrencyExponent(absl::string_view currency) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (currency.size() != 3 || !std::all_of(currency.begin(), currency.end(), upper)) return std::nullopt;
  for (const auto& [exponent, codes] : kCurrencies) {
    if (codes.find(currency) != absl::string_view::npos) return exponent;
  }
  return std::nullopt;
}

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<int64_t> MajorToMinor(int64_t major, int exponent) {
  std::optional<int64_t> minor = major;
  for (int i = 0; i < exponent && minor; ++i) minor = CheckedMultiply(*minor, 10);
  return minor;
}

int64_t Proportion(int64_t amount, int64_t numerator, int64_t denominator) {
  const absl::int128 product = absl::int128(amount) * numerator;
  const absl::int128 quotient = product / denominator;
  const absl::int128 twice = (product % denominator) * 2;
  const bool up = twice > denominator || (twice == denominator && quotient % 2 == 1);
  return static_cast<int64_t>(quotient) + (up ? 1 : 0);
}

}  // namespace tracktrove::domain
