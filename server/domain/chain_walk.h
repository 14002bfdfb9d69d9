// Goes along a sandbox's chain of hashes, record by record.
#ifndef TRACKTROVE_DOMAIN_CHAIN_WALK_H_
#define TRACKTROVE_DOMAIN_CHAIN_WALK_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/record.h"

namespace tracktrove::domain {

class ChainWalk {
 public:
  // `hash` is that of the record `sequence`, which is taken as sound.
  ChainWalk(int64_t sequence, std::string hash) : sequence_(sequence), hash_(std::move(hash)) {}

  // Empty, or what is wrong with `record`, which should follow.
  std::string Step(const Record& record) {
    ++sequence_;
    if (record.sequence != sequence_) {
      return absl::StrCat("the record is missing; the next one there is is ", record.sequence);
    }
    if (ChainHash(hash_, record) != record.hash)
      return "its hash is not that of its fields and the hash before";
    hash_ = record.hash;
    return "";
  }

  int64_t sequence() const { return sequence_; }
  const std::string& hash() const { return hash_; }

 private:
  int64_t sequence_;
  std::string hash_;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_CHAIN_WALK_H_
