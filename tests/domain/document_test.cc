// A flow's document keeps to its bounds, whatever its steps copy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/explain.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A flow that holds, then copies back and forth as `copies` says, then captures.
Flow Copying(const std::vector<Json>& copies) {
  Json flow = Json::parse(R"json({"id": "copying", "kind": "TIP", "steps": [
      {"name": "hold", "service": "escrow", "effect": "HOLD", "failures": [{"code": "REFUSED"}],
       "change": {"a": {"$ref": "/a"}}}]})json");
  for (size_t i = 0; i < copies.size(); ++i) {
    flow["steps"].push_back(
        {{"name", "copy-" + std::to_string(i)}, {"service", "copier"}, {"change", copies[i]}});
  }
  flow["steps"].push_back({{"name", "capture"}, {"service", "processor"}, {"effect", "CAPTURE"}});
  return *ParseFlow(flow);
}

// Every two steps double what is in `a` and `b`.
std::vector<Json> Doubling(size_t steps) {
  std::vector<Json> copies;
  while (copies.size() < steps) {
    copies.push_back(Json::parse(R"({"b": [{"$ref": "/a/0"}, {"$ref": "/a/0"}]})"));
    copies.push_back(Json::parse(R"({"a": [{"$ref": "/b"}]})"));
  }
  return copies;
}

class DocumentTest : public testing::Test {
 protected:
  // Fires a tip through the flow.
  const Transaction& Run(const Flow& flow, const Json& payload, std::vector<PlannedFault> faults = {}) {
    flow_ = flow;
    EXPECT_TRUE(world_.Do(CreateFlow{flow}).ok());
    InitiateTransaction tip = Tip();
    tip.flow = flow.id;
    tip.payload = CanonicalText(payload);
    tip.simulation.faults = std::move(faults);
    return world_.Initiate(tip);
  }

  void ExpectTooLarge(const Transaction& t, const std::string& step) {
    EXPECT_EQ(t.state, State::kFailed);
    ASSERT_TRUE(t.failure.has_value());
    EXPECT_EQ(t.failure->code, "DTO_TOO_LARGE");
    EXPECT_EQ(t.failure->step, step);
    EXPECT_TRUE(t.failure->final);
    EXPECT_EQ(t.simulation.acting, std::nullopt);
    EXPECT_EQ(t.hold_expire_time, std::nullopt);
    EXPECT_THAT(world_.TimersOf(t.id), IsEmpty());
    EXPECT_EQ(world_.posted[t.id], PositionOf(t)) << "the funds went back";
    const std::vector<Record> records = world_.RecordsOf(t.id);
    const Record& last = records.back();
    EXPECT_EQ(last.type, RecordType::kStepFinished);
    EXPECT_EQ(last.record_class, RecordClass::kDecided);
    EXPECT_EQ(last.step, step);
    EXPECT_EQ(last.fault_kind, FaultKind::kNone);
    EXPECT_EQ(*last.dto, *records[records.size() - 2].dto) << "it stays what it was";
    for (const Record& record : records) {
      EXPECT_LE(record.dto->size(), kMaxDocumentBytes);
      EXPECT_LE(LevelsOf(ParseStored(*record.dto)), kMaxDocumentLevels);
    }
  }

  World world_{ManualSandbox(Pace::kInstant)};
  Flow flow_;
};

TEST_F(DocumentTest, AStepThatWouldMakeItTooLongFailsForGoodAndGivesTheFundsBack) {
  const Transaction& t = Run(Copying(Doubling(48)), {{"a", Json::array({std::string(1000, 'x')})}});
  ExpectTooLarge(t, "copy-10");  // 2^6 KB in `b` beside 2^5 in `a`
  const Explanation explanation = Explain(42, flow_, t, world_.RecordsOf(t.id));
  ASSERT_EQ(explanation.causes.size(), 1u) << "nothing about attempts";
  EXPECT_EQ(explanation.causes[0].kind, CauseKind::kTooLarge);
  EXPECT_THAT(explanation.summary, HasSubstr("copy-10 would have made the document larger than 65536 bytes"));
}

TEST_F(DocumentTest, AStepThatWouldMakeItTooDeepFails) {
  std::vector<Json> deeper;
  for (int i = 0; i < 30; ++i) {
    const std::string from = i % 2 == 0 ? "/a" : "/b", to = i % 2 == 0 ? "b" : "a";
    deeper.push_back(Json{{to, {{"in", {{"$ref", from}}}}}});
  }
  // The n-th copy is n + 2 levels deep, the document one more.
  ExpectTooLarge(Run(Copying(deeper), {{"a", Json::object()}}), "copy-22");
}

TEST_F(DocumentTest, MayBeAsLongAsItsBound) {
  const Json copy = {{"b", {{"$ref", "/a"}}}};
  const size_t overhead = std::string(R"({"a":"","b":""})").size();
  std::string half((kMaxDocumentBytes - overhead) / 2, 'x');
  const Transaction& fits = Run(Copying({copy}), {{"a", half}});
  EXPECT_EQ(fits.state, State::kCompleted);
  EXPECT_GE(fits.dto->size(), kMaxDocumentBytes - 1);
  InitiateTransaction tip = Tip();
  tip.flow = "copying";
  tip.payload = CanonicalText({{"a", half + "x"}});
  ExpectTooLarge(world_.Initiate(tip), "copy-0");
}

TEST_F(DocumentTest, WhatAFaultWouldHaveDoneToSuchAStepComesToNothing) {
  const Json copy = {{"b", {{"$ref", "/a"}}}};
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    world_ = World(ManualSandbox(pace));
    const PlannedFault fault{
        .id = "inline:0", .fault = {.kind = FaultKind::kTimeoutAfterCommit}, .step = "copy-0"};
    const std::string id = Run(Copying({copy}), {{"a", std::string(kMaxDocumentBytes / 2, 'x')}}, {fault}).id;
    world_.FireAll();
    ExpectTooLarge(world_.Get(id), "copy-0");
    EXPECT_THAT(world_.Get(id).simulation.done, IsEmpty()) << "no work was done";
  }
}

TEST_F(DocumentTest, AHoldThatWouldMakeItTooLongIsNotPlaced) {
  Json flow = ParseStored(*FlowOf(Kind::kTip).definition);
  flow["id"] = "holding";
  const size_t hold = FlowOf(Kind::kTip).IndexOf(StepEffect::kHold);
  flow["steps"][hold]["change"] = {{"b", {{"$ref", "/a"}}}};
  const Transaction& t = Run(*ParseFlow(flow), {{"a", std::string(kMaxDocumentBytes / 2, 'x')}});
  ExpectTooLarge(t, "hold-funds");
  EXPECT_EQ(world_.RecordsOf(t.id).back().from_state, State::kInitiated);
}

}  // namespace
}  // namespace tracktrove::domain
