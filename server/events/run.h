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

// A place in a log: the sequence and the hash of a record; 0 and "" before the
// first. Hashes are chained, so that equal places mean an equal log up to there.
// A sequence alone does not: a sandbox that was deleted and made again numbers
// from 1 again.
struct Position {
  int64_t sequence = 0;
  std::string hash = {};

  friend bool operator==(const Position&, const Position&) = default;
};

inline Position PositionOf(const domain::Record& record) { return {record.sequence, record.hash}; }

// Consecutive records, and the place before the first of them.
struct Run {
  Position before;
  std::vector<Entry> entries;

  Position End() const { return entries.empty() ? before : PositionOf(entries.back()->record); }
};

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_RUN_H_
