// What replicas tell each other of what they commit: that a sandbox has a new
// head, and its latest records. Both may be lost, late or told twice; the
// database has everything, and whoever listens here looks there too.
#ifndef TRACKTROVE_EVENTS_RELAY_H_
#define TRACKTROVE_EVENTS_RELAY_H_

#include <functional>
#include <string>

#include "domain/vocabulary.h"
#include "events/run.h"

namespace tracktrove::events {

class Relay {
 public:
  // A sandbox's head as another replica, or this one, says that it is.
  using OnNews = std::function<void(const std::string& sandbox, domain::WorldId world, const Position& head)>;

  virtual ~Relay() = default;

  // News is told from now on, from a thread of the implementation; must not block.
  virtual void Start(OnNews on_news) = 0;

  // Tells the others what was committed in `world`, the sandbox's from now on.
  // Called by writer threads after the commit; never blocks, may drop it.
  virtual void Tell(const std::string& sandbox, domain::WorldId world, const Run& run) = 0;

  // The newest records of the sandbox after `after` that are kept for all, as
  // far back as there is no gap; empty when there are none or when it cannot be
  // known in time. Blocks for a moment: not for writer threads.
  virtual Run Fetch(const std::string& sandbox, domain::WorldId world, int64_t after) = 0;
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_RELAY_H_
