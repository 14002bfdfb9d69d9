// Records that follow each other, and places in a log.
#ifndef TRACKTROVE_EVENTS_RUN_H_
#define TRACKTROVE_EVENTS_RUN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "domain/record.h"

namespace tracktrove::events {

using Entry = std::shared_ptr<const domain::LogEntry>;

// A place in a log: the sequence, the hash and the world of a record; 0, "" and 0
// before the first. Hashes are chained, so that equal places mean an equal log up
// to there. A sequence alone does not: a sandbox that was deleted and made again
// numbers from 1 again. Nor does a hash: with an equal seed it does again what it
// did, to the byte.
struct Position {
  int64_t sequence = 0;
  std::string hash = {};
  domain::WorldId world = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

inline Position PositionOf(const domain::LogEntry& entry) {
  return {entry.record.sequence, entry.record.hash, entry.world};
}

// A world lasts until a reset makes another one of the log.
inline bool MayFollow(const domain::LogEntry& next, domain::WorldId world) {
  return next.world == world || next.record.type == domain::RecordType::kSandboxReset ||
         next.record.type == domain::RecordType::kSandboxCreated;
}

// Whether `next` is what came after `position`.
inline bool Follows(const domain::LogEntry& next, const Position& position) {
  return next.record.sequence == position.sequence + 1 && MayFollow(next, position.world) &&
         next.record.hash == domain::ChainHash(position.hash, next.record);
}

// Consecutive records, and the place before the first of them.
struct Run {
  Position before;
  std::vector<Entry> entries;

  Position End() const { return entries.empty() ? before : PositionOf(*entries.back()); }
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_RUN_H_
