// Faults over the wire: rules, dry runs, injections. What each kind does is in
// tests/e2e/faults_test.cc.
#include <gmock/gmock.h>

#include <functional>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Faults : public ::testing::TestWithParam<Database> {
 protected:
  void SetUp() override { Create("s", v1::Sandbox::INSTANT); }

  void Create(const std::string& sandbox, v1::Sandbox::Pace pace) {
    const auto created = client_.CreateSandbox(ManualSandbox(sandbox, pace));
    ASSERT_TRUE(created.ok()) << created.status();
  }

  v1::FaultRule CreateRule(v1::Fault::Kind kind, const std::function<void(v1::FaultRule&)>& fill = {}) {
    v1::CreateFaultRuleRequest request;
    request.set_sandbox("s");
    request.mutable_rule()->mutable_fault()->set_kind(kind);
    if (fill) fill(*request.mutable_rule());
    const auto rule = client_.CreateFaultRule(request);
    EXPECT_TRUE(rule.ok()) << rule.status();
    return rule.value_or(v1::FaultRule());
  }

  v1::Transaction Initiate(const v1::InitiateTransactionRequest& request) {
    const auto transaction = client_.InitiateTransaction(request);
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return transaction.value_or(v1::Transaction());
  }

  void Advance(const std::string& sandbox, int64_t seconds) {
    v1::AdvanceClockRequest request;
    request.set_sandbox(sandbox);
    request.mutable_by()->set_seconds(seconds);
    const auto moved = client_.AdvanceClock(request);
    ASSERT_TRUE(moved.ok()) << moved.status();
  }

  void AdvanceToNextEvent(const std::string& sandbox) {
    v1::AdvanceClockRequest request;
    request.set_sandbox(sandbox);
    request.set_to_next_event(true);
    const auto moved = client_.AdvanceClock(request);
    ASSERT_TRUE(moved.ok()) << moved.status();
  }

  template <typename Request>
  static Request About(const std::string& sandbox, const std::string& id) {
    Request request;
    request.set_sandbox(sandbox);
    request.set_transaction(id);
    return request;
  }

  v1::Transaction Get(const std::string& sandbox, const std::string& id) {
    const auto transaction = client_.GetTransaction(About<v1::GetTransactionRequest>(sandbox, id));
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return transaction.value_or(v1::Transaction());
  }

  v1::ExplainTransactionResponse Explain(const std::string& sandbox, const std::string& id) {
    const auto answer = client_.ExplainTransaction(About<v1::ExplainTransactionRequest>(sandbox, id));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::ExplainTransactionResponse());
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Faults);

TEST_P(Faults, AFailureByARuleNamesTheRuleEverywhere) {
  const v1::FaultRule rule = CreateRule(v1::Fault::STEP_ERROR, [](v1::FaultRule& r) {
    r.mutable_fault()->set_code("SOLAR_FLARE");
    r.mutable_match()->set_step("score-risk");
  });
  v1::WatchTransactionsRequest watch;
  watch.set_sandbox("s");
  watch.set_resume_after(0);
  const v1::Transaction failed = Initiate(Tip("s"));
  EXPECT_EQ(failed.failure().code(), "SOLAR_FLARE");
  EXPECT_EQ(failed.failure().fault_rule_id(), rule.id());
  EXPECT_EQ(Get("s", failed.id()).failure().fault_rule_id(), rule.id()) << "as stored";
  auto stream = client_.WatchTransactions(watch);
  ASSERT_TRUE(stream.ok()) << stream.status();
  for (int i = 0; i < 2; ++i) {
    const auto next = (*stream)->Next();
    ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
    if ((*next)->to_state() != v1::Transaction::FAILED) continue;
    EXPECT_EQ((*next)->failure().fault_rule_id(), rule.id());
  }
}

TEST_P(Faults, RulesAreListedReadChangedAndRemoved) {
  v1::CreateFaultRuleRequest create;
  create.set_sandbox("s");
  create.set_request_id("once");
  create.set_fault_rule_id("slow-risk");
  v1::FaultRule& rule = *create.mutable_rule();
  rule.mutable_fault()->set_kind(v1::Fault::ADDED_LATENCY);
  rule.mutable_fault()->mutable_duration()->set_seconds(2);
  v1::FaultMatch& match = *rule.mutable_match();
  match.add_kinds(v1::Transaction::TIP);
  match.set_channel("ios");
  match.set_payer("asha");
  match.set_payee("ravi");
  match.set_label("city:pune");
  match.set_flow("food-delivery-tip");
  match.set_step("score-risk");
  match.mutable_amount()->set_currency_code("INR");
  match.mutable_amount()->set_min_minor_units(100);
  match.mutable_amount()->set_max_minor_units(9000);
  match.set_attempt(1);
  rule.set_probability_ppm(250'000);
  rule.set_first_n(3);
  rule.set_max_hits(2);
  const auto created = client_.CreateFaultRule(create);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->id(), "slow-risk");
  EXPECT_TRUE(created->enabled());
  EXPECT_EQ(created->match().DebugString(), match.DebugString());
  EXPECT_EQ(client_.CreateFaultRule(create)->DebugString(), created->DebugString()) << "a repeat";
  create.set_request_id("twice");
  EXPECT_EQ(ReasonOf(client_.CreateFaultRule(create).status()), "FAULT_RULE_EXISTS");

  v1::UpdateFaultRuleRequest update;
  update.set_sandbox("s");
  update.set_fault_rule("slow-risk");
  update.mutable_rule()->set_enabled(false);
  update.mutable_rule()->set_first_n(0);
  update.mutable_rule()->set_nth(4);
  const auto updated = client_.UpdateFaultRule(update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_FALSE(updated->enabled());
  EXPECT_EQ(updated->nth(), 4);
  EXPECT_EQ(updated->first_n(), 0);
  EXPECT_EQ(updated->max_hits(), 2) << "what is not set stays";

  CreateRule(v1::Fault::DATABASE_ERROR);
  app_.Restart();
  const Client client = app_.client();
  v1::ListFaultRulesRequest list;
  list.set_sandbox("s");
  list.set_page_size(1);
  std::vector<v1::Fault::Kind> kinds;
  for (const auto& each : client.ListFaultRules(list)) {
    ASSERT_TRUE(each.ok()) << each.status();
    kinds.push_back(each->fault().kind());
  }
  EXPECT_THAT(kinds, ElementsAre(v1::Fault::ADDED_LATENCY, v1::Fault::DATABASE_ERROR));

  v1::DeleteFaultRuleRequest remove;
  remove.set_sandbox("s");
  remove.set_fault_rule("slow-risk");
  EXPECT_TRUE(client.DeleteFaultRule(remove).ok());
  EXPECT_EQ(ReasonOf(client.DeleteFaultRule(remove)), "FAULT_RULE_NOT_FOUND");
  remove.set_allow_missing(true);
  EXPECT_TRUE(client.DeleteFaultRule(remove).ok());
  v1::GetFaultRuleRequest get;
  get.set_sandbox("s");
  get.set_fault_rule("slow-risk");
  EXPECT_EQ(ReasonOf(client.GetFaultRule(get).status()), "FAULT_RULE_NOT_FOUND");
}

TEST_P(Faults, CountsGoOnAfterARestart) {
  const v1::FaultRule rule = CreateRule(v1::Fault::STEP_ERROR, [](v1::FaultRule& r) {
    r.mutable_match()->set_step("score-risk");
    r.set_nth(2);
  });
  EXPECT_EQ(Initiate(Tip("s")).state(), v1::Transaction::COMPLETED);
  app_.Restart();
  client_ = app_.client();
  EXPECT_EQ(Initiate(Tip("s")).failure().fault_rule_id(), rule.id());
  EXPECT_EQ(Initiate(Tip("s")).state(), v1::Transaction::COMPLETED);
}

TEST_P(Faults, EqualRunsGiveEqualRulesAndRecords) {
  const auto run = [&] {
    CreateRule(v1::Fault::STEP_ERROR, [](v1::FaultRule& r) { r.set_probability_ppm(200'000); });
    for (int i = 0; i < 20; ++i) {
      v1::InitiateTransactionRequest request = Tip("s");
      request.set_draw_key("k" + std::to_string(i));
      Initiate(request);
    }
    Advance("s", 600);
    return DecidedRecords(client_, "s");
  };
  const std::vector<std::string> first = run();
  v1::ResetSandboxRequest reset;
  reset.set_sandbox("s");
  ASSERT_TRUE(client_.ResetSandbox(reset).ok());
  EXPECT_EQ(run(), first);
  EXPECT_THAT(first, Contains(HasSubstr("fault_rule_id: \"fault-")));
}

TEST_P(Faults, APreviewChangesNothing) {
  for (int i = 0; i < 10; ++i) Initiate(Tip("s"));
  v1::GetSandboxRequest get;
  get.set_sandbox("s");
  const auto before = client_.GetSandbox(get);
  v1::PreviewFaultRuleRequest request;
  request.set_sandbox("s");
  request.mutable_rule()->mutable_fault()->set_kind(v1::Fault::DATABASE_ERROR);
  request.mutable_rule()->mutable_match()->set_step("score-risk");
  request.mutable_rule()->set_first_n(2);
  request.set_transactions(5);
  const auto preview = client_.PreviewFaultRule(request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->transactions(), 5);
  EXPECT_EQ(preview->seen(), 5);
  EXPECT_EQ(preview->hits(), 2);
  ASSERT_THAT(preview->matches(), SizeIs(5));
  EXPECT_TRUE(preview->matches(1).hit());
  EXPECT_FALSE(preview->matches(2).hit());
  EXPECT_EQ(client_.GetSandbox(get)->head_sequence(), before->head_sequence());
  request.mutable_rule()->mutable_match()->set_step("fly");
  EXPECT_EQ(GetFieldViolations(client_.PreviewFaultRule(request).status()).at(0).field, "rule.match.step");
}

TEST_P(Faults, AnOperatorInjectsAndForces) {
  Create("p", v1::Sandbox::PACED);
  const std::string id = Initiate(Tip("p")).id();
  auto inject = About<v1::InjectFailureRequest>("p", id);
  inject.mutable_fault()->set_kind(v1::Fault::DATABASE_ERROR);
  inject.set_actor("dev");
  inject.set_reason("to see it fail");
  inject.set_request_id("i-1");
  const auto injected = client_.InjectFailure(inject);
  ASSERT_TRUE(injected.ok()) << injected.status();
  EXPECT_EQ(client_.InjectFailure(inject)->sequence(), injected->sequence()) << "a repeat";
  AdvanceToNextEvent("p");
  EXPECT_EQ(Get("p", id).failure().code(), "DATABASE_ERROR");
  EXPECT_THAT(Explain("p", id).causes(0).sentence(),
              "The operator dev injected a fault, DATABASE_ERROR: to see it fail.");
  v1::CancelTransactionRequest cancel = About<v1::CancelTransactionRequest>("p", id);
  ASSERT_TRUE(client_.CancelTransaction(cancel).ok());
  inject.set_request_id("i-2");
  EXPECT_EQ(ReasonOf(client_.InjectFailure(inject).status()), "STATE_FORBIDS");

  auto retry = About<v1::ForceRetryRequest>("p", id);
  retry.set_actor("dev");
  EXPECT_EQ(GetFieldViolations(client_.ForceRetry(retry).status()).at(0).field, "reason");
  retry.set_reason("after all");
  const auto forced = client_.ForceRetry(retry);
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->state(), v1::Transaction::INITIATED);
  EXPECT_EQ(forced->step(), "accept-payment");
  Advance("p", 60);
  EXPECT_EQ(Get("p", id).state(), v1::Transaction::COMPLETED);
  ExpectSound(client_, "p");
}

struct BadRule {
  const char* what;
  const char* field;
  std::function<void(v1::CreateFaultRuleRequest&)> spoil;
};

TEST_P(Faults, ABadRuleIsRefusedNamingTheFieldAndNothingIsWritten) {
  using R = v1::CreateFaultRuleRequest;
  const BadRule cases[] = {
      {"no rule", "rule", [](R& r) { r.clear_rule(); }},
      {"no kind", "rule.fault.kind", [](R& r) { r.mutable_rule()->clear_fault(); }},
      {"an unknown kind", "rule.fault.kind",
       [](R& r) { r.mutable_rule()->mutable_fault()->set_kind(static_cast<v1::Fault::Kind>(99)); }},
      {"an id with a slash", "fault_rule_id", [](R& r) { r.set_fault_rule_id("a/b"); }},
      {"a code with a line end", "rule.fault.code",
       [](R& r) { r.mutable_rule()->mutable_fault()->set_code("a\n"); }},
      {"a negative duration", "rule.fault.duration",
       [](R& r) { r.mutable_rule()->mutable_fault()->mutable_duration()->set_seconds(-1); }},
      {"a part of an error", "rule.fault.capture_ppm",
       [](R& r) { r.mutable_rule()->mutable_fault()->set_capture_ppm(5); }},
      {"an unknown transaction kind", "rule.match.kinds",
       [](R& r) { r.mutable_rule()->mutable_match()->add_kinds(static_cast<v1::Transaction::Kind>(9)); }},
      {"a label without a value", "rule.match.label",
       [](R& r) { r.mutable_rule()->mutable_match()->set_label("city"); }},
      {"a payer with a control character", "rule.match.payer",
       [](R& r) { r.mutable_rule()->mutable_match()->set_payer("\x01"); }},
      {"no chance", "rule.probability_ppm", [](R& r) { r.mutable_rule()->set_probability_ppm(0); }},
      {"a step of no flow", "rule.match.step",
       [](R& r) { r.mutable_rule()->mutable_match()->set_step("fly"); }},
  };
  v1::GetSandboxRequest get;
  get.set_sandbox("s");
  const auto before = client_.GetSandbox(get);
  for (const BadRule& c : cases) {
    SCOPED_TRACE(c.what);
    R request;
    request.set_sandbox("s");
    request.mutable_rule()->mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
    c.spoil(request);
    const absl::Status status = client_.CreateFaultRule(request).status();
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
    const auto violations = GetFieldViolations(status);
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, c.field) << violations[0].description;
  }
  EXPECT_EQ(client_.GetSandbox(get)->head_sequence(), before->head_sequence());
}

TEST_P(Faults, AnInlineFaultIsCheckedWithItsPlace) {
  v1::InitiateTransactionRequest request = Tip("s");
  request.mutable_simulation()->add_faults()->mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
  v1::PlannedFault& second = *request.mutable_simulation()->add_faults();
  second.mutable_fault()->set_kind(v1::Fault::WEBHOOK_MISS);
  second.set_step("score-risk");
  EXPECT_EQ(GetFieldViolations(client_.InitiateTransaction(request).status()).at(0).field,
            "simulation.faults[1].step");
  second.set_step("notify-courier");
  const v1::Transaction failed = Initiate(request);
  EXPECT_EQ(failed.failure().fault_rule_id(), "inline:0");
  const absl::Status unknown = client_
                                   .ExplainTransaction(About<v1::ExplainTransactionRequest>(
                                       "s", "01a207f5-6931-7104-ba29-f17db55372f3"))
                                   .status();
  EXPECT_EQ(ReasonOf(unknown), "TRANSACTION_NOT_FOUND");
}

}  // namespace
}  // namespace tracktrove::testing
