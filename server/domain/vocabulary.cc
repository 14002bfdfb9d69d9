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
    case TimerKind::kArrival:
      return "ARRIVAL";
  }
  return "?";
}

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

}  // namespace tracktrove::domain
