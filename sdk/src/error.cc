#include "tracktrove/error.h"

#include "google/rpc/error_details.pb.h"
#include "sdk/src/status.h"

namespace tracktrove {
namespace {

// The detail of type `Detail`, as ToStatus left it in the payloads.
template <typename Detail>
std::optional<Detail> GetDetail(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(internal::TypeUrl<Detail>());
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status) {
  const std::optional<google::rpc::ErrorInfo> detail = GetDetail<google::rpc::ErrorInfo>(status);
  if (!detail) return std::nullopt;
  return ErrorInfo{.reason = detail->reason(),
                   .domain = detail->domain(),
                   .metadata = {detail->metadata().begin(), detail->metadata().end()}};
}

std::vector<FieldViolation> GetFieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (const auto detail = GetDetail<google::rpc::BadRequest>(status)) {
    for (const auto& violation : detail->field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

std::optional<absl::Duration> GetRetryDelay(const absl::Status& status) {
  const std::optional<google::rpc::RetryInfo> detail = GetDetail<google::rpc::RetryInfo>(status);
  if (!detail || !detail->has_retry_delay()) return std::nullopt;
  return absl::Seconds(detail->retry_delay().seconds()) + absl::Nanoseconds(detail->retry_delay().nanos());
}

}  // namespace tracktrove
