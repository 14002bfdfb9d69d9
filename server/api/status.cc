#include "api/status.h"

#include <spdlog/spdlog.h>

#include <string>

#include "api/convert.h"
#include "domain/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "sync/log_limit.h"

namespace tracktrove::api {
namespace {

// One of each second, beside what lanes say of their batches.
constexpr absl::Duration kLogInterval = absl::Seconds(1);

// What a client reads. What a database or a bug of ours says names tables, files
// and hosts: that goes to the log.
std::string TextFor(const absl::Status& status, const std::string& reason) {
  static sync::LogLimit bugs(kLogInterval), troubles(kLogInterval);
  if (absl::IsInternal(status)) {
    if (bugs.Allow()) spdlog::critical("{}", status.ToString());
    return "the server is at fault: something that cannot be was found; its log says what";
  }
  const bool too_long = reason == "QUERY_TOO_LONG";
  if (!too_long && reason != "DATABASE_UNAVAILABLE") return std::string(status.message());
  if (troubles.Allow()) spdlog::error("a call failed for the database: {}", status.ToString());
  return too_long ? "the server's database took too long for it; it would take as long again"
                  : "the server's database cannot be reached or is too busy; nothing was done";
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // The canonical codes have the same numbers everywhere.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const domain::ErrorDetails details = domain::DetailsOf(status);
  const std::string message = TextFor(status, details.reason);

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
