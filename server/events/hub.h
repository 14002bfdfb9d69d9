// WHO IS TOLD: the newest records of each sandbox in memory, and who wants to
// be woken when there are more.
//
// The hub queues nothing for anybody. A listener keeps a cursor of its own,
// reads from the ring when woken, and from the database when it has fallen out
// of the ring. So a slow listener costs the others nothing, and the writers
// never wait: waking is done on the hub's own thread.
//
// Where several servers share a database, the rings of sandboxes that somebody
// listens to are kept up with what the others commit; see engine/follower.h.
#ifndef TRACKTROVE_EVENTS_HUB_H_
#define TRACKTROVE_EVENTS_HUB_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "domain/vocabulary.h"
#include "events/relay.h"
#include "events/ring.h"
#include "events/run.h"
#include "sync/mutex.h"

namespace tracktrove::events {

// Why a listener is woken.
enum class Wake {
  kNews,     // its sandbox has new records
  kReread,   // what it knew of its sandbox may not hold any more: read the database
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
  RingBounds ring = {};  // of each sandbox
  int max_rings = 1024;  // sandboxes; rings without listeners are dropped
  absl::Duration pulse_interval = absl::Seconds(10);
};

class Hub {
 public:
  // What a cursor finds in the ring.
  struct Page {
    // True: the cursor has fallen out, or is of another log: read the database.
    bool behind = false;
    std::vector<Entry> entries;  // empty and not behind: caught up
  };

  // `relay` is for what other replicas commit, null for a server on its own; it
  // must outlive the hub.
  explicit Hub(HubOptions options, Relay* relay = nullptr);
  ~Hub();

  // From a writer: what it has just committed in `world`, the sandbox's from now on.
  void Publish(const std::string& sandbox, domain::WorldId world, const Run& run);

  // The sandbox was deleted; a new one of its name will number from 1 again.
  void Forget(const std::string& sandbox);

  // Records after `after`, at most `limit`.
  Page Read(const std::string& sandbox, const Position& after, int limit) const;

  // The same, up to `head` and beyond, for a cursor that is known by its number
  // alone: `head` is the sandbox's as the database has it. Asks the relay for
  // what is missing, so it may block for a moment. None: read the database.
  std::optional<std::vector<Entry>> Recall(const std::string& sandbox, domain::WorldId world, int64_t after,
                                           const Position& head, int limit);

  // Wakes `listener` from now on for as long as it lives.
  void Listen(const std::string& sandbox, std::weak_ptr<Listener> listener);

  // For whoever keeps the rings up with other replicas.
  // Sandboxes that somebody listens to.
  std::vector<std::string> Listened() const;
  // Whether somebody listens to it and its ring may lack records up to `head`.
  bool Lacks(const std::string& sandbox, const Position& head) const;
  // Where its ring ends; none when nobody knows yet.
  std::optional<Position> End(const std::string& sandbox) const;
  // Takes what its ring lacks of `run`; nothing when it does not fit.
  void Merge(const std::string& sandbox, const Run& run);
  // The same with what the relay has after the ring's end; may block for a moment.
  void MergeFromRelay(const std::string& sandbox, domain::WorldId world);
  // Starts its ring anew at `head`: its listeners read the database.
  void Restart(const std::string& sandbox, const Position& head);
  // Tells what the rings lack as far as the hub comes to know of it: from the
  // relay, and when a writer publishes what does not follow. Once, before any
  // writer publishes.
  void OnNews(Relay::OnNews on_news);

  // Wakes everybody with kClosing, now and whoever listens later.
  void Close();

 private:
  struct Sandbox {
    Ring ring;
    std::vector<std::weak_ptr<Listener>> listeners;
    bool HasListeners() const;
  };

  void Loop();
  // Puts the run into its ring, unless it is for those who hear of news to fill in.
  bool Take(const std::string& sandbox, const Run& run);
  Sandbox& Of(const std::string& sandbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null when it is not known here.
  const Sandbox* Find(const std::string& sandbox) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(const std::string& sandbox, Wake why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void WakeAll(const std::vector<std::weak_ptr<Listener>>& listeners, Wake why);
  std::vector<std::weak_ptr<Listener>> AllListeners() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HubOptions options_;
  Relay* const relay_;
  Relay::OnNews on_news_;  // never changed once writers publish
  mutable sync::Mutex mutex_;
  absl::flat_hash_map<std::string, Sandbox> sandboxes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Wake> news_ ABSL_GUARDED_BY(mutex_);  // sandboxes to wake for, and why
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_HUB_H_
