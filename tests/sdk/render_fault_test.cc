// Flows, faults and explanations against what a person should see.
#include <string>

#include "gtest/gtest.h"
#include "sdk/cli/fault_flags.h"
#include "sdk/cli/render.h"
#include "tests/sdk/message.h"

namespace tracktrove::cli {
namespace {

v1::FaultRule SlowRisk() {
  return Parse<v1::FaultRule>(R"pb(
    id: "slow-risk"
    fault {
      kind: ADDED_LATENCY
      duration { seconds: 2 }
    }
    match {
      kinds: TIP
      kinds: PURCHASE
      payer: "asha"
      label: "city:pune"
      step: "score-risk"
      amount { currency_code: "INR" min_minor_units: 100 max_minor_units: 9000 }
      attempt: 1
    }
    probability_ppm: 250000
    first_n: 3
    nth: 0
    max_hits: 2
    enabled: true
    seen: 12
    hits: 2
    create_time { seconds: 1767344400 }
    update_time { seconds: 1767344460 })pb");
}

TEST(RenderFaultRule, SaysWhatWhereAndHowOften) {
  EXPECT_EQ(RenderFaultRule(SlowRisk()),
            "rule          slow-risk\n"
            "fault         added-latency 2s\n"
            "where         kind tip|purchase, step score-risk, payer asha, label city:pune, amount ₹1.00 to "
            "₹90.00, "
            "attempt 1\n"
            "how often     with probability 0.25, the first 3, at most 2 hits\n"
            "enabled       yes\n"
            "counted       12 seen, 2 hit\n"
            "created       2026-01-02 09:00:00.000Z\n"
            "updated       2026-01-02 09:01:00.000Z");
}

TEST(RenderFaultRuleLine, KeepsItsColumns) {
  EXPECT_EQ(RenderFaultRuleLine(Parse<v1::FaultRule>(R"pb(
              id: "fault-1a2b3c4d"
              fault { kind: STEP_ERROR code: "SOLAR_FLARE" }
              match {}
              probability_ppm: 1000000
              nth: 4
              enabled: false
              seen: 3)pb")),
            "fault-1a2b3c4d    off  step-error SOLAR_FLARE              0/3  everywhere; only number 4");
  EXPECT_EQ(RenderFaultRuleLine(Parse<v1::FaultRule>(R"pb(
              id: "half"
              fault { kind: PARTIAL_CAPTURE capture_ppm: 500000 }
              match {
                flow: "card-purchase"
                amount { currency_code: "INR" min_minor_units: 100 max_minor_units: 9223372036854775807 }
              }
              probability_ppm: 1000000
              enabled: true)pb")),
            "half              on   partial-capture 0.5                 0/0  flow card-purchase, amount from "
            "₹1.00; always");
}

TEST(RenderPreview, ListsWhatWouldHaveBeenHit) {
  EXPECT_EQ(RenderPreview(Parse<v1::PreviewFaultRuleResponse>(R"pb(
              transactions: 2
              seen: 3
              hits: 1
              matches { transaction_id: "0197f3a2-0000-7000-8000-00003f9a01bc" step: "score-risk" hit: true }
              matches { transaction_id: "0197f3a2-0000-7000-8000-00003f9a01bd" step: "score-risk" })pb")),
            "  0197f3a2-0000-7000-8000-00003f9a01bc  hit     score-risk\n"
            "  0197f3a2-0000-7000-8000-00003f9a01bd  missed  score-risk\n"
            "  … 1 more\n"
            "would have hit 1 of 3 steps that fit, in 2 transactions");
}

TEST(RenderFlow, ShowsItsStepsInOrder) {
  const auto flow = Parse<v1::Flow>(R"pb(
    id: "small"
    title: "A small one"
    kind: TIP
    capture: MANUAL
    steps {
      name: "check"
      service: "risk"
      latency {
        p50 { nanos: 10000000 }
        p99 { nanos: 50000000 }
        max { seconds: 1 }
      }
      failures { code: "DECLINED" }
      failures { code: "DOWN" }
    }
    steps { name: "hold" service: "escrow" effect: HOLD })pb");
  EXPECT_EQ(RenderFlow(flow),
            "flow          small\n"
            "title         A small one\n"
            "kind          tip\n"
            "capture       manual\n"
            "steps         latency p50 / p99 / max, and what it fails with\n"
            "  risk/check                               10ms / 50ms / 1s          DECLINED DOWN\n"
            "  escrow/hold                     hold     0 / 0 / 0");
  EXPECT_EQ(RenderFlowLine(flow), "small                         tip              2 steps  A small one");
}

TEST(RenderExplanation, TellsTheStoryLineByLine) {
  EXPECT_EQ(RenderExplanation(Parse<v1::ExplainTransactionResponse>(R"pb(
              summary: "It FAILED."
              causes { kind: FATE_DRAW sentence: "Its draw." }
              causes { kind: FAULT sequence: 12 sentence: "A fault." }
              complete: true)pb")),
            "It FAILED.\n"
            "        fate-draw       Its draw.\n"
            "    12  fault           A fault.");
  EXPECT_EQ(RenderExplanation(Parse<v1::ExplainTransactionResponse>("summary: 'It is.'")),
            "It is.\n  … its later records were not read");
}

TEST(ParsePlannedFault, ReadsKindStepAndValue) {
  const struct {
    const char* text;
    const char* expected;
  } cases[] = {
      {"hold-expiry", "fault { kind: HOLD_EXPIRY }"},
      {"hold-expiry=5s", "fault { kind: HOLD_EXPIRY duration { seconds: 5 } }"},
      {"step-error@capture-tip", "fault { kind: STEP_ERROR } step: 'capture-tip'"},
      {"step-error@capture-tip=CARD_DECLINED",
       "fault { kind: STEP_ERROR code: 'CARD_DECLINED' } step: 'capture-tip'"},
      {"partial-capture=0.4", "fault { kind: PARTIAL_CAPTURE capture_ppm: 400000 }"},
      {"added-latency@score-risk=1h",
       "fault { kind: ADDED_LATENCY duration { seconds: 3600 } } step: 'score-risk'"},
  };
  for (const auto& c : cases) {
    const auto planned = ParsePlannedFault(c.text);
    ASSERT_TRUE(planned.ok()) << planned.status();
    EXPECT_EQ(planned->DebugString(), Parse<v1::PlannedFault>(c.expected).DebugString()) << c.text;
  }
}

TEST(ParsePlannedFault, RefusesWhatItCannotRead) {
  for (const char* text : {"", "explode", "partial-capture=2", "partial-capture=x", "added-latency=soon",
                           "@step", "hold-expiry:0.5"}) {
    EXPECT_FALSE(ParsePlannedFault(text).ok()) << text;
  }
}

TEST(ParseFaultRule, ReadsWhatInitiateReadsAndAChance) {
  const struct {
    const char* text;
    const char* expected;
  } cases[] = {
      {"hold-expiry=5s", "fault { kind: HOLD_EXPIRY duration { seconds: 5 } } probability_ppm: 1000000"},
      {"step-error@capture-tip=CARD_DECLINED:0.25",
       "fault { kind: STEP_ERROR code: 'CARD_DECLINED' } match { step: 'capture-tip' } probability_ppm: "
       "250000"},
      {"timeout-after-commit:1", "fault { kind: TIMEOUT_AFTER_COMMIT } probability_ppm: 1000000"},
      {R"({"fault": {"kind": "CACHE_OUTAGE"}, "nth": 3})", "fault { kind: CACHE_OUTAGE } nth: 3"},
  };
  for (const auto& c : cases) {
    const auto rule = ParseFaultRule(c.text);
    ASSERT_TRUE(rule.ok()) << rule.status();
    EXPECT_EQ(rule->DebugString(), Parse<v1::FaultRule>(c.expected).DebugString()) << c.text;
  }
}

TEST(ParseFaultRule, RefusesAChanceThatIsNone) {
  for (const char* text : {"hold-expiry:0", "hold-expiry:1.5", "hold-expiry:", "hold-expiry:nan", "{"}) {
    EXPECT_FALSE(ParseFaultRule(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tracktrove::cli
