// Sandboxes, their timers, and when they next need the engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/database.h"
#include "tests/store/describe.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using domain::Sandbox;
using domain::Timer;
using domain::TimerKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class SandboxTest : public StoreTest {
 protected:
  std::map<std::string, Sandbox> Lock(const std::vector<std::string>& names) {
    std::vector<std::string> busy;
    Must(writer_->Begin());
    auto sandboxes = Must(writer_->LockSandboxes(names, &busy));
    writer_->Rollback();
    EXPECT_THAT(busy, IsEmpty());
    return sandboxes;
  }

  std::vector<std::string> Due(WorldId world, absl::Time until, int limit) {
    Must(writer_->Begin());
    std::vector<std::string> due;
    for (const Timer& timer : Must(writer_->DueTimers(world, until, limit))) due.push_back(Describe(timer));
    writer_->Rollback();
    return due;
  }
};

TRACKTROVE_ON_EVERY_DATABASE(SandboxTest);

TEST_P(SandboxTest, ASandboxComesBackInEveryField) {
  Commit({.sandboxes = {FullSandbox("full", kWorld), PlainSandbox("plain", 2)}});
  const auto sandboxes = Lock({"full", "plain"});
  EXPECT_EQ(Describe(sandboxes.at("full")), Describe(FullSandbox("full", kWorld)));
  EXPECT_EQ(Describe(sandboxes.at("plain")), Describe(PlainSandbox("plain", 2)));
  EXPECT_EQ(Describe(Must(reader_->GetSandbox("full"))->sandbox), Describe(FullSandbox("full", kWorld)));
}

TEST_P(SandboxTest, ASandboxThatIsWrittenAgainIsReplacedInEveryField) {
  Commit({.sandboxes = {FullSandbox("a", kWorld)}});
  Commit({.sandboxes = {PlainSandbox("a", 2)}});
  EXPECT_EQ(Describe(Lock({"a"}).at("a")), Describe(PlainSandbox("a", 2)));
}

TEST_P(SandboxTest, MissingSandboxesAreNeitherLockedNorBusy) {
  Commit({.sandboxes = {PlainSandbox("a", 1)}});
  EXPECT_THAT(Lock({"a", "b"}), ElementsAre(Pair("a", ::testing::_)));
  EXPECT_THAT(Lock({"b"}), IsEmpty());
  EXPECT_EQ(Must(reader_->GetSandbox("b")).has_value(), false);
}

TEST_P(SandboxTest, ADeletedSandboxIsGoneAndMayBeMadeAnewInTheSameBatch) {
  Commit({.sandboxes = {PlainSandbox("a", 1), PlainSandbox("b", 2)}});
  Commit({.sandboxes = {PlainSandbox("b", 3)}, .deleted_sandboxes = {"a", "b"}});
  const auto sandboxes = Lock({"a", "b"});
  ASSERT_THAT(sandboxes, ElementsAre(Pair("b", ::testing::_)));
  EXPECT_EQ(sandboxes.at("b").world, 3);
}

TEST_P(SandboxTest, SandboxesAreListedByNameFromACursor) {
  Commit({.sandboxes = {PlainSandbox("c", 1), PlainSandbox("a", 2), PlainSandbox("b", 3),
                        PlainSandbox("B", 4)}});
  const auto names = [&](const std::string& after, int limit) {
    std::vector<std::string> listed;
    for (const SandboxSnapshot& each : Must(reader_->ListSandboxes(after, limit))) {
      EXPECT_GT(each.wall, At(-100'000'000));
      listed.push_back(each.sandbox.name);
    }
    return listed;
  };
  EXPECT_THAT(names("", 10), ElementsAre("B", "a", "b", "c"));
  EXPECT_THAT(names("", 2), ElementsAre("B", "a"));
  EXPECT_THAT(names("a", 10), ElementsAre("b", "c"));
  EXPECT_THAT(names("c", 10), IsEmpty());
}

TEST_P(SandboxTest, HeadsAreReadOfThoseThatAreThere) {
  domain::Sandbox written = FullSandbox("a", 1);
  written.head_sequence = 7;
  written.oldest_sequence = 1;
  Commit({.sandboxes = {written, PlainSandbox("b", 2), PlainSandbox("c", 3)}});
  std::vector<std::string> heads;
  for (const Head& head : Must(reader_->Heads({"c", "missing", "a"}))) {
    heads.push_back(head.sandbox + " " + std::to_string(head.world) + " " + std::to_string(head.sequence) +
                    " " + head.hash);
  }
  EXPECT_THAT(heads, ::testing::UnorderedElementsAre("a 1 7 " + written.head_hash, "c 3 0 "));
  EXPECT_THAT(Must(reader_->Heads({})), IsEmpty());
}

TEST_P(SandboxTest, TimersOfAKindAreListedByTransactionFromACursor) {
  const Timer first = TimerAt(30, 1, TimerKind::kHoldExpiry, 1);
  const Timer second = TimerAt(10, 2, TimerKind::kHoldExpiry, 2);
  const Timer third = TimerAt(20, 3, TimerKind::kHoldExpiry, 3);
  Commit({.armed = {{kWorld, third},
                    {kWorld, first},
                    {kWorld, second},
                    {kWorld, TimerAt(1, 1, TimerKind::kStep, 1)},
                    {kWorld, TimerAt(1, 4, TimerKind::kRetry, 4)},
                    {kWorld + 1, TimerAt(1, 1, TimerKind::kHoldExpiry, 1)}}});
  const auto list = [&](const std::string& after, int limit) {
    std::vector<std::string> timers;
    for (const Timer& timer : Must(reader_->ListTimers(kWorld, TimerKind::kHoldExpiry, after, limit))) {
      timers.push_back(Describe(timer));
    }
    return timers;
  };
  EXPECT_THAT(list("", 10), ElementsAre(Describe(first), Describe(second), Describe(third)));
  EXPECT_THAT(list("", 2), ElementsAre(Describe(first), Describe(second)));
  EXPECT_THAT(list(Id(2), 10), ElementsAre(Describe(third)));
  EXPECT_THAT(list(Id(3), 10), IsEmpty());
}

TEST_P(SandboxTest, DueTimersComeInOrderOfDueTimeSequenceAndKindUpToTheLimit) {
  const Timer late = TimerAt(30, 1, TimerKind::kStep, 1);
  const Timer second = TimerAt(20, 2, TimerKind::kStep, 7);
  const Timer third = TimerAt(20, 2, TimerKind::kHoldExpiry, 7);
  const Timer fourth = TimerAt(20, 3, TimerKind::kStep, 8);
  const Timer first = TimerAt(10, 4, TimerKind::kRetry, 9);
  Commit({.armed = {{kWorld, late},
                    {kWorld, fourth},
                    {kWorld, third},
                    {kWorld, second},
                    {kWorld, first},
                    {kWorld + 1, TimerAt(1, 1, TimerKind::kStep, 1)}}});
  EXPECT_THAT(Due(kWorld, At(20), 10),
              ElementsAre(Describe(first), Describe(second), Describe(third), Describe(fourth)));
  EXPECT_THAT(Due(kWorld, At(20), 2), ElementsAre(Describe(first), Describe(second)));
  EXPECT_THAT(Due(kWorld, At(10) - absl::Microseconds(1), 10), IsEmpty());
  EXPECT_EQ(Due(kWorld, absl::InfiniteFuture(), 10).size(), 5u);
  EXPECT_THAT(Due(kWorld, absl::InfiniteFuture(), 1), ElementsAre(Describe(first)));
  EXPECT_THAT(Due(kWorld + 2, absl::InfiniteFuture(), 1), IsEmpty());
}

TEST_P(SandboxTest, ATimerReplacesTheOneOfItsTransactionAndKind) {
  Commit({.armed = {{kWorld, TimerAt(10, 1, TimerKind::kStep, 1)}}});
  Commit({.armed = {{kWorld, TimerAt(20, 1, TimerKind::kStep, 2)}}});
  EXPECT_THAT(Due(kWorld, At(100), 10), ElementsAre(Describe(TimerAt(20, 1, TimerKind::kStep, 2))));
}

TEST_P(SandboxTest, DisarmingRemovesOnlyThatKindAndComesBeforeArming) {
  Commit({.armed = {{kWorld, TimerAt(10, 1, TimerKind::kStep, 1)},
                    {kWorld, TimerAt(11, 1, TimerKind::kHoldExpiry, 1)},
                    {kWorld, TimerAt(12, 2, TimerKind::kStep, 1)}}});
  Commit({.disarmed = {{kWorld, {Id(1), TimerKind::kStep}},
                       {kWorld, {Id(2), TimerKind::kStep}},
                       {kWorld, {Id(3), TimerKind::kStep}},
                       {kWorld + 1, {Id(1), TimerKind::kHoldExpiry}}},
          .armed = {{kWorld, TimerAt(5, 2, TimerKind::kStep, 3)}}});
  EXPECT_THAT(Due(kWorld, At(100), 10), ElementsAre(Describe(TimerAt(5, 2, TimerKind::kStep, 3)),
                                                    Describe(TimerAt(11, 1, TimerKind::kHoldExpiry, 1))));
}

TEST_P(SandboxTest, ARealtimeSandboxAlarmsWhenItsEarliestTimerIsDueOnTheWall) {
  Sandbox ahead = PlainSandbox("ahead", kWorld);
  ahead.clock.offset = absl::Seconds(60);
  const Alarms alarms = Commit({.armed = {{kWorld, TimerAt(100, 1, TimerKind::kStep, 1)},
                                          {kWorld, TimerAt(70, 2, TimerKind::kStep, 1)}},
                                .sandboxes = {ahead}});
  EXPECT_THAT(alarms, ElementsAre(Pair("ahead", At(10))));
  EXPECT_THAT(Must(reader_->Alarms(10)), ElementsAre(Pair("ahead", At(10))));
}

TEST_P(SandboxTest, AnAlarmFollowsTheTimersOfTheSameBatch) {
  const Sandbox sandbox = PlainSandbox("a", kWorld);
  Commit({.armed = {{kWorld, TimerAt(10, 1, TimerKind::kStep, 1)},
                    {kWorld, TimerAt(20, 2, TimerKind::kStep, 1)}},
          .sandboxes = {sandbox}});
  EXPECT_THAT(Commit({.disarmed = {{kWorld, {Id(1), TimerKind::kStep}}}, .sandboxes = {sandbox}}),
              ElementsAre(Pair("a", At(20))));
  EXPECT_THAT(Commit({.disarmed = {{kWorld, {Id(2), TimerKind::kStep}}}, .sandboxes = {sandbox}}),
              ElementsAre(Pair("a", absl::InfiniteFuture())));
  EXPECT_THAT(Must(reader_->Alarms(10)), IsEmpty());
}

TEST_P(SandboxTest, AManualSandboxHasNoAlarmUntilItsClockMoves) {
  Sandbox sandbox = PlainSandbox("a", kWorld);
  sandbox.clock.mode = domain::ClockMode::kManual;
  const Changes::Rows<Timer> armed = {{kWorld, TimerAt(10, 1, TimerKind::kStep, 1)}};
  EXPECT_THAT(Commit({.armed = armed, .sandboxes = {sandbox}}),
              ElementsAre(Pair("a", absl::InfiniteFuture())));
  EXPECT_THAT(Must(reader_->Alarms(10)), IsEmpty());
  sandbox.advance =
      domain::Advance{.target = At(50), .request_id = "", .fingerprint = "", .counts = {}, .fired = {}};
  EXPECT_THAT(Commit({.sandboxes = {sandbox}}), ElementsAre(Pair("a", absl::InfinitePast())));
  EXPECT_THAT(Must(reader_->Alarms(10)), ElementsAre(Pair("a", absl::InfinitePast())));
}

TEST_P(SandboxTest, AlarmsAreListedTheEarliestFirstUpToTheLimit) {
  Sandbox moving = FullSandbox("moving", 4);
  Commit({.armed = {{1, TimerAt(30, 1, TimerKind::kStep, 1)}, {2, TimerAt(10, 1, TimerKind::kStep, 1)}},
          .sandboxes = {PlainSandbox("late", 1), PlainSandbox("early", 2), PlainSandbox("none", 3), moving}});
  EXPECT_THAT(Must(reader_->Alarms(10)),
              ElementsAre(Pair("moving", absl::InfinitePast()), Pair("early", At(10)), Pair("late", At(30))));
  EXPECT_THAT(Must(reader_->Alarms(1)), ElementsAre(Pair("moving", absl::InfinitePast())));
}

}  // namespace
}  // namespace tracktrove::store
