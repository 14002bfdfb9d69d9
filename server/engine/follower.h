// Keeps the hub's rings up with what other replicas commit, for the sandboxes
// that somebody here listens to.
//
// News from the others, over Redis, makes it prompt, and their records come the
// same way. Asking the database for the heads, every poll, makes it sure: with
// Redis gone, streams only learn of others' records later.
#ifndef TRACKTROVE_ENGINE_FOLLOWER_H_
#define TRACKTROVE_ENGINE_FOLLOWER_H_

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "engine/readers.h"
#include "events/hub.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

class Follower {
 public:
  // Both must outlive it. The heads are asked for at least every `poll_interval`.
  Follower(absl::Duration poll_interval, Readers& readers, events::Hub& hub);
  ~Follower();

  void Start();

  // A replica says that a sandbox has this head. Never blocks.
  void OnNews(const std::string& sandbox, domain::WorldId world, const events::Position& head);

  void Stop();

 private:
  struct News {
    domain::WorldId world = 0;
    events::Position head;
  };

  void Loop();
  void Poll(const std::vector<std::string>& names);
  // Brings the ring to the head, however far it is behind.
  void CatchUp(const store::Head& head);
  // The same from the stored records. False: the ring is too far behind, or of
  // another log.
  bool MergeFromDatabase(const store::Head& head);
  // Stored records after `after`; none when they cannot be read.
  std::vector<domain::LogEntry> ReadRecords(domain::WorldId world, int64_t after, int limit);

  const absl::Duration poll_interval_;
  Readers& readers_;
  events::Hub& hub_;
  sync::Mutex mutex_;
  std::map<std::string, News> news_ ABSL_GUARDED_BY(mutex_);  // by sandbox, the latest
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_FOLLOWER_H_
