// One connection to Redis and what is said over it. It belongs to one thread;
// once it has failed it stays broken, and a new one must be opened.
#ifndef TRACKTROVE_REDIS_CONNECTION_H_
#define TRACKTROVE_REDIS_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "redis/address.h"

struct redisContext;

namespace tracktrove::redis {

// A command and its arguments.
using Command = std::vector<std::string>;

struct Reply {
  enum class Kind { kNil, kText, kInteger, kError, kList };

  Kind kind = Kind::kNil;
  std::string text;  // also of an error
  int64_t integer = 0;
  std::vector<Reply> list;
};

struct Timeouts {
  absl::Duration connect = absl::Milliseconds(500);
  absl::Duration reply = absl::Milliseconds(500);  // also of a write
};

class Connection {
 public:
  // Connects, gives the password and chooses the database. Blocks for as long as
  // the timeouts say, and for as long as the resolver takes to find the host.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Address& address, const Timeouts& timeouts);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Adds a command to what the next Read sends.
  void Append(const Command& command);

  // The next reply; UNAVAILABLE when the connection failed. An error reply is a reply.
  absl::StatusOr<Reply> Read();

  // The same for one that may never come: none after `wait`.
  absl::StatusOr<std::optional<Reply>> ReadWithin(absl::Duration wait);

  // From another thread: makes what is under way fail soon.
  void Interrupt();

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };

  explicit Connection(redisContext* context) : context_(context) {}

  absl::Status LogIn(const Address& address);
  absl::Status Problem() const;

  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace tracktrove::redis

#endif  // TRACKTROVE_REDIS_CONNECTION_H_
