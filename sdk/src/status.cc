#include "sdk/src/status.h"

#include "absl/strings/cord.h"
#include "google/rpc/status.pb.h"

namespace tracktrove::internal {

absl::Status ToStatus(const grpc::Status& status) {
  // A server that goes away cancels its calls; nobody here did.
  if (status.error_code() == grpc::StatusCode::CANCELLED)
    return absl::UnavailableError("the server cancelled the call");
  // The codes are the same by definition; both libraries number them alike.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (result.ok() || !details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& detail : details.details()) {
    result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

}  // namespace tracktrove::internal
