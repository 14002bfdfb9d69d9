// Fault rules: where they fit, how often they hit, and which are refused.
#include "domain/fault_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "domain/decide_fault.h"
#include "domain/errors.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

FaultRule ErrorAt(const std::string& step, const std::string& id = "") {
  FaultRule rule;
  rule.id = id;
  rule.fault.kind = FaultKind::kStepError;
  rule.fault.code = "BROKEN";
  rule.match.step = step;
  return rule;
}

class RuleTest : public testing::Test {
 protected:
  FaultRule Create(const FaultRule& rule) {
    const absl::StatusOr<Decision> decision = world_.Do(CreateFaultRule{rule});
    EXPECT_TRUE(decision.ok()) << decision.status();
    return *decision->fault_rule;
  }

  // The rule that made a tip fail, or empty.
  std::string Culprit(const InitiateTransaction& command = Tip()) {
    const Transaction& t = world_.Initiate(command);
    return t.failure ? t.failure->fault_rule_id : "";
  }

  World world_{ManualSandbox(Pace::kInstant)};
};

TEST_F(RuleTest, HitsEveryStepThatItFitsAndCounts) {
  const FaultRule rule = Create(ErrorAt("score-risk"));
  EXPECT_EQ(Culprit(), rule.id);
  EXPECT_EQ(Culprit(), rule.id);
  EXPECT_EQ(world_.rules.at(0).count, (FaultCount{.seen = 2, .hits = 2}));
  EXPECT_EQ(world_.sandbox.fault_rules_enabled, 1);
}

TEST_F(RuleTest, FitsOnlyWhereEverythingThatIsSetFits) {
  const struct {
    const char* what;
    std::function<void(FaultMatch&)> match;
    bool fits;
  } cases[] = {
      {"its kind among others",
       [](FaultMatch& m) {
         m.kinds = {Kind::kRefund, Kind::kTip};
       },
       true},
      {"another kind", [](FaultMatch& m) { m.kinds = {Kind::kRefund}; }, false},
      {"its channel", [](FaultMatch& m) { m.channel = "ios"; }, true},
      {"another channel", [](FaultMatch& m) { m.channel = "web"; }, false},
      {"its payer", [](FaultMatch& m) { m.payer = "asha"; }, true},
      {"another payer", [](FaultMatch& m) { m.payer = "ravi"; }, false},
      {"its payee", [](FaultMatch& m) { m.payee = "ravi"; }, true},
      {"another payee", [](FaultMatch& m) { m.payee = "asha"; }, false},
      {"its label",
       [](FaultMatch& m) {
         m.label = {"city", "pune"};
       },
       true},
      {"its label with another value",
       [](FaultMatch& m) {
         m.label = {"city", "goa"};
       },
       false},
      {"a label it has not",
       [](FaultMatch& m) {
         m.label = {"state", "pune"};
       },
       false},
      {"its flow", [](FaultMatch& m) { m.flow = "food-delivery-tip"; }, true},
      {"another flow", [](FaultMatch& m) { m.flow = "card-purchase"; }, false},
      {"its amount as the least",
       [](FaultMatch& m) {
         m.amount = {"INR", 2550, 9000};
       },
       true},
      {"its amount as the most",
       [](FaultMatch& m) {
         m.amount = {"INR", 100, 2550};
       },
       true},
      {"a little more",
       [](FaultMatch& m) {
         m.amount = {"INR", 2551, 9000};
       },
       false},
      {"another currency",
       [](FaultMatch& m) {
         m.amount = {"JPY", 1, 500};
       },
       false},
      {"its attempt", [](FaultMatch& m) { m.attempt = 1; }, true},
      {"another attempt", [](FaultMatch& m) { m.attempt = 2; }, false},
  };
  InitiateTransaction command = Tip();
  command.channel = "ios";
  command.labels = {{"city", "pune"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    FaultRule rule = ErrorAt("score-risk", "r");
    c.match(rule.match);
    Create(rule);
    EXPECT_EQ(Culprit(command), c.fits ? "r" : "");
    EXPECT_EQ(world_.rules.at(0).count.seen, c.fits ? 1 : 0);
    ASSERT_TRUE(world_.Do(DeleteFaultRule{"r"}).ok());
  }
}

TEST_F(RuleTest, LimitsCountTheStepsThatFit) {
  const struct {
    const char* what;
    std::function<void(FaultRule&)> limit;
    std::vector<int> hit;  // of five transactions
    FaultCount count;
  } cases[] = {
      {"the first two", [](FaultRule& r) { r.first_n = 2; }, {1, 2}, {5, 2}},
      {"only the third", [](FaultRule& r) { r.nth = 3; }, {3}, {5, 1}},
      {"four hits", [](FaultRule& r) { r.max_hits = 4; }, {1, 2, 3, 4}, {5, 4}},
      {"switched off", [](FaultRule& r) { r.enabled = false; }, {}, {0, 0}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    FaultRule rule = ErrorAt("score-risk", "r");
    c.limit(rule);
    Create(rule);
    std::vector<int> hit;
    for (int i = 1; i <= 5; ++i) {
      if (Culprit() == "r") hit.push_back(i);
    }
    EXPECT_EQ(hit, c.hit);
    EXPECT_EQ(world_.rules.at(0).count, c.count);
    ASSERT_TRUE(world_.Do(DeleteFaultRule{"r"}).ok());
  }
}

TEST_F(RuleTest, ChanceIsKeyedByTransactionStepAttemptAndRule) {
  FaultRule rule = ErrorAt("score-risk", "r");
  rule.ppm = 300'000;
  Create(rule);
  int hits = 0;
  for (int i = 0; i < 1000; ++i) {
    InitiateTransaction command = Tip();
    command.draw_key = "k" + std::to_string(i);
    const bool hit = Culprit(command) == "r";
    EXPECT_EQ(hit, Draws(42, "key:" + command.draw_key).Chance(300'000, "score-risk", 1, "fault:r"));
    hits += hit;
  }
  EXPECT_NEAR(hits, 300, 73);  // five standard deviations
}

TEST_F(RuleTest, TheFirstInOrderOfCreationActsAndThoseAfterItDoNotSeeTheStep) {
  Create(ErrorAt("score-risk", "z-first"));
  Create(ErrorAt("score-risk", "a-second"));
  EXPECT_EQ(Culprit(), "z-first");
  EXPECT_EQ(world_.rules.at(1).count.seen, 0);
}

TEST_F(RuleTest, WhatTheRequestBringsGoesBeforeRulesAndWhatIsInjectedBeforeBoth) {
  World world(ManualSandbox(Pace::kPaced));
  ASSERT_TRUE(world.Do(CreateFaultRule{ErrorAt("score-risk", "r")}).ok());
  InitiateTransaction command = Tip();
  PlannedFault planned;
  planned.id = "inline:0";
  planned.fault.kind = FaultKind::kDatabaseError;
  planned.step = "score-risk";
  command.simulation.faults = {planned};
  const std::string id = world.Initiate(command).id;
  planned.fault.kind = FaultKind::kStepTimeout;
  ASSERT_TRUE(world.Do(InjectFailure{id, planned, "dev", ""}).ok());
  std::vector<std::string> culprits;
  for (int i = 0; i < 100 && !world.Get(id).IsOver(); ++i) {
    world.FireNext();
    const Record record = world.RecordsOf(id).back();
    if (record.failure) culprits.push_back(record.fault_rule_id);
  }
  EXPECT_THAT(culprits, ElementsAre("injected:1", "inline:0", "r"));
}

TEST_F(RuleTest, AnIdIsDrawnFromSeedAndNumber) {
  World same(ManualSandbox(Pace::kInstant)), other(ManualSandbox(Pace::kInstant, 43));
  const std::string first = Create(ErrorAt("")).id;
  const std::string second = Create(ErrorAt("")).id;
  EXPECT_NE(first, second);
  EXPECT_THAT(first, testing::StartsWith("fault-"));
  EXPECT_EQ(same.Do(CreateFaultRule{ErrorAt("")})->fault_rule->id, first);
  EXPECT_NE(other.Do(CreateFaultRule{ErrorAt("")})->fault_rule->id, first);
  // A number is never used again, and an id that somebody took is passed over.
  ASSERT_TRUE(world_.Do(DeleteFaultRule{second}).ok());
  EXPECT_NE(Create(ErrorAt("")).id, second);
  same.Do(CreateFaultRule{ErrorAt("", second)}).IgnoreError();
}

TEST_F(RuleTest, AnIdThatIsTakenIsPassedOver) {
  World same(ManualSandbox(Pace::kInstant));
  const std::string first = Create(ErrorAt("")).id;
  ASSERT_TRUE(same.Do(CreateFaultRule{ErrorAt("", NextRuleId(same.sandbox, {}))}).ok());
  EXPECT_EQ(same.rules.at(0).id, first);
  Sandbox as_new = same.sandbox;
  as_new.fault_rules_created = 0;
  EXPECT_NE(NextRuleId(as_new, same.rules), first);
}

TEST_F(RuleTest, ChangesAreInTheLogAndWhatIsNotSetStays) {
  FaultRule rule = ErrorAt("score-risk", "r");
  rule.ppm = 999'999;
  rule.max_hits = 7;
  Create(rule);
  UpdateFaultRule update;
  update.id = "r";
  update.enabled = false;
  const absl::StatusOr<Decision> off = world_.Do(update);
  ASSERT_TRUE(off.ok()) << off.status();
  EXPECT_EQ(off->fault_rule->ppm, 999'999);
  EXPECT_EQ(off->fault_rule->max_hits, 7);
  EXPECT_EQ(off->fault_rule->fault, rule.fault);
  EXPECT_EQ(off->records.at(0).type, RecordType::kFaultRuleUpdated);
  EXPECT_EQ(off->records.at(0).record_class, RecordClass::kObserved);
  EXPECT_THAT(off->records.at(0).detail, HasSubstr("r, STEP_ERROR, disabled"));
  EXPECT_EQ(world_.sandbox.fault_rules_enabled, 0);
  update.enabled = true;
  update.fault = Fault{.kind = FaultKind::kDatabaseError};
  update.match = FaultMatch{};
  ASSERT_TRUE(world_.Do(update).ok());
  EXPECT_EQ(world_.Initiate(Tip()).failure->step, "accept-payment");
  update.reset_counts = true;
  EXPECT_EQ(world_.Do(update)->fault_rule->count, FaultCount{});
  ASSERT_TRUE(world_.Do(DeleteFaultRule{"r"}).ok());
  EXPECT_EQ(world_.sandbox.fault_rules_enabled, 0);
  EXPECT_EQ(Reason(world_.Do(DeleteFaultRule{"r"})), "FAULT_RULE_NOT_FOUND");
  EXPECT_TRUE(world_.Do(DeleteFaultRule{"r", /*allow_missing=*/true}).ok());
  EXPECT_EQ(Reason(world_.Do(update)), "FAULT_RULE_NOT_FOUND");
}

TEST_F(RuleTest, ThatCanNeverMatchIsRefusedWithTheReason) {
  const struct {
    const char* field;
    const char* why;
    std::function<void(FaultRule&)> spoil;
  } cases[] = {
      {"rule.probability_ppm", "can never match", [](FaultRule& r) { r.ppm = 0; }},
      {"rule.probability_ppm", "must be", [](FaultRule& r) { r.ppm = kPpm + 1; }},
      {"rule.first_n", "must be", [](FaultRule& r) { r.first_n = -1; }},
      {"rule.nth", "cannot be given with first_n",
       [](FaultRule& r) {
         r.first_n = 1;
         r.nth = 2;
       }},
      {"rule.max_hits", "must be", [](FaultRule& r) { r.max_hits = -1; }},
      {"rule.match.attempt", "must be", [](FaultRule& r) { r.match.attempt = 1001; }},
      {"rule.match.step", "is a step of no flow here", [](FaultRule& r) { r.match.step = "fly"; }},
      {"rule.match.flow", "is no flow of this sandbox", [](FaultRule& r) { r.match.flow = "sky"; }},
      {"rule.match.step", "is no step of flow \"card-purchase\"",
       [](FaultRule& r) { r.match = {.flow = "card-purchase", .step = "capture-tip"}; }},
      {"rule.match.step", "is none that HOLD_EXPIRY can act on",
       [](FaultRule& r) {
         r.fault = {.kind = FaultKind::kHoldExpiry};
         r.match.step = "capture-tip";
       }},
      {"rule.fault.kind", "can act on no step of flow \"auction-bid-adjustment\"",
       [](FaultRule& r) {
         r.fault = {.kind = FaultKind::kWebhookMiss};
         r.match = {.flow = "auction-bid-adjustment"};
       }},
      {"rule.match.payee", "nobody pays themselves",
       [](FaultRule& r) { r.match.payer = r.match.payee = "asha"; }},
      {"rule.match.amount", "is empty",
       [](FaultRule& r) {
         r.match.amount = {"INR", 2, 1};
       }},
      {"rule.match.amount", "policy takes 100 to 50000",
       [](FaultRule& r) {
         r.match.amount = {"INR", 50'001, 60'000};
       }},
      {"rule.match.amount", "policy takes 100 to 50000",
       [](FaultRule& r) {
         r.match.amount = {"INR", 1, 99};
       }},
      {"rule.match.amount.currency_code", "ISO 4217",
       [](FaultRule& r) {
         r.match.amount = {"XXX", 1, 2};
       }},
  };
  for (const auto& c : cases) {
    FaultRule rule = ErrorAt("score-risk", "r");
    c.spoil(rule);
    const absl::Status status = world_.Do(CreateFaultRule{rule}).status();
    EXPECT_EQ(DetailsOf(status).field, c.field);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.why));
  }
  EXPECT_EQ(world_.sandbox.fault_rules_created, 0);
}

TEST_F(RuleTest, ThatAChangeOfPolicyMadeUselessCanStillBeSwitchedOff) {
  FaultRule rule = ErrorAt("score-risk", "r");
  rule.match.amount = {"INR", 40'000, 50'000};
  Create(rule);
  UpdateSandbox policy;
  policy.amount_limits = AmountLimits{1, 100};
  ASSERT_TRUE(world_.Do(policy).ok());
  UpdateFaultRule update;
  update.id = "r";
  update.enabled = false;
  EXPECT_TRUE(world_.Do(update).ok());
  update.enabled = true;
  EXPECT_EQ(DetailsOf(world_.Do(update).status()).field, "rule.match.amount");
}

TEST_F(RuleTest, AreAHundredAtMost) {
  for (int i = 0; i < kMaxFaultRules; ++i) Create(ErrorAt("score-risk"));
  EXPECT_EQ(Reason(world_.Do(CreateFaultRule{ErrorAt("score-risk")})), "LIMIT_REACHED");
  EXPECT_EQ(Reason(world_.Do(CreateFaultRule{ErrorAt("score-risk", world_.rules[7].id)})),
            "FAULT_RULE_EXISTS");
}

TEST_F(RuleTest, AStepUnderWayKeepsTheFaultItBeganWith) {
  World world(ManualSandbox(Pace::kPaced));
  ASSERT_TRUE(world.Do(CreateFaultRule{ErrorAt("accept-payment", "r")}).ok());
  const std::string id = world.Initiate(Tip()).id;
  ASSERT_TRUE(world.Do(DeleteFaultRule{"r"}).ok());
  world.FireNext();
  EXPECT_EQ(world.Get(id).failure->fault_rule_id, "r");
}

TEST_F(RuleTest, APreviewTellsWhatWouldHaveBeenHitAndChangesNothing) {
  std::vector<Transaction> transactions;
  for (int i = 0; i < 200; ++i) transactions.push_back(world_.Initiate(Tip()));
  FaultRule rule = ErrorAt("score-risk", "r");
  rule.ppm = 500'000;
  const std::vector<PreviewMatch> matches = Preview(rule, world_.sandbox.seed, FlowBook(), transactions);
  ASSERT_THAT(matches, SizeIs(200));
  // A world that begins like this one, with the rule.
  World ruled(ManualSandbox(Pace::kInstant));
  ASSERT_TRUE(ruled.Do(CreateFaultRule{rule}).ok());
  for (int i = 0; i < 200; ++i) {
    const Transaction& t = ruled.Initiate(Tip());
    EXPECT_EQ(matches[i].transaction_id, t.id);
    EXPECT_EQ(matches[i].step, "score-risk");
    EXPECT_EQ(matches[i].hit, t.failure.has_value()) << i;
  }
  rule.nth = 3;
  rule.ppm = kPpm;
  std::vector<size_t> hit;
  const auto third = Preview(rule, world_.sandbox.seed, FlowBook(), transactions);
  for (size_t i = 0; i < third.size(); ++i) {
    if (third[i].hit) hit.push_back(i);
  }
  EXPECT_THAT(hit, ElementsAre(2));
}

TEST_F(RuleTest, APreviewSeesNoStepAfterTheOneAtWhichTheRuleEndsTheAttempt) {
  const struct {
    Fault fault;
    std::vector<std::string> steps;
  } cases[] = {
      {{.kind = FaultKind::kStepError}, {"accept-payment"}},
      {{.kind = FaultKind::kTimeoutAfterCommit}, {"accept-payment"}},
      {{.kind = FaultKind::kLedgerRejection}, {"hold-funds"}},
      {{.kind = FaultKind::kAddedLatency, .duration = absl::Hours(1)}, {"accept-payment"}},
      {{.kind = FaultKind::kHoldExpiry}, {"hold-funds"}},
      {{.kind = FaultKind::kDuplicateCallback},
       {"accept-payment", "score-risk", "authorize-upi", "hold-funds", "capture-tip", "notify-courier"}},
  };
  const Transaction tip = world_.Initiate(Tip());
  for (const auto& c : cases) {
    FaultRule rule = ErrorAt("", "r");
    rule.fault = c.fault;
    // A world that begins like this one, with the rule.
    World ruled(ManualSandbox(Pace::kInstant));
    ASSERT_TRUE(ruled.Do(CreateFaultRule{rule}).ok()) << Name(c.fault.kind);
    ruled.Initiate(Tip());
    const auto matches = Preview(rule, world_.sandbox.seed, FlowBook(), {tip});
    std::vector<std::string> steps;
    for (const PreviewMatch& match : matches) steps.push_back(match.step);
    EXPECT_EQ(steps, c.steps) << Name(c.fault.kind);
    EXPECT_EQ(static_cast<int64_t>(matches.size()), ruled.rules.at(0).count.seen) << Name(c.fault.kind);
  }
}

TEST_F(RuleTest, APreviewCountsWhatTheRuleWouldHaveSeen) {
  FaultRule rule = ErrorAt("", "r");
  rule.ppm = 300'000;
  std::vector<Transaction> transactions;
  for (int i = 0; i < 100; ++i) transactions.push_back(world_.Initiate(Tip()));
  World ruled(ManualSandbox(Pace::kInstant));
  ASSERT_TRUE(ruled.Do(CreateFaultRule{rule}).ok());
  for (int i = 0; i < 100; ++i) ruled.Initiate(Tip());
  const auto matches = Preview(rule, world_.sandbox.seed, FlowBook(), transactions);
  const auto hits = std::count_if(matches.begin(), matches.end(), [](auto& m) { return m.hit; });
  EXPECT_EQ(static_cast<int64_t>(matches.size()), ruled.rules.at(0).count.seen);
  EXPECT_EQ(hits, ruled.rules.at(0).count.hits);
}

TEST(ResetSandbox, RemovesRulesFlowsAndTheirCounts) {
  World world(ManualSandbox(Pace::kInstant));
  ASSERT_TRUE(world.Do(CreateFaultRule{ErrorAt("")}).ok());
  ASSERT_TRUE(world.Do(ResetSandbox{.world = 2}).ok());
  EXPECT_EQ(world.sandbox.fault_rules_created, 0);
  EXPECT_EQ(world.sandbox.fault_rules_enabled, 0);
  EXPECT_EQ(world.sandbox.flow_count, 0);
}

}  // namespace
}  // namespace tracktrove::domain
