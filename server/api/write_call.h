// What the conversions of all writes have in common.
#ifndef TRACKTROVE_API_WRITE_CALL_H_
#define TRACKTROVE_API_WRITE_CALL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "api/check.h"
#include "api/fingerprint.h"
#include "domain/status_macros.h"
#include "engine/call.h"

namespace tracktrove::api {

// A call without its command; `sandbox` is the request's.
template <typename Request>
absl::StatusOr<engine::Call> WriteCall(const Request& request, const std::string& sandbox) {
  engine::Call call;
  TT_ASSIGN_OR_RETURN(call.sandbox, CheckSandbox(sandbox));
  TT_RETURN_IF_ERROR(CheckText(request.request_id(), "request_id", kMaxKey));
  call.request_id = request.request_id();
  if (!call.request_id.empty()) call.fingerprint = Fingerprint(request, {"request_id", "sandbox"});
  call.bytes = static_cast<int64_t>(request.ByteSizeLong());
  return call;
}

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_WRITE_CALL_H_
