// Writes of every kind on one sandbox, from several threads at once, that go on
// whatever happens to servers and databases meanwhile. What was asked and
// answered is in a journal for the checkers.
#ifndef TRACKTROVE_TESTS_E2E_LOAD_H_
#define TRACKTROVE_TESTS_E2E_LOAD_H_

#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "sync/mutex.h"
#include "tests/support/checkers.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

// A client that makes one attempt only, and one that goes on for as long as its
// timeout lets it, at whichever of the servers is there.
Client ImpatientClient(const std::string& endpoint);
Client PatientClient(const std::vector<std::string>& endpoints);

struct LoadOptions {
  std::string sandbox;
  uint64_t seed = 0;
  int workers = 4;
  int64_t max_calls = 200'000;                 // in all
  absl::Duration hold_ttl = absl::Seconds(2);  // of transactions that wait for a capture
};

class Load {
 public:
  // Begins at once. Each call goes to one of the servers by chance. One that is
  // UNAVAILABLE is made again under its request id, mostly; else its outcome
  // stays unknown.
  Load(std::vector<std::string> endpoints, LoadOptions options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Waits until `more` calls have been acknowledged from now on. False: not
  // within `patience`.
  [[nodiscard]] bool AwaitAcknowledged(int64_t more, absl::Duration patience);

  // Ends it once the calls under way are answered.
  void Finish();

  // For after Finish:
  const Journal& journal() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return journal_; }
  // Answers that a client should never get.
  const Problems& problems() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return problems_; }
  // How long the slowest single attempt took, whatever it was answered.
  absl::Duration slowest_attempt() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return slowest_; }

 private:
  class Worker;

  bool TakeTurn();
  void Ask(const std::string& id);
  void Attempted(absl::Duration took);
  void Acknowledged(const std::string& id, const std::string& transaction);
  void Refused(const std::string& id);
  void Failed(const std::string& id, const absl::Status& status);

  const std::vector<std::string> endpoints_;
  const LoadOptions options_;
  sync::Mutex mutex_;
  Journal journal_ ABSL_GUARDED_BY(mutex_);
  Problems problems_ ABSL_GUARDED_BY(mutex_);
  absl::Duration slowest_ ABSL_GUARDED_BY(mutex_);
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_E2E_LOAD_H_
