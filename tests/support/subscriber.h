// Somebody who follows a sandbox's log, from a thread of its own and across
// whatever happens to the server.
#ifndef TRACKTROVE_TESTS_SUPPORT_SUBSCRIBER_H_
#define TRACKTROVE_TESTS_SUPPORT_SUBSCRIBER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sync/mutex.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

class Subscriber {
 public:
  // Begins after the sequence `after`.
  Subscriber(const Client& client, const std::string& sandbox, int64_t after);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Shows `done` every record, in order, the first one first, until it answers
  // true. False: nothing has come for `patience`, or the stream has ended.
  bool Await(const std::function<bool(const v1::TraceRecord&)>& done, absl::Duration patience);

  // Waits for the record `sequence` likewise, ends the stream and answers all
  // that came. Of the documents only the hold is kept.
  std::vector<v1::TraceRecord> ReceiveUpTo(int64_t sequence, absl::Duration patience);

  // Why the stream ended, unless it was asked to.
  absl::Status failure();

 private:
  void Read();
  void End();

  std::unique_ptr<Stream<v1::TraceRecord>> stream_;
  sync::Mutex mutex_;
  std::vector<v1::TraceRecord> received_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_SUBSCRIBER_H_
