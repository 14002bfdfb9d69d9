// What the conversions of write requests have in common.
#ifndef TRACKTROVE_API_BASE_CALL_H_
#define TRACKTROVE_API_BASE_CALL_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/check.h"
#include "api/fingerprint.h"
#include "domain/money.h"
#include "domain/status_macros.h"
#include "engine/call.h"
#include "tracktrove/v1/money.pb.h"

namespace tracktrove::api {

// The call without its command: sandbox, request id, fingerprint and size.
template <typename Request>
absl::StatusOr<engine::Call> BaseCall(const Request& request, const std::string& sandbox) {
  engine::Call call;
  TT_ASSIGN_OR_RETURN(call.sandbox, CheckSandbox(sandbox));
  TT_RETURN_IF_ERROR(CheckText(request.request_id(), "request_id", kMaxKey));
  call.request_id = request.request_id();
  if (!call.request_id.empty()) call.fingerprint = Fingerprint(request, {"request_id", "sandbox"});
  call.bytes = static_cast<int64_t>(request.ByteSizeLong());
  return call;
}

inline domain::Money ToDomain(const v1::Money& money) { return {money.currency_code(), money.minor_units()}; }

// An amount that must be a part of another one; which part, the state says.
template <typename Request>
std::optional<domain::Money> PartAmount(const Request& request) {
  if (!request.has_amount()) return std::nullopt;
  return ToDomain(request.amount());
}

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_BASE_CALL_H_
