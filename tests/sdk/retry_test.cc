#include "sdk/src/retry.h"

#include <algorithm>
#include <stop_token>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "sdk/src/status.h"
#include "tracktrove/v1/sandbox.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::internal {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);
const absl::Time kDeadline = kNow + absl::Hours(1);

absl::Status FullQueue(absl::Duration retry_delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(retry_delay));
  absl::Status status = absl::ResourceExhaustedError("queue full");
  status.SetPayload(TypeUrl<google::rpc::RetryInfo>(), absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(Retry, TriesAgainOnlyWhatMayPass) {
  const auto tries_again = [](absl::StatusCode code) {
    return Retry({}, /*idempotent=*/true, kDeadline).NextDelay(absl::Status(code, ""), kNow).has_value();
  };
  EXPECT_TRUE(tries_again(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(tries_again(absl::StatusCode::kDeadlineExceeded));
  for (const absl::StatusCode code :
       {absl::StatusCode::kInvalidArgument, absl::StatusCode::kNotFound, absl::StatusCode::kAlreadyExists,
        absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted, absl::StatusCode::kOutOfRange,
        absl::StatusCode::kInternal, absl::StatusCode::kUnauthenticated, absl::StatusCode::kUnknown,
        absl::StatusCode::kResourceExhausted}) {
    EXPECT_FALSE(tries_again(code)) << absl::StatusCodeToString(code);
  }
}

TEST(Retry, ComesAgainToAFullQueueThatAsksForIt) {
  EXPECT_TRUE(Retry({}, /*idempotent=*/true, kDeadline).NextDelay(FullQueue(absl::Seconds(1)), kNow));
}

TEST(Retry, DoesNotAskAgainForWhatTheDatabaseGaveUp) {
  google::rpc::ErrorInfo info;
  info.set_reason("QUERY_TOO_LONG");
  absl::Status status = absl::DeadlineExceededError("it took too long");
  status.SetPayload(TypeUrl<google::rpc::ErrorInfo>(), absl::Cord(info.SerializeAsString()));
  EXPECT_FALSE(Retry({}, /*idempotent=*/true, kDeadline).NextDelay(status, kNow));
}

TEST(Retry, TellsOfEachFailureThatIsTriedAgain) {
  std::vector<absl::Status> told;
  const RetryPolicy policy = {.max_attempts = 2,
                              .on_retry = [&](const absl::Status& status) { told.push_back(status); }};
  Retry retry(policy, /*idempotent=*/true, kDeadline);
  retry.NextDelay(absl::UnavailableError("first"), kNow);
  retry.NextDelay(absl::UnavailableError("last"), kNow);
  EXPECT_EQ(told, std::vector<absl::Status>{absl::UnavailableError("first")});
}

TEST(Retry, NeverRepeatsWhatIsNotIdempotent) {
  EXPECT_FALSE(Retry({}, /*idempotent=*/false, kDeadline).NextDelay(absl::UnavailableError(""), kNow));
}

TEST(Retry, GivesUpAfterTheAttemptsOfThePolicy) {
  Retry retry({.max_attempts = 3}, true, kDeadline);
  EXPECT_TRUE(retry.NextDelay(absl::UnavailableError(""), kNow));
  EXPECT_TRUE(retry.NextDelay(absl::UnavailableError(""), kNow));
  EXPECT_FALSE(retry.NextDelay(absl::UnavailableError(""), kNow));
}

TEST(Retry, CountsAfreshAfterProgress) {
  Retry retry({.max_attempts = 2}, true, kDeadline);
  EXPECT_TRUE(retry.NextDelay(absl::UnavailableError(""), kNow));
  retry.OnProgress();
  EXPECT_TRUE(retry.NextDelay(absl::UnavailableError(""), kNow));
  EXPECT_FALSE(retry.NextDelay(absl::UnavailableError(""), kNow));
}

TEST(Retry, WaitsBetweenZeroAndACapThatDoublesUpToTheMaximum) {
  const RetryPolicy policy = {
      .max_attempts = 6, .initial_backoff = absl::Milliseconds(100), .max_backoff = absl::Milliseconds(350)};
  const absl::Duration caps[] = {absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(350),
                                 absl::Milliseconds(350), absl::Milliseconds(350)};
  absl::Duration longest[5];
  for (int run = 0; run < 200; ++run) {
    Retry retry(policy, true, kDeadline);
    for (int i = 0; i < 5; ++i) {
      const absl::Duration delay = *retry.NextDelay(absl::UnavailableError(""), kNow);
      ASSERT_GE(delay, absl::ZeroDuration());
      ASSERT_LE(delay, caps[i]);
      longest[i] = std::max(longest[i], delay);
    }
  }
  // All 200 in the lower half: once in 2^200 runs.
  for (int i = 0; i < 5; ++i) EXPECT_GT(longest[i], caps[i] / 2);
}

TEST(Retry, WaitsAsLongAsTheServerAsksUpToItsLimit) {
  const RetryPolicy policy = {.initial_backoff = absl::Milliseconds(1),
                              .max_requested_delay = absl::Seconds(10)};
  EXPECT_EQ(*Retry(policy, true, kDeadline).NextDelay(FullQueue(absl::Seconds(3)), kNow), absl::Seconds(3));
  EXPECT_EQ(*Retry(policy, true, kDeadline).NextDelay(FullQueue(absl::Hours(3)), kNow), absl::Seconds(10));
  EXPECT_LE(*Retry(policy, true, kDeadline).NextDelay(FullQueue(absl::Seconds(-3)), kNow),
            absl::Milliseconds(1));
}

TEST(Retry, NeverWaitsBeyondTheDeadline) {
  Retry retry({}, true, kNow + absl::Seconds(2));
  EXPECT_FALSE(retry.NextDelay(FullQueue(absl::Seconds(2)), kNow));
  EXPECT_TRUE(Retry({}, true, kNow + absl::Seconds(2)).NextDelay(FullQueue(absl::Seconds(1)), kNow));
}

TEST(Retry, ARequestIsIdempotentByItsIdOrByItsNature) {
  v1::InitiateTransactionRequest initiate;
  EXPECT_FALSE(IsIdempotent(initiate));
  initiate.set_request_id("r");
  EXPECT_TRUE(IsIdempotent(initiate));
  v1::DeleteSandboxRequest remove;
  EXPECT_FALSE(IsIdempotent(remove));
  remove.set_allow_missing(true);
  EXPECT_TRUE(IsIdempotent(remove));
  EXPECT_TRUE(IsIdempotent(v1::GetTransactionRequest()));
}

TEST(Sleeper, EndsAtOnceWhenInterrupted) {
  std::stop_source interrupted;
  interrupted.request_stop();
  const absl::Time before = absl::Now();
  SleepFor(absl::Hours(1), interrupted.get_token());
  EXPECT_LT(absl::Now() - before, absl::Minutes(30));
}

}  // namespace
}  // namespace tracktrove::internal
