// Flows of a sandbox's own.
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

TEST(CreateFlow, GivesTheSandboxAFlowThatTransactionsMayName) {
  World world(ManualSandbox(Pace::kInstant));
  Flow flow = FlowOf(Kind::kPurchase);
  flow.id = "mine";
  const absl::StatusOr<Decision> decision = world.Do(CreateFlow{flow});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->records.at(0).type, RecordType::kFlowCreated);
  EXPECT_EQ(world.sandbox.flow_count, 1);
  EXPECT_EQ(Reason(world.Do(CreateFlow{flow})), "FLOW_EXISTS");
  EXPECT_EQ(Reason(world.Do(CreateFlow{FlowOf(Kind::kTip)})), "FLOW_EXISTS");
  InitiateTransaction command = Tip();
  command.flow = "mine";
  const Transaction& t = world.Initiate(command);
  EXPECT_EQ(t.state, State::kEscrow) << "the flow says that the merchant confirms";
  EXPECT_EQ(t.capture, Capture::kManual);
  EXPECT_EQ(t.step_name, "capture-payment");
  command.capture = Capture::kAutomatic;
  EXPECT_EQ(world.Initiate(command).state, State::kCompleted) << "the request goes before the flow";
  EXPECT_EQ(world.Initiate(command).step_name, "");
}

TEST(CreateFlow, IsRefusedBeyondAHundred) {
  World world(ManualSandbox(Pace::kInstant));
  world.sandbox.flow_count = 100;
  Flow flow = FlowOf(Kind::kTip);
  flow.id = "one-more";
  EXPECT_EQ(Reason(world.Do(CreateFlow{flow})), "LIMIT_REACHED");
}

}  // namespace
}  // namespace tracktrove::domain
