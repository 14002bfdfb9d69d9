#include "api/status.h"

#include <spdlog/spdlog.h>

#include <string>

#include "api/convert.h"
#include "domain/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace tracktrove::api {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (absl::IsInternal(status)) spdlog::critical("{}", status.ToString());
  // The canonical codes have the same numbers everywhere.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(status.message());
  const domain::ErrorDetails details = domain::DetailsOf(status);

  google::rpc::Status wire;
  wire.set_code(code);
  wire.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason.empty() ? "UNKNOWN" : details.reason);
  info.set_domain("tracktrove");
  for (const auto& [key, value] : details.metadata) (*info.mutable_metadata())[key] = value;
  wire.add_details()->PackFrom(info);
  if (!details.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(details.field);
    violation->set_description(message);
    wire.add_details()->PackFrom(bad_request);
  }
  if (details.retry_after > absl::ZeroDuration()) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = ToProto(details.retry_after);
    wire.add_details()->PackFrom(retry);
  }
  return grpc::Status(code, message, wire.SerializeAsString());
}

}  // namespace tracktrove::api
