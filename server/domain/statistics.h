// Counters of what happened, by the sandbox's hour: a pure function of the
// records, so that they are added up as records are written and reading a
// window costs the same however much happened in it.
#ifndef TRACKTROVE_DOMAIN_STATISTICS_H_
#define TRACKTROVE_DOMAIN_STATISTICS_H_

#include <optional>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "domain/record.h"

namespace tracktrove::domain {

inline constexpr absl::Duration kStatisticsBucket = absl::Hours(1);
// How far back a window may reach, and how long counters are kept.
inline constexpr absl::Duration kStatisticsKept = absl::Hours(31 * 24);

// What is counted: that a transaction of this kind came into this state.
struct StatisticsKey {
  absl::Time bucket;  // where its hour begins
  State state = State::kNone;
  Kind kind = Kind::kTip;
  std::string failure_code;  // empty unless FAILED
  bool final = false;        // FAILED for good

  friend bool operator<(const StatisticsKey& a, const StatisticsKey& b) {
    return std::tie(a.bucket, a.state, a.kind, a.failure_code, a.final) <
           std::tie(b.bucket, b.state, b.kind, b.failure_code, b.final);
  }
};

// The beginning of the hour that `time` is in.
absl::Time BucketOf(absl::Time time);

// What a record adds one to, if to anything. `kind` is its transaction's.
std::optional<StatisticsKey> CountedAs(const Record& record, Kind kind);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_STATISTICS_H_
