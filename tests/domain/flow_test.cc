#include "domain/flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "domain/errors.h"

namespace tracktrove::domain {
namespace {

Json SmallFlow() {
  return Json::parse(R"json({
    "id": "small", "kind": "TIP", "title": "Small",
    "steps": [
      {"name": "check", "service": "risk", "latency": {"p50": "0.010s", "p99": "0.050s", "max": "0.090s"}, "timeout": "0.060s",
       "failures": [{"code": "DECLINED", "message": "no", "weight": 3}, {"code": "DOWN"}],
       "change": {"risk": {"score": {"$draw": {"min": 1, "max": 9}}}}},
      {"name": "hold", "service": "escrow", "effect": "HOLD", "change": {"hold": {"id": 7}}},
      {"name": "capture", "service": "processor", "effect": "CAPTURE"}
    ]})json");
}

TEST(BuiltinFlows, GiveEveryKindAFlowOfFiveToSevenSteps) {
  std::set<std::string> ids;
  for (const Kind kind :
       {Kind::kTip, Kind::kBidAdjustment, Kind::kRefund, Kind::kLoyaltyCredit, Kind::kPurchase}) {
    const Flow& flow = FlowOf(kind);
    EXPECT_EQ(flow.kind, kind);
    EXPECT_GE(flow.steps.size(), 5u) << flow.id;
    EXPECT_LE(flow.steps.size(), 7u) << flow.id;
    EXPECT_FALSE(flow.title.empty()) << flow.id;
    EXPECT_EQ(FindFlow(flow.id), &flow);
    ids.insert(flow.id);
  }
  EXPECT_EQ(ids.size(), BuiltinFlows().size());
  EXPECT_EQ(FindFlow("no-such-flow"), nullptr);
}

TEST(BuiltinFlows, NeverTimeOutByThemselvesAndChangeTheDtoAtEveryStep) {
  for (const Flow& flow : BuiltinFlows()) {
    for (const Step& step : flow.steps) {
      EXPECT_LE(step.latency.max, step.timeout) << flow.id << " " << step.name;
      EXPECT_FALSE(step.change.empty()) << flow.id << " " << step.name;
    }
  }
}

TEST(ParseFlow, ReadsWhatIsThereAndDefaultsTheRest) {
  const absl::StatusOr<Flow> flow = ParseFlow(SmallFlow());
  ASSERT_TRUE(flow.ok()) << flow.status();
  EXPECT_EQ(flow->id, "small");
  EXPECT_EQ(flow->kind, Kind::kTip);
  ASSERT_EQ(flow->steps.size(), 3u);
  const Step& check = flow->steps[0];
  EXPECT_EQ(check.service, "risk");
  EXPECT_EQ(check.effect, StepEffect::kNone);
  EXPECT_EQ(check.latency.p99, absl::Milliseconds(50));
  EXPECT_EQ(check.timeout, absl::Milliseconds(60));
  ASSERT_EQ(check.failures.size(), 2u);
  EXPECT_EQ(check.failures[0].weight, 3);
  EXPECT_EQ(check.failures[1].weight, 1);
  const Step& hold = flow->steps[1];
  EXPECT_EQ(hold.latency.max, absl::ZeroDuration());
  EXPECT_EQ(hold.timeout, absl::InfiniteDuration());
  EXPECT_TRUE(flow->steps[2].change.empty());
  EXPECT_EQ(flow->IndexOf("capture"), 2);
  EXPECT_EQ(flow->IndexOf("nowhere"), 3);
  EXPECT_EQ(flow->IndexOf(StepEffect::kHold), 1);
}

TEST(ParseFlow, RefusesWhatCouldNotRunAndNamesThePlace) {
  const struct {
    const char* pointer;  // what is replaced, or taken away when `value` is discarded
    const char* value;
    const char* field;
  } cases[] = {
      {"", "[]", "flow"},
      {"/id", nullptr, "id"},
      {"/id", "7", "id"},
      {"/id", R"("a\nb")", "id"},
      {"/title", "7", "title"},
      {"/kind", R"("tip")", "kind"},
      {"/kind", nullptr, "kind"},
      {"/kind", "1", "kind"},
      {"/capture", R"("NEVER")", "capture"},
      {"/steps", nullptr, "steps"},
      {"/steps", "[]", "steps"},
      {"/steps", R"("all")", "steps"},
      {"/steps/1", "7", "steps[1]"},
      {"/steps/0/name", nullptr, "steps[0].name"},
      {"/steps/0/name", "{}", "steps[0].name"},
      {"/steps/0/name", R"("hold")", "steps[1].name"},  // twice there
      {"/steps/2/service", R"("")", "steps[2].service"},
      {"/steps/1/effect", R"("RELEASE")", "steps[1].effect"},
      {"/steps/1/effect", "true", "steps[1].effect"},
      {"/steps/1/effect", nullptr, "steps"},         // nobody holds
      {"/steps/2/effect", nullptr, "steps"},         // nobody captures
      {"/steps/2/effect", R"("NOTIFY")", "steps"},   // likewise
      {"/steps/0/effect", R"("HOLD")", "steps"},     // two hold
      {"/steps/0/effect", R"("CAPTURE")", "steps"},  // two capture
      {"/steps/0/latency", "10", "steps[0].latency"},
      {"/steps/0/latency/p50", "10", "steps[0].latency.p50"},
      {"/steps/0/latency/p50", R"("10")", "steps[0].latency.p50"},
      {"/steps/0/latency/p50", R"("-1s")", "steps[0].latency.p50"},
      {"/steps/0/latency/p50", R"("0.051s")", "steps[0].latency"},
      {"/steps/0/latency/max", R"("0.049s")", "steps[0].latency"},
      {"/steps/0/latency/max", R"("86401s")", "steps[0].latency.max"},
      {"/steps/0/latency/max", R"("inf")", "steps[0].latency.max"},
      {"/steps/0/timeout", "true", "steps[0].timeout"},
      {"/steps/0/timeout", R"("-1s")", "steps[0].timeout"},
      {"/steps/0/timeout", R"("0.004s")", "steps[0].timeout"},  // it never answers in time
      {"/steps/0/failures", "[]", "steps"},                     // nothing can fail
      {"/steps/0/failures", R"("DOWN")", "steps[0].failures"},
      {"/steps/0/failures", R"({"code": "DOWN"})", "steps[0].failures"},
      {"/steps/0/failures/1", "7", "steps[0].failures[1]"},
      {"/steps/0/failures/1/code", nullptr, "steps[0].failures[1].code"},
      {"/steps/0/failures/1/message", "7", "steps[0].failures[1].message"},
      {"/steps/0/failures/0/weight", "0", "steps[0].failures[0].weight"},
      {"/steps/0/failures/0/weight", "0.5", "steps[0].failures[0].weight"},
      {"/steps/0/failures/0/weight", "1000001", "steps[0].failures[0].weight"},
      {"/steps/0/change", R"("x")", "steps[0].change"},
      {"/steps/0/change", R"({"$value": "amount"})", "steps[0].change"},
      {"/steps/0/change/risk/score", R"({"$dice": 6})", "steps[0].change/risk/score/$dice"},
      {"/steps/0/change/seen", R"({"$ref": "/hold/id"})", "steps[0].change/seen/$ref"},  // made only later
      {"/steps/0/change/seen", R"([{"a": {"$ref": "/hold"}}])", "steps[0].change/seen/0/a/$ref"},
      {"/steps/0/change/copy", R"({"$ref": ""})", "steps[0].change/copy/$ref"},  // which contains the copy
      {"/steps/0/change/copy", R"({"of": {"$ref": "/copy"}})", "steps[0].change/copy/of/$ref"},
      {"/steps/0/change/copy", R"([[{"$ref": "/copy"}]])", "steps[0].change/copy/0/0/$ref"},
      {"/steps/0/change/a~1b", R"({"~": {"$ref": "/a~1b"}})", "steps[0].change/a~1b/~0/$ref"},
  };
  for (const auto& c : cases) {
    Json json = SmallFlow();
    const Json::json_pointer pointer(c.pointer);
    if (c.value != nullptr) {
      json[pointer] = Json::parse(c.value);
    } else {
      json[pointer.parent_pointer()].erase(pointer.back());
    }
    const absl::StatusOr<Flow> flow = ParseFlow(json);
    ASSERT_FALSE(flow.ok()) << c.pointer << " = " << (c.value ? c.value : "nothing");
    EXPECT_EQ(DetailsOf(flow.status()).reason, "BAD_REQUEST");
    EXPECT_EQ(DetailsOf(flow.status()).field, c.field)
        << c.pointer << " = " << (c.value ? c.value : "nothing");
    EXPECT_THAT(std::string(flow.status().message()), testing::StartsWith(c.field));
  }
}

TEST(ParseFlow, TakesAReferenceToItsOwnPlaceAndToOneBeside) {
  Json json = SmallFlow();
  json["steps"][0]["change"] =
      Json::parse(R"({"a": {"$ref": "/a"}, "ab": {"c": {"$ref": "/a"}}, "l": [{"$ref": "/l/0"}]})");
  EXPECT_TRUE(ParseFlow(json).ok()) << ParseFlow(json).status();
}

TEST(ParseFlow, RefusesToCaptureBeforeTheHold) {
  Json json = SmallFlow();
  std::swap(json["steps"][1], json["steps"][2]);
  EXPECT_EQ(ParseFlow(json).status().message(), "steps must hold before they capture");
}

TEST(ParseFlow, TakesFiftyStepsAndNoMore) {
  Json json = SmallFlow();
  while (json["steps"].size() < 50) {
    json["steps"].push_back({{"name", "extra-" + std::to_string(json["steps"].size())}, {"service", "s"}});
  }
  EXPECT_TRUE(ParseFlow(json).ok());
  json["steps"].push_back({{"name", "one-too-many"}, {"service", "s"}});
  EXPECT_EQ(DetailsOf(ParseFlow(json).status()).field, "steps");
}

class DrawnLatency : public testing::Test {
 protected:
  static constexpr int kDraws = 20'000;

  DrawnLatency() {
    step_.name = "wait";
    step_.latency = {absl::Milliseconds(100), absl::Milliseconds(500), absl::Milliseconds(900)};
    for (int i = 0; i < kDraws; ++i) {
      const Draws draws(5, "key:" + std::to_string(i));
      drawn_.emplace_back(draws.Below(kPpm, "wait", 1, "latency"), DrawLatency(step_, draws, 1));
    }
    std::sort(drawn_.begin(), drawn_.end());
  }

  Step step_;
  std::vector<std::pair<int64_t, absl::Duration>> drawn_;  // by quantile
};

TEST_F(DrawnLatency, StaysBetweenHalfTheMedianAndTheMaximum) {
  for (const auto& [quantile, latency] : drawn_) {
    ASSERT_GE(latency, absl::Milliseconds(50));
    ASSERT_LE(latency, absl::Milliseconds(900));
  }
}

TEST_F(DrawnLatency, RisesWithTheQuantile) {
  for (size_t i = 1; i < drawn_.size(); ++i)
    ASSERT_GE(drawn_[i].second, drawn_[i - 1].second) << drawn_[i].first;
}

TEST_F(DrawnLatency, HasTheQuantilesItSays) {
  const auto share_up_to = [&](absl::Duration bound) {
    return std::count_if(drawn_.begin(), drawn_.end(), [&](const auto& d) { return d.second <= bound; });
  };
  EXPECT_NEAR(share_up_to(step_.latency.p50), kDraws * 0.5, 360);  // five standard deviations
  EXPECT_NEAR(share_up_to(step_.latency.p99), kDraws * 0.99, 71);
}

TEST_F(DrawnLatency, IsAlwaysZeroForAStepWithoutOne) {
  step_.latency = {};
  EXPECT_EQ(DrawLatency(step_, Draws(1, "k"), 1), absl::ZeroDuration());
}

TEST(DrawFailure, ChoosesByWeight) {
  const Flow flow = *ParseFlow(SmallFlow());
  std::map<std::string, int> hits;
  for (int i = 0; i < 10'000; ++i) ++hits[DrawFailure(flow.steps[0], Draws(3, std::to_string(i)), 1).code];
  EXPECT_NEAR(hits["DECLINED"], 7500, 220);  // five standard deviations
  EXPECT_EQ(hits["DECLINED"] + hits["DOWN"], 10'000);
}

}  // namespace
}  // namespace tracktrove::domain
