// Keeps a connection: a thread that opens one, has it served, and opens the
// next when it has failed, waiting longer each time.
#ifndef TRACKTROVE_REDIS_KEEPER_H_
#define TRACKTROVE_REDIS_KEEPER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "redis/address.h"
#include "redis/connection.h"
#include "sync/log_limit.h"
#include "sync/mutex.h"

namespace tracktrove::redis {

struct KeeperOptions {
  Address address = {};
  Timeouts timeouts = {};
  // Between attempts: doubled up to the last, of which half is left to chance.
  absl::Duration first_wait = absl::Milliseconds(50);
  absl::Duration last_wait = absl::Seconds(2);
};

class Keeper {
 public:
  // Called on the thread with each new connection; answers why it is no good any more.
  using Serve = std::function<absl::Status(Connection&)>;

  // `purpose` is for the log.
  Keeper(KeeperOptions options, std::string purpose, Serve serve);
  ~Keeper();

  void Start();
  // Interrupts what is under way and ends the thread. Idempotent.
  void Stop();

 private:
  void Loop();
  absl::Status ServeOne(absl::Duration& wait);
  bool WaitToRetry(absl::Duration wait);
  void LogLoss(const absl::Status& problem);

  const KeeperOptions options_;
  const std::string name_;
  const Serve serve_;
  sync::LogLimit loss_limit_{absl::Minutes(1)};
  bool lost_told_ = false;  // of the thread alone

  sync::Mutex mutex_;
  Connection* current_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::redis

#endif  // TRACKTROVE_REDIS_KEEPER_H_
