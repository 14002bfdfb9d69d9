// Escrow holds as others can look at them: keys that live as long as the hold.
//
// Their expiry is a prompt trigger and no more. What ends a hold is its timer
// in the database; a lost or late hint here costs nothing but promptness.
#ifndef TRACKTROVE_HOLDS_HOLDS_H_
#define TRACKTROVE_HOLDS_HOLDS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tracktrove::holds {

struct Hold {
  std::string sandbox;
  std::string transaction_id;
  absl::Time expire_wall;  // unused when disarming
};

class Holds {
 public:
  // Told the sandbox of a hold whose time has passed; from a thread of the
  // implementation, must not block.
  using OnExpired = std::function<void(const std::string& sandbox)>;

  virtual ~Holds() = default;

  // Called after the commit, from writer threads: must not block on I/O.
  // Arming a hold that is armed moves its expiry.
  virtual void Arm(const std::vector<Hold>& holds) = 0;
  virtual void Disarm(const std::vector<Hold>& holds) = 0;

  // Expiries are told from Start on; Stop waits for one that is being told.
  virtual void Start(OnExpired on_expired) = 0;
  virtual void Stop() = 0;
};

// Keeps them in memory: at most `max_holds`, beyond which hints are dropped.
std::unique_ptr<Holds> NewInProcessHolds(int max_holds = 1'000'000);

}  // namespace tracktrove::holds

#endif  // TRACKTROVE_HOLDS_HOLDS_H_
