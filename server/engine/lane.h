// A lane: the one thread that writes what waits in its turns. All calls of a
// sandbox take the same lane, so that they keep their order.
//
// Group commit without added waiting: whatever gathers while one batch commits
// is the next batch.
#ifndef TRACKTROVE_ENGINE_LANE_H_
#define TRACKTROVE_ENGINE_LANE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "engine/batch.h"
#include "engine/call.h"
#include "engine/turns.h"
#include "events/hub.h"
#include "holds/holds.h"
#include "store/store.h"

namespace tracktrove::engine {

struct LaneOptions {
  TurnLimits turns;
  int timers_per_sandbox = 1024;  // that fire in one batch
  // How long the calls that are queued may take when it stops; later ones are refused.
  absl::Duration finish_within = absl::Seconds(5);
};

// At each instant of a clock move, after the timers that fell due there have
// been committed: calls `resume` (once, from any thread, at any time) when the
// clock may go on, so that what the instant set off in the outside can be awaited.
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

  // Retired worlds may be waiting to be purged; done between batches.
  void Purge();

  // Refuses new calls from now on, and finishes those that are queued.
  void BeginToStop();
  // The same, until the thread has ended. Whoever waits for a clock, or has no
  // turn in time, is told why.
  void Stop();

 private:
  using Parked = std::map<std::string, std::vector<Call>>;  // by sandbox

  void Loop();
  // Puts aside what has to wait for a clock anyway, behind those that do.
  void Park(Turn& turn);
  void RunBatch(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks);
  void RunSingly(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks);
  // Whether something of the sandbox has to come before its next call.
  bool StaysBehind(const std::string& sandbox);
  void AfterCommit(Batch& batch, std::vector<Call> calls);
  void SettleSandbox(const std::string& name, const SandboxOutcome& outcome);
  void PutBack(Parked& parked, const std::string& sandbox);
  void PurgeSome(bool busy);
  // Answers those who cannot wait any longer for a clock to arrive.
  void GiveUpWaiting();
  void Answer(Call& call, absl::StatusOr<std::string> answer);

  const LaneOptions options_;
  const std::unique_ptr<store::Writer> writer_;
  const ReplyCodec& codec_;
  const LaneOutlets outlets_;
  const std::shared_ptr<Turns> turns_;

  // Of the lane's thread alone:
  std::deque<Call> put_back_;  // by this turn, in order of arrival
  Parked waiting_;             // for a clock to arrive
  Parked advancing_;           // who asked for the move

  std::thread thread_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_LANE_H_
