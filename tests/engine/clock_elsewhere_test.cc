// Callers who wait for a clock, and what else becomes of it meanwhile: another
// replica ends its move, its sandbox goes, or the engine does.
#include <gmock/gmock.h>

#include <memory>
#include <utility>

#include "domain/errors.h"
#include "engine/batch.h"
#include "engine/engine.h"
#include "store/open_store.h"
#include "tests/engine/commands.h"
#include "tests/engine/gate.h"
#include "tests/simulation/text_codec.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::engine {
namespace {

using tracktrove::testing::Gate;

// An engine whose clock moves are held at each instant, and another one's writer.
class ClockElsewhere : public ::testing::Test {
 protected:
  ClockElsewhere() {
    store_ = *store::OpenStore({.url = "sqlite:" + folder_.path() + "/store.db", .synchronous = "OFF"});
    EXPECT_TRUE(store_->Migrate().ok());
    EngineOptions options;
    options.barrier = gate_.barrier();
    engine_ = std::make_unique<Engine>(options, *store_, *holds_, hub_, codec_);
    EXPECT_TRUE(engine_->Start().ok());
    other_ = *store_->NewWriter();
  }

  // Commands of a client, without a request id.
  void Submit(domain::Command command, const std::string& who) {
    Call call = CallOf("s", std::move(command));
    call.done = answers_.For(who);
    engine_->Submit(std::move(call));
  }
  void Create(domain::Pace pace) {
    Submit(ManualSandbox(7, pace), "create");
    Submit(Tip(), "tip");
    ASSERT_TRUE(answers_.AwaitCount(2));
  }

  // What the other replica does: its next batch.
  SandboxOutcome ElsewhereRun(const std::vector<Call>& calls) {
    Batch batch(*other_, codec_, {});
    const absl::Status status = batch.Run(calls, {"s"});
    EXPECT_TRUE(status.ok()) << status;
    for (const Outcome& outcome : batch.outcomes())
      EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
    return batch.sandboxes().at("s");
  }
  void EndMoveElsewhere() {
    for (int i = 0; i < 10; ++i) {
      if (!ElsewhereRun({}).advancing) return;
    }
    FAIL() << "the move did not end";
  }

  tracktrove::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  events::Hub hub_{events::HubOptions{}};
  std::unique_ptr<holds::Holds> holds_ = holds::NewInProcessHolds();
  const simulation::TextCodec codec_;
  Gate gate_;
  Answers answers_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<store::Writer> other_;
};

TEST_F(ClockElsewhere, ASettlementThatAnotherReplicaEndedIsAnsweredAndNotRunOnceMore) {
  Create(domain::Pace::kInstant);
  Submit(domain::RunSettlement{}, "run");
  gate_.AwaitArrival();
  EndMoveElsewhere();
  ElsewhereRun({CallOf("s", Tip())});  // for which a second batch is open by now
  gate_.Open();
  ASSERT_TRUE(answers_.AwaitCount(3));
  const auto answer = answers_.Of("run");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "batch 2026-01-02 1");
}

TEST_F(ClockElsewhere, WhoeverMovedTheClockOfASandboxThatIsResetMovesNoOtherOne) {
  Create(domain::Pace::kPaced);
  Submit(domain::AdvanceClock{.target = absl::Minutes(1), .request_id = {}, .fingerprint = {}}, "move");
  gate_.AwaitArrival();
  EndMoveElsewhere();
  ElsewhereRun({CallOf("s", domain::ResetSandbox{.world = 8})});
  gate_.Open();
  ASSERT_TRUE(answers_.AwaitCount(3));
  EXPECT_EQ(domain::DetailsOf(answers_.Of("move").status()).reason, "SANDBOX_NOT_FOUND");
  const auto reader = *store_->NewReader();
  EXPECT_EQ((*reader->GetSandbox("s"))->sandbox.clock.last,
            *ManualSandbox(7, domain::Pace::kPaced).start_time);
}

TEST_F(ClockElsewhere, WhoeverWaitsForTheClockOfASandboxThatIsDeletedIsAnswered) {
  Create(domain::Pace::kPaced);
  Submit(domain::AdvanceClock{.target = absl::Minutes(1), .request_id = {}, .fingerprint = {}}, "move");
  gate_.AwaitArrival();
  Submit(Tip(), "waits");
  EndMoveElsewhere();
  ElsewhereRun({CallOf("s", domain::DeleteSandbox{})});
  gate_.Open();
  ASSERT_TRUE(answers_.AwaitCount(4));
  for (const char* who : {"move", "waits"}) {
    EXPECT_EQ(domain::DetailsOf(answers_.Of(who).status()).reason, "SANDBOX_NOT_FOUND") << who;
  }
}

TEST_F(ClockElsewhere, WhoeverMovesAClockIsToldInTimeWhenItDoesNotArrive) {
  Create(domain::Pace::kPaced);
  Call call =
      CallOf("s", domain::AdvanceClock{.target = absl::Minutes(1), .request_id = {}, .fingerprint = {}});
  call.deadline = absl::Now() + absl::Milliseconds(500);
  call.done = answers_.For("move");
  engine_->Submit(std::move(call));
  gate_.AwaitArrival();
  ASSERT_TRUE(answers_.AwaitCount(3));
  EXPECT_EQ(domain::DetailsOf(answers_.Of("move").status()).reason, "CLOCK_ADVANCING");
}

TEST_F(ClockElsewhere, CallsGoInBetweenTheInstantsOfASimulationThatABarrierHolds) {
  Create(domain::Pace::kInstant);
  Submit(ATipASecond(), "start");
  gate_.AwaitArrival();
  Submit(Tip(), "between");
  Submit(domain::CancelSimulation{.number = 1, .reason = "enough"}, "cancel");
  gate_.Step();
  ASSERT_TRUE(answers_.AwaitCount(5));
  EXPECT_TRUE(answers_.Of("between").ok()) << answers_.Of("between").status();
  EXPECT_TRUE(answers_.Of("cancel").ok()) << answers_.Of("cancel").status();
}

TEST_F(ClockElsewhere, ABarrierMayLetGoWhenTheEngineIsGone) {
  Create(domain::Pace::kPaced);
  Submit(domain::AdvanceClock{.target = absl::Minutes(1), .request_id = {}, .fingerprint = {}}, "move");
  gate_.AwaitArrival();
  Submit(Tip(), "waits");
  engine_.reset();
  ASSERT_TRUE(answers_.AwaitCount(4));
  for (const char* who : {"move", "waits"}) {
    EXPECT_EQ(domain::DetailsOf(answers_.Of(who).status()).reason, "SERVER_SHUTTING_DOWN") << who;
  }
  gate_.Open();
}

}  // namespace
}  // namespace tracktrove::engine
