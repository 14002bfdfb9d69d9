#include "redis/subscriber.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "domain/status_macros.h"

namespace tracktrove::redis {

Subscriber::Subscriber(SubscriberOptions options)
    : options_(std::move(options)),
      keeper_(options_.keeper, "messages", [this](Connection& connection) { return Serve(connection); }) {}

Subscriber::~Subscriber() { Stop(); }

void Subscriber::On(const std::string& channel, OnMessage on_message) {
  channels_[channel] = std::move(on_message);
}

void Subscriber::Start() { keeper_.Start(); }

void Subscriber::Stop() { keeper_.Stop(); }

// Ends when the keeper interrupts the connection, at the latest.
absl::Status Subscriber::Serve(Connection& connection) {
  // One by one: a channel that we may not listen to must not cost us the others.
  for (const auto& [channel, on_message] : channels_) connection.Append({"SUBSCRIBE", channel});
  bool asked = false;
  while (true) {
    TT_ASSIGN_OR_RETURN(const std::optional<Reply> reply, connection.ReadWithin(options_.ping_after));
    if (reply) {
      asked = false;
      Receive(*reply);
    } else if (asked) {
      return absl::UnavailableError("it does not answer");
    } else {
      asked = true;
      connection.Append({"PING"});
    }
  }
}

// A message is a list: "message", channel, payload. What else comes confirms a
// subscription or answers a PING.
void Subscriber::Receive(const Reply& reply) {
  if (reply.kind == Reply::Kind::kError && error_limit_.Allow()) {
    spdlog::warn("Redis refuses a subscription: {}", reply.text);
  }
  if (reply.list.size() != 3 || reply.list[0].text != "message") return;
  const auto it = channels_.find(reply.list[1].text);
  if (it != channels_.end()) it->second(reply.list[2].text);
}

}  // namespace tracktrove::redis
