#include "domain/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "domain/json.h"

namespace tracktrove::domain {
namespace {

constexpr char kPayload[] = "tracktrove.dev/error";

absl::Status Plain(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                   std::map<std::string, std::string> metadata = {}) {
  return WithDetails(
      code, message,
      {.reason = std::string(reason), .metadata = std::move(metadata), .field = {}, .retry_after = {}});
}

}  // namespace

absl::Status WithDetails(absl::StatusCode code, absl::string_view message, const ErrorDetails& details) {
  absl::Status status(code, message);
  const Json payload = {{"reason", details.reason},
                        {"metadata", details.metadata},
                        {"field", details.field},
                        {"retryAfterMicros", absl::ToInt64Microseconds(details.retry_after)}};
  status.SetPayload(kPayload, absl::Cord(payload.dump(-1, ' ', false, Json::error_handler_t::replace)));
  return status;
}

ErrorDetails DetailsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) return {};
  const Json json = Json::parse(std::string(*payload));
  return {.reason = json.at("reason").get<std::string>(),
          .metadata = json.at("metadata").get<std::map<std::string, std::string>>(),
          .field = json.at("field").get<std::string>(),
          .retry_after = absl::Microseconds(json.at("retryAfterMicros").get<int64_t>())};
}

absl::Status BadField(absl::string_view field, absl::string_view problem) {
  return WithDetails(
      absl::StatusCode::kInvalidArgument, absl::StrCat(field, " ", problem),
      {.reason = "BAD_REQUEST", .metadata = {}, .field = std::string(field), .retry_after = {}});
}

absl::Status FieldMoved(const absl::Status& status, absl::string_view from, absl::string_view to) {
  const ErrorDetails details = DetailsOf(status);
  if (details.reason != "BAD_REQUEST") return status;
  return BadField(absl::StrCat(to, details.field.substr(from.size())),
                  status.message().substr(details.field.size() + 1));
}

absl::Status SandboxNotFound(absl::string_view sandbox) {
  return Plain(absl::StatusCode::kNotFound, "SANDBOX_NOT_FOUND",
               absl::StrCat("there is no sandbox \"", sandbox, "\""), {{"sandbox", std::string(sandbox)}});
}

absl::Status TransactionNotFound(absl::string_view transaction) {
  return Plain(absl::StatusCode::kNotFound, "TRANSACTION_NOT_FOUND",
               absl::StrCat("there is no transaction \"", transaction, "\" in this sandbox"),
               {{"transaction", std::string(transaction)}});
}

absl::Status FlowNotFound(absl::string_view flow) {
  return Plain(absl::StatusCode::kNotFound, "FLOW_NOT_FOUND", absl::StrCat("there is no flow \"", flow, "\""),
               {{"flow", std::string(flow)}});
}

absl::Status FaultRuleNotFound(absl::string_view rule) {
  return Plain(absl::StatusCode::kNotFound, "FAULT_RULE_NOT_FOUND",
               absl::StrCat("there is no fault rule \"", rule, "\" in this sandbox"),
               {{"fault_rule", std::string(rule)}});
}

absl::Status DisputeNotFound(absl::string_view dispute) {
  return Plain(absl::StatusCode::kNotFound, "DISPUTE_NOT_FOUND",
               absl::StrCat("there is no dispute \"", dispute, "\" in this sandbox"),
               {{"dispute", std::string(dispute)}});
}

absl::Status BatchNotFound(absl::string_view batch) {
  return Plain(absl::StatusCode::kNotFound, "BATCH_NOT_FOUND",
               absl::StrCat("there is no settlement batch \"", batch, "\" in this sandbox"),
               {{"batch", std::string(batch)}});
}

absl::Status SimulationNotFound(absl::string_view simulation) {
  return Plain(absl::StatusCode::kNotFound, "SIMULATION_NOT_FOUND",
               absl::StrCat("there is no simulation \"", simulation, "\" in this sandbox"),
               {{"simulation", std::string(simulation)}});
}

absl::Status SandboxExists(absl::string_view sandbox) {
  return Plain(absl::StatusCode::kAlreadyExists, "SANDBOX_EXISTS",
               absl::StrCat("sandbox \"", sandbox, "\" exists already"), {{"sandbox", std::string(sandbox)}});
}

absl::Status RequestIdReused(absl::string_view request_id) {
  return Plain(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
               absl::StrCat("request_id \"", request_id, "\" was used by another call or with another body"),
               {{"request_id", std::string(request_id)}});
}

absl::Status DrawKeyReused(absl::string_view draw_key) {
  return Plain(absl::StatusCode::kAlreadyExists, "DRAW_KEY_REUSED",
               absl::StrCat("draw_key \"", draw_key, "\" belongs to another transaction of this sandbox"),
               {{"draw_key", std::string(draw_key)}});
}

absl::Status FlowExists(absl::string_view flow) {
  return Plain(absl::StatusCode::kAlreadyExists, "FLOW_EXISTS",
               absl::StrCat("there is a flow \"", flow, "\" already; flows do not change"),
               {{"flow", std::string(flow)}});
}

absl::Status FaultRuleExists(absl::string_view rule) {
  return Plain(absl::StatusCode::kAlreadyExists, "FAULT_RULE_EXISTS",
               absl::StrCat("there is a fault rule \"", rule, "\" already"),
               {{"fault_rule", std::string(rule)}});
}

absl::Status StateForbids(absl::string_view action, State state) {
  return Plain(absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS",
               absl::StrCat("a transaction that is ", Name(state), " cannot be ", action),
               {{"state", Name(state)}});
}

absl::Status CaptureNotManual() {
  return Plain(absl::StatusCode::kFailedPrecondition, "CAPTURE_NOT_MANUAL",
               "the transaction's capture is AUTOMATIC: its flow completes it");
}

absl::Status CaptureNotReady(absl::string_view step) {
  return Plain(absl::StatusCode::kFailedPrecondition, "CAPTURE_NOT_READY",
               absl::StrCat("the flow is still at step \"", step, "\""), {{"step", std::string(step)}});
}

absl::Status HoldExpired(absl::Time expire_time) {
  const std::string time = Rfc3339(expire_time);
  return Plain(absl::StatusCode::kFailedPrecondition, "HOLD_EXPIRED",
               absl::StrCat("the hold expired at ", time), {{"expire_time", time}});
}

absl::Status AmountExceedsRefundable(const Money& asked, const Money& refundable) {
  return Plain(absl::StatusCode::kFailedPrecondition, "AMOUNT_EXCEEDS_REFUNDABLE",
               absl::StrCat("amount is ", asked.minor_units, " minor units, but only ",
                            refundable.minor_units, " can be refunded or disputed"),
               {{"refundable_minor_units", absl::StrCat(refundable.minor_units)}});
}

absl::Status DisputeIsOpen(absl::string_view dispute) {
  return Plain(absl::StatusCode::kFailedPrecondition, "DISPUTE_OPEN",
               absl::StrCat("the transaction has an open dispute already: ", dispute),
               {{"dispute", std::string(dispute)}});
}

absl::Status DisputeIsOver(absl::string_view dispute, DisputeState state) {
  return Plain(absl::StatusCode::kFailedPrecondition, "DISPUTE_OVER",
               absl::StrCat("dispute ", dispute, " is over: it was ", Name(state)),
               {{"dispute", std::string(dispute)}, {"state", Name(state)}});
}

absl::Status EvidenceRequired(absl::string_view dispute) {
  return Plain(absl::StatusCode::kFailedPrecondition, "EVIDENCE_REQUIRED",
               absl::StrCat("dispute ", dispute, " cannot be won before evidence was submitted"),
               {{"dispute", std::string(dispute)}});
}

absl::Status TooMuchEvidence(int have, int most) {
  return Plain(absl::StatusCode::kFailedPrecondition, "TOO_MUCH_EVIDENCE",
               absl::StrCat("a dispute takes at most ", most, " pieces of evidence; it has ", have),
               {{"have", absl::StrCat(have)}, {"most", absl::StrCat(most)}});
}

absl::Status NothingToSettle() {
  return Plain(absl::StatusCode::kFailedPrecondition, "NOTHING_TO_SETTLE",
               "no settlement batch is open in this sandbox");
}

absl::Status NoPendingEvent() {
  return Plain(absl::StatusCode::kFailedPrecondition, "NO_PENDING_EVENT",
               "no timer is armed in this sandbox");
}

absl::Status DefaultSandbox() {
  return Plain(absl::StatusCode::kFailedPrecondition, "DEFAULT_SANDBOX",
               "the sandbox \"default\" always exists; it can be reset, not deleted");
}

absl::Status TooMany(absl::string_view what, int64_t limit) {
  return Plain(absl::StatusCode::kFailedPrecondition, "LIMIT_REACHED",
               absl::StrCat("there are ", limit, " ", what, " already, which is the limit"),
               {{"limit", absl::StrCat(limit)}});
}

absl::Status SimulationRunning(absl::string_view simulation) {
  return Plain(absl::StatusCode::kFailedPrecondition, "SIMULATION_RUNNING",
               absl::StrCat("simulation \"", simulation, "\" is under way in this sandbox: one at a time"),
               {{"simulation", std::string(simulation)}});
}

absl::Status SimulationOver(absl::string_view simulation, absl::string_view state) {
  return Plain(absl::StatusCode::kFailedPrecondition, "SIMULATION_OVER",
               absl::StrCat("simulation \"", simulation, "\" has ended already: it is ", state),
               {{"simulation", std::string(simulation)}, {"state", std::string(state)}});
}

absl::Status SandboxWasReset(absl::string_view sandbox) {
  return Plain(absl::StatusCode::kAborted, "SANDBOX_RESET",
               absl::StrCat("sandbox \"", sandbox, "\" was reset meanwhile"),
               {{"sandbox", std::string(sandbox)}});
}

absl::Status CursorOutOfRange(int64_t cursor, int64_t oldest, int64_t newest) {
  return Plain(absl::StatusCode::kOutOfRange, "CURSOR_OUT_OF_RANGE",
               absl::StrCat("sequence ", cursor, " is outside what is kept: ", oldest, " to ", newest),
               {{"oldest_sequence", absl::StrCat(oldest)}, {"newest_sequence", absl::StrCat(newest)}});
}

absl::Status QueryTooLong(absl::string_view problem) {
  return Plain(absl::StatusCode::kDeadlineExceeded, "QUERY_TOO_LONG",
               absl::StrCat("the database gave it up, because it took too long: ", problem));
}

absl::Status QueueFull() {
  return WithDetails(
      absl::StatusCode::kResourceExhausted, "the server's queue is full",
      {.reason = "QUEUE_FULL", .metadata = {}, .field = {}, .retry_after = absl::Milliseconds(100)});
}

absl::Status ClockAdvancing(absl::string_view sandbox) {
  return Plain(absl::StatusCode::kUnavailable, "CLOCK_ADVANCING",
               absl::StrCat("the clock of sandbox \"", sandbox, "\" is being advanced"),
               {{"sandbox", std::string(sandbox)}});
}

absl::Status DeadlinePassed() {
  return Plain(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
               "the deadline passed while the call was queued; nothing was done");
}

absl::Status ServerShuttingDown() {
  return Plain(absl::StatusCode::kUnavailable, "SERVER_SHUTTING_DOWN", "the server is shutting down");
}

absl::Status TimeZoneUnknown(absl::string_view zone) {
  return Plain(absl::StatusCode::kFailedPrecondition, "TIME_ZONE_UNKNOWN",
               absl::StrCat("this machine does not know the time zone \"", zone, "\"; is tzdata installed?"),
               {{"time_zone", std::string(zone)}});
}

absl::Status DatabaseUnavailable(absl::string_view problem) {
  return Plain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
               absl::StrCat("the database failed: ", problem));
}

absl::Status OutcomeUnknown() {
  return Plain(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
               "the database went away while it was committing: whether the call took effect is not known; "
               "repeating it with the same request_id is safe, and tells");
}

absl::Status RolledBack(absl::string_view problem) {
  return Plain(absl::StatusCode::kAborted, "ROLLED_BACK", absl::StrCat("nothing was done: ", problem));
}

absl::Status BrokenInvariant(absl::string_view problem) {
  return Plain(absl::StatusCode::kInternal, "BROKEN_INVARIANT",
               absl::StrCat("an invariant is broken: ", problem));
}

}  // namespace tracktrove::domain
