#include "domain/histogram.h"

#include <bit>

namespace tracktrove::domain {
namespace {

// Buckets of one microsecond up to here, then 64 for each doubling.
constexpr int kExactBits = 6;

int64_t UpperEnd(int64_t micros) {
  const int width_bits =
      std::max(0, static_cast<int>(std::bit_width(static_cast<uint64_t>(micros))) - 1 - kExactBits);
  return (((micros >> width_bits) + 1) << width_bits) - 1;
}

}  // namespace

void Histogram::Add(absl::Duration duration) {
  const int64_t micros = absl::ToInt64Microseconds(duration);
  ++buckets_[UpperEnd(micros)];
  ++count_;
  max_ = std::max(max_, micros);
}

absl::Duration Histogram::Quantile(int64_t ppm) const {
  const int64_t rank = std::max<int64_t>(1, (count_ * ppm + kPpm - 1) / kPpm);
  int64_t seen = 0;
  for (const auto& [upper_end, count] : buckets_) {
    seen += count;
    if (seen >= rank) return absl::Microseconds(std::min(upper_end, max_));
  }
  return absl::ZeroDuration();
}

}  // namespace tracktrove::domain
