#include "domain/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

class RenderTest : public testing::Test {
 protected:
  RenderTest() {
    transaction_.id = "tx-1";
    transaction_.kind = Kind::kPurchase;
    transaction_.amount = {"INR", 2550};
    transaction_.payer = "asha";
    transaction_.payee = "ravi";
    transaction_.channel = "ios";
    transaction_.attempt = 2;
  }

  std::optional<Json> RenderedIfSmall(const Json& change) {
    const Draws draws(42, "key:k");
    const std::string step = "step";
    return Render(change, {.transaction = transaction_,
                           .policy = policy_,
                           .dto = dto_,
                           .draws = draws,
                           .step = step,
                           .attempt = transaction_.attempt,
                           .time = kStart + absl::Milliseconds(1500)});
  }
  Json Rendered(const char* change) { return *RenderedIfSmall(Json::parse(change)); }

  Transaction transaction_;
  Policy policy_;
  Json dto_ = Json::parse(R"({"risk": {"score": 7, "a/b": "slash"}, "items": [10, 20]})");
};

TEST_F(RenderTest, KeepsPlainJsonAsItIs) {
  const char* plain = R"({"a": 1, "b": {"c": [1, {"d": null}], "$two": 1, "keys": 2}, "gone": null})";
  EXPECT_EQ(Rendered(plain), Json::parse(plain));
}

TEST_F(RenderTest, KnowsEveryNamedValue) {
  const struct {
    const char* name;
    Json expected;
  } cases[] = {{"amount", 2550},
               {"currency", "INR"},
               {"kind", "PURCHASE"},
               {"payer", "asha"},
               {"payee", "ravi"},
               {"channel", "ios"},
               {"transactionId", "tx-1"},
               {"attempt", 2},
               {"time", "2026-01-02T08:00:01.5+00:00"},
               {"holdExpireTime", nullptr},
               {"captured", 2550},
               {"fee", 51},
               {"net", 2499}};
  for (const auto& c : cases) {
    EXPECT_EQ(Rendered((std::string(R"({"v": {"$value": ")") + c.name + R"("}})").c_str())["v"], c.expected)
        << c.name;
  }
}

TEST_F(RenderTest, TakesWhatIsToBeCapturedForTheFee) {
  transaction_.capture_requested = 1000;
  const char* change =
      R"({"captured": {"$value": "captured"}, "fee": {"$value": "fee"}, "net": {"$value": "net"}})";
  EXPECT_EQ(Rendered(change), Json::parse(R"({"captured": 1000, "fee": 20, "net": 980})"));
}

TEST_F(RenderTest, SaysWhenTheHoldExpires) {
  transaction_.hold_expire_time = kStart + absl::Minutes(15);
  EXPECT_EQ(Rendered(R"({"v": {"$value": "holdExpireTime"}})")["v"], "2026-01-02T08:15:00+00:00");
}

TEST_F(RenderTest, RefersToTheDtoBeforeTheStep) {
  const struct {
    const char* pointer;
    Json expected;
  } cases[] = {{"/risk/score", 7},
               {"/risk/a~1b", "slash"},
               {"/items/1", 20},
               {"/items", Json::array({10, 20})},
               {"/nowhere", nullptr},
               {"/risk/score/deeper", nullptr},
               {"/items/2", nullptr},
               {"/items/-", nullptr},
               {"/items/01", nullptr},
               {"/items/first", nullptr},
               {"/items/99999999999999999999999", nullptr}};
  for (const auto& c : cases) {
    EXPECT_EQ(Rendered((std::string(R"({"v": {"$ref": ")") + c.pointer + R"("}})").c_str())["v"], c.expected)
        << c.pointer;
  }
}

// `levels` objects, one in the other.
Json Nested(int levels) {
  Json nested = Json::object();
  for (int i = 1; i < levels; ++i) nested = Json{{"a", std::move(nested)}};
  return nested;
}

TEST_F(RenderTest, CopiesByReferencesNoMoreBytesThanADocumentMayHave) {
  const Json ref = {{"$ref", "/text"}};
  dto_["text"] = std::string(kMaxDocumentBytes / 2 - 2, 'x');  // and its quotes
  const std::optional<Json> rendered = RenderedIfSmall({{"a", ref}, {"b", Json::array({ref})}});
  ASSERT_TRUE(rendered.has_value());
  EXPECT_EQ(rendered->at("b").at(0), dto_["text"]);
  EXPECT_EQ(RenderedIfSmall({{"a", ref}, {"b", Json::array({ref})}, {"c", {{"$ref", "/risk/score"}}}}),
            std::nullopt);
}

TEST_F(RenderTest, PutsNothingDeeperByReferencesThanADocumentMayBe) {
  dto_["nested"] = Nested(kMaxDocumentLevels - 2);
  const Json ref = {{"$ref", "/nested"}};
  EXPECT_TRUE(RenderedIfSmall({{"a", {{"b", ref}}}}).has_value());
  EXPECT_EQ(RenderedIfSmall({{"a", {{"b", {{"c", ref}}}}}}), std::nullopt);
  EXPECT_EQ(RenderedIfSmall({{"a", Json::array({ref, Json::array({ref})})}}), std::nullopt)
      << "lists are levels too";
}

TEST_F(RenderTest, DrawsWithinBothEnds) {
  std::set<int64_t> drawn;
  for (transaction_.attempt = 1; transaction_.attempt <= 200; ++transaction_.attempt) {
    drawn.insert(Rendered(R"({"v": {"$draw": {"min": -1, "max": 2}}})")["v"].get<int64_t>());
  }
  EXPECT_EQ(drawn, (std::set<int64_t>{-1, 0, 1, 2}));
}

TEST_F(RenderTest, DrawsHexDigitsAndPicks) {
  const Json rendered =
      Rendered(R"({"hex": {"$hex": {"length": 12, "prefix": "hold_"}}, "bare": {"$hex": {"length": 1}},
                                     "pick": {"$pick": ["push", "sms"]}})");
  EXPECT_THAT(rendered["hex"].get<std::string>(), testing::MatchesRegex("hold_[0-9a-f]{12}"));
  EXPECT_THAT(rendered["bare"].get<std::string>(), testing::MatchesRegex("[0-9a-f]"));
  EXPECT_THAT(rendered["pick"].get<std::string>(), testing::AnyOf("push", "sms"));
}

TEST_F(RenderTest, DrawsForEachPlaceApartAndInListsToo) {
  const char* hex = R"({"$hex": {"length": 32}})";
  const Json rendered = Rendered((std::string(R"({"a": )") + hex + R"(, "b": {"a": )" + hex + R"(}, "c": [)" +
                                  hex + ", 5, " + hex + "]}")
                                     .c_str());
  const std::set<std::string> drawn = {rendered["a"], rendered["b"]["a"], rendered["c"][0], rendered["c"][2]};
  EXPECT_EQ(drawn.size(), 4u);
  EXPECT_EQ(rendered["c"][1], 5);
  for (const std::string& text : drawn) EXPECT_EQ(text.size(), 32u);
}

TEST_F(RenderTest, GivesEqualDocumentsForEqualDraws) {
  const char* change = R"({"a": {"$hex": {"length": 8}}, "b": {"$draw": {"min": 1, "max": 1000000}}})";
  EXPECT_EQ(Rendered(change), Rendered(change));
  const Json first = Rendered(change);
  transaction_.attempt = 3;
  EXPECT_NE(Rendered(change), first);
}

TEST(CheckChange, RefusesMalformedExpressionsAndNamesThePlace) {
  const struct {
    const char* change;
    const char* field;
  } cases[] = {
      {R"([])", "c"},
      {R"(null)", "c"},
      {R"({"$ref": "/a"})", "c"},
      {R"({"a": {"$ref": 7}})", "c/a/$ref"},
      {R"({"a": {"$ref": "no-slash"}})", "c/a/$ref"},
      {R"({"a": {"$ref": "/bad~2"}})", "c/a/$ref"},
      {R"({"a": {"$value": "price"}})", "c/a/$value"},
      {R"({"a": {"$value": 7}})", "c/a/$value"},
      {R"({"a": {"b": {"$draw": {"min": 1}}}})", "c/a/b/$draw"},
      {R"({"a": {"$draw": {"min": 2, "max": 1}}})", "c/a/$draw"},
      {R"({"a": {"$draw": {"min": 1, "max": 1.5}}})", "c/a/$draw"},
      {R"({"a": {"$draw": {"min": -9223372036854775808, "max": 9223372036854775807}}})", "c/a/$draw"},
      {R"({"a": {"$draw": {"min": -5, "max": 18446744073709551615}}})", "c/a/$draw"},
      {R"({"a": {"$draw": [1, 2]}})", "c/a/$draw"},
      {R"({"a": {"$hex": {}}})", "c/a/$hex"},
      {R"({"a": {"$hex": {"length": 0}}})", "c/a/$hex"},
      {R"({"a": {"$hex": {"length": 33}}})", "c/a/$hex"},
      {R"({"a": {"$hex": {"length": 8, "prefix": 1}}})", "c/a/$hex"},
      {R"({"a": {"$pick": []}})", "c/a/$pick"},
      {R"({"a": {"$pick": {"x": 1}}})", "c/a/$pick"},
      {R"({"a": {"$roll": 1}})", "c/a/$roll"},
      {R"({"a": [1, {"$roll": 1}]})", "c/a/1/$roll"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckChange(Json::parse(c.change), "c");
    EXPECT_EQ(DetailsOf(status).field, c.field) << c.change << " " << status;
  }
}

TEST(CheckChange, TakesSoundExpressionsAtTheirBounds) {
  for (const char* change :
       {R"({})", R"({"a": {"$ref": ""}})", R"({"a": {"$draw": {"min": 3, "max": 3}}})",
        R"({"a": {"$draw": {"min": -9007199254740992, "max": 9007199254740992}}})",
        R"({"a": {"$hex": {"length": 32}}})", R"({"a": [{"$pick": [1]}]})", R"({"$a": 1, "b": 2})"}) {
    EXPECT_TRUE(CheckChange(Json::parse(change), "c").ok()) << change;
  }
}

}  // namespace
}  // namespace tracktrove::domain
