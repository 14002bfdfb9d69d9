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

// What a step of a flow is for: it holds the funds, captures them, or tells
// somebody outside.
enum class StepEffect { kNone = 0, kHold = 1, kCapture = 2, kNotify = 3 };

// Whether step latencies pass on the sandbox's clock.
enum class Pace { kPaced = 1, kInstant = 2 };

enum class ClockMode { kRealtime = 1, kManual = 2 };

enum class TimerKind {
  kStep = 1,
  kHoldExpiry = 2,
  kRetry = 3,
  kSettlement = 4,       // a transaction is paid out
  kCutOff = 5,           // a settlement batch closes; of no transaction
  kDisputeDeadline = 6,  // an open dispute is lost
  kArrival = 7,          // a simulation fires its next transaction, or ends; of no transaction
};

enum class DisputeState { kOpen = 1, kUnderReview = 2, kWon = 3, kLost = 4 };

enum class DisputeReason {
  kFraudulent = 1,
  kNotReceived = 2,
  kNotAsDescribed = 3,
  kDuplicate = 4,
  kWrongAmount = 5,
  kOther = 6
};

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
  kFaultInjected = 13,
  kDuplicateIgnored = 14,
  kAnswerLost = 15,
  kFaultRuleCreated = 16,
  kFaultRuleUpdated = 17,
  kFaultRuleDeleted = 18,
  kFlowCreated = 19,
  kRetryForced = 20,
  kTransactionSettled = 30,
  kSettlementClosed = 31,
  kDisputeOpened = 32,
  kEvidenceSubmitted = 33,
  kDisputeWon = 34,
  kDisputeLost = 35,
  kStateOverridden = 36,
  kSimulationStarted = 50,
  kSimulationEnded = 51,
  kSimulationCancelled = 52,
  kArrivalRefused = 53,
};

// What a fault does; see fault.h.
enum class FaultKind {
  kNone = 0,
  kStepError = 1,
  kStepTimeout = 2,
  kTimeoutAfterCommit = 3,
  kAddedLatency = 4,
  kHoldExpiry = 5,
  kDuplicateCallback = 6,
  kPartialCapture = 7,
  kLedgerRejection = 8,
  kDatabaseError = 9,
  kCacheOutage = 10,
  kWebhookMiss = 11,
  kWebhookDelay = 12,
  kWebhookDuplicate = 13,
  kWebhookReorder = 14,
  kWebhookBadSignature = 15,
};

// A decided record follows from the seed and the commands alone; an observed
// one came from outside.
enum class RecordClass { kDecided = 1, kObserved = 2 };

// The names people see; they are those of the wire.
const char* Name(Kind kind);
const char* Name(State state);
const char* Name(TimerKind kind);
const char* Name(FaultKind kind);
const char* Name(DisputeState state);
const char* Name(DisputeReason reason);

// A time as people read it: RFC 3339, in UTC.
std::string Rfc3339(absl::Time time);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_VOCABULARY_H_
