// Where a Redis is and how to get in.
#ifndef TRACKTROVE_REDIS_ADDRESS_H_
#define TRACKTROVE_REDIS_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"

namespace tracktrove::redis {

struct Address {
  std::string host;
  int port = 6379;
  std::string user;      // empty: Redis's own default user
  std::string password;  // empty: none
  int database = 0;

  // For logs: host and port alone.
  std::string Name() const;
};

// Reads `redis://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE]`. What is special in a
// URL is written %XX in user and password; an IPv6 address stands in brackets.
// INVALID_ARGUMENT says what is wrong and never repeats the URL: it may hold a
// password.
absl::StatusOr<Address> ParseAddress(const std::string& url);

}  // namespace tracktrove::redis

#endif  // TRACKTROVE_REDIS_ADDRESS_H_
