// The write requests about disputes.
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/base_call.h"
#include "api/check.h"
#include "api/commands.h"
#include "domain/errors.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;

constexpr int kMaxDisputeText = 1000;
constexpr int kMaxTitle = 100;
constexpr int kMaxEvidenceText = 4096;
constexpr int kMaxEvidenceDocument = 16 << 10;

absl::StatusOr<domain::Evidence> ToEvidence(const v1::Evidence& evidence, absl::string_view field) {
  domain::Evidence out;
  TT_RETURN_IF_ERROR(
      CheckText(evidence.title(), absl::StrCat(field, ".title"), kMaxTitle, /*required=*/true));
  TT_RETURN_IF_ERROR(CheckText(evidence.text(), absl::StrCat(field, ".text"), kMaxEvidenceText));
  out.title = evidence.title();
  out.text = evidence.text();
  TT_ASSIGN_OR_RETURN(out.document, CheckDocument(evidence.document(), absl::StrCat(field, ".document"),
                                                  kMaxEvidenceDocument));
  return out;
}

}  // namespace

absl::StatusOr<engine::Call> ToCall(const v1::OpenDisputeRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::OpenDispute command;
  TT_ASSIGN_OR_RETURN(command.transaction_id, CheckTransactionId(request.transaction()));
  command.amount = PartAmount(request);
  if (request.reason() == v1::Dispute::REASON_UNSPECIFIED) return BadField("reason", "is required");
  if (!v1::Dispute::Reason_IsValid(request.reason()))
    return BadField("reason", "is no reason that this server knows");
  command.reason = static_cast<domain::DisputeReason>(request.reason());
  TT_RETURN_IF_ERROR(CheckText(request.text(), "text", kMaxDisputeText));
  command.text = request.text();
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::SubmitEvidenceRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::SubmitEvidence command;
  TT_ASSIGN_OR_RETURN(command.dispute_id, CheckUuid(request.dispute(), "dispute"));
  if (request.evidence().empty()) return BadField("evidence", "is required");
  if (request.evidence_size() > domain::Dispute::kMaxEvidence)
    return BadField("evidence", absl::StrCat("must be at most ", domain::Dispute::kMaxEvidence));
  for (int i = 0; i < request.evidence_size(); ++i) {
    TT_ASSIGN_OR_RETURN(domain::Evidence evidence,
                        ToEvidence(request.evidence(i), absl::StrCat("evidence[", i, "]")));
    command.evidence.push_back(std::move(evidence));
  }
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::ResolveDisputeRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  domain::ResolveDispute command;
  TT_ASSIGN_OR_RETURN(command.dispute_id, CheckUuid(request.dispute(), "dispute"));
  if (request.outcome() != v1::Dispute::WON && request.outcome() != v1::Dispute::LOST)
    return BadField("outcome", "must be WON or LOST");
  command.won = request.outcome() == v1::Dispute::WON;
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  command.reason = request.reason();
  call.command = std::move(command);
  return call;
}

}  // namespace tracktrove::api
