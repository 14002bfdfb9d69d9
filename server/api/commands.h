// From the wire to the domain: each write request as a command, its shape
// checked. The conversions draw the entropy that a request leaves to the server.
#ifndef TRACKTROVE_API_COMMANDS_H_
#define TRACKTROVE_API_COMMANDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/call.h"
#include "tracktrove/v1/admin.pb.h"
#include "tracktrove/v1/dispute.pb.h"
#include "tracktrove/v1/sandbox.pb.h"
#include "tracktrove/v1/settlement.pb.h"
#include "tracktrove/v1/trace.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::api {

// A call without deadline and `done`, which are the handler's.
absl::StatusOr<engine::Call> ToCall(const v1::InitiateTransactionRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::CompleteTransactionRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::CancelTransactionRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::RefundTransactionRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::RecordSnapshotRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::CreateSandboxRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::UpdateSandboxRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::DeleteSandboxRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::ResetSandboxRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::AdvanceClockRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::RunSettlementRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::OverrideStateRequest& request);

// In dispute_commands.cc:
absl::StatusOr<engine::Call> ToCall(const v1::OpenDisputeRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::SubmitEvidenceRequest& request);
absl::StatusOr<engine::Call> ToCall(const v1::ResolveDisputeRequest& request);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_COMMANDS_H_
