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

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tracktrove::holds {

struct Hold {
  std::string sandbox;
  std::string transaction_id;
  absl::Time expire_wall;  // unused when disarming
};

// Reads the holds that are stored, of one sandbox or (empty name) of all, and
// gives them to `take` page by page until that answers false. Blocks.
using ReadStored =
    std::function<absl::Status(const std::string& sandbox, std::function<bool(std::vector<Hold>)> take)>;

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

  // The same for a sandbox whose clock was moved, and every hold with it.
  virtual void Rearm(const std::string& sandbox) = 0;

  // The sandbox was deleted or reset, and every hold of it that was armed before
  // is gone.
  virtual void Retire(const std::string& sandbox) = 0;

  // Expiries are told from Start on; Stop waits for one that is being told.
  virtual void Start(OnExpired on_expired, ReadStored read_stored) = 0;
  virtual void Stop() = 0;
};

// Keeps them in memory: at most `max_holds`, beyond which hints are dropped.
std::unique_ptr<Holds> NewInProcessHolds(int max_holds = 1'000'000);

}  // namespace tracktrove::holds

#endif  // TRACKTROVE_HOLDS_HOLDS_H_
