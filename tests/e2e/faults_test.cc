// Every kind of fault against the real server, from wherever it can come: what
// the trace shows of it, what the explanation says, and where the money is.
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <ostream>

#include "tests/support/requests.h"
#include "tests/support/server_process.h"

namespace tracktrove::testing {
namespace {

using ::testing::StartsWith;

enum class Source { kRule, kRequest, kOperator };

void PrintTo(Source source, std::ostream* out) {
  *out << (source == Source::kRule ? "ByRule" : source == Source::kRequest ? "ByRequest" : "ByOperator");
}

constexpr char kAtOnce[] = "It COMPLETED in attempt 1 with 2550 of 2550 minor units captured.";
constexpr char kHealed[] = "It COMPLETED in attempt 2 with 2550 of 2550 minor units captured.";

// What a kind does to a tip of ₹25.50, once at this step.
struct Expected {
  v1::Fault::Kind kind;
  const char* step;
  std::vector<std::string> trace;  // `TYPE step` of each record that it touched
  const char* sentence;            // completes the fault's name
  const char* summary = kAtOnce;
  int64_t captured = 2550;
  std::function<void(v1::Fault&)> fill = {};
};

std::function<void(v1::Fault&)> Lasting(int64_t milliseconds) {
  return [milliseconds](v1::Fault& fault) {
    fault.mutable_duration()->set_seconds(milliseconds / 1000);
    fault.mutable_duration()->set_nanos(static_cast<int32_t>(milliseconds % 1000 * 1'000'000));
  };
}

const std::vector<Expected>& Kinds() {
  static const auto& kinds = *new std::vector<Expected>{
      {v1::Fault::STEP_ERROR,
       "capture-tip",
       {"STEP_FINISHED capture-tip"},
       " (STEP_ERROR) made capture-tip fail with SOLAR_FLARE.",
       kHealed,
       2550,
       [](v1::Fault& fault) { fault.set_code("SOLAR_FLARE"); }},
      {v1::Fault::STEP_TIMEOUT,
       "score-risk",
       {"STEP_FINISHED score-risk"},
       " (STEP_TIMEOUT) made score-risk fail with STEP_TIMEOUT.",
       kHealed},
      {v1::Fault::TIMEOUT_AFTER_COMMIT,
       "hold-funds",
       {"STEP_FINISHED hold-funds", "ANSWER_LOST hold-funds"},
       " let hold-funds do its work, but lost the answer.",
       kHealed},
      {v1::Fault::ADDED_LATENCY,
       "score-risk",
       {"STEP_FINISHED score-risk"},
       " made score-risk take 20ms longer.",
       kAtOnce,
       2550,
       Lasting(20)},
      {v1::Fault::HOLD_EXPIRY,
       "hold-funds",
       {"STEP_FINISHED hold-funds", "HOLD_EXPIRED "},
       " let the hold expire as soon as it was placed.",
       "It is REFUNDED: the payer has everything back.",
       0},
      {v1::Fault::DUPLICATE_CALLBACK,
       "capture-tip",
       {"STEP_FINISHED capture-tip", "DUPLICATE_IGNORED capture-tip"},
       " sent the answer of capture-tip twice; the second one was ignored."},
      {v1::Fault::PARTIAL_CAPTURE,
       "capture-tip",
       {"STEP_FINISHED capture-tip"},
       " had capture-tip capture only a part.",
       "It COMPLETED in attempt 1 with 1020 of 2550 minor units captured.",
       1020,
       [](v1::Fault& fault) { fault.set_capture_ppm(400'000); }},
      {v1::Fault::LEDGER_REJECTION,
       "hold-funds",
       {"STEP_FINISHED hold-funds"},
       " (LEDGER_REJECTION) made hold-funds fail with LEDGER_REJECTED.",
       kHealed},
      {v1::Fault::DATABASE_ERROR,
       "score-risk",
       {"STEP_FINISHED score-risk"},
       " (DATABASE_ERROR) made score-risk fail with DATABASE_ERROR.",
       kHealed},
      {v1::Fault::CACHE_OUTAGE,
       "score-risk",
       {"STEP_FINISHED score-risk"},
       " took the cache from risk: score-risk took 250ms longer."},
      {v1::Fault::WEBHOOK_MISS,
       "notify-courier",
       {"STEP_FINISHED notify-courier"},
       " has the webhooks about notify-courier not sent."},
      {v1::Fault::WEBHOOK_DELAY,
       "notify-courier",
       {"STEP_FINISHED notify-courier"},
       " has the webhooks about notify-courier sent 5m late.",
       kAtOnce,
       2550,
       Lasting(300'000)},
      {v1::Fault::WEBHOOK_DUPLICATE,
       "notify-courier",
       {"STEP_FINISHED notify-courier"},
       " has the webhooks about notify-courier sent twice."},
      {v1::Fault::WEBHOOK_REORDER,
       "notify-courier",
       {"STEP_FINISHED notify-courier"},
       " has the webhooks about notify-courier sent after the next ones."},
      {v1::Fault::WEBHOOK_BAD_SIGNATURE,
       "notify-courier",
       {"STEP_FINISHED notify-courier"},
       " has the webhooks about notify-courier signed wrongly."},
  };
  return kinds;
}

void PrintTo(const Expected& expected, std::ostream* out) { *out << v1::Fault::Kind_Name(expected.kind); }

class EachFault : public ::testing::TestWithParam<std::tuple<Expected, Source>> {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<ServerProcess>(); }
  static void TearDownTestSuite() { server_.reset(); }

  const Expected& expected() const { return std::get<0>(GetParam()); }
  Source source() const { return std::get<1>(GetParam()); }

  v1::Fault Fault() const {
    v1::Fault fault;
    fault.set_kind(expected().kind);
    if (expected().fill) expected().fill(fault);
    return fault;
  }

  // Answers the rule's id.
  std::string CreateRule() {
    v1::CreateFaultRuleRequest request;
    request.set_sandbox(sandbox_);
    *request.mutable_rule()->mutable_fault() = Fault();
    request.mutable_rule()->mutable_match()->set_step(expected().step);
    request.mutable_rule()->set_max_hits(1);
    const auto rule = client_.CreateFaultRule(request);
    EXPECT_TRUE(rule.ok()) << rule.status();
    return rule.value_or(v1::FaultRule()).id();
  }

  void Inject(const std::string& id) {
    auto request = About<v1::InjectFailureRequest>(id);
    *request.mutable_fault() = Fault();
    request.set_step(expected().step);
    request.set_actor("dev");
    const auto injected = client_.InjectFailure(request);
    ASSERT_TRUE(injected.ok()) << injected.status();
  }

  // Begins a tip and brings the fault upon it.
  void Begin() {
    v1::InitiateTransactionRequest request = Tip(sandbox_);
    if (source() == Source::kRule) fault_id_ = CreateRule();
    if (source() == Source::kRequest) {
      v1::PlannedFault& planned = *request.mutable_simulation()->add_faults();
      *planned.mutable_fault() = Fault();
      planned.set_step(expected().step);
      fault_id_ = "inline:0";
    }
    const auto tip = client_.InitiateTransaction(request);
    ASSERT_TRUE(tip.ok()) << tip.status();
    id_ = tip->id();
    if (source() != Source::kOperator) return;
    Inject(id_);
    fault_id_ = "injected:1";
  }

  template <typename Request>
  Request About(const std::string& id) const {
    Request request;
    request.set_sandbox(sandbox_);
    request.set_transaction(id);
    return request;
  }

  // Far enough for retries, and not for settlement.
  void AdvanceAMinute() {
    v1::AdvanceClockRequest request;
    request.set_sandbox(sandbox_);
    request.mutable_by()->set_seconds(60);
    const auto moved = client_.AdvanceClock(request);
    ASSERT_TRUE(moved.ok()) << moved.status();
  }

  std::string FaultName() const {
    switch (source()) {
      case Source::kRule:
        return "Fault rule " + fault_id_;
      case Source::kRequest:
        return "The request's own fault " + fault_id_;
      case Source::kOperator:
        return "The operator's fault " + fault_id_;
    }
    return "";
  }

  static std::unique_ptr<ServerProcess> server_;
  const Client client_ = server_->client();
  const std::string sandbox_ =
      v1::Fault::Kind_Name(expected().kind) + "-" + ::testing::PrintToString(source());
  std::string id_;
  std::string fault_id_;
};

std::unique_ptr<ServerProcess> EachFault::server_;

INSTANTIATE_TEST_SUITE_P(Of, EachFault,
                         ::testing::Combine(::testing::ValuesIn(Kinds()),
                                            ::testing::Values(Source::kRule, Source::kRequest,
                                                              Source::kOperator)),
                         [](const auto& each) {
                           return v1::Fault::Kind_Name(std::get<0>(each.param).kind) + "_" +
                                  ::testing::PrintToString(std::get<1>(each.param));
                         });

TEST_P(EachFault, ShowsInTraceAndExplanationAndLeavesTheBooksSound) {
  ASSERT_TRUE(client_.CreateSandbox(ManualSandbox(sandbox_, v1::Sandbox::PACED)).ok());
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_NO_FATAL_FAILURE(AdvanceAMinute());

  std::vector<std::string> touched;
  for (const v1::TraceRecord& record : TraceOf(client_, sandbox_, id_)) {
    if (record.fault_kind() == v1::Fault::KIND_UNSPECIFIED) continue;
    EXPECT_EQ(record.fault_rule_id(), fault_id_);
    EXPECT_EQ(record.fault_kind(), expected().kind);
    touched.push_back(v1::TraceRecord::Type_Name(record.type()) + " " + record.step());
  }
  std::vector<std::string> trace = expected().trace;
  if (source() == Source::kOperator) trace.insert(trace.begin(), "FAULT_INJECTED ");
  EXPECT_EQ(touched, trace);

  const auto explanation = client_.ExplainTransaction(About<v1::ExplainTransactionRequest>(id_));
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  EXPECT_TRUE(explanation->complete());
  EXPECT_THAT(explanation->summary(), StartsWith(expected().summary));
  std::vector<std::string> sentences;
  for (const v1::Cause& cause : explanation->causes()) {
    if (cause.kind() != v1::Cause::FAULT) continue;
    EXPECT_EQ(cause.fault_rule_id(), fault_id_);
    EXPECT_EQ(cause.fault_kind(), expected().kind);
    sentences.push_back(cause.sentence());
  }
  ASSERT_FALSE(sentences.empty());
  EXPECT_EQ(sentences.front(), FaultName() + expected().sentence);

  const auto tip = client_.GetTransaction(About<v1::GetTransactionRequest>(id_));
  ASSERT_TRUE(tip.ok()) << tip.status();
  EXPECT_EQ(tip->captured_amount().minor_units(), expected().captured);
  ExpectSound(client_, sandbox_);
}

TEST(Faults, AreAllAmongThoseThatAreTried) {
  EXPECT_EQ(Kinds().size() + 1, static_cast<size_t>(v1::Fault::Kind_descriptor()->value_count()));
}

}  // namespace
}  // namespace tracktrove::testing
