// Settlement as a client sees it.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <thread>

#include "tests/api/money.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Settlement : public MoneyTest {};

TRACKTROVE_ON_EVERY_DATABASE(Settlement);

TEST_P(Settlement, ATipOfFridayAfternoonIsPaidOnMondayAtSixAndNotBefore) {
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

TEST_P(Settlement, TheNextEventOfACompletedTransactionIsItsPayment) {
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

TEST_P(Settlement, AThousandInOneBatchAddUpToWhatWasPosted) {
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

TEST_P(Settlement, ARunThatTakesManyBatchesIsJoinedAndOthersWaitForIt) {
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

TEST_P(Settlement, RefundsAfterThePaymentAreNettedByTheNextBatch) {
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

TEST_P(Settlement, BatchesAreListedTheNewestFirst) {
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

TEST_P(Settlement, ARealtimeSandboxSettlesByItsClockToo) {
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

TEST_P(Settlement, APolicySaysWhenAndIsEchoed) {
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

TEST_P(Settlement, RunsOfEqualCommandsGiveEqualDecidedRecordsWhateverTheBatches) {
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

}  // namespace
}  // namespace tracktrove::testing
