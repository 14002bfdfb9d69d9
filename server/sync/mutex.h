// A mutex with conditions to wait for, on the standard library's own.
//
// Abseil's would do, but its packaged library is not built for the thread
// sanitizer, which then sees a race wherever one of its mutexes keeps order.
#ifndef TRACKTROVE_SYNC_MUTEX_H_
#define TRACKTROVE_SYNC_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace tracktrove::sync {

class ABSL_LOCKABLE Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Holds the mutex for as long as it lives; leaving it wakes those who wait for
// a condition, who then look for themselves.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(*mutex), lock_(mutex->mutex_) {}
  // Tells before it leaves: whoever waited may go on at once, and take the mutex
  // with it.
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.changed_.notify_all(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // Waits, without the mutex, until `condition()` holds.
  template <typename Condition>
  void Await(const Condition& condition) {
    mutex_.changed_.wait(lock_, condition);
  }

  // The same, until the system clock shows `deadline` at the latest. Answers
  // whether the condition holds.
  template <typename Condition>
  bool AwaitUntil(absl::Time deadline, const Condition& condition) {
    // A year is for ever, and far times do not fit the standard clock.
    const absl::Time latest = absl::FromChrono(std::chrono::system_clock::now()) + absl::Hours(24 * 365);
    return mutex_.changed_.wait_until(lock_, absl::ToChronoTime(std::min(deadline, latest)), condition);
  }

 private:
  Mutex& mutex_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace tracktrove::sync

#endif  // TRACKTROVE_SYNC_MUTEX_H_
