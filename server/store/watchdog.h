// Ends the wait for a server that has fallen silent. Clients of a database wait
// for its answer without a limit, and keepalives do not help while the machine
// of a stopped server still confirms what it is sent. One that is merely slow is
// told from it by asking, on another connection, whether it is there.
#ifndef TRACKTROVE_STORE_WATCHDOG_H_
#define TRACKTROVE_STORE_WATCHDOG_H_

#include <functional>
#include <list>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "sync/mutex.h"

namespace tracktrove::store {

class Watchdog {
 private:
  struct Watched {
    int socket;
    absl::Time ask_at;  // when it is time to ask
    absl::Time latest;  // when it ends, whatever the server says
  };

 public:
  // While it lives, the socket is watched; it must be open for as long.
  class Watch {
   public:
    Watch() = default;  // of nothing
    Watch(Watchdog& dog, int socket, absl::Duration patience);
    ~Watch();
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&&) = delete;

   private:
    Watchdog* dog_ = nullptr;
    std::list<Watched>::iterator place_;
  };

  // `is_there` asks the server, for a few seconds at most.
  explicit Watchdog(std::function<bool()> is_there);
  ~Watchdog();

  // It was silent a moment ago: whoever would wait for it next need not find
  // that out again, each for himself and one after the other.
  bool server_is_silent();
  void NoteSilence();

 private:
  void Loop();
  void Look();

  const std::function<bool()> is_there_;
  sync::Mutex mutex_;  // nobody waits for a condition of this one: taking it is cheap
  std::list<Watched> watched_ ABSL_GUARDED_BY(mutex_);
  absl::Time silent_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  sync::Mutex stop_mutex_;
  bool stopping_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_WATCHDOG_H_
