// Counts of durations in buckets that grow with them: a few kilobytes however
// many there are, and quantiles with a bounded error.
#ifndef TRACKTROVE_DOMAIN_HISTOGRAM_H_
#define TRACKTROVE_DOMAIN_HISTOGRAM_H_

#include <algorithm>
#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

class Histogram {
 public:
  // In whole microseconds, not negative.
  void Add(absl::Duration duration);

  int64_t count() const { return count_; }
  absl::Duration max() const { return absl::Microseconds(max_); }

  // The duration that `ppm` parts of a million do not exceed: the upper end of
  // its bucket, at most 1/64 above the exact one, and never above the maximum.
  absl::Duration Quantile(int64_t ppm) const;

 private:
  std::map<int64_t, int64_t> buckets_;  // counts, by the bucket's upper end
  int64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_HISTOGRAM_H_
