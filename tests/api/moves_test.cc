// The table of legal moves, as a client reaches each row of it, and is refused
// everything else.
#include "domain/moves.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using ::testing::HasSubstr;
using T = v1::Transaction;
using Record = v1::TraceRecord;
using Fill = std::function<void(v1::InitiateTransactionRequest&)>;

constexpr auto kNone = T::STATE_UNSPECIFIED;

v1::Money Rupees(int64_t minor_units) {
  v1::Money money;
  money.set_currency_code("INR");
  money.set_minor_units(minor_units);
  return money;
}

class Moves : public ::testing::TestWithParam<Database> {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok()); }

  template <typename Request>
  static Request About(const std::string& id) {
    Request request;
    request.set_sandbox("s");
    request.set_transaction(id);
    return request;
  }

  T Get(const std::string& id) {
    return Answer(client_.GetTransaction(About<v1::GetTransactionRequest>(id)));
  }
  template <typename Message>
  static Message Answer(const absl::StatusOr<Message>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(Message());
  }

  std::string Initiate(const Fill& fill = {}) {
    v1::InitiateTransactionRequest request = Tip("s");
    if (fill) fill(request);
    return Answer(client_.InitiateTransaction(request)).id();
  }
  // Lets its clock pass, from event to event, until it is there.
  std::string Until(T::State state, const std::string& id) {
    v1::AdvanceClockRequest next;
    next.set_sandbox("s");
    next.set_to_next_event(true);
    for (int events = 0; events < 100 && Get(id).state() != state; ++events)
      Answer(client_.AdvanceClock(next));
    EXPECT_EQ(Get(id).state(), state);
    return id;
  }

  std::string Held() {
    return Until(T::ESCROW, Initiate([](auto& request) { request.set_capture(T::MANUAL); }));
  }
  std::string Completed() { return Until(T::COMPLETED, Initiate()); }
  std::string Settled() { return Until(T::SETTLED, Initiate()); }
  std::string FailedForNow() {
    return Until(T::FAILED, Initiate([](auto& request) {
                   v1::PlannedFault& planned = *request.mutable_simulation()->add_faults();
                   planned.mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
                   planned.set_step("score-risk");
                 }));
  }
  std::string FailedForGood() {
    return Until(T::FAILED,
                 Initiate([](auto& r) { r.mutable_simulation()->set_fail_at_step("score-risk"); }));
  }
  std::string Cancel(const std::string& id) {
    Answer(client_.CancelTransaction(About<v1::CancelTransactionRequest>(id)));
    return id;
  }
  std::string Complete(const std::string& id, const std::optional<v1::Money>& amount = {}) {
    auto request = About<v1::CompleteTransactionRequest>(id);
    if (amount) *request.mutable_amount() = *amount;
    Answer(client_.CompleteTransaction(request));
    return id;
  }
  std::string Refund(const std::string& id, const std::optional<v1::Money>& amount = {}) {
    auto request = About<v1::RefundTransactionRequest>(id);
    if (amount) *request.mutable_amount() = *amount;
    Answer(client_.RefundTransaction(request));
    return id;
  }
  std::string ForceRetry(const std::string& id) {
    auto request = About<v1::ForceRetryRequest>(id);
    request.set_actor("dev");
    request.set_reason("to see it again");
    const T retried = Answer(client_.ForceRetry(request));
    EXPECT_EQ(retried.attempt(), 2);
    EXPECT_EQ(retried.step(), "accept-payment");
    EXPECT_EQ(retried.dto().fields().size(), 1u) << "the payload as it came";
    return id;
  }
  std::string LoseDispute(const std::string& id, const std::optional<v1::Money>& amount = {}) {
    auto open = About<v1::OpenDisputeRequest>(id);
    open.set_reason(v1::Dispute::NOT_RECEIVED);
    if (amount) *open.mutable_amount() = *amount;
    v1::ResolveDisputeRequest resolve;
    resolve.set_sandbox("s");
    resolve.set_dispute(Answer(client_.OpenDispute(open)).id());
    resolve.set_outcome(v1::Dispute::LOST);
    Answer(client_.ResolveDispute(resolve));
    return id;
  }

  // The newest record that moved it.
  Record LastMove(const std::string& id) {
    Record last;
    for (const Record& record : TraceOf(client_, "s", id)) {
      if (record.from_state() != record.to_state() || record.type() == Record::TRANSACTION_CANCELLED)
        last = record;
    }
    return last;
  }
  int64_t HeadSequence() {
    v1::GetSandboxRequest get;
    get.set_sandbox("s");
    return Answer(client_.GetSandbox(get)).head_sequence();
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Moves);

// One row, or one of the ways that a row gives.
struct Row {
  T::State from, to;
  Record::Type type;
  const char* actor;
  const char* by;
  std::function<std::string()> reach;  // answers the transaction that was just moved
};

TEST_P(Moves, EachRowOfTheTableIsReached) {
  const Row rows[] = {
      {kNone, T::INITIATED, Record::TRANSACTION_INITIATED, "client", "InitiateTransaction",
       [&] { return Initiate(); }},
      {T::INITIATED, T::ESCROW, Record::STEP_FINISHED, "flow", "the hold step", [&] { return Held(); }},
      {T::INITIATED, T::FAILED, Record::STEP_FINISHED, "flow", "a step, for now",
       [&] { return FailedForNow(); }},
      {T::INITIATED, T::FAILED, Record::STEP_FINISHED, "flow", "a step, for good",
       [&] { return FailedForGood(); }},
      {T::ESCROW, T::FAILED, Record::STEP_FINISHED, "flow", "a step behind the hold",
       [&] {
         return Until(T::FAILED,
                      Initiate([](auto& r) { r.mutable_simulation()->set_fail_at_step("capture-tip"); }));
       }},
      {T::FAILED, T::INITIATED, Record::RETRY_STARTED, "timer", "a scheduled retry",
       [&] { return Until(T::INITIATED, FailedForNow()); }},
      {T::FAILED, T::INITIATED, Record::RETRY_STARTED, "operator:dev", "ForceRetry ahead of time",
       [&] { return ForceRetry(FailedForNow()); }},
      {T::FAILED, T::INITIATED, Record::RETRY_STARTED, "operator:dev", "ForceRetry of a final one",
       [&] { return ForceRetry(FailedForGood()); }},
      {T::FAILED, T::INITIATED, Record::RETRY_STARTED, "operator:dev", "ForceRetry of a cancelled one",
       [&] { return ForceRetry(Cancel(Initiate())); }},
      {T::INITIATED, T::FAILED, Record::TRANSACTION_CANCELLED, "client", "CancelTransaction under way",
       [&] { return Cancel(Initiate()); }},
      {T::FAILED, T::FAILED, Record::TRANSACTION_CANCELLED, "client", "CancelTransaction between attempts",
       [&] { return Cancel(FailedForNow()); }},
      {T::ESCROW, T::COMPLETED, Record::STEP_FINISHED, "flow", "the remaining steps",
       [&] { return Completed(); }},
      {T::ESCROW, T::COMPLETED, Record::STEP_FINISHED, "flow", "CompleteTransaction",
       [&] { return Complete(Held()); }},
      {T::ESCROW, T::COMPLETED, Record::STEP_FINISHED, "flow", "CompleteTransaction of a part",
       [&] { return Complete(Held(), Rupees(1000)); }},
      {T::ESCROW, T::REFUNDED, Record::HOLD_EXPIRED, "timer", "hold expiry",
       [&] { return Until(T::REFUNDED, Held()); }},
      {T::ESCROW, T::REFUNDED, Record::TRANSACTION_CANCELLED, "client", "CancelTransaction of a hold",
       [&] { return Cancel(Held()); }},
      {T::COMPLETED, T::SETTLED, Record::TRANSACTION_SETTLED, "timer", "the settlement batch",
       [&] { return Settled(); }},
      {T::COMPLETED, T::REFUNDED, Record::TRANSACTION_REFUNDED, "client", "refunds of all",
       [&] { return Refund(Refund(Completed(), Rupees(50))); }},
      {T::COMPLETED, T::REFUNDED, Record::DISPUTE_LOST, "client", "a lost dispute",
       [&] { return LoseDispute(Completed()); }},
      {T::COMPLETED, T::REFUNDED, Record::TRANSACTION_REFUNDED, "client",
       "a refund of what a lost dispute left", [&] { return Refund(LoseDispute(Completed(), Rupees(50))); }},
      {T::SETTLED, T::REFUNDED, Record::TRANSACTION_REFUNDED, "client", "a refund after the payment",
       [&] { return Refund(Settled()); }},
      {T::SETTLED, T::REFUNDED, Record::DISPUTE_LOST, "client", "a dispute lost after the payment",
       [&] { return LoseDispute(Settled()); }},
  };
  std::set<std::pair<std::string, std::string>> reached;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.by);
    const Record move = LastMove(row.reach());
    EXPECT_EQ(T::State_Name(move.from_state()), T::State_Name(row.from));
    EXPECT_EQ(T::State_Name(move.to_state()), T::State_Name(row.to));
    EXPECT_EQ(Record::Type_Name(move.type()), Record::Type_Name(row.type));
    EXPECT_EQ(move.actor(), row.actor);
    reached.insert({T::State_Name(row.from), T::State_Name(row.to)});
  }
  ExpectSound(client_, "s");

  // The domain knows no further row.
  std::set<std::pair<std::string, std::string>> legal;
  for (int from = 0; from <= 6; ++from) {
    for (int to = 1; to <= 6; ++to) {
      const auto a = static_cast<domain::State>(from), b = static_cast<domain::State>(to);
      if (domain::IsLegalMove(a, b)) legal.insert({from == 0 ? T::State_Name(kNone) : Name(a), Name(b)});
    }
  }
  reached.erase({"FAILED", "FAILED"});  // it only stops being tried again
  EXPECT_EQ(reached, legal);
}

TEST_P(Moves, PartialRefundsAndDisputesKeepTheState) {
  for (const T::State state : {T::COMPLETED, T::SETTLED}) {
    const std::string id = Until(state, Initiate());
    Refund(id, Rupees(50));
    LoseDispute(id, Rupees(50));
    EXPECT_EQ(Get(id).state(), state);
    EXPECT_EQ(Get(id).refunded_amount().minor_units(), 50);
  }
  ExpectSound(client_, "s");
}

TEST_P(Moves, AHoldCanBeCompletedUntilItsExpiryAndNotAtIt) {
  const std::string in_time = Held(), late = Held();
  const auto advance_to = [&](const google::protobuf::Timestamp& time, int32_t less) {
    v1::AdvanceClockRequest request;
    request.set_sandbox("s");
    const int64_t micros = time.seconds() * 1'000'000 + time.nanos() / 1000 - less;
    request.mutable_to()->set_seconds(micros / 1'000'000);
    request.mutable_to()->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
    Answer(client_.AdvanceClock(request));
  };
  advance_to(Get(in_time).hold().expire_time(), 1);
  EXPECT_EQ(Get(Complete(in_time)).state(), T::COMPLETED);
  advance_to(Get(late).hold().expire_time(), 0);
  EXPECT_EQ(Get(late).state(), T::REFUNDED);
  EXPECT_EQ(ReasonOf(client_.CompleteTransaction(About<v1::CompleteTransactionRequest>(late)).status()),
            "STATE_FORBIDS");
}

// A call that moves a transaction, and where it may.
struct Mover {
  const char* name;
  std::function<absl::Status(const std::string&)> call;
  std::set<std::string> allowed;
};

TEST_P(Moves, EverythingElseIsRefusedWithTheStateAndWritesNothing) {
  const std::map<std::string, std::function<std::string()>> states = {
      {"INITIATED", [&] { return Initiate(); }},
      {"ESCROW", [&] { return Held(); }},
      {"COMPLETED", [&] { return Completed(); }},
      {"SETTLED", [&] { return Settled(); }},
      {"REFUNDED", [&] { return Refund(Completed()); }},
      {"FAILED for now", [&] { return FailedForNow(); }},
      {"FAILED for good", [&] { return FailedForGood(); }},
  };
  const Mover movers[] = {
      {"CompleteTransaction",
       [&](auto& id) {
         return client_.CompleteTransaction(About<v1::CompleteTransactionRequest>(id)).status();
       },
       {"ESCROW"}},
      {"CancelTransaction",
       [&](auto& id) { return client_.CancelTransaction(About<v1::CancelTransactionRequest>(id)).status(); },
       {"INITIATED", "ESCROW", "FAILED for now"}},
      {"RefundTransaction",
       [&](auto& id) { return client_.RefundTransaction(About<v1::RefundTransactionRequest>(id)).status(); },
       {"COMPLETED", "SETTLED"}},
      {"ForceRetry",
       [&](auto& id) {
         auto request = About<v1::ForceRetryRequest>(id);
         request.set_actor("dev");
         request.set_reason("again");
         return client_.ForceRetry(request).status();
       },
       {"FAILED for now", "FAILED for good"}},
      {"InjectFailure",
       [&](auto& id) {
         auto request = About<v1::InjectFailureRequest>(id);
         request.mutable_fault()->set_kind(v1::Fault::DATABASE_ERROR);
         request.set_actor("dev");
         return client_.InjectFailure(request).status();
       },
       {"INITIATED", "ESCROW", "FAILED for now"}},
      {"OpenDispute",
       [&](auto& id) {
         auto request = About<v1::OpenDisputeRequest>(id);
         request.set_reason(v1::Dispute::OTHER);
         return client_.OpenDispute(request).status();
       },
       {"COMPLETED", "SETTLED"}},
  };
  for (const Mover& mover : movers) {
    for (const auto& [state, make] : states) {
      SCOPED_TRACE(mover.name + (" of one that is " + state));
      const std::string id = make();
      const int64_t head = HeadSequence();
      const absl::Status status = mover.call(id);
      if (mover.allowed.contains(state)) {
        EXPECT_TRUE(status.ok()) << status;
        continue;
      }
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_EQ(ReasonOf(status), "STATE_FORBIDS");
      EXPECT_THAT(std::string(status.message()), HasSubstr(T::State_Name(Get(id).state())));
      EXPECT_EQ(HeadSequence(), head);
    }
  }
  ExpectSound(client_, "s");
}

}  // namespace
}  // namespace tracktrove::testing
