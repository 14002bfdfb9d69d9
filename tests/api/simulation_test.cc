// Simulations as a client sees them.
#include <gmock/gmock.h>

#include <limits>
#include <memory>
#include <set>
#include <thread>

#include "tests/support/requests.h"
#include "tests/support/simulations.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

class SimulationTest : public ::testing::TestWithParam<Database> {
 protected:
  void Create(v1::Sandbox::Pace pace) {
    const auto sandbox = client_.CreateSandbox(ManualSandbox("s", pace));
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  }
  v1::Sandbox TheSandbox() {
    v1::GetSandboxRequest request;
    request.set_sandbox("s");
    return client_.GetSandbox(request).value_or(v1::Sandbox());
  }
  absl::StatusOr<v1::Simulation> Cancel(const std::string& id) {
    v1::CancelSimulationRequest request;
    request.set_sandbox("s");
    request.set_simulation(id);
    request.set_reason("the test has seen enough");
    return client_.CancelSimulation(request);
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

TRACKTROVE_ON_EVERY_DATABASE(SimulationTest);

TEST_P(SimulationTest, AnInstantRunEndsWhenAllAreOverAndItsReportAddsUp) {
  Create(v1::Sandbox::INSTANT);
  v1::RunSimulationRequest request = Simulate("s", 300);
  request.mutable_spec()->set_success_rate(0.8);
  request.mutable_spec()->set_transient_failure_rate(0.3);
  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  EXPECT_EQ(ended.arrived(), 300);
  EXPECT_EQ(ended.over(), 300);
  const v1::SimulationReport& report = ended.report();
  int64_t outcomes = 0, failures = 0, failed = 0;
  for (const auto& outcome : report.outcomes()) {
    outcomes += outcome.count();
    EXPECT_TRUE(outcome.over());
    if (outcome.state() == v1::Transaction::FAILED) failed += outcome.count();
  }
  for (const auto& failure : report.failures()) failures += failure.count();
  EXPECT_EQ(outcomes, 300);
  EXPECT_EQ(failures, failed);
  EXPECT_EQ(ended.states().at("FAILED"), failed);
  EXPECT_EQ(ended.states().at("COMPLETED"), 300 - failed);
  EXPECT_NEAR(static_cast<double>(failed), 70, 25);  // a fifth, and those that ran out of attempts
  EXPECT_GT(report.retries(), 30);
  int64_t steps = 0;
  for (const auto& step : report.steps()) {
    steps += step.count();
    EXPECT_LE(Seconds(step.p50()), Seconds(step.p95()));
    EXPECT_LE(Seconds(step.p99()), Seconds(step.max()));
    EXPECT_GT(Seconds(step.p50()), 0);
  }
  EXPECT_EQ(steps + 300 + report.retries(), report.records());
  EXPECT_EQ(report.decided_records(), report.records());
  int64_t money = 0;
  for (const auto& account : report.money()) money += account.amount().minor_units();
  EXPECT_EQ(money, 0);
  EXPECT_TRUE(report.ledger().ok()) << report.ledger().problem();
  EXPECT_EQ(report.ledger().checked(), 300);
  EXPECT_TRUE(report.trail().ok()) << report.trail().problem();
  EXPECT_EQ(report.trail().checked(), ended.last_sequence() - ended.first_sequence() + 1);
  EXPECT_EQ(report.digest().size(), 64u);
  ExpectSound(client_, "s");

  v1::GetSimulationRequest get;
  get.set_sandbox("s");
  get.set_simulation(ended.id());
  const auto again = client_.GetSimulation(get);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->report().DebugString(), report.DebugString()) << "it is made once";
}

TEST_P(SimulationTest, TheRulesOfARunActOnItsTransactionsAloneAndTheReportSaysWhatTheyCaused) {
  Create(v1::Sandbox::INSTANT);
  v1::RunSimulationRequest request = Simulate("s", 200);
  v1::FaultRule& often = *request.mutable_spec()->add_fault_rules();
  often.mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
  often.mutable_fault()->set_code("BROKEN_ON_PURPOSE");
  often.mutable_match()->set_attempt(1);
  often.set_probability_ppm(100'000);
  v1::FaultRule& twice = *request.mutable_spec()->add_fault_rules();
  twice.mutable_fault()->set_kind(v1::Fault::PARTIAL_CAPTURE);
  twice.mutable_fault()->set_capture_ppm(500'000);
  twice.set_max_hits(2);

  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  ASSERT_EQ(ended.spec().fault_rules_size(), 2);
  EXPECT_EQ(ended.spec().fault_rules(0).id(), "run:0");
  EXPECT_GT(ended.spec().fault_rules(0).hits(), 30);
  EXPECT_GT(ended.spec().fault_rules(0).seen(), ended.spec().fault_rules(0).hits());
  EXPECT_EQ(ended.spec().fault_rules(1).hits(), 2);

  ASSERT_EQ(ended.report().faults_size(), 2);
  EXPECT_EQ(ended.report().faults(0).fault_rule_id(), "run:0");
  EXPECT_EQ(ended.report().faults(0).code(), "BROKEN_ON_PURPOSE");
  EXPECT_EQ(ended.report().faults(0).kind(), v1::Fault::STEP_ERROR);
  EXPECT_EQ(ended.report().faults(0).count(), ended.spec().fault_rules(0).hits());
  EXPECT_EQ(ended.report().faults(1).fault_rule_id(), "run:1");
  EXPECT_EQ(ended.report().faults(1).code(), "");
  EXPECT_EQ(ended.report().faults(1).count(), 2);
  EXPECT_EQ(ended.report().retries(), ended.spec().fault_rules(0).hits());
  EXPECT_TRUE(ended.report().ledger().ok()) << ended.report().ledger().problem();

  // They go with their run, and were never the sandbox's.
  v1::SimulationSpec& plain = *request.mutable_spec();
  plain.clear_fault_rules();
  request.clear_request_id();
  EXPECT_EQ(RunToEnd(client_, request).report().faults_size(), 0);
  v1::ListFaultRulesRequest list;
  list.set_sandbox("s");
  for (const auto& rule : client_.ListFaultRules(list)) ADD_FAILURE() << rule->ShortDebugString();
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, ARunMeetsTheRulesAndTheFlowsOfItsSandbox) {
  Create(v1::Sandbox::INSTANT);
  v1::GetFlowRequest get;
  get.set_sandbox("s");
  get.set_flow("food-delivery-tip");
  v1::CreateFlowRequest flow;
  flow.set_sandbox("s");
  *flow.mutable_flow() = client_.GetFlow(get).value_or(v1::Flow());
  flow.mutable_flow()->set_id("own-tip");
  ASSERT_TRUE(client_.CreateFlow(flow).ok());
  v1::CreateFaultRuleRequest rule;
  rule.set_sandbox("s");
  rule.set_fault_rule_id("slow");
  rule.mutable_rule()->mutable_fault()->set_kind(v1::Fault::DATABASE_ERROR);
  rule.mutable_rule()->mutable_match()->set_flow("own-tip");
  rule.mutable_rule()->set_nth(7);
  ASSERT_TRUE(client_.CreateFaultRule(rule).ok());

  v1::RunSimulationRequest request = Simulate("s", 20);
  request.mutable_spec()->set_flow("own-tip");
  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  ASSERT_EQ(ended.spec().kinds_size(), 1);
  EXPECT_EQ(ended.spec().kinds(0).kind(), v1::Transaction::TIP);
  ASSERT_EQ(ended.report().faults_size(), 1);
  EXPECT_EQ(ended.report().faults(0).fault_rule_id(), "slow");
  EXPECT_EQ(ended.report().faults(0).code(), "DATABASE_ERROR");
  EXPECT_EQ(ended.report().steps(0).flow(), "own-tip");
}

TEST_P(SimulationTest, APacedRunMovesAManualClockAndStopsItWhereItEnds) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 50);
  request.mutable_spec()->set_rate(10);
  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  EXPECT_EQ(ended.over(), 50);
  const double took = Seconds(ended.end_time()) - Seconds(ended.start_time());
  EXPECT_GT(took, 4.9);  // the last one arrives then
  EXPECT_LT(took, 15);
  EXPECT_EQ(Seconds(TheSandbox().clock().time()), Seconds(ended.end_time()));
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, ARunOnARealtimeClockTakesItsTime) {
  v1::CreateSandboxRequest create;
  create.set_sandbox_id("s");
  create.set_pace(v1::Sandbox::INSTANT);
  ASSERT_TRUE(client_.CreateSandbox(create).ok());
  v1::RunSimulationRequest request = Simulate("s", 30);
  request.mutable_spec()->set_rate(100);
  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED);
  EXPECT_GT(Seconds(ended.wall_duration()), 0.28);
  std::vector<v1::TraceRecord> arrivals;
  for (const v1::TraceRecord& record : LogOf(client_, "s")) {
    if (record.type() == v1::TraceRecord::TRANSACTION_INITIATED) arrivals.push_back(record);
  }
  ASSERT_EQ(arrivals.size(), 30u);
  EXPECT_NEAR(Seconds(arrivals[29].time()) - Seconds(arrivals[0].time()), 0.29, 1e-5);
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, ARunEndsAtItsHorizonAndSaysWhatIsPending) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 100);
  request.mutable_spec()->set_rate(10);
  request.mutable_spec()->mutable_horizon()->set_seconds(1);
  const v1::Simulation ended = RunToEnd(client_, request);
  EXPECT_EQ(ended.state(), v1::Simulation::EXPIRED);
  EXPECT_EQ(ended.arrived(), 10);  // at 0, 100, … 900 ms
  EXPECT_GT(ended.report().pending(), 0);
  EXPECT_EQ(ended.report().pending(), ended.arrived() - ended.over());
  EXPECT_EQ(Seconds(ended.end_time()) - Seconds(ended.start_time()), 1);
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, ACancelledRunStopsCleanlyWhileItMovesTheClockAndSaysHowFarItCame) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 100'000);
  request.mutable_spec()->set_rate(100);
  auto stream = client_.RunSimulation(request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  const v1::Simulation under_way =
      NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  const auto cancelled = Cancel(under_way.id());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::Simulation::CANCELLED);
  const v1::Simulation ended = ReadToEnd(**stream);
  EXPECT_EQ(ended.state(), v1::Simulation::CANCELLED);
  EXPECT_GE(ended.arrived(), under_way.arrived());
  EXPECT_LT(ended.arrived(), 100'000);
  int64_t outcomes = 0;
  for (const auto& outcome : ended.report().outcomes()) outcomes += outcome.count();
  EXPECT_EQ(outcomes, ended.arrived());
  EXPECT_EQ(ReasonOf(Cancel(under_way.id()).status()), "SIMULATION_OVER");
  EXPECT_EQ(TheSandbox().transaction_count(), ended.arrived());
  EXPECT_EQ(Seconds(TheSandbox().clock().time()), Seconds(ended.end_time())) << "the clock stands still";
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, CancellingTheStreamCancelsTheRunButNotOfOneThatOnlyWatches) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 100'000);
  request.mutable_spec()->set_rate(100);
  auto owner = client_.RunSimulation(request);
  ASSERT_TRUE(owner.ok()) << owner.status();
  NextWith(**owner, [](const v1::Simulation& s) { return s.arrived() > 0; });

  v1::RunSimulationRequest watch;
  watch.set_sandbox("s");
  watch.set_simulation("sim-1");
  auto first = client_.RunSimulation(watch);
  auto second = client_.RunSimulation(watch);
  ASSERT_TRUE(first.ok() && second.ok());
  const v1::Simulation seen = NextWith(**first, [](const v1::Simulation& s) { return s.arrived() > 0; });
  (*first)->Cancel();
  EXPECT_TRUE(absl::IsCancelled((*first)->Next().status()));
  NextWith(**second, [&](const v1::Simulation& s) { return s.arrived() > seen.arrived(); });

  (*owner)->Cancel();
  EXPECT_EQ(ReadToEnd(**second).state(), v1::Simulation::CANCELLED);
}

TEST_P(SimulationTest, ACallWithTheSameRequestIdJoinsTheRunAndGetsTheSameReport) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 2000);
  request.set_request_id("run");
  request.mutable_spec()->set_rate(100);
  std::vector<v1::Simulation> ends(3);
  std::vector<std::thread> callers;
  for (v1::Simulation& end : ends) callers.emplace_back([&] { end = RunToEnd(client_, request); });
  for (std::thread& caller : callers) caller.join();
  for (const v1::Simulation& end : ends) {
    EXPECT_EQ(end.id(), "sim-1");
    EXPECT_EQ(end.report().DebugString(), ends[0].report().DebugString());
  }
  EXPECT_EQ(TheSandbox().transaction_count(), 2000);

  request.mutable_spec()->set_count(7);
  auto other = client_.RunSimulation(request);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(ReasonOf((*other)->Next().status()), "REQUEST_ID_REUSED");
}

TEST_P(SimulationTest, OnlyOneRunsAtATimeAndTheyAreListedTheNewestFirst) {
  Create(v1::Sandbox::INSTANT);
  RunToEnd(client_, Simulate("s", 3));
  v1::RunSimulationRequest slow = Simulate("s", 1'000'000);
  auto stream = client_.RunSimulation(slow);
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  auto third = client_.RunSimulation(Simulate("s", 3));
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(ReasonOf((*third)->Next().status()), "SIMULATION_RUNNING");
  ASSERT_TRUE(Cancel("sim-2").ok());
  ReadToEnd(**stream);

  v1::ListSimulationsRequest list;
  list.set_sandbox("s");
  list.set_page_size(1);
  std::vector<std::string> ids;
  for (auto& simulation : client_.ListSimulations(list)) ids.push_back(simulation->id());
  EXPECT_THAT(ids, ::testing::ElementsAre("sim-2", "sim-1"));

  v1::ListTransactionsRequest transactions;
  transactions.set_sandbox("s");
  transactions.set_simulation("sim-1");
  std::set<int64_t> arrivals;
  for (auto& transaction : client_.ListTransactions(transactions)) arrivals.insert(transaction->arrival());
  EXPECT_THAT(arrivals, ::testing::ElementsAre(0, 1, 2));
}

TEST_P(SimulationTest, AResetEndsTheRunForItsWatchers) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 100'000);
  request.mutable_spec()->set_rate(100);
  auto stream = client_.RunSimulation(request);
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  v1::ResetSandboxRequest reset;
  reset.set_sandbox("s");
  ASSERT_TRUE(client_.ResetSandbox(reset).ok());
  absl::StatusOr<std::optional<v1::Simulation>> next;
  do next = (*stream)->Next();
  while (next.ok() && *next);
  EXPECT_EQ(ReasonOf(next.status()), "SIMULATION_NOT_FOUND");
  EXPECT_EQ(TheSandbox().transaction_count(), 0);
  EXPECT_EQ(RunToEnd(client_, Simulate("s", 5)).id(), "sim-1") << "numbered afresh";
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, ItsSandboxServesOthersMeanwhile) {
  Create(v1::Sandbox::INSTANT);
  auto stream = client_.RunSimulation(Simulate("s", 1'000'000));
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  for (int i = 0; i < 20; ++i) {
    const auto tip = client_.InitiateTransaction(Tip("s"));
    ASSERT_TRUE(tip.ok()) << tip.status();
    EXPECT_EQ(tip->simulation(), "");
  }
  v1::UpdateSandboxRequest update;
  update.set_sandbox("s");
  update.mutable_policy()->mutable_amount_limits()->set_max_major_units(20);
  ASSERT_TRUE(client_.UpdateSandbox(update).ok());
  const v1::Simulation refusing = NextWith(**stream, [](const v1::Simulation& s) { return s.refused() > 0; });
  EXPECT_EQ(refusing.state(), v1::Simulation::RUNNING);
  ASSERT_TRUE(Cancel("sim-1").ok());
  const v1::Simulation ended = ReadToEnd(**stream);
  EXPECT_EQ(TheSandbox().transaction_count(), ended.arrived() + 20);
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, AClockMoveEndsWhileARunMovesTheClockToo) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 100'000);
  request.mutable_spec()->set_rate(100);
  auto stream = client_.RunSimulation(request);
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  v1::AdvanceClockRequest advance;
  advance.set_sandbox("s");
  advance.mutable_by()->set_seconds(2);
  const auto moved = client_.AdvanceClock(advance);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fired_counts().at("ARRIVAL"), 200);
  EXPECT_EQ(Cancel("sim-1")->state(), v1::Simulation::CANCELLED) << "it was still under way";
  ReadToEnd(**stream);
  ExpectSound(client_, "s");
}

TEST_P(SimulationTest, TheReportIsMadeForTheFirstToAskWhereNobodyWatchedTheEnd) {
  Create(v1::Sandbox::PACED);
  v1::RunSimulationRequest request = Simulate("s", 500);
  request.mutable_spec()->set_rate(100);
  auto stream = client_.RunSimulation(request);
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  app_.Restart();
  (*stream)->Cancel();
  const Client client = app_.client();
  v1::RunSimulationRequest watch;
  watch.set_sandbox("s");
  watch.set_simulation("sim-1");
  const v1::Simulation ended = RunToEnd(client, watch);
  EXPECT_EQ(ended.state(), v1::Simulation::FINISHED) << "it went on by itself";
  EXPECT_EQ(ended.over(), 500);
  EXPECT_TRUE(ended.report().trail().ok());
  ExpectSound(client, "s");
}

TEST_P(SimulationTest, WhatMovesAfterARunIsNotInItsReportHoweverLateThatIsMade) {
  v1::RunSimulationRequest request = Simulate("prompt", 200);
  request.mutable_spec()->set_rate(100);
  ASSERT_TRUE(client_.CreateSandbox(ManualSandbox("prompt", v1::Sandbox::PACED)).ok());
  const v1::SimulationReport prompt = RunToEnd(client_, request).report();

  Create(v1::Sandbox::PACED);
  request.set_sandbox("s");
  auto stream = client_.RunSimulation(request);
  ASSERT_TRUE(stream.ok());
  NextWith(**stream, [](const v1::Simulation& s) { return s.arrived() > 0; });
  app_.Restart();  // it goes on by itself, and nobody asks for its report
  (*stream)->Cancel();
  const Client client = app_.client();
  v1::AdvanceClockRequest advance;
  advance.set_sandbox("s");
  advance.mutable_by()->set_seconds(7 * 86400);
  const auto moved = client.AdvanceClock(advance);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fired_counts().at("SETTLEMENT"), 200) << "all were paid out";
  v1::ListTransactionsRequest list;
  list.set_sandbox("s");
  list.set_page_size(1);
  v1::RefundTransactionRequest refund;
  refund.set_sandbox("s");
  refund.set_transaction((*client.ListTransactions(list).begin())->id());
  ASSERT_TRUE(client.RefundTransaction(refund).ok());

  v1::GetSimulationRequest get;
  get.set_sandbox("s");
  get.set_simulation("sim-1");
  const auto late = client.GetSimulation(get);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->state(), v1::Simulation::FINISHED);
  EXPECT_TRUE(late->report().ledger().ok()) << late->report().ledger().problem();
  v1::SimulationReport same = late->report();
  same.set_throughput(prompt.throughput());  // of wall time
  EXPECT_EQ(same.DebugString(), prompt.DebugString());
}

TEST_P(SimulationTest, BadInputNamesTheField) {
  Create(v1::Sandbox::INSTANT);
  struct Case {
    const char* field;
    void (*change)(v1::RunSimulationRequest&);
  };
  const Case cases[] = {
      {"spec", [](auto& r) { r.clear_spec(); }},
      {"spec.count", [](auto& r) { r.mutable_spec()->set_count(0); }},
      {"spec.count", [](auto& r) { r.mutable_spec()->set_count(1'000'001); }},
      {"spec.rate", [](auto& r) { r.mutable_spec()->set_rate(0.0001); }},
      {"spec.rate", [](auto& r) { r.mutable_spec()->set_rate(-1); }},
      {"spec.rate", [](auto& r) { r.mutable_spec()->set_rate(100'001); }},
      {"spec.rate", [](auto& r) { r.mutable_spec()->set_rate(std::numeric_limits<double>::quiet_NaN()); }},
      {"spec.kinds", [](auto& r) { r.mutable_spec()->add_kinds(); }},
      {"spec.kinds",
       [](auto& r) {
         r.mutable_spec()->add_kinds()->set_kind(v1::Transaction::TIP);
         r.mutable_spec()->add_kinds()->set_kind(v1::Transaction::TIP);
       }},
      {"spec.kinds.weight",
       [](auto& r) {
         auto& kind = *r.mutable_spec()->add_kinds();
         kind.set_kind(v1::Transaction::TIP);
         kind.set_weight(-1);
       }},
      {"spec.amount.max_minor_units",
       [](auto& r) { r.mutable_spec()->mutable_amount()->set_currency_code("JPY"); }},
      {"spec.amount.max_minor_units",
       [](auto& r) { r.mutable_spec()->mutable_amount()->set_min_minor_units(500); }},
      {"spec.payers", [](auto& r) { r.mutable_spec()->set_payers(10'001); }},
      {"spec.payees", [](auto& r) { r.mutable_spec()->set_payees(-1); }},
      {"spec.success_rate", [](auto& r) { r.mutable_spec()->set_success_rate(1.1); }},
      {"spec.transient_failure_rate", [](auto& r) { r.mutable_spec()->set_transient_failure_rate(-0.1); }},
      {"spec.fail_first_attempts", [](auto& r) { r.mutable_spec()->set_fail_first_attempts(21); }},
      {"spec.horizon", [](auto& r) { r.mutable_spec()->mutable_horizon()->set_seconds(0); }},
      {"spec.fault_rules",
       [](auto& r) {
         for (int i = 0; i < 21; ++i) r.mutable_spec()->add_fault_rules();
       }},
      {"spec.fault_rules[0].fault.kind", [](auto& r) { r.mutable_spec()->add_fault_rules(); }},
      {"spec.fault_rules[1].match.step",
       [](auto& r) {
         for (int i = 0; i < 2; ++i)
           r.mutable_spec()->add_fault_rules()->mutable_fault()->set_kind(v1::Fault::STEP_ERROR);
         r.mutable_spec()->mutable_fault_rules(1)->mutable_match()->set_step("no-such-step");
       }},
      {"spec.hold_ttl", [](auto& r) { r.mutable_spec()->mutable_hold_ttl()->set_seconds(31 * 86400); }},
      {"simulation",
       [](auto& r) {
         r.clear_spec();
         r.clear_request_id();
         r.set_simulation("1");
       }},
      {"simulation", [](auto& r) { r.set_simulation("sim-1"); }},
  };
  for (const Case& each : cases) {
    v1::RunSimulationRequest request = Simulate("s", 3);
    each.change(request);
    auto stream = client_.RunSimulation(request);
    ASSERT_TRUE(stream.ok());
    const absl::Status status = (*stream)->Next().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << each.field << ": " << status;
    EXPECT_THAT(std::string(status.message()), ::testing::StartsWith(std::string(each.field) + " "));
  }
  EXPECT_EQ(TheSandbox().transaction_count(), 0);
}

}  // namespace
}  // namespace tracktrove::testing
