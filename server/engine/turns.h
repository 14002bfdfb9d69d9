// Whose turn it is in a lane: calls and due sandboxes on their way into its next
// batch, within bounds and in order of arrival.
//
// It may outlive its lane: what comes back late, as a barrier does, finds it.
#ifndef TRACKTROVE_ENGINE_TURNS_H_
#define TRACKTROVE_ENGINE_TURNS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/call.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

struct TurnLimits {
  int max_pending = 8192;  // calls that are queued, waiting or in a batch
  int64_t max_pending_bytes = int64_t{64} << 20;
  int calls = 512;  // of one turn
  int64_t bytes = int64_t{4} << 20;
  int ticks = 16;  // sandboxes that are due, beside those of calls: each is locked until the commit
};

// What a lane does next.
struct Turn {
  std::vector<Call> calls;
  std::set<std::string> ticks;
  std::vector<Call> parked;       // of sandboxes that are paused
  std::set<std::string> resumed;  // sandboxes that may go on, with what was parked
  bool wait_for_locks = false;    // other writers held its sandboxes before
  bool purge = false;

  bool HasBatch() const { return !calls.empty() || !ticks.empty(); }
};

class Turns {
 public:
  explicit Turns(const TurnLimits& limits) : limits_(limits) {}

  // From any thread.
  // Takes the call, or answers why not and leaves it.
  absl::Status Add(Call& call);
  // Something of this sandbox may be due.
  void Tick(const std::string& sandbox);
  // Retired worlds may be waiting to be purged.
  void PurgeAt(absl::Time time);
  // A sandbox that is paused takes no turn; once it may go on, it has one.
  void Pause(const std::string& sandbox);
  void Resume(const std::string& sandbox);
  bool IsPaused(const std::string& sandbox);
  // Refuses calls from now on. Turns go on until all have had theirs, until
  // `latest` at most.
  void Stop(absl::Time latest);

  // From the lane's thread.
  // Waits for something to do, until `latest` at most. False: it has stopped.
  bool Take(absl::Time latest, Turn& turn);
  // First things first: before all that is queued.
  void PutBack(std::deque<Call> calls);
  // Other writers held these. What comes next waits for them, without the calls
  // that came since: asking again and again would only keep both busy.
  void LeftOut(const std::vector<std::string>& sandboxes);
  // A call has got its answer, and makes room.
  void Leave(const Call& call);
  // Whoever had no turn when it stopped.
  std::deque<Call> TakeRest();

 private:
  enum class Place { kFirst, kLast };

  void AddTick(const std::string& sandbox, Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeCalls(bool alone, Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeTicks(int count, Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TurnLimits limits_;
  std::atomic<int> pending_ = 0;
  std::atomic<int64_t> pending_bytes_ = 0;

  sync::Mutex mutex_;
  std::deque<Call> put_back_ ABSL_GUARDED_BY(mutex_);  // before the queue
  std::deque<Call> queue_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> ticks_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> ticked_ ABSL_GUARDED_BY(mutex_);  // the same
  std::set<std::string> paused_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> resumed_ ABSL_GUARDED_BY(mutex_);  // since the last turn
  int left_out_ ABSL_GUARDED_BY(mutex_) = 0;               // sandboxes, in the last turn
  absl::Time purge_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time stop_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_TURNS_H_
