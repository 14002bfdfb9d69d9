#include "domain/statistics.h"

namespace tracktrove::domain {

absl::Time BucketOf(absl::Time time) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), kStatisticsBucket);
}

std::optional<StatisticsKey> CountedAs(const Record& record, Kind kind) {
  if (record.transaction_id.empty() || !record.IsChange()) return std::nullopt;
  StatisticsKey key{
      .bucket = BucketOf(record.time), .state = record.to_state, .kind = kind, .failure_code = {}};
  if (record.to_state == State::kFailed && record.failure) {
    key.failure_code = record.failure->code;
    key.final = record.failure->final;
  }
  return key;
}

}  // namespace tracktrove::domain
