// The timers of one sandbox within a batch: those that may fire in it, in order,
// and what is to become of the stored ones.
#ifndef TRACKTROVE_ENGINE_TIMER_QUEUE_H_
#define TRACKTROVE_ENGINE_TIMER_QUEUE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "domain/sandbox.h"

namespace tracktrove::engine {

// The timers of a sandbox that are due at or before `until`, the earliest first.
// `truncated`: there are more, so that nothing after the last of them may fire
// in this batch.
struct DueTimers {
  std::vector<domain::Timer> timers;
  bool truncated = false;
  absl::Time until = absl::InfinitePast();
};

class TimerQueue {
 public:
  using Key = std::pair<std::string, domain::TimerKind>;  // transaction, kind

  explicit TimerQueue(const DueTimers& due);

  // The earliest one that may fire in this batch; null when none may.
  const domain::Timer* First() const { return due_.empty() ? nullptr : &*due_.begin(); }
  // Takes it out of those that may fire; stored it stays as it is.
  domain::Timer Pop();

  // It replaces the one of its transaction and kind, and takes its place among
  // those that may fire in this batch, if it is one.
  void Arm(const domain::Timer& timer);
  void Disarm(const Key& key);

  // Timers due after it were not loaded.
  absl::Time until() const { return until_; }
  // Whether all that are due by then were loaded.
  bool HasAllUntil(absl::Time time) const { return !fire_until_ && time <= until_; }
  // Whether one is due by then, loaded or not.
  bool IsDueBy(absl::Time time) const;

  // When the earliest of all falls due, as things stand in this batch; infinite
  // when there is none. `stored` are the earliest ones as the batch found them,
  // one more than were changed since.
  absl::Time NextDue(const std::vector<domain::Timer>& stored) const;

  // As they are to be, or gone; others are as they were.
  const std::map<Key, std::optional<domain::Timer>>& changed() const { return changed_; }

  // The world is left: the one that comes after has no timers but those of this batch.
  void LeaveWorld();

 private:
  std::set<domain::Timer> due_;              // in order of firing; those after fire_until_ are left out
  std::optional<domain::Timer> fire_until_;  // set when more is due than was loaded
  absl::Time until_;
  std::map<Key, std::optional<domain::Timer>> changed_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_TIMER_QUEUE_H_
