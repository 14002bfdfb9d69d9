// WHEN IT HAPPENS: the one write path, the timers that take it too, and reads.
//
// A handler submits a call to the lane of its sandbox and returns. The lane's
// thread takes all that has gathered, and in one database transaction locks,
// stamps, loads, decides and writes; then it answers and publishes.
#ifndef TRACKTROVE_ENGINE_ENGINE_H_
#define TRACKTROVE_ENGINE_ENGINE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/call.h"
#include "engine/follower.h"
#include "engine/lane.h"
#include "engine/readers.h"
#include "engine/ticker.h"
#include "events/hub.h"
#include "holds/holds.h"
#include "store/store.h"

namespace tracktrove::engine {

struct EngineOptions {
  int lanes = 4;  // at most what the store can use
  LaneOptions lane;
  int reader_threads = 2;
  int max_reads = 4096;  // queued
  // How often the stored alarms are looked at, and the heads of sandboxes with
  // listeners; what is in memory needs no look.
  absl::Duration poll_interval = absl::Seconds(1);
  Barrier barrier;  // may be empty
};

class Engine {
 public:
  // All must outlive it. `holds` is started and stopped by the engine.
  Engine(EngineOptions options, store::Store& store, holds::Holds& holds, events::Hub& hub,
         const ReplyCodec& codec);
  ~Engine();

  // Opens the sessions and sees to it that the sandbox `default` exists.
  absl::Status Start();

  // Queues a command; see Call for how it is answered. The world that a new or
  // reset sandbox gets is drawn here.
  void Submit(Call call);

  // Runs `work` on a reading thread; see Readers.
  absl::Status Read(Readers::Work work);

  // Refuses what comes, finishes what is queued, ends all threads.
  void Stop();

 private:
  void StartFollowing();
  absl::Status CreateDefaultSandbox();
  Lane& LaneOf(const std::string& sandbox);
  void PollAlarms();

  const EngineOptions options_;
  store::Store& store_;
  holds::Holds& holds_;
  events::Hub& hub_;
  const ReplyCodec& codec_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<Follower> follower_;
  bool stopped_ = false;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_ENGINE_H_
