// Holds as keys in Redis that expire when the holds do: what other systems can
// look at, and a prompt that reaches every replica.
//
//   PREFIX:hold:SANDBOX:TRANSACTION   its value says when; its TTL is the hold's
//   PREFIX:ended:SANDBOX:TRANSACTION  who makes N replicas' N events one, for a moment
//   PREFIX:armed                      stands while the keys are complete: a flush takes it too
//
// Redis loses and delays expiry events, and forgets keys when it is flushed or
// restarted. Then the stored holds are read again and armed again; what ends
// them meanwhile is their timers in the database. Keys of a sandbox that was
// deleted or reset are looked for and deleted; one that Redis did not give then
// ends by its TTL.
#ifndef TRACKTROVE_HOLDS_REDIS_HOLDS_H_
#define TRACKTROVE_HOLDS_REDIS_HOLDS_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "holds/holds.h"
#include "redis/link.h"
#include "redis/subscriber.h"

namespace tracktrove::holds {

struct RedisHoldsOptions {
  std::string prefix = "tracktrove";  // of all keys: one for each deployment
  int database = 0;                   // the link's
  int max_pending = 100'000;          // changes that wait to be sent
  // How often it is looked whether Redis still has the keys.
  absl::Duration check_interval = absl::Seconds(1);
};

// Both must outlive it and are started by their owner, after it was made; they
// must be stopped before it goes.
std::unique_ptr<Holds> NewRedisHolds(redis::Link& link, redis::Subscriber& subscriber,
                                     RedisHoldsOptions options);

}  // namespace tracktrove::holds

#endif  // TRACKTROVE_HOLDS_REDIS_HOLDS_H_
