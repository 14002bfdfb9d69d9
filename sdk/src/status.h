// gRPC's status as Abseil's, its details included.
#ifndef TRACKTROVE_SDK_SRC_STATUS_H_
#define TRACKTROVE_SDK_SRC_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace tracktrove::internal {

// The name under which a detail stands in a status's payloads; Any uses the same.
template <typename Detail>
std::string TypeUrl() {
  return "type.googleapis.com/" + Detail::descriptor()->full_name();
}

// Each detail of google.rpc.Status becomes a payload under its type URL. For
// calls that were not cancelled on this side: CANCELLED becomes UNAVAILABLE.
absl::Status ToStatus(const grpc::Status& status);

}  // namespace tracktrove::internal

#endif  // TRACKTROVE_SDK_SRC_STATUS_H_
