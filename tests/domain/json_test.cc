#include "domain/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace tracktrove::domain {
namespace {

double FromBits(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// RFC 8785, appendix B.
TEST(CanonicalJson, WritesNumbersAsTheRfcDoes) {
  const struct {
    uint64_t bits;
    const char* expected;
  } cases[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& c : cases) EXPECT_EQ(CanonicalJson(FromBits(c.bits)), c.expected);
}

TEST(CanonicalJson, WritesANumberInOneWayHoweverItWasSpelt) {
  const struct {
    const char* spelt;
    const char* expected;
  } cases[] = {
      {"333333333.33333329", "333333333.3333333"},
      {"1E30", "1e+30"},
      {"4.50", "4.5"},
      {"2e-3", "0.002"},
      {"0.000000000000000000000000001", "1e-27"},
      {"1e-7", "1e-7"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"1e2", "100"},
      {"100.0", "100"},
      {"123456789012345680000", "123456789012345680000"},
      {"9007199254740991", "9007199254740991"},
      {"9007199254740993", "9007199254740992"},
      {"-9007199254740993", "-9007199254740992"},
      {"9223372036854775807", "9223372036854776000"},
      {"18446744073709551615", "18446744073709552000"},
  };
  for (const auto& c : cases) EXPECT_EQ(CanonicalJson(Json::parse(c.spelt)), c.expected) << c.spelt;
}

// RFC 8785, section 3.2.3.
TEST(CanonicalJson, SortsKeysByUtf16CodeUnits) {
  const Json json = Json::parse(R"({"\u20ac": "Euro Sign", "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"})");
  EXPECT_EQ(CanonicalJson(json),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            "\"\U0001F600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, SortsAPrefixBeforeWhatItIsAPrefixOf) {
  EXPECT_EQ(CanonicalJson({{"ab", 1}, {"a", 2}, {"", 3}, {"B", 4}}), R"({"":3,"B":4,"a":2,"ab":1})");
}

// RFC 8785, section 3.2.2.
TEST(CanonicalJson, EscapesNoMoreThanItMust) {
  const Json json = Json::parse(R"("\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\b\f\t\u007f")");
  EXPECT_EQ(CanonicalJson(json), "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\x7f\"");
}

TEST(CanonicalJson, WritesNoSpaceAndKeepsTheOrderOfLists) {
  EXPECT_EQ(CanonicalJson(Json::parse(R"( { "b" : [ 3 , 1.0, null , true, false, [] ], "a" : { } } )")),
            R"({"a":{},"b":[3,1,null,true,false,[]]})");
}

TEST(CanonicalJson, ReadsBackAsTheSameDoubleAndIsStable) {
  std::mt19937_64 random(8785);
  for (int i = 0; i < 100'000; ++i) {
    const double value = FromBits(random());
    if (!std::isfinite(value)) continue;
    const std::string text = CanonicalJson(value);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_EQ(CanonicalJson(ParseStored(text)), text);
  }
}

}  // namespace
}  // namespace tracktrove::domain
