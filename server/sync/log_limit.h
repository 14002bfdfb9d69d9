// Keeps what repeats itself from filling the log.
#ifndef TRACKTROVE_SYNC_LOG_LIMIT_H_
#define TRACKTROVE_SYNC_LOG_LIMIT_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sync/mutex.h"

namespace tracktrove::sync {

class LogLimit {
 public:
  explicit LogLimit(absl::Duration interval) : interval_(interval) {}

  // Whether it may be said now: at most once in each interval.
  bool Allow() {
    sync::MutexLock lock(&mutex_);
    const absl::Time now = absl::Now();
    if (now < next_) return false;
    next_ = now + interval_;
    return true;
  }

 private:
  const absl::Duration interval_;
  sync::Mutex mutex_;
  absl::Time next_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tracktrove::sync

#endif  // TRACKTROVE_SYNC_LOG_LIMIT_H_
