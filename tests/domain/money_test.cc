#include "domain/money.h"

#include <gtest/gtest.h>

#include <limits>

namespace tracktrove::domain {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(Currency, HasTheExponentOfIso4217) {
  const struct {
    const char* code;
    int exponent;
  } cases[] = {{"INR", 2}, {"USD", 2}, {"EUR", 2}, {"AED", 2}, {"ZWG", 2}, {"JPY", 0}, {"KRW", 0}, {"VND", 0},
               {"ISK", 0}, {"BIF", 0}, {"XPF", 0}, {"KWD", 3}, {"BHD", 3}, {"TND", 3}, {"OMR", 3}};
  for (const auto& c : cases) EXPECT_EQ(CurrencyExponent(c.code), c.exponent) << c.code;
}

TEST(Currency, IsUnknownUnlessAnActiveCodeInUpperCase) {
  for (const char* code :
       {"", "inr", "Inr", "IN", "INRX", "XXX", "XAU", "XTS", "HRK", "DEM", "NR ", " IN", "R I", "1NR", "₹"}) {
    EXPECT_EQ(CurrencyExponent(code), std::nullopt) << code;
  }
}

TEST(Money, AddsUpToTheBoundsAndRefusesWhatOverflows) {
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_EQ(CheckedAdd(kMin + 1, -1), kMin);
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(kMin, -1), std::nullopt);
}

TEST(Money, MultipliesUpToTheBoundsAndRefusesWhatOverflows) {
  EXPECT_EQ(CheckedMultiply(kMax, 1), kMax);
  EXPECT_EQ(CheckedMultiply(kMax / 2 + 1, 2), std::nullopt);
  EXPECT_EQ(CheckedMultiply(kMin, -1), std::nullopt);
}

TEST(Money, TurnsMajorUnitsIntoMinorOnesByExponent) {
  EXPECT_EQ(MajorToMinor(500, 2), 50'000);
  EXPECT_EQ(MajorToMinor(500, 0), 500);
  EXPECT_EQ(MajorToMinor(500, 3), 500'000);
  EXPECT_EQ(MajorToMinor(0, 3), 0);
}

TEST(Money, RefusesAnAmountThatOverflows) {
  EXPECT_EQ(MajorToMinor(kMax / 100, 2), kMax / 100 * 100);
  EXPECT_EQ(MajorToMinor(kMax / 100 + 1, 2), std::nullopt);
  EXPECT_EQ(MajorToMinor(kMax, 3), std::nullopt);
}

TEST(Proportion, RoundsHalfToEven) {
  const struct {
    int64_t amount, numerator, denominator, expected;
  } cases[] = {
      {1, 1, 2, 0},      // 0.5
      {3, 1, 2, 2},      // 1.5
      {5, 1, 2, 2},      // 2.5
      {7, 1, 2, 4},      // 3.5
      {10, 1, 3, 3},     // 3.33
      {10, 2, 3, 7},     // 6.67
      {25, 1, 10, 2},    // 2.5
      {35, 1, 10, 4},    // 3.5
      {251, 1, 100, 3},  // 2.51: just over half
      {249, 1, 100, 2},  // 2.49: just under
      {2550, 20'000, 1'000'000, 51},
      {2525, 20'000, 1'000'000, 50},  // 50.5
      {2575, 20'000, 1'000'000, 52},  // 51.5
      {0, 1, 3, 0},
      {10, 0, 3, 0},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Proportion(c.amount, c.numerator, c.denominator), c.expected)
        << c.amount << " * " << c.numerator << " / " << c.denominator;
  }
}

TEST(Proportion, IsExactAtTheBoundsOfTheType) {
  EXPECT_EQ(Proportion(kMax, kMax, kMax), kMax);
  EXPECT_EQ(Proportion(kMax, 1, kMax), 1);
  EXPECT_EQ(Proportion(kMax, kMax - 1, kMax), kMax - 1);
  EXPECT_EQ(Proportion(kMax, 1, 2), kMax / 2 + 1);  // ...903.5: the even neighbour is above
}

}  // namespace
}  // namespace tracktrove::domain
