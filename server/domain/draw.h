// Chance as data. Every draw is a hash of (sandbox seed, draw key, step,
// attempt, purpose): no generator state, so that the order of draws, batching,
// restarts and replicas cannot change one.
#ifndef TRACKTROVE_DOMAIN_DRAW_H_
#define TRACKTROVE_DOMAIN_DRAW_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

class Draws {
 public:
  // `key` names whose draws they are: see Transaction::DrawKey.
  Draws(uint64_t seed, std::string key) : seed_(seed), key_(std::move(key)) {}

  // 64 uniform bits. `step` is a step's name or empty; `attempt` counts from 1
  // or is 0 for what does not depend on the attempt.
  uint64_t Bits(absl::string_view step, int attempt, absl::string_view purpose) const;

  // Uniform in [0, bound); bound > 0.
  int64_t Below(int64_t bound, absl::string_view step, int attempt, absl::string_view purpose) const;

  // True with probability ppm / 1,000,000; exactly never at 0 and always at a million.
  bool Chance(int64_t ppm, absl::string_view step, int attempt, absl::string_view purpose) const;

  // `length` (at most 32) lower-case hex digits.
  std::string Hex(int length, absl::string_view step, int attempt, absl::string_view purpose) const;

  // A version 7 UUID (RFC 9562): the millisecond of `time`, then drawn bits.
  std::string Uuid(absl::Time time, absl::string_view purpose) const;

 private:
  uint64_t seed_;
  std::string key_;
};

// A transaction's draws: from its sandbox's seed, or that of its simulation.
inline Draws DrawsOf(uint64_t sandbox_seed, const Transaction& transaction) {
  return Draws(transaction.simulation.seed.value_or(sandbox_seed), transaction.DrawKey());
}

// The id of something that a transaction begins at `now`, itself included;
// `what` tells them apart. Simulations of one sandbox may share a seed and so
// their draws, but not ids.
std::string DrawId(uint64_t sandbox_seed, const Transaction& transaction, absl::Time now,
                   absl::string_view what);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DRAW_H_
