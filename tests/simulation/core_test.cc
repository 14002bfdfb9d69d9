// The core against a model of it, over a million steps and more (under a sanitizer
// a tenth of that): whatever comes, in whatever batches and with whatever crashes,
// what must hold holds, and equal seeds end in equal logs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "tests/simulation/walk.h"

namespace tracktrove::simulation {
namespace {

using domain::ClockMode;
using domain::FaultKind;
using domain::RecordType;

constexpr int kOps = 400;

// A sanitizer makes each step some ten times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kSteps = 100'000;
#else
constexpr int64_t kSteps = 1'000'000;
#endif

// TRACKTROVE_SIMULATION_STEPS says it exactly; the search for mutants does.
int64_t WantedSteps() {
  int64_t steps = std::getenv("TRACKTROVE_LONG_TESTS") != nullptr ? 20 * kSteps : kSteps;
  if (const char* given = std::getenv("TRACKTROVE_SIMULATION_STEPS")) (void)absl::SimpleAtoi(given, &steps);
  return steps;
}

class Tally {
 public:
  void Add(const Walk& walk) {
    steps += walk.steps();
    crashes += walk.crashes();
    refused += walk.refused();
    records += walk.model().observed();
    for (const auto& [type, count] : walk.model().happened()) happened[type] += count;
    for (const auto& [kind, count] : walk.model().broken()) broken[kind] += count;
  }
  int64_t steps = 0, crashes = 0, refused = 0, records = 0;
  std::map<RecordType, int64_t> happened;
  std::map<FaultKind, int64_t> broken;
};

TEST(Core, KeepsToItsModelWhateverComesInWhateverBatchesAndCrashes) {
  const int64_t wanted = WantedSteps();
  const absl::Time start = absl::Now();
  Tally tally;
  for (uint64_t seed = 1; tally.steps < wanted; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::string hash;
    for (uint64_t batching = 0; batching < 2; ++batching) {
      Walk walk({.script = seed, .batching = 2 * seed + batching});
      walk.Run(kOps);
      if (HasFailure()) return;
      tally.Add(walk);
      if (batching == 0) hash = walk.FinalHash();
      ASSERT_EQ(walk.FinalHash(), hash) << "the batching changed what happened";
    }
    for (const ClockMode clock : {ClockMode::kManual, ClockMode::kRealtime}) {
      Walk walk({.script = seed, .batching = seed, .clock = clock, .interleaved = true});
      walk.Run(kOps);
      if (HasFailure()) return;
      tally.Add(walk);
    }
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::cout << tally.steps << " steps, " << tally.records << " records, " << tally.crashes << " crashes and "
            << tally.refused << " refusals in " << seconds
            << " s: " << static_cast<int64_t>(static_cast<double>(tally.steps) / seconds) << " steps/s\n";
  // The walks have been everywhere, or they prove nothing. A short one, which
  // looks for a mutant, need not have been.
  if (wanted < 1'000'000) return;
  for (const RecordType type :
       {RecordType::kTransactionInitiated, RecordType::kStepFinished,      RecordType::kHoldExpired,
        RecordType::kRetryStarted,         RecordType::kCaptureRequested,  RecordType::kTransactionCancelled,
        RecordType::kTransactionRefunded,  RecordType::kSnapshotRecorded,  RecordType::kSandboxUpdated,
        RecordType::kClockAdvanced,        RecordType::kSimulationStarted, RecordType::kSimulationEnded,
        RecordType::kSimulationCancelled,  RecordType::kFaultInjected,     RecordType::kDuplicateIgnored,
        RecordType::kAnswerLost,           RecordType::kFaultRuleCreated,  RecordType::kFaultRuleUpdated,
        RecordType::kFaultRuleDeleted,     RecordType::kRetryForced,       RecordType::kTransactionSettled,
        RecordType::kSettlementClosed,     RecordType::kDisputeOpened,     RecordType::kEvidenceSubmitted,
        RecordType::kDisputeWon,           RecordType::kDisputeLost,       RecordType::kStateOverridden}) {
    EXPECT_GT(tally.happened[type], wanted / 20'000) << static_cast<int>(type);
  }
  for (int kind = 1; kind <= 15; ++kind) {
    EXPECT_GT(tally.broken[static_cast<FaultKind>(kind)], wanted / 20'000)
        << domain::Name(static_cast<FaultKind>(kind));
  }
  EXPECT_GT(tally.crashes, wanted / 1000);
  EXPECT_GT(tally.refused, wanted / 1000);
}

}  // namespace
}  // namespace tracktrove::simulation
