// Flows over the wire.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

v1::Flow Parsed(const std::string& json) {
  v1::Flow flow;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &flow);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return flow;
}

v1::Flow SmallFlow() {
  return Parsed(R"json({"id": "small", "kind": "TIP", "capture": "MANUAL", "steps": [
      {"name": "check", "service": "risk", "latency": {"p50": "0.010s", "p99": "0.050s", "max": "0.090s"},
       "timeout": "0.060s", "failures": [{"code": "DECLINED", "weight": 3}, {"code": "DOWN"}],
       "change": {"risk": {"score": {"$draw": {"min": 1, "max": 9}}}}},
      {"name": "hold", "service": "escrow", "effect": "HOLD"},
      {"name": "capture", "service": "processor", "effect": "CAPTURE",
       "change": {"seen": {"$ref": "/risk/score"}}}]})json");
}

class Flows : public ::testing::TestWithParam<Database> {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok()); }
  absl::StatusOr<v1::Flow> Create(const v1::Flow& flow) {
    v1::CreateFlowRequest request;
    request.set_sandbox("s");
    *request.mutable_flow() = flow;
    return client_.CreateFlow(request);
  }
  std::vector<std::string> Ids(int page_size) {
    v1::ListFlowsRequest request;
    request.set_sandbox("s");
    request.set_page_size(page_size);
    std::vector<std::string> ids;
    for (const auto& flow : client_.ListFlows(request)) {
      EXPECT_TRUE(flow.ok()) << flow.status();
      if (!flow.ok()) break;
      ids.push_back(flow->id());
    }
    return ids;
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(Flows);

TEST_P(Flows, AreKeptAsTheyWereCreatedAndUsedByName) {
  const auto created = Create(SmallFlow());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->DebugString(), SmallFlow().DebugString());
  app_.Restart();
  client_ = app_.client();
  v1::GetFlowRequest get;
  get.set_sandbox("s");
  get.set_flow("small");
  EXPECT_EQ(client_.GetFlow(get)->DebugString(), SmallFlow().DebugString());

  v1::InitiateTransactionRequest request = Tip("s");
  request.set_flow("small");
  const auto held = client_.InitiateTransaction(request);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->state(), v1::Transaction::ESCROW);
  EXPECT_EQ(held->capture(), v1::Transaction::MANUAL);
  EXPECT_EQ(held->step(), "capture");
  v1::CompleteTransactionRequest complete;
  complete.set_sandbox("s");
  complete.set_transaction(held->id());
  const auto completed = client_.CompleteTransaction(complete);
  ASSERT_TRUE(completed.ok()) << completed.status();
  const auto& fields = completed->dto().fields();
  EXPECT_EQ(fields.at("seen").number_value(),
            fields.at("risk").struct_value().fields().at("score").number_value());
  ExpectSound(client_, "s");
}

TEST_P(Flows, AreListedByIdWithTheBuiltInOnes) {
  ASSERT_TRUE(Create(SmallFlow()).ok());
  for (const int page_size : {1, 2, 50}) {
    EXPECT_THAT(Ids(page_size), ElementsAre("auction-bid-adjustment", "card-purchase", "food-delivery-tip",
                                            "loyalty-credit", "marketplace-refund", "small"));
  }
}

TEST_P(Flows, ThePacedTimersOfATransactionFindItsFlow) {
  ASSERT_TRUE(client_.CreateSandbox(ManualSandbox("p", v1::Sandbox::PACED)).ok());
  v1::CreateFlowRequest create;
  create.set_sandbox("p");
  *create.mutable_flow() = SmallFlow();
  ASSERT_TRUE(client_.CreateFlow(create).ok());
  v1::InitiateTransactionRequest request = Tip("p");
  request.set_flow("small");
  request.set_capture(v1::Transaction::AUTOMATIC);
  const auto transaction = client_.InitiateTransaction(request);
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_EQ(transaction->step(), "check");
  app_.Restart();
  client_ = app_.client();
  v1::AdvanceClockRequest advance;
  advance.set_sandbox("p");
  advance.mutable_by()->set_seconds(60);
  ASSERT_TRUE(client_.AdvanceClock(advance).ok());
  v1::GetTransactionRequest get;
  get.set_sandbox("p");
  get.set_transaction(transaction->id());
  EXPECT_EQ(client_.GetTransaction(get)->state(), v1::Transaction::COMPLETED);
}

TEST_P(Flows, BuiltInOnesCanBeReadAndTakenAsAPattern) {
  for (const std::string& id : Ids(50)) {
    v1::GetFlowRequest get;
    get.set_sandbox("s");
    get.set_flow(id);
    auto flow = client_.GetFlow(get);
    ASSERT_TRUE(flow.ok()) << flow.status();
    EXPECT_GE(flow->steps_size(), 5);
    EXPECT_EQ(ReasonOf(Create(*flow).status()), "FLOW_EXISTS");
    flow->set_id("my-" + id);
    EXPECT_TRUE(Create(*flow).ok());
  }
}

TEST_P(Flows, ExamplesCanBeCreatedAndRun) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TRACKTROVE_SOURCE_DIR "/examples/flows")) {
    SCOPED_TRACE(entry.path());
    std::stringstream json;
    json << std::ifstream(entry.path()).rdbuf();
    const auto flow = Create(Parsed(json.str()));
    ASSERT_TRUE(flow.ok()) << flow.status();
    v1::InitiateTransactionRequest request = Tip("s");
    request.set_kind(flow->kind());
    request.set_flow(flow->id());
    request.set_capture(v1::Transaction::AUTOMATIC);
    const auto transaction = client_.InitiateTransaction(request);
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    EXPECT_EQ(transaction->state(), v1::Transaction::COMPLETED);
    ++examples;
  }
  EXPECT_GE(examples, 3);
}

TEST_P(Flows, ThatCouldNotRunAreRefusedNamingThePlace) {
  const struct {
    const char* what;
    const char* field;
    std::function<void(v1::Flow&)> spoil;
  } cases[] = {
      {"no id", "flow.id", [](v1::Flow& f) { f.clear_id(); }},
      {"an id with a space", "flow.id", [](v1::Flow& f) { f.set_id("a b"); }},
      {"no kind", "flow.kind", [](v1::Flow& f) { f.clear_kind(); }},
      {"no steps", "flow.steps", [](v1::Flow& f) { f.clear_steps(); }},
      {"no capture", "flow.steps", [](v1::Flow& f) { f.mutable_steps()->RemoveLast(); }},
      {"a name twice", "flow.steps[1].name", [](v1::Flow& f) { f.mutable_steps(1)->set_name("check"); }},
      {"an unknown effect", "flow.steps[0].effect",
       [](v1::Flow& f) { f.mutable_steps(0)->set_effect(static_cast<v1::Flow::Step::Effect>(9)); }},
      {"falling latencies", "flow.steps[0].latency",
       [](v1::Flow& f) { f.mutable_steps(0)->mutable_latency()->mutable_p50()->set_seconds(1); }},
      {"a latency beyond a day", "flow.steps[0].latency.max",
       [](v1::Flow& f) { f.mutable_steps(0)->mutable_latency()->mutable_max()->set_seconds(90'000); }},
      {"a timeout that no answer can meet", "flow.steps[0].timeout",
       [](v1::Flow& f) { f.mutable_steps(0)->mutable_timeout()->set_nanos(4'000'000); }},
      {"a weight of nothing", "flow.steps[0].failures[1].weight",
       [](v1::Flow& f) { f.mutable_steps(0)->mutable_failures(1)->set_weight(0); }},
      {"a reference to a later step's work", "flow.steps[1].change/early/$ref",
       [](v1::Flow& f) {
         *f.mutable_steps(1)->mutable_change() =
             Parsed(R"({"steps":[{"change":{"early":{"$ref":"/seen"}}}]})").steps(0).change();
       }},
      {"a change with NaN", "flow.steps[1].change",
       [](v1::Flow& f) {
         (*f.mutable_steps(1)->mutable_change()->mutable_fields())["x"].set_number_value(
             std::numeric_limits<double>::quiet_NaN());
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    v1::Flow flow = SmallFlow();
    c.spoil(flow);
    const absl::Status status = Create(flow).status();
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
    const auto violations = GetFieldViolations(status);
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, c.field) << violations[0].description;
  }
  EXPECT_THAT(Ids(50), SizeIs(5));
}

}  // namespace
}  // namespace tracktrove::testing
