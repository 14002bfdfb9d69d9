// The relay over Redis:
//
//   PREFIX:log:SANDBOX:WORLD   a stream with the world's latest runs
//   PREFIX:news@DATABASE       the channel on which new heads are told
//
// A run's id in the stream is its last sequence, so that ids rise as the log
// does and what comes late or twice is refused by Redis itself. A stream is
// trimmed to about what a ring holds and expires when nothing is added.
#ifndef TRACKTROVE_EVENTS_REDIS_RELAY_H_
#define TRACKTROVE_EVENTS_REDIS_RELAY_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "events/relay.h"
#include "events/ring.h"
#include "redis/link.h"
#include "redis/subscriber.h"

namespace tracktrove::events {

struct RedisRelayOptions {
  std::string prefix = "tracktrove";  // of all keys: one for each deployment
  int database = 0;                   // the link's
  // What is kept of each sandbox; the bytes by each replica that writes it.
  RingBounds kept = {};
  absl::Duration expiry = absl::Minutes(10);
  // What waits to be sent; beyond it, or beyond as many bytes, it is dropped.
  int64_t max_pending_bytes = int64_t{16} << 20;
  absl::Duration fetch_timeout = absl::Milliseconds(200);
  // How long nobody asks again after Redis did not answer in time, and for
  // records of a sandbox that are older than what it has.
  absl::Duration fetch_pause = absl::Seconds(1);
};

// Both must outlive it and are started by their owner, after it was made; they
// must be stopped before it goes.
std::unique_ptr<Relay> NewRedisRelay(redis::Link& link, redis::Subscriber& subscriber,
                                     RedisRelayOptions options);

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_REDIS_RELAY_H_
