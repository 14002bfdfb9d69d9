// A sandbox's policy, from the wire and back.
#ifndef TRACKTROVE_API_POLICY_H_
#define TRACKTROVE_API_POLICY_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/sandbox.h"
#include "tracktrove/v1/sandbox.pb.h"

namespace tracktrove::api {

// Of a hold.
inline constexpr absl::Duration kMinTtl = absl::Milliseconds(1);
inline constexpr absl::Duration kMaxTtl = absl::Hours(30 * 24);

// The parts of a policy that a request sets, checked.
absl::StatusOr<domain::UpdateSandbox> ToDomain(const v1::Policy& policy);

v1::Policy ToProto(const domain::Policy& policy);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_POLICY_H_
