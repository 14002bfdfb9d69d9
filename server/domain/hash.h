// SHA-256 over fields that cannot run into each other.
#ifndef TRACKTROVE_DOMAIN_HASH_H_
#define TRACKTROVE_DOMAIN_HASH_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tracktrove::domain {

// Gathers fields, each prefixed with its length, and hashes them. Equal field
// lists give equal hashes, and "ab","c" differs from "a","bc".
class FieldHash {
 public:
  using Digest = std::array<uint8_t, 32>;

  // `version` goes first; a change of the field list needs a new one.
  explicit FieldHash(uint8_t version);

  FieldHash& Text(absl::string_view field);
  FieldHash& Integer(int64_t field);

  Digest Finish();
  // Finish as 64 lower-case hex digits.
  std::string FinishHex();

 private:
  std::string fields_;  // small: hashing once beats feeding piecewise
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_HASH_H_
