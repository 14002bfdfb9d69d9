// When to try again.
#ifndef TRACKTROVE_SDK_SRC_RETRY_H_
#define TRACKTROVE_SDK_SRC_RETRY_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tracktrove/options.h"

namespace tracktrove::internal {

// Whether doing a request twice is doing it once: reads are, writes are by
// their request_id, and a deletion is when it may find nothing.
template <typename Request>
bool IsIdempotent(const Request& request) {
  if constexpr (requires { request.request_id(); }) {
    return !request.request_id().empty();
  } else if constexpr (requires { request.allow_missing(); }) {
    return request.allow_missing();
  } else {
    return true;
  }
}

// The attempts of one call.
class Retry {
 public:
  Retry(const RetryPolicy& policy, bool idempotent, absl::Time deadline)
      : policy_(policy), idempotent_(idempotent), deadline_(deadline) {}

  // An attempt failed: how long to wait before the next one, or nothing to give
  // up with this status.
  std::optional<absl::Duration> NextDelay(const absl::Status& status, absl::Time now);

  // Attempts and backoff start afresh.
  void OnProgress() { failures_ = 0; }

  absl::Time deadline() const { return deadline_; }

 private:
  RetryPolicy policy_;
  bool idempotent_;
  absl::Time deadline_;
  int failures_ = 0;
};

}  // namespace tracktrove::internal

#endif  // TRACKTROVE_SDK_SRC_RETRY_H_
