// What a batch asks the database for.
#include "engine/batch.h"

#include <gmock/gmock.h>

#include <memory>
#include <utility>

#include "api/codec.h"
#include "store/open_store.h"
#include "tests/support/store_decorator.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::engine {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Passes everything on, and keeps what was asked for.
class WatchedWriter : public tracktrove::testing::WriterDecorator {
 public:
  using WriterDecorator::WriterDecorator;

  absl::StatusOr<store::Found> Load(const store::Wanted& wanted) override {
    loads_.push_back(wanted);
    return WriterDecorator::Load(wanted);
  }
  absl::StatusOr<store::Alarms> Write(const store::Changes& changes) override {
    changes_ = changes;
    return WriterDecorator::Write(changes);
  }

  std::vector<store::Wanted> TakeLoads() { return std::exchange(loads_, {}); }
  const store::Changes& changes() const { return changes_; }

 private:
  std::vector<store::Wanted> loads_;
  store::Changes changes_;
};

class BatchTest : public ::testing::Test {
 protected:
  BatchTest() {
    store_ = *store::OpenStore({.url = "sqlite:" + folder_.path() + "/store.db", .synchronous = "OFF"});
    EXPECT_TRUE(store_->Migrate().ok());
    writer_ = std::make_unique<WatchedWriter>(*store_->NewWriter());
    domain::CreateSandbox create;
    create.world = 7;
    create.pace = domain::Pace::kInstant;
    Run({create});
  }

  // One batch of these commands for one sandbox; all must be answered well.
  std::vector<store::Wanted> Run(std::vector<domain::Command> commands) {
    std::vector<Call> calls;
    for (domain::Command& command : commands) {
      Call call;
      call.sandbox = "s";
      call.command = std::move(command);
      calls.push_back(std::move(call));
    }
    writer_->TakeLoads();
    Batch batch(*writer_, codec_, {});
    const absl::Status status = batch.Run(calls, {});
    EXPECT_TRUE(status.ok()) << status;
    for (const Outcome& outcome : batch.outcomes())
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return writer_->TakeLoads();
  }

  static domain::InitiateTransaction Tip(const std::string& flow = "") {
    domain::InitiateTransaction tip;
    tip.amount = {"INR", 2550};
    tip.payer = "asha";
    tip.payee = "ravi";
    tip.payload = domain::CanonicalText(domain::Json::object());
    tip.flow = flow;
    return tip;
  }

  static domain::CreateFaultRule Rule(const std::string& id) {
    domain::CreateFaultRule create;
    create.rule.id = id;
    create.rule.fault.kind = domain::FaultKind::kDatabaseError;
    create.rule.match.step = "score-risk";
    return create;
  }

  static domain::CreateFlow OwnFlow() {
    domain::Json json = domain::ParseStored(*domain::FlowOf(domain::Kind::kTip).definition);
    json["id"] = "mine";
    return {*domain::ParseFlow(json)};
  }

  tracktrove::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<WatchedWriter> writer_;
  const api::ProtoReplyCodec codec_;
};

TEST_F(BatchTest, ASandboxWithoutRulesAndFlowsOfItsOwnLoadsNone) {
  const std::vector<store::Wanted> loads = Run({Tip(), Tip("card-purchase")});
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_THAT(loads[0].fault_rules, IsEmpty());
  EXPECT_THAT(loads[0].flows, IsEmpty());
  EXPECT_THAT(loads[0].all_flows, IsEmpty());
  EXPECT_THAT(writer_->changes().fault_rules, IsEmpty());
}

TEST_F(BatchTest, EnabledRulesAreLoadedByOneStatementAndTheirCountsWrittenBackOnce) {
  Run({Rule("a"), Rule("b")});
  const std::vector<store::Wanted> loads = Run({Tip(), Tip(), Tip()});
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_THAT(loads[0].fault_rules, ::testing::ElementsAre(7));
  ASSERT_THAT(writer_->changes().fault_rules, SizeIs(1)) << "the second rule saw no step";
  EXPECT_EQ(writer_->changes().fault_rules[0].second.count, (domain::FaultCount{.seen = 3, .hits = 3}));
}

TEST_F(BatchTest, RulesThatAreAllSwitchedOffAreNotLoaded) {
  Run({Rule("a")});
  domain::UpdateFaultRule off;
  off.id = "a";
  off.enabled = false;
  Run({off});
  EXPECT_THAT(Run({Tip()})[0].fault_rules, IsEmpty());
  Run({domain::DeleteFaultRule{"a"}});
  EXPECT_THAT(Run({Tip()})[0].fault_rules, IsEmpty());
}

TEST_F(BatchTest, ARuleOfTheSameBatchActsOnWhatComesAfterIt) {
  Run({Tip(), Rule("a"), Tip(), domain::DeleteFaultRule{"a"}, Tip()});
  int failed = 0;
  for (const auto& [world, transaction] : writer_->changes().transactions) {
    failed += transaction.failure && transaction.failure->fault_rule_id == "a";
  }
  EXPECT_EQ(failed, 1);
  EXPECT_THAT(writer_->changes().fault_rules, IsEmpty());
}

TEST_F(BatchTest, AnOwnFlowIsLoadedWhereACallOrALoadedTransactionNamesIt) {
  Run({OwnFlow()});
  domain::InitiateTransaction held = Tip("mine");
  held.capture = domain::Capture::kManual;
  EXPECT_THAT(Run({held})[0].flows, SizeIs(1));
  const std::string id = writer_->changes().transactions.at(0).second.id;
  const std::vector<store::Wanted> loads = Run({domain::CompleteTransaction{id, {}}});
  ASSERT_THAT(loads, SizeIs(2)) << "first the transaction, then its flow";
  EXPECT_THAT(loads[0].flows, IsEmpty());
  EXPECT_THAT(loads[1].flows, SizeIs(1));
  EXPECT_THAT(loads[1].transactions, IsEmpty());
}

}  // namespace
}  // namespace tracktrove::engine
