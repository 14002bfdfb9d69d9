// The words of the domain as closed types, without behaviour. Every enum is
// read by exhaustive switches, so that a new enumerator does not compile until
// each reader has decided about it. The numbers are stored: never reuse one.
#ifndef TRACKTROVE_DOMAIN_VOCABULARY_H_
#define TRACKTROVE_DOMAIN_VOCABULARY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace tracktrove::domain {

// An incarnation of a sandbox; the partition key of everything in it.
using WorldId = int64_t;

// A text that is shared instead of copied: DTO versions are passed on from
// transaction to record to stream. Never null where it is required.
using Text = std::shared_ptr<const std::string>;

// Rates are integers, in parts per million.
inline constexpr int64_t kPpm = 1'000'000;

enum class Kind { kTip = 1, kBidAdjustment = 2, kRefund = 3, kLoyaltyCredit = 4, kPurchase = 5 };

// kNone is where a transaction comes from, and what a record of the sandbox
// itself carries.
enum class State {
  kNone = 0,
  kInitiated = 1,
  kEscrow = 2,
  kCompleted = 3,
  kFailed = 4,
  kRefunded = 5,
  kSettled = 6
};

enum class Capture { kAutomatic = 1, kManual = 2 };

// Whether step latencies pass on the sandbox's clock.
enum class Pace { kPaced = 1, kInstant = 2 };

enum class ClockMode { kRealtime = 1, kManual = 2 };

enum class TimerKind { kStep = 1, kHoldExpiry = 2, kRetry = 3, kArrival = 7 };

enum class RecordType {
  kTransactionInitiated = 1,
  kStepFinished = 2,
  kHoldExpired = 3,
  kRetryStarted = 4,
  kCaptureRequested = 5,
  kTransactionCancelled = 6,
  kTransactionRefunded = 7,
  kSnapshotRecorded = 8,
  kSandboxCreated = 9,
  kSandboxUpdated = 10,
  kSandboxReset = 11,
  kClockAdvanced = 12,
  kSimulationStarted = 50,
  kSimulationEnded = 51,
  kSimulationCancelled = 52,
  kArrivalRefused = 53,
};

// A decided record follows from the seed and the commands alone; an observed
// one came from outside.
enum class RecordClass { kDecided = 1, kObserved = 2 };

// The names people see; they are those of the wire.
const char* Name(Kind kind);
const char* Name(State state);
const char* Name(TimerKind kind);

// A time as people read it: RFC 3339, in UTC.
std::string Rfc3339(absl::Time time);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_VOCABULARY_H_
