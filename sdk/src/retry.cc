#include "sdk/src/retry.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "tracktrove/error.h"

namespace tracktrove {

void SleepFor(absl::Duration delay, std::stop_token interrupted) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, interrupted, absl::ToChronoNanoseconds(delay), [] { return false; });
}

namespace internal {
namespace {

// A full queue asks to come again; what is too large for a message (gRPC's own
// RESOURCE_EXHAUSTED) is so the next time too, and so is a read that the database
// gave up.
bool MayPass(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) return GetRetryDelay(status).has_value();
  const std::optional<ErrorInfo> info = GetErrorInfo(status);
  const bool gave_up = info && info->reason == "QUERY_TOO_LONG";
  return absl::IsUnavailable(status) || (absl::IsDeadlineExceeded(status) && !gave_up);
}

absl::Duration FullJitter(absl::Duration cap) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return cap * std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace

std::optional<absl::Duration> Retry::NextDelay(const absl::Status& status, absl::Time now) {
  ++failures_;
  if (!idempotent_ || !MayPass(status) || failures_ >= policy_.max_attempts) return std::nullopt;

  absl::Duration cap = policy_.initial_backoff;
  for (int i = 1; i < failures_ && cap < policy_.max_backoff; ++i) cap *= 2;
  absl::Duration delay = FullJitter(std::min(cap, policy_.max_backoff));
  if (const std::optional<absl::Duration> requested = GetRetryDelay(status)) {
    delay = std::max(delay, std::min(*requested, policy_.max_requested_delay));
  }
  if (now + delay >= deadline_) return std::nullopt;
  if (policy_.on_retry) policy_.on_retry(status);
  return delay;
}

}  // namespace internal
}  // namespace tracktrove
