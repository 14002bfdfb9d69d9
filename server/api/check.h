// Shape: what can be said of a field without knowing any state. Each check
// answers INVALID_ARGUMENT naming the field and the reason, or the value in
// domain terms.
#ifndef TRACKTROVE_API_CHECK_H_
#define TRACKTROVE_API_CHECK_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/map.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/json.h"
#include "domain/settlement_batch.h"
#include "domain/vocabulary.h"

namespace tracktrove::api {

inline constexpr int kMaxKey = 255;
inline constexpr int kMaxPage = 1000;
inline constexpr int kDefaultPage = 50;

// A sandbox's id; empty means `default`.
absl::StatusOr<std::string> CheckSandbox(const std::string& name, absl::string_view field = "sandbox");

// The id of something that clients name: of the same form.
absl::Status CheckId(const std::string& id, absl::string_view field);

// The id of a transaction or a dispute: a UUID in lower case.
absl::StatusOr<std::string> CheckUuid(const std::string& id, absl::string_view field);
absl::StatusOr<std::string> CheckTransactionId(const std::string& id);

absl::StatusOr<domain::BatchId> CheckBatchId(const std::string& id);

// Free text without control characters, of at most `max` bytes.
absl::Status CheckText(const std::string& text, absl::string_view field, int max, bool required = false);

// Who pays or is paid.
absl::Status CheckParty(const std::string& party, absl::string_view field);

absl::StatusOr<std::map<std::string, std::string>> CheckLabels(
    const google::protobuf::Map<std::string, std::string>& labels);

// 0 to 1 as parts per million.
absl::StatusOr<int64_t> CheckRate(double rate, absl::string_view field);

// Whole microseconds between the bounds, both inclusive.
absl::StatusOr<absl::Duration> CheckDuration(const google::protobuf::Duration& duration,
                                             absl::string_view field, absl::Duration min, absl::Duration max);

// Years 1970 to 8999, in whole microseconds.
absl::StatusOr<absl::Time> CheckTime(const google::protobuf::Timestamp& time, absl::string_view field);

absl::Status CheckRange(int64_t value, absl::string_view field, int64_t min, int64_t max);

// A document as canonical JSON: at most 24 levels and `max` bytes, finite numbers, no U+0000.
absl::StatusOr<domain::Text> CheckDocument(const google::protobuf::Struct& document, absl::string_view field,
                                           int max = int{domain::kMaxDocumentBytes});

// 0 is the default; more than `max` is taken as `max`.
absl::StatusOr<int> CheckPageSize(int32_t size, int default_size = kDefaultPage, int max = kMaxPage);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_CHECK_H_
