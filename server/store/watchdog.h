// Ends the wait for a server that has fallen silent. Clients of a database wait
// for its answer without a limit, and keepalives do not help while the machine
// of a stopped server still confirms what it is sent.
#ifndef TRACKTROVE_STORE_WATCHDOG_H_
#define TRACKTROVE_STORE_WATCHDOG_H_

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
    absl::Time latest;
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

  Watchdog();
  ~Watchdog();

 private:
  void Loop();
  // Shuts down those sockets whose time is over: who waits there sees its end.
  void EndOverdue();

  sync::Mutex mutex_;  // nobody waits for a condition of this one: taking it is cheap
  std::list<Watched> watched_ ABSL_GUARDED_BY(mutex_);

  sync::Mutex stop_mutex_;
  bool stopping_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_WATCHDOG_H_
