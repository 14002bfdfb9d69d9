// Sandboxes and their clocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/decide_sandbox.h"
#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::IsEmpty;

Facts None() { return {.sandbox_name = "lab", .next_due = {}}; }
Facts Of(const Sandbox& sandbox) {
  return {.sandbox_name = sandbox.name, .sandbox = &sandbox, .next_due = {}};
}
Stamp At(absl::Time now) { return {now, kWall}; }
AdvanceClock By(absl::Duration duration) { return {.target = duration, .request_id = {}, .fingerprint = {}}; }

TEST(Clock, OfAManualSandboxStandsStillAndARealtimeOneFollowsTheWallAndNeverFalls) {
  const Clock manual{.mode = ClockMode::kManual, .start = kStart, .offset = absl::Hours(5), .last = kStart};
  EXPECT_EQ(manual.Now(kWall), kStart);
  const Clock realtime{
      .mode = ClockMode::kRealtime, .start = kStart, .offset = absl::Hours(5), .last = kStart};
  EXPECT_EQ(realtime.Now(kWall), kWall + absl::Hours(5));
  EXPECT_EQ(realtime.Now(kStart - absl::Hours(6)), kStart);
}

TEST(CreateSandbox, SetsTheClockToItsStart) {
  for (const ClockMode mode : {ClockMode::kManual, ClockMode::kRealtime}) {
    CreateSandbox create = ManualSandbox(Pace::kInstant);
    create.clock_mode = mode;
    const absl::StatusOr<Decision> decision = Decide(None(), create, At(kWall));
    ASSERT_TRUE(decision.ok()) << decision.status();
    const Sandbox& sandbox = *decision->sandbox;
    EXPECT_EQ(sandbox.name, "lab");
    EXPECT_EQ(sandbox.world, 1);
    EXPECT_EQ(sandbox.seed, 42u);
    EXPECT_EQ(sandbox.create_time, kWall);
    EXPECT_EQ(sandbox.clock.Now(kWall), kStart);
    const bool passes = mode == ClockMode::kRealtime;
    EXPECT_EQ(sandbox.clock.Now(kWall + absl::Hours(1)),
              kStart + (passes ? absl::Hours(1) : absl::ZeroDuration()));
    ASSERT_EQ(decision->records.size(), 1u);
    EXPECT_EQ(decision->records[0].type, RecordType::kSandboxCreated);
    EXPECT_EQ(decision->records[0].record_class, RecordClass::kObserved);
    EXPECT_EQ(decision->records[0].time, kStart);
    EXPECT_EQ(decision->records[0].detail, "seed 42");
  }
}

TEST(CreateSandbox, StartsNowByDefault) {
  CreateSandbox create = ManualSandbox(Pace::kInstant);
  create.start_time.reset();
  EXPECT_EQ(Decide(None(), create, At(kWall))->sandbox->clock.start, kWall);
}

TEST(CreateSandbox, RefusesANameThatIsTaken) {
  const World world(ManualSandbox(Pace::kInstant));
  EXPECT_EQ(Reason(Decide(Of(world.sandbox), ManualSandbox(Pace::kInstant), At(kStart))), "SANDBOX_EXISTS");
}

TEST(Sandbox, HasToBeThereForEveryOtherCommand) {
  const Command commands[] = {Tip(),
                              CompleteTransaction{},
                              CancelTransaction{},
                              RefundTransaction{},
                              RecordSnapshot{},
                              FireTimer{},
                              UpdateSandbox{},
                              ResetSandbox{},
                              DeleteSandbox{},
                              By(absl::Hours(1)),
                              FinishAdvance{},
                              InjectFailure{},
                              ForceRetry{},
                              CreateFlow{},
                              CreateFaultRule{},
                              UpdateFaultRule{},
                              DeleteFaultRule{},
                              OpenDispute{},
                              SubmitEvidence{},
                              ResolveDispute{},
                              OverrideState{},
                              RunSettlement{},
                              StartSimulation{},
                              CancelSimulation{},
                              FinishSimulation{},
                              KeepReport{}};
  EXPECT_EQ(std::size(commands) + 1, std::variant_size_v<Command>);
  for (const Command& command : commands) {
    EXPECT_EQ(Reason(Decide(None(), command, At(kStart))), "SANDBOX_NOT_FOUND") << command.index();
  }
}

TEST(UpdateSandbox, ReplacesThePartsThatAreSetAndKeepsTheOthers) {
  World world(ManualSandbox(Pace::kPaced));
  const Policy before = world.sandbox.policy;
  UpdateSandbox update;
  update.fee = FeePolicy{0, 100};
  ASSERT_TRUE(world.Do(update).ok());
  Policy expected = before;
  expected.fee = {0, 100};
  EXPECT_EQ(world.sandbox.policy, expected);
  EXPECT_EQ(world.sandbox.pace, Pace::kPaced);

  update = {};
  update.pace = Pace::kInstant;
  update.amount_limits = expected.amount_limits = {0, 9};
  update.hold_ttl = expected.hold_ttl = absl::Seconds(1);
  update.retry = expected.retry = {1, absl::Seconds(1), absl::Seconds(2)};
  expected.settlement.time_zone = "Europe/Berlin";
  update.settlement = expected.settlement;
  update.dispute_deadline = expected.dispute_deadline = absl::Seconds(3);
  ASSERT_TRUE(world.Do(update).ok());
  EXPECT_EQ(world.sandbox.policy, expected);
  EXPECT_EQ(world.sandbox.pace, Pace::kInstant);
  EXPECT_EQ(world.records.back().type, RecordType::kSandboxUpdated);
}

TEST(UpdateSandbox, HoldsForWhatCompletesFromThenOn) {
  World world(ManualSandbox(Pace::kPaced));
  const std::string id = world.Initiate(Tip()).id;
  UpdateSandbox update;
  update.fee = FeePolicy{0, 100};
  ASSERT_TRUE(world.Do(update).ok());
  world.FireAll();
  EXPECT_EQ(world.Get(id).amounts.fee, 100);
}

TEST(ResetSandbox, StartsAnewIncarnationThatRepeatsTheOldOne) {
  World world(ManualSandbox(Pace::kInstant));
  const std::string id = world.Initiate(Tip()).id;
  world.AdvanceBy(absl::Hours(30));
  const int64_t head = world.sandbox.head_sequence;
  const std::string hash = world.sandbox.head_hash;

  ASSERT_TRUE(world.Do(ResetSandbox{2}).ok());
  const Sandbox& fresh = world.sandbox;
  EXPECT_EQ(fresh.world, 2);
  EXPECT_EQ(fresh.seed, 42u);
  EXPECT_EQ(fresh.transaction_count, 0);
  EXPECT_EQ(fresh.clock.Now(kWall), kStart);
  EXPECT_EQ(fresh.head_sequence, head + 1) << "numbering goes on";
  EXPECT_EQ(fresh.oldest_sequence, head + 1);
  EXPECT_EQ(world.records.back().type, RecordType::kSandboxReset);
  EXPECT_EQ(world.records.back().time, kStart);
  EXPECT_EQ(world.records.back().hash, ChainHash(hash, world.records.back()));
  EXPECT_EQ(HashBefore(world.records.back()), hash) << "what it is chained to is purged, and has to be told";
  EXPECT_EQ(world.Initiate(Tip()).id, id);
}

TEST(ResetSandbox, TakesBackWhatARealtimeClockWasAdvancedBy) {
  Sandbox sandbox = *Decide(
                         None(),
                         [] {
                           CreateSandbox create = ManualSandbox(Pace::kInstant);
                           create.clock_mode = ClockMode::kRealtime;
                           return create;
                         }(),
                         At(kWall))
                         ->sandbox;
  sandbox.clock.offset += absl::Hours(72);
  sandbox.clock.last += absl::Hours(73);
  const absl::Time wall = kWall + absl::Hours(1);
  const absl::StatusOr<Decision> decision =
      Decide(Of(sandbox), ResetSandbox{2}, {sandbox.clock.Now(wall), wall});
  EXPECT_EQ(decision->sandbox->clock.Now(wall), kStart + absl::Hours(1));
  EXPECT_EQ(decision->records[0].time, kStart + absl::Hours(1));
}

TEST(DeleteSandbox, RemovesAnyButTheDefaultOne) {
  World world(ManualSandbox(Pace::kInstant));
  const absl::StatusOr<Decision> decision = Decide(Of(world.sandbox), DeleteSandbox{}, At(kStart));
  ASSERT_TRUE(decision.ok());
  EXPECT_TRUE(decision->sandbox_deleted);
  EXPECT_THAT(decision->records, IsEmpty());
  world.sandbox.name = kDefaultSandbox;
  EXPECT_EQ(Reason(Decide(Of(world.sandbox), DeleteSandbox{}, At(kStart))), "DEFAULT_SANDBOX");
}

TEST(DeleteSandbox, LetsOneBeMissingOnlyWhereItSaysSo) {
  EXPECT_EQ(Reason(Decide(None(), DeleteSandbox{}, At(kStart))), "SANDBOX_NOT_FOUND");
  const absl::StatusOr<Decision> decision = Decide(None(), DeleteSandbox{.allow_missing = true}, At(kStart));
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_FALSE(decision->sandbox_deleted);
  EXPECT_THAT(decision->records, IsEmpty());
}

TEST(AdvanceClock, RemembersItsTargetAndMovesNothingYet) {
  World world(ManualSandbox(Pace::kInstant));
  AdvanceClock advance = By(absl::Hours(3));
  advance.request_id = "r";
  advance.fingerprint = "f";
  const absl::StatusOr<Decision> decision = world.Do(advance);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_THAT(decision->records, IsEmpty());
  EXPECT_EQ(world.now(), kStart);
  ASSERT_TRUE(world.sandbox.advance.has_value());
  EXPECT_EQ(world.sandbox.advance->target, kStart + absl::Hours(3));
  EXPECT_EQ(world.sandbox.advance->request_id, "r");
  EXPECT_EQ(world.sandbox.advance->fingerprint, "f");
  EXPECT_EQ(world.sandbox.advance->first_sequence, world.sandbox.head_sequence + 1);
  EXPECT_EQ(FiringHorizon(world.sandbox, kStart), kStart + absl::Hours(3));
}

TEST(AdvanceClock, GoesNeitherBackNorTooFar) {
  const World world(ManualSandbox(Pace::kInstant));
  using Next = AdvanceClock::ToNextEvent;
  const struct {
    std::variant<absl::Duration, absl::Time, Next> target;
    const char* field;  // empty: taken
  } cases[] = {
      {absl::ZeroDuration(), ""},
      {-absl::Microseconds(1), "by"},
      {kMaxAdvance, ""},
      {kMaxAdvance + absl::Microseconds(1), "by"},
      {absl::InfiniteDuration(), "by"},
      {-absl::InfiniteDuration(), "by"},
      {kStart, ""},
      {kStart - absl::Microseconds(1), "to"},
      {kStart + kMaxAdvance, ""},
      {kStart + kMaxAdvance + absl::Microseconds(1), "to"},
      {absl::InfiniteFuture(), "to"},
  };
  for (const auto& c : cases) {
    const AdvanceClock advance{.target = c.target, .request_id = {}, .fingerprint = {}};
    const absl::StatusOr<Decision> decision = Decide(Of(world.sandbox), advance, At(kStart));
    EXPECT_EQ(DetailsOf(decision.status()).field, c.field) << decision.status();
  }
}

TEST(AdvanceClock, GoesToTheNextEventWhereThereIsOne) {
  World world(ManualSandbox(Pace::kPaced));
  const AdvanceClock advance{.target = AdvanceClock::ToNextEvent{}, .request_id = {}, .fingerprint = {}};
  EXPECT_EQ(Reason(world.Do(advance)), "NO_PENDING_EVENT");
  world.Initiate(Tip());
  ASSERT_TRUE(world.Do(advance).ok());
  EXPECT_EQ(world.sandbox.advance->target, world.timers.begin()->due);
}

TEST(FinishAdvance, PutsAManualClockToTheTargetAndSaysSo) {
  World world(ManualSandbox(Pace::kPaced));
  world.Initiate(Tip());
  world.AdvanceBy(absl::Hours(1));
  EXPECT_EQ(world.now(), kStart + absl::Hours(1));
  EXPECT_FALSE(world.sandbox.advance.has_value());
  const Record& record = world.records.back();
  EXPECT_EQ(record.type, RecordType::kClockAdvanced);
  EXPECT_EQ(record.record_class, RecordClass::kObserved);
  EXPECT_EQ(record.time, kStart + absl::Hours(1));
  EXPECT_EQ(record.detail, "to 2026-01-02T09:00:00+00:00, 6 timers fired");
}

TEST(FinishAdvance, LetsARealtimeClockRunOnFromTheTarget) {
  CreateSandbox create = ManualSandbox(Pace::kInstant);
  create.clock_mode = ClockMode::kRealtime;
  const Sandbox before = *Decide(None(), create, At(kWall))->sandbox;
  const Sandbox moving = *Decide(Of(before), By(absl::Hours(10)), At(kStart))->sandbox;
  // It took the server two seconds, or it crashed and took the target up again after a day.
  const absl::Time soon = kWall + absl::Seconds(2), late = kWall + absl::Hours(24);
  const Clock clock = Decide(Of(moving), FinishAdvance{}, {kStart, soon})->sandbox->clock;
  EXPECT_EQ(clock.Now(soon), kStart + absl::Hours(10));
  EXPECT_EQ(clock.Now(soon + absl::Hours(1)), kStart + absl::Hours(11));
  const Clock resumed = Decide(Of(moving), FinishAdvance{}, {kStart, late})->sandbox->clock;
  EXPECT_EQ(resumed.Now(late), kStart + absl::Hours(24)) << "it has passed the target by itself";
}

TEST(FinishAdvance, NeedsAMoveUnderWay) {
  World world(ManualSandbox(Pace::kInstant));
  EXPECT_EQ(Reason(world.Do(FinishAdvance{})), "BROKEN_INVARIANT");
}

}  // namespace
}  // namespace tracktrove::domain
