// Disputes, overrides, statistics and checks by ranges as a client sees them, and
// what is refused of these and of settlement.
#include <gmock/gmock.h>

#include "tests/api/money.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Dispute : public MoneyTest {};

TRACKTROVE_ON_EVERY_DATABASE(Dispute);

TEST_P(Dispute, ADisputeIsOpenedAnsweredAndWon) {
  Create();
  const v1::Transaction tip = Initiate();
  auto open = About<v1::OpenDisputeRequest>(tip.id());
  open.set_request_id("d-1");
  open.set_reason(v1::Dispute::NOT_RECEIVED);
  open.set_text("nobody came");
  open.mutable_amount()->set_currency_code("INR");
  open.mutable_amount()->set_minor_units(1000);
  const auto dispute = client_.OpenDispute(open);
  ASSERT_TRUE(dispute.ok()) << dispute.status();
  EXPECT_EQ(dispute->state(), v1::Dispute::OPEN);
  EXPECT_EQ(dispute->deadline().seconds(), kFriday1430 + 7 * 86400);
  EXPECT_EQ(client_.OpenDispute(open)->SerializeAsString(), dispute->SerializeAsString());
  EXPECT_EQ(Get(tip.id()).disputed_amount().minor_units(), 1000);
  EXPECT_EQ(Get(tip.id()).open_dispute(), dispute->id());
  open.set_request_id("d-2");
  EXPECT_EQ(ReasonOf(client_.OpenDispute(open).status()), "DISPUTE_OPEN");

  AdvanceTo(kMonday1800);
  EXPECT_EQ(Get(tip.id()).settled_amount().minor_units(), 1499);
  v1::ResolveDisputeRequest resolve;
  resolve.set_sandbox("s");
  resolve.set_dispute(dispute->id());
  resolve.set_outcome(v1::Dispute::WON);
  EXPECT_EQ(ReasonOf(client_.ResolveDispute(resolve).status()), "EVIDENCE_REQUIRED");

  v1::SubmitEvidenceRequest submit;
  submit.set_sandbox("s");
  submit.set_dispute(dispute->id());
  v1::Evidence& evidence = *submit.add_evidence();
  evidence.set_title("receipt");
  (*evidence.mutable_document()->mutable_fields())["signed"].set_bool_value(true);
  const auto review = client_.SubmitEvidence(submit);
  ASSERT_TRUE(review.ok()) << review.status();
  EXPECT_EQ(review->state(), v1::Dispute::UNDER_REVIEW);
  EXPECT_TRUE(review->evidence(0).document().fields().at("signed").bool_value());
  EXPECT_EQ(review->evidence(0).time().seconds(), kMonday1800);

  const auto won = client_.ResolveDispute(resolve);
  ASSERT_TRUE(won.ok()) << won.status();
  EXPECT_EQ(won->state(), v1::Dispute::WON);
  v1::GetDisputeRequest get;
  get.set_sandbox("s");
  get.set_dispute(dispute->id());
  EXPECT_EQ(client_.GetDispute(get)->SerializeAsString(), won->SerializeAsString());
  AdvanceTo(kMonday1800 + 86400);
  EXPECT_EQ(Get(tip.id()).settled_amount().minor_units(), 2499);
  ExpectPaidAsPosted("2026-01-05");
  ExpectSound(client_, "s");
}

TEST_P(Dispute, ADisputeThatNobodyAnswersIsLostAtItsDeadline) {
  Create();
  const v1::Transaction tip = Initiate();
  auto open = About<v1::OpenDisputeRequest>(tip.id());
  open.set_reason(v1::Dispute::FRAUDULENT);
  ASSERT_TRUE(client_.OpenDispute(open).ok());
  AdvanceTo(kFriday1430 + 7 * 86400 - 1);
  EXPECT_EQ(Get(tip.id()).state(), v1::Transaction::COMPLETED);
  app_.Restart();
  client_ = app_.client();
  EXPECT_EQ(AdvanceTo(kFriday1430 + 7 * 86400).fired_counts().at("DISPUTE_DEADLINE"), 1);
  EXPECT_EQ(Get(tip.id()).state(), v1::Transaction::REFUNDED);
  v1::ListDisputesRequest list;
  list.set_sandbox("s");
  list.set_transaction(tip.id());
  list.set_state(v1::Dispute::LOST);
  int lost = 0;
  for (auto& dispute : client_.ListDisputes(list)) {
    ASSERT_TRUE(dispute.ok()) << dispute.status();
    EXPECT_EQ(dispute->resolution(), "the deadline passed");
    ++lost;
  }
  EXPECT_EQ(lost, 1);
  ExpectSound(client_, "s");
}

// In one instant, so that their ids say nothing about the order.
TEST_P(Dispute, DisputesAreListedPageByPageTheOneOpenedLastFirst) {
  Create();
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    auto open = About<v1::OpenDisputeRequest>(Initiate().id());
    open.set_reason(v1::Dispute::OTHER);
    const auto dispute = client_.OpenDispute(open);
    ASSERT_TRUE(dispute.ok()) << dispute.status();
    EXPECT_EQ(dispute->sequence(), TraceOf(client_, "s", open.transaction()).back().sequence());
    expected.insert(expected.begin(), dispute->id());
  }
  v1::ListDisputesRequest list;
  list.set_sandbox("s");
  list.set_page_size(2);
  std::vector<std::string> ids;
  for (auto& dispute : client_.ListDisputes(list)) ids.push_back(dispute->id());
  EXPECT_EQ(ids, expected);
}

TEST_P(Dispute, AnOperatorPutsATransactionAnywhereAndTheBooksStayWhole) {
  Create();
  const v1::Transaction tip = Initiate();
  using T = v1::Transaction;
  for (const auto state :
       {T::SETTLED, T::FAILED, T::ESCROW, T::REFUNDED, T::COMPLETED, T::REFUNDED, T::SETTLED, T::REFUNDED}) {
    const auto moved = client_.OverrideState(Override(tip.id(), state));
    ASSERT_TRUE(moved.ok()) << T::State_Name(state) << moved.status();
    EXPECT_EQ(moved->state(), state);
    ExpectSound(client_, "s");
  }
  EXPECT_EQ(ReasonOf(client_.OverrideState(Override(tip.id(), T::REFUNDED)).status()), "STATE_FORBIDS");
  const std::vector<v1::TraceRecord> trace = TraceOf(client_, "s", tip.id());
  EXPECT_EQ(trace.back().type(), v1::TraceRecord::STATE_OVERRIDDEN);
  EXPECT_EQ(trace.back().class_(), v1::TraceRecord::OBSERVED);
  EXPECT_EQ(trace.back().actor(), "operator:meera");
  EXPECT_EQ(trace.back().detail(), "ticket 7");
  AdvanceTo(kMonday1800 + 7 * 86400);
  ExpectSound(client_, "s");
}

TEST_P(Dispute, StatisticsCountWhatHappenedInTheWindow) {
  Create();
  Initiate();
  v1::InitiateTransactionRequest doomed = Tip("s");
  doomed.set_kind(v1::Transaction::PURCHASE);
  doomed.mutable_simulation()->set_fail_at_step("authorize-card");
  ASSERT_TRUE(client_.InitiateTransaction(doomed).ok());
  AdvanceTo(kFriday1430 + 5 * 3600);
  Initiate();
  v1::GetStatisticsRequest request;
  request.set_sandbox("s");
  const auto counts = [](const auto& list) {
    std::map<std::string, int64_t> by_name;
    for (const auto& count : list) by_name[count.name()] = count.count();
    return by_name;
  };
  auto statistics = client_.GetStatistics(request);
  ASSERT_TRUE(statistics.ok()) << statistics.status();
  EXPECT_EQ(
      counts(statistics->by_state()),
      (std::map<std::string, int64_t>{{"INITIATED", 3}, {"ESCROW", 2}, {"COMPLETED", 2}, {"FAILED", 1}}));
  EXPECT_EQ(counts(statistics->by_kind()), (std::map<std::string, int64_t>{{"TIP", 2}, {"PURCHASE", 1}}));
  EXPECT_THAT(statistics->by_failure_code(), SizeIs(1));
  EXPECT_NEAR(statistics->completion_rate(), 2.0 / 3, 1e-9);
  EXPECT_EQ(statistics->to_time().seconds(), kFriday1430 + 5 * 3600);
  EXPECT_EQ(statistics->from_time().seconds(), kFriday1430 - 19 * 3600);

  request.mutable_window()->set_seconds(3600);
  statistics = client_.GetStatistics(request);
  ASSERT_TRUE(statistics.ok());
  EXPECT_EQ(counts(statistics->by_kind()), (std::map<std::string, int64_t>{{"TIP", 1}}));
  EXPECT_DOUBLE_EQ(statistics->by_kind(0).per_hour(), 1);

  AdvanceTo(kFriday1430 + 40 * 86400);
  Initiate();
  request.mutable_window()->set_seconds(31 * 86400);
  EXPECT_EQ(counts(client_.GetStatistics(request)->by_kind()), (std::map<std::string, int64_t>{{"TIP", 1}}));
}

TEST_P(Dispute, TrailAndLedgerAreCheckedByRanges) {
  Create();
  for (int i = 0; i < 4; ++i) Initiate();
  v1::VerifyTrailRequest verify;
  verify.set_sandbox("s");
  verify.set_after_sequence(3);
  verify.set_until_sequence(10);
  verify.set_page_size(2);
  const auto trail = client_.VerifyTrail(verify);
  ASSERT_TRUE(trail.ok()) << trail.status();
  EXPECT_TRUE(trail->ok() && trail->complete());
  EXPECT_EQ(trail->checked_records(), 7);
  EXPECT_EQ(trail->last_sequence(), 10);
  verify.set_until_sequence(2);
  EXPECT_EQ(ReasonOf(client_.VerifyTrail(verify).status()), "BAD_REQUEST");

  v1::CheckLedgerRequest check;
  check.set_sandbox("s");
  check.set_from_ordinal(2);
  check.set_until_ordinal(3);
  check.set_page_size(1);
  const auto ledger = client_.CheckLedger(check);
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_TRUE(ledger->ok());
  EXPECT_EQ(ledger->checked_transactions(), 2);
  EXPECT_EQ(ledger->bad_transaction(), "");
  check.set_until_ordinal(1);
  EXPECT_EQ(ReasonOf(client_.CheckLedger(check).status()), "BAD_REQUEST");
}

TEST_P(Dispute, BadShapesAreRefusedNamingTheField) {
  Create();
  const auto field_of = [](const absl::Status& status) {
    const auto violations = GetFieldViolations(status);
    return violations.empty() ? std::string(status.message()) : violations.front().field;
  };
  const struct {
    const char* field;
    std::function<void(v1::Policy&)> spoil;
  } policies[] = {
      {"policy.settlement.cut_off", [](auto& p) { p.mutable_settlement()->set_cut_off("24:00"); }},
      {"policy.settlement.cut_off", [](auto& p) { p.mutable_settlement()->set_cut_off("6:00"); }},
      {"policy.settlement.cut_off", [](auto& p) { p.mutable_settlement()->set_cut_off("+6:00"); }},
      {"policy.settlement.time_zone", [](auto& p) { p.mutable_settlement()->set_time_zone("Mars/Olympus"); }},
      {"policy.settlement.time_zone",
       [](auto& p) { p.mutable_settlement()->set_time_zone("../../etc/passwd"); }},
      {"policy.settlement.time_zone", [](auto& p) { p.mutable_settlement()->set_time_zone("localtime"); }},
      {"policy.settlement.time_zone", [](auto& p) { p.mutable_settlement()->set_time_zone("libc:UTC"); }},
      {"policy.settlement.business_days", [](auto& p) { p.mutable_settlement()->set_business_days(11); }},
      {"policy.settlement.business_days", [](auto& p) { p.mutable_settlement()->set_business_days(-1); }},
      {"policy.settlement.weekend.days",
       [](auto& p) {
         for (int day = 1; day <= 7; ++day) {
           p.mutable_settlement()->mutable_weekend()->add_days(
               static_cast<v1::Policy::Settlement::Weekday>(day));
         }
       }},
      {"policy.settlement.weekend.days",
       [](auto& p) {
         p.mutable_settlement()->mutable_weekend()->add_days(v1::Policy::Settlement::MONDAY);
         p.mutable_settlement()->mutable_weekend()->add_days(v1::Policy::Settlement::MONDAY);
       }},
      {"policy.settlement.weekend.days",
       [](auto& p) {
         p.mutable_settlement()->mutable_weekend()->add_days(v1::Policy::Settlement::WEEKDAY_UNSPECIFIED);
       }},
      {"policy.settlement.holidays", [](auto& p) { p.mutable_settlement()->add_holidays("2026-02-30"); }},
      {"policy.settlement.holidays", [](auto& p) { p.mutable_settlement()->add_holidays("26 January"); }},
      {"policy.settlement.holidays",
       [](auto& p) {
         for (int i = 0; i < 401; ++i) p.mutable_settlement()->add_holidays("2026-01-26");
       }},
      {"policy.dispute_deadline", [](auto& p) { p.mutable_dispute_deadline()->set_seconds(0); }},
      {"policy.dispute_deadline", [](auto& p) { p.mutable_dispute_deadline()->set_seconds(90 * 86400 + 1); }},
  };
  for (const auto& c : policies) {
    v1::UpdateSandboxRequest update;
    update.set_sandbox("s");
    c.spoil(*update.mutable_policy());
    EXPECT_EQ(field_of(client_.UpdateSandbox(update).status()), c.field) << update.ShortDebugString();
  }

  const std::string id = Initiate().id();
  auto open = About<v1::OpenDisputeRequest>(id);
  EXPECT_EQ(field_of(client_.OpenDispute(open).status()), "reason");
  open.set_reason(v1::Dispute::OTHER);
  open.set_text(std::string(1001, 'x'));
  EXPECT_EQ(field_of(client_.OpenDispute(open).status()), "text");
  open.clear_text();
  open.set_transaction("x");
  EXPECT_EQ(field_of(client_.OpenDispute(open).status()), "transaction");

  v1::SubmitEvidenceRequest submit;
  submit.set_sandbox("s");
  submit.set_dispute("x");
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "dispute");
  submit.set_dispute(id);
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "evidence");
  submit.add_evidence();
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "evidence[0].title");
  submit.mutable_evidence(0)->set_title("t");
  submit.mutable_evidence(0)->set_text(std::string(4097, 'x'));
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "evidence[0].text");
  submit.mutable_evidence(0)->clear_text();
  (*submit.mutable_evidence(0)->mutable_document()->mutable_fields())["big"].set_string_value(
      std::string(16 << 10, 'x'));
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "evidence[0].document");
  submit.mutable_evidence(0)->clear_document();
  EXPECT_EQ(ReasonOf(client_.SubmitEvidence(submit).status()), "DISPUTE_NOT_FOUND");
  for (int i = 0; i < 20; ++i) submit.add_evidence()->set_title("t");
  EXPECT_EQ(field_of(client_.SubmitEvidence(submit).status()), "evidence");

  v1::ResolveDisputeRequest resolve;
  resolve.set_sandbox("s");
  resolve.set_dispute(id);
  resolve.set_outcome(v1::Dispute::OPEN);
  EXPECT_EQ(field_of(client_.ResolveDispute(resolve).status()), "outcome");

  v1::OverrideStateRequest move = Override(id, v1::Transaction::FAILED);
  move.clear_reason();
  EXPECT_EQ(field_of(client_.OverrideState(move).status()), "reason");
  move = Override(id, v1::Transaction::FAILED);
  move.clear_actor();
  EXPECT_EQ(field_of(client_.OverrideState(move).status()), "actor");
  EXPECT_EQ(field_of(client_.OverrideState(Override(id, v1::Transaction::STATE_UNSPECIFIED)).status()),
            "state");

  v1::GetStatisticsRequest statistics;
  statistics.set_sandbox("s");
  statistics.mutable_window()->set_seconds(3599);
  EXPECT_EQ(field_of(client_.GetStatistics(statistics).status()), "window");
}

}  // namespace
}  // namespace tracktrove::testing
