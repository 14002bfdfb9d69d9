// Every write under its request id: a repeat gets the first answer and changes
// nothing, and the id serves for nothing else.
#include <gmock/gmock.h>

#include <functional>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using T = v1::Transaction;

class Idempotency : public ::testing::TestWithParam<Database> {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok()); }

  template <typename Request>
  static Request About(const std::string& id, const std::string& request_id) {
    Request request = Named<Request>(request_id);
    request.set_transaction(id);
    return request;
  }
  template <typename Request>
  static Request Named(const std::string& request_id) {
    Request request;
    request.set_sandbox("s");
    request.set_request_id(request_id);
    return request;
  }
  template <typename Request>
  static Request Operator(const std::string& id, const std::string& request_id) {
    auto request = About<Request>(id, request_id);
    request.set_actor("dev");
    request.set_reason("to see");
    return request;
  }
  // Of what was answered, or an empty text where it was refused.
  template <typename Message>
  static std::string Answer(const absl::StatusOr<Message>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->DebugString() : "";
  }

  std::string Initiate(const std::function<void(v1::InitiateTransactionRequest&)>& fill = {}) {
    v1::InitiateTransactionRequest request = Tip("s");
    if (fill) fill(request);
    const auto transaction = client_.InitiateTransaction(request);
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    return transaction.value_or(T()).id();
  }
  std::string Held() {
    return Initiate([](auto& request) { request.set_capture(T::MANUAL); });
  }
  std::string Failed() {
    return Initiate([](auto& request) { request.mutable_simulation()->set_fail_at_step("score-risk"); });
  }
  std::string Disputed() {
    v1::OpenDisputeRequest request;
    request.set_sandbox("s");
    request.set_transaction(Initiate());
    request.set_reason(v1::Dispute::OTHER);
    const auto dispute = client_.OpenDispute(request);
    EXPECT_TRUE(dispute.ok()) << dispute.status();
    return dispute.value_or(v1::Dispute()).id();
  }
  std::string Rule() {
    v1::CreateFaultRuleRequest request;
    request.set_sandbox("s");
    request.mutable_rule()->mutable_fault()->set_kind(v1::Fault::WEBHOOK_MISS);
    const auto rule = client_.CreateFaultRule(request);
    EXPECT_TRUE(rule.ok()) << rule.status();
    return rule.value_or(v1::FaultRule()).id();
  }
  v1::Flow Flow(const std::string& id) {
    v1::GetFlowRequest get;
    get.set_sandbox("s");
    get.set_flow("food-delivery-tip");
    v1::Flow flow = client_.GetFlow(get).value_or(v1::Flow());
    flow.set_id(id);
    return flow;
  }
  int64_t HeadSequence() {
    v1::GetSandboxRequest get;
    get.set_sandbox("s");
    return client_.GetSandbox(get).value_or(v1::Sandbox()).head_sequence();
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Idempotency);

// Answers what the call answers under the id. It is made twice with
// what `prepare` made for it.
struct Write {
  const char* name;
  std::function<std::string()> prepare;
  std::function<std::string(const std::string& about, const std::string& request_id)> call;
};

TEST_P(Idempotency, ARepeatOfEachWriteGetsTheFirstAnswerAndChangesNothing) {
  const auto nothing = [] { return std::string(); };
  const Write writes[] = {
      {"InitiateTransaction", nothing,
       [&](auto&, auto& id) {
         v1::InitiateTransactionRequest request = Tip("s");
         request.set_request_id(id);
         return Answer(client_.InitiateTransaction(request));
       }},
      {"CompleteTransaction", [&] { return Held(); },
       [&](auto& it, auto& id) {
         return Answer(client_.CompleteTransaction(About<v1::CompleteTransactionRequest>(it, id)));
       }},
      {"CancelTransaction", [&] { return Held(); },
       [&](auto& it, auto& id) {
         return Answer(client_.CancelTransaction(About<v1::CancelTransactionRequest>(it, id)));
       }},
      {"RefundTransaction", [&] { return Initiate(); },
       [&](auto& it, auto& id) {
         return Answer(client_.RefundTransaction(About<v1::RefundTransactionRequest>(it, id)));
       }},
      {"RecordSnapshot", [&] { return Initiate(); },
       [&](auto& it, auto& id) {
         auto request = About<v1::RecordSnapshotRequest>(it, id);
         request.set_service("receipts");
         (*request.mutable_dto()->mutable_fields())["printed"].set_bool_value(true);
         return Answer(client_.RecordSnapshot(request));
       }},
      {"InjectFailure", [&] { return Held(); },
       [&](auto& it, auto& id) {
         auto request = Operator<v1::InjectFailureRequest>(it, id);
         request.mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
         return Answer(client_.InjectFailure(request));
       }},
      {"ForceRetry", [&] { return Failed(); },
       [&](auto& it, auto& id) {
         return Answer(client_.ForceRetry(Operator<v1::ForceRetryRequest>(it, id)));
       }},
      {"OverrideState", [&] { return Failed(); },
       [&](auto& it, auto& id) {
         auto request = Operator<v1::OverrideStateRequest>(it, id);
         request.set_state(T::INITIATED);  // where it does not stay, so that a second one would be taken
         return Answer(client_.OverrideState(request));
       }},
      {"OpenDispute", [&] { return Initiate(); },
       [&](auto& it, auto& id) {
         auto request = About<v1::OpenDisputeRequest>(it, id);
         request.set_reason(v1::Dispute::OTHER);
         return Answer(client_.OpenDispute(request));
       }},
      {"SubmitEvidence", [&] { return Disputed(); },
       [&](auto& it, auto& id) {
         auto request = Named<v1::SubmitEvidenceRequest>(id);
         request.set_dispute(it);
         request.add_evidence()->set_title("receipt");
         return Answer(client_.SubmitEvidence(request));
       }},
      {"ResolveDispute", [&] { return Disputed(); },
       [&](auto& it, auto& id) {
         auto request = Named<v1::ResolveDisputeRequest>(id);
         request.set_dispute(it);
         request.set_outcome(v1::Dispute::LOST);
         return Answer(client_.ResolveDispute(request));
       }},
      {"CreateFlow", nothing,
       [&](auto&, auto& id) {
         auto request = Named<v1::CreateFlowRequest>(id);
         *request.mutable_flow() = Flow("own");
         return Answer(client_.CreateFlow(request));
       }},
      {"CreateFaultRule", nothing,
       [&](auto&, auto& id) {
         auto request = Named<v1::CreateFaultRuleRequest>(id);
         request.mutable_rule()->mutable_fault()->set_kind(v1::Fault::WEBHOOK_MISS);
         return Answer(client_.CreateFaultRule(request));
       }},
      {"UpdateFaultRule", [&] { return Rule(); },
       [&](auto& it, auto& id) {
         auto request = Named<v1::UpdateFaultRuleRequest>(id);
         request.set_fault_rule(it);
         request.mutable_rule()->set_enabled(false);
         return Answer(client_.UpdateFaultRule(request));
       }},
      {"RunSettlement", [&] { return Initiate(); },
       [&](auto&, auto& id) { return Answer(client_.RunSettlement(Named<v1::RunSettlementRequest>(id))); }},
      {"AdvanceClock", nothing,
       [&](auto&, auto& id) {
         auto request = Named<v1::AdvanceClockRequest>(id);
         request.mutable_by()->set_seconds(1);
         return Answer(client_.AdvanceClock(request));
       }},
      {"UpdateSandbox", nothing,
       [&](auto&, auto& id) {
         auto request = Named<v1::UpdateSandboxRequest>(id);
         request.set_pace(v1::Sandbox::INSTANT);
         return Answer(client_.UpdateSandbox(request));
       }},
  };
  for (const Write& write : writes) {
    SCOPED_TRACE(write.name);
    const std::string about = write.prepare();
    const int64_t before = HeadSequence();
    const std::string first = write.call(about, write.name);
    const int64_t after = HeadSequence();
    EXPECT_GT(after, before);
    EXPECT_THAT(first, Not(IsEmpty()));
    EXPECT_EQ(write.call(about, write.name), first);
    EXPECT_EQ(HeadSequence(), after);
    if (write.name == std::string("CancelTransaction")) continue;
    auto other = About<v1::CancelTransactionRequest>(Held(), write.name);
    EXPECT_EQ(ReasonOf(client_.CancelTransaction(other).status()), "REQUEST_ID_REUSED");
  }
  ExpectSound(client_, "s");
}

}  // namespace
}  // namespace tracktrove::testing
