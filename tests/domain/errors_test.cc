#include "domain/errors.h"

#include <gtest/gtest.h>

#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

TEST(Errors, CarryTheirCodeAndReason) {
  const struct {
    absl::Status status;
    absl::StatusCode code;
    const char* reason;
  } cases[] = {
      {BadField("amount", "is required"), absl::StatusCode::kInvalidArgument, "BAD_REQUEST"},
      {SandboxNotFound("lab"), absl::StatusCode::kNotFound, "SANDBOX_NOT_FOUND"},
      {TransactionNotFound("tx"), absl::StatusCode::kNotFound, "TRANSACTION_NOT_FOUND"},
      {FlowNotFound("f"), absl::StatusCode::kNotFound, "FLOW_NOT_FOUND"},
      {SandboxExists("lab"), absl::StatusCode::kAlreadyExists, "SANDBOX_EXISTS"},
      {RequestIdReused("r"), absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"},
      {DrawKeyReused("k"), absl::StatusCode::kAlreadyExists, "DRAW_KEY_REUSED"},
      {StateForbids("refunded", State::kFailed), absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS"},
      {CaptureNotManual(), absl::StatusCode::kFailedPrecondition, "CAPTURE_NOT_MANUAL"},
      {CaptureNotReady("hold"), absl::StatusCode::kFailedPrecondition, "CAPTURE_NOT_READY"},
      {HoldExpired(kStart), absl::StatusCode::kFailedPrecondition, "HOLD_EXPIRED"},
      {AmountExceedsRefundable({"INR", 2}, {"INR", 1}), absl::StatusCode::kFailedPrecondition,
       "AMOUNT_EXCEEDS_REFUNDABLE"},
      {NoPendingEvent(), absl::StatusCode::kFailedPrecondition, "NO_PENDING_EVENT"},
      {DefaultSandbox(), absl::StatusCode::kFailedPrecondition, "DEFAULT_SANDBOX"},
      {SandboxWasReset("lab"), absl::StatusCode::kAborted, "SANDBOX_RESET"},
      {CursorOutOfRange(9, 1, 5), absl::StatusCode::kOutOfRange, "CURSOR_OUT_OF_RANGE"},
      {QueryTooLong("30 s"), absl::StatusCode::kDeadlineExceeded, "QUERY_TOO_LONG"},
      {QueueFull(), absl::StatusCode::kResourceExhausted, "QUEUE_FULL"},
      {ClockAdvancing("lab"), absl::StatusCode::kUnavailable, "CLOCK_ADVANCING"},
      {DeadlinePassed(), absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"},
      {ServerShuttingDown(), absl::StatusCode::kUnavailable, "SERVER_SHUTTING_DOWN"},
      {DatabaseUnavailable("gone"), absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
      {OutcomeUnknown(), absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"},
      {RolledBack("late"), absl::StatusCode::kAborted, "ROLLED_BACK"},
      {BrokenInvariant("oh"), absl::StatusCode::kInternal, "BROKEN_INVARIANT"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(Reason(c.status), c.reason);
    EXPECT_FALSE(c.status.message().empty());
  }
}

TEST(Errors, CarryFieldMetadataAndRetryDelay) {
  EXPECT_EQ(BadField("amount.minor_units", "must be positive").message(),
            "amount.minor_units must be positive");
  EXPECT_EQ(DetailsOf(BadField("amount.minor_units", "must be positive")).field, "amount.minor_units");
  EXPECT_EQ(DetailsOf(QueueFull()).retry_after, absl::Milliseconds(100));
  EXPECT_EQ(DetailsOf(HoldExpired(kStart)).metadata.at("expire_time"), "2026-01-02T08:00:00+00:00");
  const ErrorDetails cursor = DetailsOf(CursorOutOfRange(9, 1, 5));
  EXPECT_EQ(cursor.metadata.at("oldest_sequence"), "1");
  EXPECT_EQ(cursor.metadata.at("newest_sequence"), "5");
}

TEST(Errors, SurviveNamesThatAreNoUtf8) {
  EXPECT_EQ(Reason(SandboxNotFound("\xff\xfe")), "SANDBOX_NOT_FOUND");
}

TEST(Errors, MadeElsewhereHaveNoReason) { EXPECT_EQ(Reason(absl::NotFoundError("a file")), ""); }

}  // namespace
}  // namespace tracktrove::domain
