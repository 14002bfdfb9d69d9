// The keys of holds, and what it takes to hear of their end.
#ifndef TRACKTROVE_HOLDS_HOLD_KEYS_H_
#define TRACKTROVE_HOLDS_HOLD_KEYS_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "holds/holds.h"
#include "redis/connection.h"

namespace tracktrove::holds {

using HoldKey = std::pair<std::string, std::string>;  // sandbox, transaction

class HoldKeys {
 public:
  explicit HoldKeys(std::string prefix) : prefix_(std::move(prefix)) {}

  // Sets the hold's key for as long as it lives from `now` on, and never a
  // moment less; without `expire` it is deleted. None for one that has ended.
  std::optional<redis::Command> Set(const HoldKey& key, std::optional<absl::Time> expire,
                                    absl::Time now) const;

  // Sets the claim on telling the end; only the first to ask gets OK.
  redis::Command Claim(const HoldKey& key) const;

  // Looks through some keys, from `cursor` on, for those of a sandbox.
  redis::Command Scan(const std::string& sandbox, const std::string& cursor) const;

  // Stands while all keys do.
  std::string Armed() const { return prefix_ + ":armed"; }

  // Whose key it is; none when it is no hold's.
  std::optional<HoldKey> Parse(const std::string& key) const;

 private:
  const std::string prefix_;
};

// Where Redis says which keys of a database have expired.
std::string ExpiredChannel(int database);

// The setting notify-keyspace-events as it must be for that, keeping what others
// want of it; none when it is so already.
std::optional<std::string> WithExpiredEvents(const std::string& setting);

}  // namespace tracktrove::holds

#endif  // TRACKTROVE_HOLDS_HOLD_KEYS_H_
