#include "domain/vocabulary.h"

namespace tracktrove::domain {

const char* Name(Kind kind) {
  switch (kind) {
    case Kind::kTip:
      return "TIP";
    case Kind::kBidAdjustment:
      return "BID_ADJUSTMENT";
    case Kind::kRefund:
      return "REFUND";
    case Kind::kLoyaltyCredit:
      return "LOYALTY_CREDIT";
    case Kind::kPurchase:
      return "PURCHASE";
  }
  return "?";
}

const char* Name(State state) {
  switch (state) {
    case State::kNone:
      return "NONE";
    case State::kInitiated:
      return "INITIATED";
    case State::kEscrow:
      return "ESCROW";
    case State::kCompleted:
      return "COMPLETED";
    case State::kFailed:
      return "FAILED";
    case State::kRefunded:
      return "REFUNDED";
    case State::kSettled:
      return "SETTLED";
  }
  return "?";
}

const char* Name(TimerKind kind) {
  switch (kind) {
    case TimerKind::kStep:
      return "STEP";
    case TimerKind::kHoldExpiry:
      return "HOLD_EXPIRY";
    case TimerKind::kRetry:
      return "RETRY";
    case TimerKind::kSettlement:
      return "SETTLEMENT";
    case TimerKind::kCutOff:
      return "CUT_OFF";
    case TimerKind::kDisputeDeadline:
      return "DISPUTE_DEADLINE";
    case TimerKind::kArrival:
      return "ARRIVAL";
  }
  return "?";
}

const char* Name(DisputeState state) {
  switch (state) {
    case DisputeState::kOpen:
      return "OPEN";
    case DisputeState::kUnderReview:
      return "UNDER_REVIEW";
    case DisputeState::kWon:
      return "WON";
    case DisputeState::kLost:
      return "LOST";
  }
  return "?";
}

const char* Name(DisputeReason reason) {
  switch (reason) {
    case DisputeReason::kFraudulent:
      return "FRAUDULENT";
    case DisputeReason::kNotReceived:
      return "NOT_RECEIVED";
    case DisputeReason::kNotAsDescribed:
      return "NOT_AS_DESCRIBED";
    case DisputeReason::kDuplicate:
      return "DUPLICATE";
    case DisputeReason::kWrongAmount:
      return "WRONG_AMOUNT";
    case DisputeReason::kOther:
      return "OTHER";
  }
  return "?";
}

const char* Name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kNone:
      return "NONE";
    case FaultKind::kStepError:
      return "STEP_ERROR";
    case FaultKind::kStepTimeout:
      return "STEP_TIMEOUT";
    case FaultKind::kTimeoutAfterCommit:
      return "TIMEOUT_AFTER_COMMIT";
    case FaultKind::kAddedLatency:
      return "ADDED_LATENCY";
    case FaultKind::kHoldExpiry:
      return "HOLD_EXPIRY";
    case FaultKind::kDuplicateCallback:
      return "DUPLICATE_CALLBACK";
    case FaultKind::kPartialCapture:
      return "PARTIAL_CAPTURE";
    case FaultKind::kLedgerRejection:
      return "LEDGER_REJECTION";
    case FaultKind::kDatabaseError:
      return "DATABASE_ERROR";
    case FaultKind::kCacheOutage:
      return "CACHE_OUTAGE";
    case FaultKind::kWebhookMiss:
      return "WEBHOOK_MISS";
    case FaultKind::kWebhookDelay:
      return "WEBHOOK_DELAY";
    case FaultKind::kWebhookDuplicate:
      return "WEBHOOK_DUPLICATE";
    case FaultKind::kWebhookReorder:
      return "WEBHOOK_REORDER";
    case FaultKind::kWebhookBadSignature:
      return "WEBHOOK_BAD_SIGNATURE";
  }
  return "?";
}

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

}  // namespace tracktrove::domain
