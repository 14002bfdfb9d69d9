// Settlement, disputes, overrides and statistics as a client sees them.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <thread>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// 2026-01-02 14:30 in Kolkata, a Friday, and what follows from that.
constexpr int64_t kFriday1430 = 1767344400;
constexpr int64_t kMonday1800 = kFriday1430 + 3 * 86400 + 12'600;

class Money : public ::testing::TestWithParam<Database> {
 protected:
  void Create(v1::Sandbox::Pace pace = v1::Sandbox::INSTANT) {
    const auto sandbox = client_.CreateSandbox(ManualSandbox("s", pace));
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  }
  v1::Transaction Initiate(const std::string& payee = "ravi") {
    v1::InitiateTransactionRequest request = Tip("s");
    request.set_payee(payee);
    const auto answer = client_.InitiateTransaction(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::Transaction());
  }
  v1::AdvanceClockResponse AdvanceTo(int64_t seconds) {
    v1::AdvanceClockRequest request;
    request.set_sandbox("s");
    request.mutable_to()->set_seconds(seconds);
    const auto answer = client_.AdvanceClock(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::AdvanceClockResponse());
  }
  v1::Transaction Get(const std::string& id) {
    const auto answer = client_.GetTransaction(About<v1::GetTransactionRequest>(id));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::Transaction());
  }
  v1::SettlementBatch GetBatch(const std::string& id) {
    v1::GetSettlementBatchRequest request;
    request.set_sandbox("s");
    request.set_batch(id);
    const auto answer = client_.GetSettlementBatch(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::SettlementBatch());
  }
  std::vector<v1::Payout> PayoutsOf(const std::string& batch, int page_size = 0) {
    v1::ListPayoutsRequest request;
    request.set_sandbox("s");
    request.set_batch(batch);
    request.set_page_size(page_size);
    std::vector<v1::Payout> payouts;
    for (auto& payout : client_.ListPayouts(request)) {
      EXPECT_TRUE(payout.ok()) << payout.status();
      if (payout.ok()) payouts.push_back(*payout);
    }
    return payouts;
  }
  v1::RunSettlementRequest Run(const std::string& request_id = "") {
    v1::RunSettlementRequest request;
    request.set_sandbox("s");
    request.set_request_id(request_id);
    return request;
  }
  v1::OverrideStateRequest Override(const std::string& id, v1::Transaction::State state) {
    auto request = About<v1::OverrideStateRequest>(id);
    request.set_state(state);
    request.set_actor("meera");
    request.set_reason("ticket 7");
    return request;
  }
  template <typename Request>
  Request About(const std::string& id) {
    Request request;
    request.set_sandbox("s");
    request.set_transaction(id);
    return request;
  }

  // What records of a batch posted to settled accounts, by payee.
  std::map<std::string, int64_t> PostedBy(const std::string& batch) {
    std::map<int64_t, bool> mine;
    for (const v1::TraceRecord& record : LogOf(client_, "s")) {
      if (record.type() != v1::TraceRecord::TRANSACTION_SETTLED) continue;
      if (record.detail().rfind("batch " + batch + ":", 0) == 0) mine[record.sequence()] = true;
    }
    std::map<std::string, int64_t> posted;
    v1::ListLedgerEntriesRequest list;
    list.set_sandbox("s");
    list.set_page_size(1000);
    for (auto& entry : client_.ListLedgerEntries(list)) {
      EXPECT_TRUE(entry.ok()) << entry.status();
      if (!entry.ok() || !mine.contains(entry->sequence())) continue;
      const auto add = [&](const std::string& account, int64_t amount) {
        if (account.ends_with(":settled")) posted[account.substr(6, account.size() - 14)] += amount;
      };
      add(entry->credit_account(), entry->amount().minor_units());
      add(entry->debit_account(), -entry->amount().minor_units());
    }
    return posted;
  }

  // Payouts are what was posted, and add up to the batch's totals.
  void ExpectPaidAsPosted(const std::string& batch) {
    std::map<std::string, int64_t> paid;
    int64_t net = 0, payments = 0;
    for (const v1::Payout& payout : PayoutsOf(batch, 100)) {
      paid[payout.payee()] = payout.net().minor_units();
      net += payout.net().minor_units();
      payments += payout.payment_count();
      EXPECT_EQ(payout.net().minor_units(), payout.gross().minor_units() - payout.fees().minor_units() -
                                                payout.refunds().minor_units() - payout.held().minor_units());
    }
    EXPECT_EQ(paid, PostedBy(batch));
    const v1::SettlementBatch whole = GetBatch(batch);
    ASSERT_THAT(whole.totals(), SizeIs(1));
    EXPECT_EQ(whole.totals(0).net().minor_units(), net);
    EXPECT_EQ(whole.payment_count(), payments);
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Money);

TEST_P(Money, ATipOfFridayAfternoonIsPaidOnMondayAtSixAndNotBefore) {
  Create();
  const v1::Transaction tip = Initiate();
  EXPECT_EQ(tip.state(), v1::Transaction::COMPLETED);
  EXPECT_EQ(tip.settlement_batch(), "2026-01-02");
  v1::SettlementBatch batch = GetBatch("2026-01-02");
  EXPECT_EQ(batch.state(), v1::SettlementBatch::OPEN);
  EXPECT_EQ(batch.awaiting_count(), 1);
  EXPECT_EQ(batch.pay_time().seconds(), kMonday1800);

  AdvanceTo(kMonday1800 - 1);
  EXPECT_EQ(Get(tip.id()).state(), v1::Transaction::COMPLETED);
  const v1::AdvanceClockResponse moved = AdvanceTo(kMonday1800);
  EXPECT_EQ(moved.fired_counts().at("SETTLEMENT"), 1);
  EXPECT_EQ(moved.fired_counts().at("CUT_OFF"), 1);
  EXPECT_EQ(moved.fired(0).transaction_id(), tip.id());
  EXPECT_EQ(moved.fired(1).kind(), v1::AdvanceClockResponse::Fired::CUT_OFF);
  EXPECT_EQ(moved.fired(1).transaction_id(), "");
  EXPECT_EQ(Get(tip.id()).state(), v1::Transaction::SETTLED);
  EXPECT_EQ(Get(tip.id()).settled_amount().minor_units(), 2499);
  EXPECT_EQ(Get(tip.id()).settlement_batch(), "");

  batch = GetBatch("2026-01-02");
  EXPECT_EQ(batch.state(), v1::SettlementBatch::CLOSED);
  EXPECT_EQ(batch.close_time().seconds(), kMonday1800);
  EXPECT_EQ(batch.payment_count(), 1);
  ExpectPaidAsPosted("2026-01-02");
  ExpectSound(client_, "s");
}

TEST_P(Money, TheNextEventOfACompletedTransactionIsItsPayment) {
  Create();
  Initiate();
  v1::AdvanceClockRequest request;
  request.set_sandbox("s");
  request.set_to_next_event(true);
  const auto moved = client_.AdvanceClock(request);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->clock().time().seconds(), kMonday1800);
  EXPECT_EQ(ReasonOf(client_.AdvanceClock(request).status()), "NO_PENDING_EVENT");
}

TEST_P(Money, AThousandInOneBatchAddUpToWhatWasPosted) {
  Create();
  constexpr int kCount = 1000;
  {
    Pipeline pipeline(client_, 128,
                      [](const absl::StatusOr<v1::Transaction>& answer) { EXPECT_TRUE(answer.ok()); });
    for (int i = 0; i < kCount; ++i) {
      v1::InitiateTransactionRequest request = Tip("s");
      request.mutable_amount()->set_minor_units(1000 + 37 * (i % 101));
      request.set_payee("payee-" + std::to_string(i % 17));
      pipeline.Submit(std::move(request));
    }
  }
  const auto batch = client_.RunSettlement(Run("now"));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->payment_count(), kCount);
  EXPECT_EQ(batch->awaiting_count(), 0);
  EXPECT_EQ(batch->state(), v1::SettlementBatch::CLOSED);
  EXPECT_EQ(batch->close_time().seconds(), kFriday1430) << "the clock has not moved";
  EXPECT_THAT(PayoutsOf("2026-01-02", 5), SizeIs(17));
  ExpectPaidAsPosted("2026-01-02");
  ExpectSound(client_, "s");

  const auto again = client_.RunSettlement(Run("now"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), batch->SerializeAsString());
  EXPECT_EQ(ReasonOf(client_.RunSettlement(Run("more")).status()), "NOTHING_TO_SETTLE");
}

TEST_P(Money, ARunThatTakesManyBatchesIsJoinedAndOthersWaitForIt) {
  config::Options small;
  small.max_batch = 4;
  TestApp app(GetParam(), small);
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(client.InitiateTransaction(Tip("s"))->id());
  absl::StatusOr<v1::SettlementBatch> answers[2];
  absl::StatusOr<v1::Transaction> refunded;
  std::thread first([&] { answers[0] = client.RunSettlement(Run("run")); });
  std::thread second([&] { answers[1] = client.RunSettlement(Run("run")); });
  std::thread third(
      [&] { refunded = client.RefundTransaction(About<v1::RefundTransactionRequest>(ids[19])); });
  first.join();
  second.join();
  third.join();
  ASSERT_TRUE(answers[0].ok() && answers[1].ok()) << answers[0].status() << answers[1].status();
  EXPECT_EQ(answers[0]->SerializeAsString(), answers[1]->SerializeAsString());
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  const bool before = answers[0]->payment_count() == 19;  // the refund came first
  EXPECT_EQ(answers[0]->payment_count(), before ? 19 : 20);
  EXPECT_EQ(refunded->settled_amount().minor_units(), before ? 0 : 2499);
  ExpectSound(client, "s");
}

TEST_P(Money, RefundsAfterThePaymentAreNettedByTheNextBatch) {
  Create();
  const v1::Transaction tip = Initiate();
  Initiate("meena");
  AdvanceTo(kMonday1800 + 60);
  auto refund = About<v1::RefundTransactionRequest>(tip.id());
  refund.mutable_amount()->set_currency_code("INR");
  refund.mutable_amount()->set_minor_units(1000);
  const auto refunded = client_.RefundTransaction(refund);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->state(), v1::Transaction::SETTLED);
  EXPECT_EQ(refunded->settlement_batch(), "2026-01-06");
  Initiate("meena");
  AdvanceTo(kMonday1800 + 2 * 86400);
  const std::vector<v1::Payout> payouts = PayoutsOf("2026-01-06");
  ASSERT_THAT(payouts, SizeIs(2));
  EXPECT_EQ(payouts[0].payee(), "meena");
  EXPECT_EQ(payouts[0].net().minor_units(), 2499);
  EXPECT_EQ(payouts[1].payee(), "ravi");
  EXPECT_EQ(payouts[1].gross().minor_units(), 0);
  EXPECT_EQ(payouts[1].fees().minor_units(), -20);
  EXPECT_EQ(payouts[1].refunds().minor_units(), 1000);
  EXPECT_EQ(payouts[1].net().minor_units(), -980);
  ExpectPaidAsPosted("2026-01-06");
  ExpectSound(client_, "s");
}

TEST_P(Money, BatchesAreListedTheNewestFirst) {
  Create();
  for (int i = 0; i < 3; ++i) {
    Initiate();
    ASSERT_TRUE(client_.RunSettlement(Run()).ok());
  }
  Initiate();
  v1::ListSettlementBatchesRequest list;
  list.set_sandbox("s");
  list.set_page_size(1);
  std::vector<std::string> ids;
  for (auto& batch : client_.ListSettlementBatches(list)) {
    ASSERT_TRUE(batch.ok()) << batch.status();
    ids.push_back(batch->id());
  }
  EXPECT_THAT(ids, ElementsAre("2026-01-02.4", "2026-01-02.3", "2026-01-02.2", "2026-01-02"));
  v1::GetSettlementBatchRequest get;
  get.set_sandbox("s");
  get.set_batch("2026-01-03");
  EXPECT_EQ(ReasonOf(client_.GetSettlementBatch(get).status()), "BATCH_NOT_FOUND");
  get.set_batch("tomorrow");
  EXPECT_EQ(ReasonOf(client_.GetSettlementBatch(get).status()), "BAD_REQUEST");
}

TEST_P(Money, ARealtimeSandboxSettlesByItsClockToo) {
  v1::AdvanceClockRequest week;
  week.mutable_by()->set_seconds(8 * 86400);
  const auto tip = client_.InitiateTransaction(Tip());
  ASSERT_TRUE(tip.ok());
  v1::AdvanceClockRequest minute;
  minute.mutable_by()->set_seconds(60);
  ASSERT_TRUE(client_.AdvanceClock(minute).ok());  // the paced flow
  ASSERT_TRUE(client_.AdvanceClock(week).ok());
  v1::GetTransactionRequest get;
  get.set_transaction(tip->id());
  EXPECT_EQ(client_.GetTransaction(get)->state(), v1::Transaction::SETTLED);
  ExpectSound(client_, "");
}

TEST_P(Money, APolicySaysWhenAndIsEchoed) {
  v1::CreateSandboxRequest create = ManualSandbox("s", v1::Sandbox::INSTANT);
  v1::Policy::Settlement& settlement = *create.mutable_policy()->mutable_settlement();
  settlement.set_cut_off("09:15");
  settlement.set_time_zone("Europe/Berlin");
  settlement.set_business_days(0);
  settlement.mutable_weekend();
  settlement.add_holidays("2026-01-03");
  create.mutable_policy()->mutable_dispute_deadline()->set_seconds(60);
  const auto sandbox = client_.CreateSandbox(create);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  EXPECT_EQ(sandbox->policy().settlement().DebugString(), settlement.DebugString());
  const v1::Transaction tip = Initiate();
  EXPECT_EQ(tip.settlement_batch(), "2026-01-04");
  EXPECT_EQ(GetBatch("2026-01-04").pay_time().seconds(), 1767514500);  // 08:15 UTC

  v1::UpdateSandboxRequest update;
  update.set_sandbox("s");
  update.mutable_policy()->mutable_settlement();
  const auto reset = client_.UpdateSandbox(update);
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_EQ(reset->policy().settlement().time_zone(), "Asia/Kolkata");
  EXPECT_EQ(reset->policy().settlement().cut_off(), "18:00");
  EXPECT_EQ(reset->policy().settlement().business_days(), 1);
  EXPECT_THAT(reset->policy().settlement().weekend().days(),
              ElementsAre(v1::Policy::Settlement::SATURDAY, v1::Policy::Settlement::SUNDAY));
  EXPECT_EQ(reset->policy().dispute_deadline().seconds(), 60);
}

TEST_P(Money, ADisputeIsOpenedAnsweredAndWon) {
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

TEST_P(Money, ADisputeThatNobodyAnswersIsLostAtItsDeadline) {
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

TEST_P(Money, DisputesAreListedPageByPageTheNewestFirst) {
  Create();
  std::vector<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    AdvanceTo(kFriday1430 + i);
    auto open = About<v1::OpenDisputeRequest>(Initiate().id());
    open.set_reason(v1::Dispute::OTHER);
    expected.insert(expected.begin(), client_.OpenDispute(open)->id());
  }
  v1::ListDisputesRequest list;
  list.set_sandbox("s");
  list.set_page_size(2);
  std::vector<std::string> ids;
  for (auto& dispute : client_.ListDisputes(list)) ids.push_back(dispute->id());
  EXPECT_EQ(ids, expected);
}

TEST_P(Money, AnOperatorPutsATransactionAnywhereAndTheBooksStayWhole) {
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

TEST_P(Money, StatisticsCountWhatHappenedInTheWindow) {
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

TEST_P(Money, TrailAndLedgerAreCheckedByRanges) {
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

TEST_P(Money, RunsOfEqualCommandsGiveEqualDecidedRecordsWhateverTheBatches) {
  std::vector<std::vector<std::string>> runs;
  for (const int max_batch : {1, 512}) {
    config::Options options;
    options.max_batch = max_batch;
    TestApp app(GetParam(), options);
    client_ = app.client();
    Create(v1::Sandbox::PACED);
    std::vector<std::string> ids;
    for (int i = 0; i < 10; ++i) ids.push_back(Initiate().id());
    AdvanceTo(kFriday1430 + 60);
    auto open = About<v1::OpenDisputeRequest>(ids[3]);
    open.set_reason(v1::Dispute::OTHER);
    EXPECT_TRUE(client_.OpenDispute(open).ok());
    EXPECT_TRUE(client_.RefundTransaction(About<v1::RefundTransactionRequest>(ids[4])).ok());
    EXPECT_TRUE(client_.RunSettlement(Run()).ok());
    EXPECT_TRUE(client_.RefundTransaction(About<v1::RefundTransactionRequest>(ids[5])).ok());
    AdvanceTo(kMonday1800 + 10 * 86400);
    runs.push_back(DecidedRecords(client_, "s"));
    ExpectSound(client_, "s");
  }
  ASSERT_GT(runs[0].size(), 80u);
  EXPECT_EQ(runs[0], runs[1]);
}

// Requests whose shape is wrong, and the field that says so.
TEST_P(Money, BadShapesAreRefusedNamingTheField) {
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
