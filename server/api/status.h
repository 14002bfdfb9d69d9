// The one way from our errors to the wire: the canonical code, one
// google.rpc.ErrorInfo, and where they say something BadRequest and RetryInfo.
// What the database said stays in the log.
#ifndef TRACKTROVE_API_STATUS_H_
#define TRACKTROVE_API_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace tracktrove::api {

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_STATUS_H_
