// WHO IS TOLD: the newest records of each sandbox in memory, and who wants to
// be woken when there are more.
//
// The hub queues nothing for anybody. A listener keeps a cursor of its own,
// reads from the ring when woken, and from the database when it has fallen out
// of the ring. So a slow listener costs the others nothing, and the writers
// never wait: waking is done on the hub's own thread.
#ifndef TRACKTROVE_EVENTS_HUB_H_
#define TRACKTROVE_EVENTS_HUB_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "domain/record.h"
#include "sync/mutex.h"

namespace tracktrove::events {

using Entry = std::shared_ptr<const domain::LogEntry>;

// Why a listener is woken.
enum class Wake {
  kNews,     // its sandbox has new records
  kGone,     // its sandbox was deleted: what it knew may not hold any more
  kPulse,    // time for a sign of life, and for noticing a stalled peer
  kClosing,  // the server shuts down: end, and say where to go on
};

class Listener {
 public:
  virtual ~Listener() = default;
  // Called on the hub's thread, never concurrently; must not block.
  virtual void OnWake(Wake why) = 0;
};

struct HubOptions {
  int ring_records = 4096;                // per sandbox
  int64_t ring_bytes = int64_t{8} << 20;  // of DTOs, per sandbox
  int max_rings = 1024;                   // sandboxes; rings without listeners are dropped
  absl::Duration pulse_interval = absl::Seconds(10);
};

class Hub {
 public:
  // What a cursor finds in the ring.
  struct Page {
    // True: the cursor has fallen out, or there is no ring: read the database.
    bool behind = false;
    std::vector<Entry> entries;  // empty and not behind: caught up
  };

  explicit Hub(HubOptions options);
  ~Hub();

  // Committed records of a sandbox, in order and following those before.
  void Publish(const std::string& sandbox, std::vector<Entry> entries);

  // The sandbox was deleted; a new one of its name will number from 1 again.
  void Forget(const std::string& sandbox);

  // Records after `after`, at most `limit`.
  Page Read(const std::string& sandbox, int64_t after, int limit) const;

  // Wakes `listener` from now on for as long as it lives.
  void Listen(const std::string& sandbox, std::weak_ptr<Listener> listener);

  // Wakes everybody with kClosing, now and whoever listens later.
  void Close();

 private:
  struct Ring {
    std::deque<Entry> entries;
    int64_t bytes = 0;
    std::vector<std::weak_ptr<Listener>> listeners;
    bool HasListeners() const;
  };

  void Loop();
  void Trim(Ring& ring) const;
  static void Clear(Ring& ring);
  void DropIdleRing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void WakeAll(const std::vector<std::weak_ptr<Listener>>& listeners, Wake why);
  std::vector<std::weak_ptr<Listener>> AllListeners() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HubOptions options_;
  mutable sync::Mutex mutex_;
  absl::flat_hash_map<std::string, Ring> rings_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Wake> news_ ABSL_GUARDED_BY(mutex_);  // sandboxes to wake for, and why
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_HUB_H_
