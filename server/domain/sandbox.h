// A sandbox: seed, clock, policy, and the head of its log. Its row is the lock
// of everything in it.
#ifndef TRACKTROVE_DOMAIN_SANDBOX_H_
#define TRACKTROVE_DOMAIN_SANDBOX_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/calendar.h"
#include "domain/ledger.h"
#include "domain/settlement_batch.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

inline constexpr char kDefaultSandbox[] = "default";

// Bounds of one amount, in major units of its currency; both inclusive, and a
// minimum of zero still asks for something positive.
struct AmountLimits {
  int64_t min_major_units = 1;
  int64_t max_major_units = 500;

  friend bool operator==(const AmountLimits&, const AmountLimits&) = default;
};

struct RetryPolicy {
  int max_attempts = 3;  // the first one included
  absl::Duration initial_backoff = absl::Milliseconds(500);
  absl::Duration max_backoff = absl::Seconds(30);

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

struct Policy {
  AmountLimits amount_limits;
  absl::Duration hold_ttl = absl::Minutes(15);
  RetryPolicy retry;
  FeePolicy fee;
  SettlementPolicy settlement;
  absl::Duration dispute_deadline = absl::Hours(7 * 24);

  friend bool operator==(const Policy&, const Policy&) = default;
};

// REALTIME is the database's time plus `offset`; MANUAL stands at `last`.
// Neither ever falls below `last`. Microseconds; finer time is cut off when read.
struct Clock {
  ClockMode mode = ClockMode::kRealtime;
  absl::Time start;  // where it was set when the sandbox was created
  absl::Duration offset;
  absl::Time last;

  absl::Time Now(absl::Time wall) const {
    return mode == ClockMode::kManual ? last : std::max(last, wall + offset);
  }
};

// A timer: what falls due for one transaction, or for the sandbox itself; at
// most one of a kind. They fire in order of due time, then of the record that
// armed them. Those of settlement batches (see BatchId::TimerId) come after all
// others of their instant.
struct Timer {
  static constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

  TimerKind kind = TimerKind::kStep;
  std::string transaction_id;  // empty: the sandbox's own
  absl::Time due;
  int64_t sequence = 0;  // of the record that armed it, or kLast

  friend bool operator<(const Timer& a, const Timer& b) {
    if (a.due != b.due) return a.due < b.due;
    if (a.sequence != b.sequence) return a.sequence < b.sequence;
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.transaction_id < b.transaction_id;
  }
};

// A batch that is paid ahead of its time.
struct SettlementRun {
  BatchId batch;
  absl::Time pay_time;  // where its transactions' timers stand
};

// A clock move under way, or the payment of a batch ahead of its time, which is
// a move to where the clock stands. It is stored, so that whoever holds the
// sandbox next goes on with it, after a crash too.
struct Advance {
  static constexpr int kFiredKept = 100;

  absl::Time target;
  std::string request_id;   // may be empty
  std::string fingerprint;  // of the request
  int64_t first_sequence = 0;
  std::map<TimerKind, int64_t> counts;
  std::vector<Timer> fired;  // the first kFiredKept
  std::optional<SettlementRun> run;
};

struct Sandbox {
  std::string name;
  WorldId world = 0;
  uint64_t seed = 0;
  Clock clock;
  Pace pace = Pace::kPaced;
  Policy policy;
  int64_t head_sequence = 0;    // of the newest record
  int64_t oldest_sequence = 1;  // of the oldest record that is kept
  std::string head_hash;        // of the newest record; empty before the first
  int64_t transaction_count = 0;
  int64_t flow_count = 0;           // of its own
  int64_t fault_rules_created = 0;  // deleted ones included
  int64_t fault_rules_enabled = 0;  // where there are none, no rule is loaded
  absl::Time create_time;           // wall
  std::optional<Advance> advance;
  std::optional<BatchId> closed_batch;  // the latest one that was closed
  int64_t simulation_count = 0;
  int64_t running_simulation = 0;  // number of the one under way; 0: none

  // A simulation moves a MANUAL clock itself, from timer to timer, until it ends.
  bool IsDriven() const { return running_simulation != 0 && clock.mode == ClockMode::kManual; }
};

// Timers due no later than this fire now: the target of a move under way, any
// at all while a simulation drives the clock (one of its own ends it), else the
// clock.
inline absl::Time FiringHorizon(const Sandbox& sandbox, absl::Time now) {
  if (sandbox.advance) return sandbox.advance->target;
  return sandbox.IsDriven() ? absl::InfiniteFuture() : now;
}

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_SANDBOX_H_
