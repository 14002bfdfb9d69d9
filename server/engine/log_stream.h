// A cursor over a sandbox's log: every record once and in order, from where it
// was told to start and for as long as it is asked. It reads the hub's ring
// while it keeps up, and the database when it does not.
//
// The cursor is a place, a sequence with its hash and its world, so that nothing of another
// log can be taken for what comes next, whatever the ring holds.
#ifndef TRACKTROVE_ENGINE_LOG_STREAM_H_
#define TRACKTROVE_ENGINE_LOG_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "events/hub.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

struct LogStreamOptions {
  std::string sandbox;
  std::optional<std::string> transaction_id;  // of all when absent
  // 0 is the beginning of what is kept. Absent: the beginning of the
  // transaction or, without one, from now on.
  std::optional<int64_t> resume_after;
  bool with_previous_dto = false;
  bool stop_at_final = false;                           // end after the record that ends the transaction
  std::function<bool(const domain::LogEntry&)> filter;  // empty: all
  std::function<void()> on_pulse;                       // now and then, whatever else happens; may be empty
};

// What Next answers. Without entries it is a sign of life.
struct LogBatch {
  std::vector<events::Entry> entries;
  int64_t cursor = 0;  // everything up to here has been seen
  bool end = false;    // nothing will follow
};

class LogStream : public events::Listener, public std::enable_shared_from_this<LogStream> {
 public:
  // Called once for each Next, from any thread. An error ends the stream.
  using Deliver = std::function<void(absl::StatusOr<LogBatch>)>;

  static std::shared_ptr<LogStream> Open(Engine& engine, events::Hub& hub, LogStreamOptions options);

  // Asks for the next batch. One at a time: ask again once it was delivered.
  void Next(Deliver deliver);

  void OnWake(events::Wake why) override;

 private:
  // A read of the database: what it found, and where that leaves the cursor.
  struct Fetched {
    std::vector<events::Entry> entries;
    events::Position cursor;
    bool more = false;  // the limit cut it off
  };

  LogStream(Engine& engine, events::Hub& hub, LogStreamOptions options)
      : engine_(engine), hub_(hub), options_(std::move(options)) {}

  // Serves the pending Next from the ring, or starts a read, or leaves it waiting.
  void Pump();
  LogBatch ServeFromRing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartFetch();
  void Fetch(store::Reader& reader);
  void Finish(absl::StatusOr<Fetched> fetched);
  absl::StatusOr<Fetched> ReadLog(store::Reader& reader);
  // The entries after `after`, from the ring or what the replicas keep in
  // common, else from the database.
  absl::StatusOr<std::vector<events::Entry>> ReadEntries(store::Reader& reader,
                                                         const domain::Sandbox& sandbox, int64_t after);
  absl::StatusOr<int64_t> StartingPoint(store::Reader& reader, const domain::Sandbox& sandbox);
  LogBatch Filter(const std::vector<events::Entry>& entries, int64_t cursor) const;

  Engine& engine_;
  events::Hub& hub_;
  const LogStreamOptions options_;
  mutable sync::Mutex mutex_;
  Deliver pending_ ABSL_GUARDED_BY(mutex_);
  bool must_fetch_ ABSL_GUARDED_BY(mutex_) = true;  // at first, and when behind the ring
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;      // since the last fetch began
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  bool pulsed_ ABSL_GUARDED_BY(mutex_) = false;  // while fetching
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;  // the cursor is known
  bool over_ ABSL_GUARDED_BY(mutex_) = false;  // the transaction was over when opened: what is stored is all
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  events::Position cursor_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_LOG_STREAM_H_
