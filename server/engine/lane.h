// A lane: a bounded queue of calls and the one thread that writes them. All
// calls of a sandbox take the same lane, so that they keep their order.
//
// Group commit without added waiting: whatever gathers while one batch commits
// is the next batch.
#ifndef TRACKTROVE_ENGINE_LANE_H_
#define TRACKTROVE_ENGINE_LANE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/batch.h"
#include "engine/call.h"
#include "events/hub.h"
#include "holds/holds.h"
#include "store/store.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

struct LaneOptions {
  int max_pending = 8192;  // calls that are queued, waiting or in a batch
  int max_batch_calls = 512;
  int64_t max_batch_bytes = int64_t{4} << 20;  // of calls
  int timers_per_sandbox = 1024;               // that fire in one batch
};

// At each instant of a clock move, after the timers that fell due there have
// been committed: calls `resume` (once, from any thread) when the clock may go
// on, so that what the instant set off in the outside can be awaited.
using Barrier =
    std::function<void(const std::string& sandbox, absl::Time instant, std::function<void()> resume)>;

// Who is told what was committed.
struct LaneOutlets {
  events::Hub& hub;
  holds::Holds& holds;
  std::function<void(const store::Alarms&)> alarms;
  Barrier barrier;  // may be empty
};

class Lane {
 public:
  Lane(LaneOptions options, std::unique_ptr<store::Writer> writer, const ReplyCodec& codec,
       LaneOutlets outlets);
  ~Lane();

  // Queues a call; its `done` is called in any case, at once when it is refused.
  void Submit(Call call);

  // Something of this sandbox may be due.
  void Tick(const std::string& sandbox);

  // Retired worlds may be waiting to be purged; done when the lane is idle.
  void Purge();

  // Refuses new calls, finishes those that are queued, and ends the thread.
  void Stop();

 private:
  struct Work {
    std::vector<Call> calls;
    std::set<std::string> ticks;
    bool purge = false;
    bool wait_for_locks = false;
  };

  void Loop();
  bool Take(Work& work);
  void ParkCalls(const std::string& sandbox, std::vector<Call>& calls);
  void RunBatch(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks);
  void RunSingly(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks);
  void AfterCommit(Batch& batch, std::vector<Call> calls);
  void SettleSandbox(const std::string& name, const SandboxOutcome& outcome);
  // First things first: the calls go before all that is queued.
  void PutBack(std::map<std::string, std::vector<Call>>& parked, const std::string& sandbox);
  void PurgeSome();
  // Answers those who cannot wait any longer for a clock to arrive.
  void GiveUpWaiting();
  void Answer(Call& call, absl::StatusOr<std::string> answer);

  const LaneOptions options_;
  const std::unique_ptr<store::Writer> writer_;
  const ReplyCodec& codec_;
  const LaneOutlets outlets_;
  std::atomic<int> pending_ = 0;

  sync::Mutex mutex_;
  std::deque<Call> queue_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> ticks_ ABSL_GUARDED_BY(mutex_);
  bool purge_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> paused_ ABSL_GUARDED_BY(mutex_);  // sandboxes whose clock stands at a barrier

  // Of the lane's thread alone:
  std::deque<Call> put_back_;                           // before the queue
  bool held_up_ = false;                                // by other writers, in the last batch
  std::map<std::string, std::vector<Call>> waiting_;    // for a clock to arrive
  std::map<std::string, std::vector<Call>> advancing_;  // who asked for the move

  std::thread thread_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_LANE_H_
