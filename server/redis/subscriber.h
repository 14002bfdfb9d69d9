// The connection on which Redis speaks by itself (Pub/Sub), and its thread.
//
// What is published while the connection is down is lost, and nobody is told:
// a message may be a prompt for work, never the reason that it is done.
#ifndef TRACKTROVE_REDIS_SUBSCRIBER_H_
#define TRACKTROVE_REDIS_SUBSCRIBER_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "redis/connection.h"
#include "redis/keeper.h"

namespace tracktrove::redis {

struct SubscriberOptions {
  KeeperOptions keeper;
  // Silence after which Redis is asked for a sign of life, and after which,
  // without one, the connection is taken for dead.
  absl::Duration ping_after = absl::Seconds(1);
};

class Subscriber {
 public:
  // Called on the subscriber's thread with a message's payload; must not block.
  using OnMessage = std::function<void(const std::string& payload)>;

  explicit Subscriber(SubscriberOptions options);
  // As Stop.
  ~Subscriber();

  // Subscribes on every connection. Before Start; one function a channel.
  void On(const std::string& channel, OnMessage on_message);

  void Start();
  // No function is called any more when this returns. Idempotent.
  void Stop();

 private:
  absl::Status Serve(Connection& connection);
  void Receive(const Reply& reply);

  const SubscriberOptions options_;
  std::map<std::string, OnMessage> channels_;
  sync::LogLimit error_limit_{absl::Minutes(1)};
  Keeper keeper_;  // last: its thread uses all of the above
};

}  // namespace tracktrove::redis

#endif  // TRACKTROVE_REDIS_SUBSCRIBER_H_
