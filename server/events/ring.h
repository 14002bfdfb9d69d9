// The newest records of one sandbox, without a gap, within bounds.
//
// Records come from this server's writers, from other replicas and from the
// database, and may come twice, late or not at all. The ring takes only what
// shares a place with what it has: then the chained hashes say that both are of
// one log.
#ifndef TRACKTROVE_EVENTS_RING_H_
#define TRACKTROVE_EVENTS_RING_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "events/run.h"

namespace tracktrove::events {

struct RingBounds {
  int records = 4096;
  int64_t bytes = int64_t{8} << 20;  // of DTOs
};

class Ring {
 public:
  explicit Ring(RingBounds bounds) : bounds_(bounds) {}

  // Where it ends; none while it is of no log yet.
  std::optional<Position> End() const;

  // Whether it knows this very place.
  bool Knows(const Position& position) const;

  // Empties it: it is of the log of `end` from now on, and goes on from there.
  void Place(Position end);

  // Takes what it lacks of `run`, at either end. False: they share no place, or
  // not the same one; then nothing is taken.
  bool Merge(const Run& run);

  // Whether records are missing between `after` and the first that it has.
  bool IsBehind(int64_t after) const { return placed_ && after < before_.sequence; }

  // Records after `after`, at most `limit`; none when it has none or is behind.
  std::vector<Entry> Read(int64_t after, int limit) const;

 private:
  // The place at `sequence`, which lies between both ends.
  Position At(int64_t sequence) const;
  int64_t EndSequence() const { return before_.sequence + static_cast<int64_t>(entries_.size()); }
  bool Exceeds(int64_t records, int64_t bytes) const {
    return records > bounds_.records || bytes > bounds_.bytes;
  }
  void Extend(const Run& run);
  void Prepend(const Run& run);

  RingBounds bounds_;
  bool placed_ = false;
  Position before_;  // the place before the first entry
  std::deque<Entry> entries_;
  int64_t bytes_ = 0;
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_RING_H_
