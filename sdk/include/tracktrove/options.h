// How a client reaches its server and how patient it is.
#ifndef TRACKTROVE_OPTIONS_H_
#define TRACKTROVE_OPTIONS_H_

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tracktrove {

// Which failures are tried again: UNAVAILABLE, DEADLINE_EXCEEDED (but not
// QUERY_TOO_LONG) and, where the server asks for it (RetryInfo),
// RESOURCE_EXHAUSTED, of calls that are idempotent. All reads are, all writes
// with a `request_id`, and DeleteSandbox with `allow_missing`. Nothing is tried
// beyond the call's timeout.
struct RetryPolicy {
  // In all, the first one included; 1 switches retries off. A stream counts
  // from its last progress.
  int max_attempts = 10;
  // The wait before attempt n + 1 is drawn evenly between zero and
  // min(max_backoff, initial_backoff * 2^(n-1)): "full jitter".
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
  // A server that asks for a longer wait (RetryInfo) gets at most this.
  absl::Duration max_requested_delay = absl::Seconds(30);
  // Told of each failure that is tried again, on the thread of the call; must
  // not wait.
  std::function<void(const absl::Status&)> on_retry = {};
};

// Waits for `delay`, or less once a stop is requested.
using Sleeper = std::function<void(absl::Duration delay, std::stop_token interrupted)>;

// Really sleeps.
void SleepFor(absl::Duration delay, std::stop_token interrupted);

struct Options {
  // A gRPC target: `host:port`, or `unix:PATH`.
  std::string endpoint = "localhost:50051";
  // Sent as `authorization: Bearer TOKEN`; empty sends none.
  std::string bearer_token;
  // For a whole call, its retries included.
  absl::Duration timeout = absl::Seconds(30);
  // The same for AdvanceClock and RunSettlement, which answer when all that fell
  // due, or is to be paid, is done.
  absl::Duration advance_clock_timeout = absl::Minutes(10);
  RetryPolicy retry;
  // Put before gRPC's own.
  std::string user_agent;
  // Tests replace it to see the waits and to save the time.
  Sleeper sleeper = SleepFor;
};

// What one call may override.
struct CallOptions {
  // Default: by Options. Streams have none.
  std::optional<absl::Duration> timeout;
};

}  // namespace tracktrove

#endif  // TRACKTROVE_OPTIONS_H_
