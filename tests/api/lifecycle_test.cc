// The life of a transaction as a client sees it.
#include <gmock/gmock.h>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Lifecycle : public ::testing::TestWithParam<Database> {
 protected:
  void Create(v1::Sandbox::Pace pace) {
    const auto sandbox = client_.CreateSandbox(ManualSandbox("s", pace));
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  }
  v1::AdvanceClockResponse Advance(int64_t seconds) {
    v1::AdvanceClockRequest request;
    request.set_sandbox("s");
    request.mutable_by()->set_seconds(seconds);
    const auto answer = client_.AdvanceClock(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::AdvanceClockResponse());
  }
  v1::Transaction Get(const std::string& id) {
    v1::GetTransactionRequest request;
    request.set_sandbox("s");
    request.set_transaction(id);
    const auto answer = client_.GetTransaction(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::Transaction());
  }
  template <typename Request>
  Request About(const std::string& id) {
    Request request;
    request.set_sandbox("s");
    request.set_transaction(id);
    return request;
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Lifecycle);

TEST_P(Lifecycle, AnInstantFlowIsOverWhenInitiateAnswers) {
  Create(v1::Sandbox::INSTANT);
  const auto transaction = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_EQ(transaction->state(), v1::Transaction::COMPLETED);
  EXPECT_EQ(transaction->fee().minor_units(), 51);
  EXPECT_THAT(TraceOf(client_, "s", transaction->id()), SizeIs(7));
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, APacedFlowMovesWithItsClockAndNotBefore) {
  Create(v1::Sandbox::PACED);
  const auto transaction = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_EQ(Get(transaction->id()).state(), v1::Transaction::INITIATED);
  const v1::AdvanceClockResponse moved = Advance(60);
  EXPECT_EQ(Get(transaction->id()).state(), v1::Transaction::COMPLETED);
  EXPECT_EQ(moved.fired_counts().at("STEP"), 6);
  EXPECT_THAT(moved.fired(), SizeIs(6));
  EXPECT_EQ(moved.clock().time().seconds(), 1767344460);
  EXPECT_EQ(moved.last_sequence() - moved.first_sequence() + 1, 7);  // six steps and CLOCK_ADVANCED
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, TheNextEventIsOneStepAway) {
  Create(v1::Sandbox::PACED);
  v1::AdvanceClockRequest request;
  request.set_sandbox("s");
  request.set_to_next_event(true);
  EXPECT_EQ(ReasonOf(client_.AdvanceClock(request).status()), "NO_PENDING_EVENT");
  ASSERT_TRUE(client_.InitiateTransaction(Tip("s")).ok());
  const auto moved = client_.AdvanceClock(request);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_THAT(moved->fired(), SizeIs(1));
}

TEST_P(Lifecycle, AHoldThatNobodyCompletesGoesBackOnceAtItsExpiryAndNotEarlier) {
  Create(v1::Sandbox::INSTANT);
  v1::InitiateTransactionRequest request = Tip("s");
  request.set_capture(v1::Transaction::MANUAL);
  request.mutable_hold_ttl()->set_seconds(10);
  const auto held = client_.InitiateTransaction(request);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->state(), v1::Transaction::ESCROW);
  EXPECT_EQ(held->hold().remaining().seconds(), 10);
  Advance(9);
  EXPECT_EQ(Get(held->id()).state(), v1::Transaction::ESCROW);
  EXPECT_EQ(Get(held->id()).hold().remaining().seconds(), 1);
  Advance(1);
  EXPECT_EQ(Get(held->id()).state(), v1::Transaction::REFUNDED);
  EXPECT_EQ(ReasonOf(client_.CompleteTransaction(About<v1::CompleteTransactionRequest>(held->id())).status()),
            "STATE_FORBIDS");
  Advance(3600);
  int expiries = 0;
  for (const v1::TraceRecord& record : TraceOf(client_, "s", held->id())) {
    expiries += record.type() == v1::TraceRecord::HOLD_EXPIRED;
  }
  EXPECT_EQ(expiries, 1);
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, AManualCaptureMayBeAPartAndTheRestIsReleased) {
  Create(v1::Sandbox::INSTANT);
  v1::InitiateTransactionRequest request = Tip("s");
  request.set_capture(v1::Transaction::MANUAL);
  const auto held = client_.InitiateTransaction(request);
  ASSERT_TRUE(held.ok()) << held.status();
  auto complete = About<v1::CompleteTransactionRequest>(held->id());
  complete.mutable_amount()->set_currency_code("INR");
  complete.mutable_amount()->set_minor_units(1000);
  const auto captured = client_.CompleteTransaction(complete);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(captured->state(), v1::Transaction::COMPLETED);
  EXPECT_EQ(captured->captured_amount().minor_units(), 1000);
  EXPECT_EQ(captured->fee().minor_units(), 20);

  auto refund = About<v1::RefundTransactionRequest>(held->id());
  refund.mutable_amount()->set_currency_code("INR");
  refund.mutable_amount()->set_minor_units(400);
  ASSERT_TRUE(client_.RefundTransaction(refund).ok());
  refund.mutable_amount()->set_minor_units(601);
  EXPECT_EQ(ReasonOf(client_.RefundTransaction(refund).status()), "AMOUNT_EXCEEDS_REFUNDABLE");
  const auto refunded = client_.RefundTransaction(About<v1::RefundTransactionRequest>(held->id()));
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->state(), v1::Transaction::REFUNDED);
  EXPECT_EQ(refunded->fee().minor_units(), 0);
  for (auto& balance : client_.ListBalances([] {
         v1::ListBalancesRequest r;
         r.set_sandbox("s");
         return r;
       }())) {
    ASSERT_TRUE(balance.ok());
    EXPECT_EQ(balance->amount().minor_units(), 0) << balance->account();
  }
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, CancellingEndsATransactionUnderWay) {
  Create(v1::Sandbox::PACED);
  const auto transaction = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(transaction.ok());
  const auto cancelled = client_.CancelTransaction(About<v1::CancelTransactionRequest>(transaction->id()));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->failure().code(), "CANCELLED");
  EXPECT_TRUE(cancelled->failure().final());
  EXPECT_EQ(Advance(3600).fired_counts().size(), 0);
  EXPECT_EQ(
      ReasonOf(client_.CancelTransaction(About<v1::CancelTransactionRequest>(transaction->id())).status()),
      "STATE_FORBIDS");
}

TEST_P(Lifecycle, ATransientFailureIsRetriedByTheClock) {
  Create(v1::Sandbox::INSTANT);
  v1::InitiateTransactionRequest request = Tip("s");
  request.mutable_simulation()->set_fail_first_attempts(1);
  const auto failed = client_.InitiateTransaction(request);
  ASSERT_TRUE(failed.ok());
  EXPECT_EQ(failed->state(), v1::Transaction::FAILED);
  EXPECT_FALSE(failed->failure().final());
  EXPECT_EQ(Advance(60).fired_counts().at("RETRY"), 1);
  EXPECT_EQ(Get(failed->id()).state(), v1::Transaction::COMPLETED);
  EXPECT_EQ(Get(failed->id()).attempt(), 2);
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, ASnapshotIsRecordedBesideTheFlowAndComparedWithIt) {
  Create(v1::Sandbox::INSTANT);
  const auto transaction = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(transaction.ok());
  auto snapshot = About<v1::RecordSnapshotRequest>(transaction->id());
  snapshot.set_service("receipts");
  *snapshot.mutable_dto() = transaction->dto();
  (*snapshot.mutable_dto()->mutable_fields())["orderId"].set_string_value("ord-2");
  const auto record = client_.RecordSnapshot(snapshot);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->actor(), "service:receipts");
  EXPECT_EQ(record->class_(), v1::TraceRecord::OBSERVED);
  auto trace = About<v1::GetTraceRequest>(transaction->id());
  trace.set_include_diff(true);
  std::vector<v1::TraceRecord> records;
  for (auto& item : client_.GetTrace(trace)) records.push_back(*item);
  ASSERT_THAT(records.back().diff(), SizeIs(1));
  EXPECT_EQ(records.back().diff(0).path(), "/orderId");
  EXPECT_EQ(Get(transaction->id()).dto().fields().at("orderId").string_value(), "ord-1");

  ASSERT_TRUE(client_.RefundTransaction(About<v1::RefundTransactionRequest>(transaction->id())).ok());
  for (auto& item : client_.GetTrace(trace)) records.push_back(*item);
  EXPECT_EQ(records.back().type(), v1::TraceRecord::TRANSACTION_REFUNDED);
  EXPECT_THAT(records.back().diff(), SizeIs(0)) << "what a snapshot said is not what the flow changed";
  ExpectSound(client_, "s");
}

TEST_P(Lifecycle, AResetStartsAfreshGivesTheSameIdsAndNumbersOn) {
  Create(v1::Sandbox::INSTANT);
  const auto first = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(first.ok());
  v1::ResetSandboxRequest reset;
  reset.set_sandbox("s");
  const auto fresh = client_.ResetSandbox(reset);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(fresh->transaction_count(), 0);
  EXPECT_EQ(fresh->oldest_sequence(), fresh->head_sequence());
  EXPECT_GT(fresh->head_sequence(), first->sequence());
  v1::GetTransactionRequest get = About<v1::GetTransactionRequest>(first->id());
  EXPECT_EQ(ReasonOf(client_.GetTransaction(get).status()), "TRANSACTION_NOT_FOUND");
  const auto again = client_.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id(), first->id());
  ExpectSound(client_, "s");
  v1::VerifyTrailRequest verify;
  verify.set_sandbox("s");
  const auto trail = client_.VerifyTrail(verify);
  ASSERT_TRUE(trail.ok()) << trail.status();
  EXPECT_EQ(trail->checked_records(), trail->last_sequence() - fresh->oldest_sequence() + 1)
      << "the record of the reset is proved too";
}

TEST_P(Lifecycle, ASandboxOfTheSameNameIsRefusedAndTheDefaultOneCannotGo) {
  Create(v1::Sandbox::INSTANT);
  EXPECT_EQ(ReasonOf(client_.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).status()),
            "SANDBOX_EXISTS");
  v1::DeleteSandboxRequest remove;
  remove.set_sandbox("default");
  EXPECT_EQ(ReasonOf(client_.DeleteSandbox(remove)), "DEFAULT_SANDBOX");
  remove.set_sandbox("s");
  EXPECT_TRUE(client_.DeleteSandbox(remove).ok());
  EXPECT_EQ(ReasonOf(client_.DeleteSandbox(remove)), "SANDBOX_NOT_FOUND");
  remove.set_allow_missing(true);
  EXPECT_TRUE(client_.DeleteSandbox(remove).ok());
}

TEST_P(Lifecycle, ARepeatedRequestGetsTheFirstAnswerAfterARestartToo) {
  Create(v1::Sandbox::PACED);
  v1::InitiateTransactionRequest request = Tip("s");
  request.set_request_id("r-1");
  const auto first = client_.InitiateTransaction(request);
  ASSERT_TRUE(first.ok());
  Advance(60);
  app_.Restart();
  const Client client = app_.client();
  const auto again = client.InitiateTransaction(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());

  request.mutable_amount()->set_minor_units(2600);
  EXPECT_EQ(ReasonOf(client.InitiateTransaction(request).status()), "REQUEST_ID_REUSED");
  auto cancel = About<v1::CancelTransactionRequest>(first->id());
  cancel.set_request_id("r-1");
  EXPECT_EQ(ReasonOf(client.CancelTransaction(cancel).status()), "REQUEST_ID_REUSED");
}

TEST_P(Lifecycle, ARefusedRequestMaySucceedLaterUnderItsId) {
  Create(v1::Sandbox::PACED);
  v1::InitiateTransactionRequest request = Tip("s");
  request.set_capture(v1::Transaction::MANUAL);
  const auto transaction = client_.InitiateTransaction(request);
  ASSERT_TRUE(transaction.ok());
  auto complete = About<v1::CompleteTransactionRequest>(transaction->id());
  complete.set_request_id("c-1");
  EXPECT_EQ(ReasonOf(client_.CompleteTransaction(complete).status()), "CAPTURE_NOT_READY");
  Advance(60);
  const auto completed = client_.CompleteTransaction(complete);
  ASSERT_TRUE(completed.ok()) << completed.status();
  EXPECT_EQ(completed->state(), v1::Transaction::COMPLETED);
}

TEST_P(Lifecycle, ADrawKeyBelongsToOneTransaction) {
  Create(v1::Sandbox::INSTANT);
  v1::InitiateTransactionRequest request = Tip("s");
  request.set_draw_key("k");
  ASSERT_TRUE(client_.InitiateTransaction(request).ok());
  EXPECT_EQ(ReasonOf(client_.InitiateTransaction(request).status()), "DRAW_KEY_REUSED");
}

TEST_P(Lifecycle, ListsFilterAndPageNewestFirst) {
  Create(v1::Sandbox::INSTANT);
  for (int i = 1; i <= 7; ++i) {
    v1::InitiateTransactionRequest request = Tip("s");
    (*request.mutable_labels())["parity"] = i % 2 == 0 ? "even" : "odd";
    ASSERT_TRUE(client_.InitiateTransaction(request).ok());
  }
  v1::ListTransactionsRequest list;
  list.set_sandbox("s");
  list.set_page_size(2);
  list.set_label("parity:odd");
  std::vector<int64_t> ordinals;
  for (auto& transaction : client_.ListTransactions(list)) {
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    ordinals.push_back(transaction->ordinal());
  }
  EXPECT_THAT(ordinals, ElementsAre(7, 5, 3, 1));
}

}  // namespace
}  // namespace tracktrove::testing
