// A server's stream, read one event at a time.
#ifndef TRACKTROVE_STREAM_H_
#define TRACKTROVE_STREAM_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"

namespace tracktrove {

// Gives each event once and in order. A connection that is lost, or a server
// that restarts, is picked up again after the last event seen; only when the
// retry policy is exhausted without any progress does the stream fail.
//
//   while (true) {
//     absl::StatusOr<std::optional<TraceRecord>> record = stream->Next();
//     if (!record.ok()) return record.status();
//     if (!*record) break;  // the server ended it
//     ...
//   }
//
// Next is for one thread at a time; Cancel may come from any other.
template <typename Event>
class Stream {
 public:
  virtual ~Stream() = default;

  // Waits for the next event. Nothing: the stream has ended. CANCELLED after
  // Cancel. Once it has ended or failed it answers the same again.
  virtual absl::StatusOr<std::optional<Event>> Next() = 0;

  // Ends a Next that is waiting, and all later ones.
  virtual void Cancel() = 0;

  // Everything up to here has been seen: start after it to go on elsewhere.
  // Moves on without events too, where a filter matches rarely; 0 of a stream
  // that is not of a log. For the thread that calls Next.
  virtual int64_t last_sequence() const = 0;
};

}  // namespace tracktrove

#endif  // TRACKTROVE_STREAM_H_
