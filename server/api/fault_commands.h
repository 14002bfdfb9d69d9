// From the wire to the domain: flows, faults, and what operators do on purpose.
#ifndef TRACKTROVE_API_FAULT_COMMANDS_H_
#define TRACKTROVE_API_FAULT_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "domain/fault_rule.h"
#include "engine/call.h"
#include "tracktrove/v1/admin.pb.h"
#include "tracktrove/v1/fault.pb.h"
#include "tracktrove/v1/flow.pb.h"

namespace tracktrove::api {

// A call without deadline and `done`, which are the handler's.
absl::StatusOr<engine::Call> ToCall(const v1::CreateFlowRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::CreateFaultRuleRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::UpdateFaultRuleRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::DeleteFaultRuleRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::InjectFailureRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::ForceRetryRequest& request);

// A rule that is to be tried out or made; whether it can match is for the
// domain to say.
absl::StatusOr<domain::FaultRule> ToDomain(const v1::FaultRule& rule);

// The faults that a request to initiate brings.
absl::StatusOr<std::vector<domain::PlannedFault>> ToDomain(
    const google::protobuf::RepeatedPtrField<v1::PlannedFault>& faults);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_FAULT_COMMANDS_H_
