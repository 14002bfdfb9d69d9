// The one connection that commands go over, and the thread that owns it.
//
// Nobody waits for Redis: requests are queued up to a bound, sent together and
// answered on the link's thread. While Redis is away they are refused, and
// whoever sent them has to see to it that what they were about is made good
// later: nothing is kept here for a Redis that returns.
#ifndef TRACKTROVE_REDIS_LINK_H_
#define TRACKTROVE_REDIS_LINK_H_

#include <atomic>
#include <deque>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "redis/connection.h"
#include "redis/keeper.h"
#include "sync/mutex.h"

namespace tracktrove::redis {

using Replies = std::vector<Reply>;

// Some commands that belong together. Both functions are called on the link's
// thread and must not block.
struct Request {
  // Makes the commands when their turn to be sent comes, so that what gathers
  // until then can go with them. None is fine.
  std::function<std::vector<Command>()> make;
  // Called exactly once for a request that was taken: a reply for each command,
  // or UNAVAILABLE when it is not known what became of them.
  std::function<void(absl::StatusOr<Replies>)> done;
};

struct LinkOptions {
  KeeperOptions keeper;
  int max_queue = 1024;   // requests that wait
  int max_together = 64;  // requests that are sent before their replies are read
};

class Link {
 public:
  explicit Link(LinkOptions options);
  // As Stop.
  ~Link();

  // `on_up` is called on the link's thread for each new connection, before
  // anything is sent; what it sends goes first. Before Start.
  void OnUp(std::function<void()> on_up);

  void Start();
  // Fails what is queued and ends the thread: no function of a request is
  // called any more. Idempotent; call it before what those functions use goes.
  void Stop();

  // Never blocks. False: refused, because Redis is away or the queue is full.
  bool Send(Request request);

  bool up() const { return up_; }

 private:
  absl::Status Serve(Connection& connection);
  // Waits for requests; none when the connection is to be given up.
  std::vector<Request> Take();
  absl::Status Exchange(Connection& connection, std::vector<Request>& requests);
  void FailQueued();

  const LinkOptions options_;
  std::vector<std::function<void()>> on_up_;
  std::atomic<bool> up_ = false;

  sync::Mutex mutex_;
  std::deque<Request> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Keeper keeper_;  // last: its thread uses all of the above
};

}  // namespace tracktrove::redis

#endif  // TRACKTROVE_REDIS_LINK_H_
