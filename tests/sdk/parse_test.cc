#include "sdk/cli/parse.h"

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "sdk/cli/money.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::cli {
namespace {

v1::Money Money(const std::string& currency, int64_t minor_units) {
  v1::Money money;
  money.set_currency_code(currency);
  money.set_minor_units(minor_units);
  return money;
}

// -1 for what is refused.
int64_t MinorUnits(const std::string& amount, const std::string& currency) {
  const absl::StatusOr<v1::Money> money = ParseMoney(amount, currency);
  return money.ok() ? money->minor_units() : -1;
}

TEST(ParseMoney, CountsInMinorUnitsByTheCurrencysDecimals) {
  EXPECT_EQ(MinorUnits("25.50", "INR"), 2550);
  EXPECT_EQ(MinorUnits("25.5", "INR"), 2550);
  EXPECT_EQ(MinorUnits("25", "INR"), 2500);
  EXPECT_EQ(MinorUnits("0.07", "USD"), 7);
  EXPECT_EQ(MinorUnits("300", "JPY"), 300);
  EXPECT_EQ(MinorUnits("1.250", "KWD"), 1250);
  EXPECT_EQ(MinorUnits("92233720368547758.07", "INR"), std::numeric_limits<int64_t>::max());
}

TEST(ParseMoney, RefusesWhatItCannotKeepExactly) {
  for (const char* amount : {"25.555", "92233720368547758.08", "99999999999999999999"}) {
    EXPECT_EQ(MinorUnits(amount, "INR"), -1) << amount;
  }
  EXPECT_EQ(MinorUnits("300.5", "JPY"), -1);
  EXPECT_EQ(MinorUnits("1.2505", "KWD"), -1);
}

TEST(ParseMoney, RefusesWhatIsNoPlainDecimal) {
  for (const char* amount :
       {"", ".", ".5", "5.", "-5", "+5", "1e2", "1,5", "1.2.3", " 5", "5 ", "0x10", "nan", "₹5"}) {
    EXPECT_EQ(MinorUnits(amount, "INR"), -1) << amount;
  }
}

TEST(FormatMoney, WritesSignAndDecimals) {
  EXPECT_EQ(FormatMoney(Money("INR", 2550)), "₹25.50");
  EXPECT_EQ(FormatMoney(Money("INR", 7)), "₹0.07");
  EXPECT_EQ(FormatMoney(Money("USD", 0)), "$0.00");
  EXPECT_EQ(FormatMoney(Money("EUR", -2550)), "-€25.50");
  EXPECT_EQ(FormatMoney(Money("JPY", 300)), "¥300");
  EXPECT_EQ(FormatMoney(Money("KWD", 1250)), "KWD 1.250");
  EXPECT_EQ(FormatMoney(Money("INR", std::numeric_limits<int64_t>::min())), "-₹92233720368547758.08");
}

TEST(ParseEnum, ReadsTheNamesOfFlags) {
  const auto* kind = v1::Transaction::Kind_descriptor();
  EXPECT_EQ(*ParseEnum(kind, "bid-adjustment"), v1::Transaction::BID_ADJUSTMENT);
  EXPECT_EQ(*ParseEnum(kind, "TIP"), v1::Transaction::TIP);
  EXPECT_FALSE(ParseEnum(kind, "kind-unspecified").ok());
  EXPECT_FALSE(ParseEnum(kind, "gift").ok());
  EXPECT_EQ(EnumNames(kind),
            (std::vector<std::string>{"tip", "bid-adjustment", "refund", "loyalty-credit", "purchase"}));
}

TEST(ParseDuration, ReadsUnitsAndDays) {
  const auto nanos = [](const char* text) -> int64_t {
    const absl::StatusOr<google::protobuf::Duration> duration = ParseDuration(text);
    return duration.ok() ? duration->seconds() * 1'000'000'000 + duration->nanos() : -1;
  };
  EXPECT_EQ(nanos("500ms"), 500'000'000);
  EXPECT_EQ(nanos("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(nanos("7d"), 604'800'000'000'000);
  EXPECT_EQ(nanos("0"), 0);
  for (const char* text : {"", "10", "-5s", "-1d", "1.5d", "inf", "99999999999999999d", "soon"}) {
    EXPECT_EQ(nanos(text), -1) << text;
  }
}

TEST(ParseTime, ReadsRfc3339) {
  const absl::StatusOr<google::protobuf::Timestamp> time = ParseTime("2026-01-05T18:00:00.25+05:30");
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_EQ(time->seconds(), 1767616200);
  EXPECT_EQ(time->nanos(), 250'000'000);
  EXPECT_EQ(ParseTime("1969-12-31T23:59:59.5Z")->seconds(), -1);
  EXPECT_EQ(ParseTime("2026-01-05 12:30:00.000Z")->seconds(), 1767616200);
  EXPECT_FALSE(ParseTime("2026-01-05").ok());
  EXPECT_FALSE(ParseTime("tomorrow").ok());
}

TEST(ParseLabels, SplitsAtTheFirstColon) {
  using Labels = std::map<std::string, std::string>;
  EXPECT_EQ(*ParseLabels({"a:1", "url:http://x", "empty:"}),
            (Labels{{"a", "1"}, {"url", "http://x"}, {"empty", ""}}));
  EXPECT_FALSE(ParseLabels({"a"}).ok());
  EXPECT_FALSE(ParseLabels({":a"}).ok());
  EXPECT_FALSE(ParseLabels({"a:1", "a:2"}).ok());
}

TEST(ParseDocument, ReadsJsonAndFiles) {
  EXPECT_EQ(ParseDocument(R"({"a": 1})")->fields().at("a").number_value(), 1);
  EXPECT_FALSE(ParseDocument("[1]").ok());
  EXPECT_FALSE(ParseDocument("{").ok());

  const std::string path = testing::TempDir() + "/document.json";
  std::ofstream(path) << R"({"b": "two"})";
  EXPECT_EQ(ParseDocument("@" + path)->fields().at("b").string_value(), "two");
  EXPECT_FALSE(ParseDocument("@" + path + ".missing").ok());
  EXPECT_FALSE(ParseDocument("@" + testing::TempDir()).ok());
}

TEST(ReadFile, RefusesMoreThanAMebibyte) {
  const std::string path = testing::TempDir() + "/large";
  std::ofstream(path) << std::string(1 << 20, 'x');
  EXPECT_EQ(ReadFile(path)->size(), 1 << 20);
  std::ofstream(path, std::ios::app) << 'x';
  EXPECT_FALSE(ReadFile(path).ok());
}

}  // namespace
}  // namespace tracktrove::cli
