// Bad input: INVALID_ARGUMENT naming the field, and nothing written.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

struct BadRequest {
  const char* name;
  const char* field;
  std::function<void(v1::InitiateTransactionRequest&)> spoil;
};

google::protobuf::Value Nested(int depth) {
  google::protobuf::Value value;
  google::protobuf::Value* inner = &value;
  for (int i = 0; i < depth; ++i) inner = inner->mutable_list_value()->add_values();
  inner->set_bool_value(true);
  return value;
}

const std::vector<BadRequest>& BadRequests() {
  using R = v1::InitiateTransactionRequest;
  static const auto* const requests = new std::vector<BadRequest>{
      {"no kind", "kind", [](R& r) { r.clear_kind(); }},
      {"a kind nobody knows", "kind", [](R& r) { r.set_kind(static_cast<v1::Transaction::Kind>(77)); }},
      {"no amount", "amount", [](R& r) { r.clear_amount(); }},
      {"a zero amount", "amount.minor_units", [](R& r) { r.mutable_amount()->set_minor_units(0); }},
      {"a negative amount", "amount.minor_units", [](R& r) { r.mutable_amount()->set_minor_units(-1); }},
      {"one paisa too little", "amount.minor_units", [](R& r) { r.mutable_amount()->set_minor_units(99); }},
      {"one paisa too much", "amount.minor_units", [](R& r) { r.mutable_amount()->set_minor_units(50'001); }},
      {"the largest amount", "amount.minor_units",
       [](R& r) { r.mutable_amount()->set_minor_units(INT64_MAX); }},
      {"an unknown currency", "amount.currency_code",
       [](R& r) { r.mutable_amount()->set_currency_code("XYZ"); }},
      {"a currency in the wrong case", "amount.currency_code",
       [](R& r) { r.mutable_amount()->set_currency_code("inr"); }},
      {"no payer", "payer", [](R& r) { r.clear_payer(); }},
      {"a payer with a space", "payer", [](R& r) { r.set_payer("a b"); }},
      {"a payee with U+0000", "payee", [](R& r) { r.set_payee(std::string("a\0b", 3)); }},
      {"the payer as payee", "payee", [](R& r) { r.set_payee(r.payer()); }},
      {"a request_id that is too long", "request_id", [](R& r) { r.set_request_id(std::string(256, 'x')); }},
      {"a draw_key with a line end", "draw_key", [](R& r) { r.set_draw_key("a\n"); }},
      {"a sandbox with a slash", "sandbox", [](R& r) { r.set_sandbox("a/b"); }},
      {"a success rate above one", "simulation.success_rate",
       [](R& r) { r.mutable_simulation()->set_success_rate(1.000001); }},
      {"a success rate that is not a number", "simulation.success_rate",
       [](R& r) { r.mutable_simulation()->set_success_rate(std::nan("")); }},
      {"an infinite failure rate", "simulation.transient_failure_rate",
       [](R& r) {
         r.mutable_simulation()->set_transient_failure_rate(std::numeric_limits<double>::infinity());
       }},
      {"a step of no flow", "simulation.fail_at_step",
       [](R& r) { r.mutable_simulation()->set_fail_at_step("fly"); }},
      {"too many failing attempts", "simulation.fail_first_attempts",
       [](R& r) { r.mutable_simulation()->set_fail_first_attempts(21); }},
      {"a hold of nothing", "hold_ttl", [](R& r) { r.mutable_hold_ttl(); }},
      {"a hold of a year", "hold_ttl", [](R& r) { r.mutable_hold_ttl()->set_seconds(365 * 86400); }},
      {"a hold whose signs disagree", "hold_ttl",
       [](R& r) {
         r.mutable_hold_ttl()->set_seconds(5);
         r.mutable_hold_ttl()->set_nanos(-1);
       }},
      {"a hold of the lowest nanoseconds", "hold_ttl",
       [](R& r) { r.mutable_hold_ttl()->set_nanos(INT32_MIN); }},
      {"a hold of a whole second in nanoseconds", "hold_ttl",
       [](R& r) {
         r.mutable_hold_ttl()->set_seconds(5);
         r.mutable_hold_ttl()->set_nanos(1'000'000'000);
       }},
      {"a hold of the most seconds", "hold_ttl", [](R& r) { r.mutable_hold_ttl()->set_seconds(INT64_MAX); }},
      {"a hold of the least seconds", "hold_ttl",
       [](R& r) {
         r.mutable_hold_ttl()->set_seconds(INT64_MIN);
         r.mutable_hold_ttl()->set_nanos(INT32_MIN);
       }},
      {"a payload with U+0000", "payload",
       [](R& r) { (*r.mutable_payload()->mutable_fields())["a"].set_string_value(std::string("\0", 1)); }},
      {"a payload with a key of U+0000", "payload",
       [](R& r) { (*r.mutable_payload()->mutable_fields())[std::string("\0", 1)].set_bool_value(true); }},
      {"a payload with NaN", "payload",
       [](R& r) { (*r.mutable_payload()->mutable_fields())["a"].set_number_value(std::nan("")); }},
      {"a payload of 25 levels", "payload",
       [](R& r) { (*r.mutable_payload()->mutable_fields())["a"] = Nested(24); }},
      {"a payload above 64 KiB", "payload",
       [](R& r) {
         (*r.mutable_payload()->mutable_fields())["a"].set_string_value(std::string(64 << 10, 'x'));
       }},
      {"a label without a key", "labels", [](R& r) { (*r.mutable_labels())[""] = "x"; }},
      {"too many labels", "labels",
       [](R& r) {
         for (int i = 0; i < 51; ++i) (*r.mutable_labels())["k" + std::to_string(i)] = "v";
       }},
  };
  return *requests;
}

TEST(Shape, EveryBadRequestNamesItsFieldAndWritesNothing) {
  TestApp app;
  const Client client = app.client();
  const auto before = client.GetSandbox({});
  ASSERT_TRUE(before.ok()) << before.status();
  for (const BadRequest& bad : BadRequests()) {
    SCOPED_TRACE(bad.name);
    v1::InitiateTransactionRequest request = Tip();
    bad.spoil(request);
    const auto answer = client.InitiateTransaction(request);
    ASSERT_TRUE(absl::IsInvalidArgument(answer.status())) << answer.status();
    EXPECT_EQ(ReasonOf(answer.status()), "BAD_REQUEST");
    const auto violations = GetFieldViolations(answer.status());
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, bad.field) << violations[0].description;
  }
  const auto after = client.GetSandbox({});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->head_sequence(), before->head_sequence());
  EXPECT_EQ(after->transaction_count(), 0);
}

TEST(Shape, WhatIsJustInsideTheBoundsIsTaken) {
  TestApp app;
  const Client client = app.client();
  for (const int64_t amount : {100, 50'000}) {
    v1::InitiateTransactionRequest request = Tip();
    request.mutable_amount()->set_minor_units(amount);
    EXPECT_TRUE(client.InitiateTransaction(request).ok());
  }
  v1::InitiateTransactionRequest yen = Tip();
  yen.mutable_amount()->set_currency_code("JPY");
  yen.mutable_amount()->set_minor_units(500);
  EXPECT_TRUE(client.InitiateTransaction(yen).ok());
  v1::InitiateTransactionRequest deep = Tip();
  (*deep.mutable_payload()->mutable_fields())["a"] = Nested(23);
  EXPECT_TRUE(client.InitiateTransaction(deep).ok());
}

TEST(Shape, ATimeOutsideTheYearsThatAreKeptNamesItsField) {
  TestApp app;
  const Client client = app.client();
  const std::vector<std::pair<int64_t, int32_t>> times = {
      {INT64_MIN, 0}, {-1, 0}, {INT64_MAX, 0}, {0, -1}, {0, INT32_MIN}, {0, INT32_MAX}, {0, 1'000'000'000}};
  for (const auto& [seconds, nanos] : times) {
    v1::ListTransactionsRequest request;
    request.mutable_create_time_from()->set_seconds(seconds);
    request.mutable_create_time_from()->set_nanos(nanos);
    const absl::Status status = (*client.ListTransactions(request).begin()).status();
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << seconds << " " << nanos << " " << status;
    EXPECT_EQ(GetFieldViolations(status).at(0).field, "create_time_from");
  }
}

TEST(Shape, AMalformedTransactionIdIsNoMissingTransaction) {
  TestApp app;
  v1::GetTransactionRequest request;
  request.set_transaction("not-an-id");
  EXPECT_TRUE(absl::IsInvalidArgument(app.client().GetTransaction(request).status()));
  request.set_transaction("01a207f5-6931-7104-ba29-f17db55372f3");
  const absl::Status status = app.client().GetTransaction(request).status();
  EXPECT_EQ(ReasonOf(status), "TRANSACTION_NOT_FOUND");
}

TEST(Shape, APageTokenIsBoundToItsFilters) {
  TestApp app;
  const Client client = app.client();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.InitiateTransaction(Tip()).ok());
  v1::ListTransactionsRequest request;
  request.set_page_token("bm9uc2Vuc2U");
  const auto first = *client.ListTransactions(request).begin();
  EXPECT_EQ(ReasonOf(first.status()), "PAGE_TOKEN_INVALID");
}

TEST(Auth, ATokenIsAskedOfEveryCall) {
  TempFolder folder;
  const std::string path = folder.path() + "/token";
  ASSERT_EQ(std::system(("echo 0123456789abcdef > " + path).c_str()), 0);
  config::Options options;
  options.auth_token_file = path;
  TestApp app(options);
  EXPECT_TRUE(app.client().GetSandbox({}).ok());
  Options without = app.ClientOptions();
  without.bearer_token = "0123456789abcdeF";
  EXPECT_EQ(Client(without).GetSandbox({}).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Client(without).InitiateTransaction(Tip()).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_FALSE(Client(without).WatchTransactions({}).ok());
}

}  // namespace
}  // namespace tracktrove::testing
