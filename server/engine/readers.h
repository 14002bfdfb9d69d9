// Reading off gRPC's threads: a bounded queue of reads and a few threads, each
// with a database session of its own.
#ifndef TRACKTROVE_ENGINE_READERS_H_
#define TRACKTROVE_ENGINE_READERS_H_

#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "store/reader.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

class Readers {
 public:
  using Work = std::function<void(store::Reader&)>;

  Readers(std::vector<std::unique_ptr<store::Reader>> sessions, int max_queue);
  ~Readers();

  // Runs `work` soon on a reading thread. RESOURCE_EXHAUSTED (QUEUE_FULL) or
  // UNAVAILABLE (SERVER_SHUTTING_DOWN): it will not be run.
  absl::Status Submit(Work work);

  // The same for a thread that may block: returns when `work` was run.
  absl::Status RunAndWait(const Work& work);

  // Refuses new work, finishes what is queued, and ends the threads.
  void Stop();

 private:
  void Loop(store::Reader& session);

  const int max_queue_;
  std::vector<std::unique_ptr<store::Reader>> sessions_;
  sync::Mutex mutex_;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_READERS_H_
