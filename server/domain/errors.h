// The domain's errors, one function each. A status carries the reason that
// clients test (UPPER_SNAKE), metadata, and for bad input the field.
#ifndef TRACKTROVE_DOMAIN_ERRORS_H_
#define TRACKTROVE_DOMAIN_ERRORS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/money.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

// What a status carries beside code and message.
struct ErrorDetails {
  std::string reason;
  std::map<std::string, std::string> metadata;
  std::string field;           // for BAD_REQUEST: the request's field, as in the proto
  absl::Duration retry_after;  // zero: nothing said
};

absl::Status WithDetails(absl::StatusCode code, absl::string_view message, const ErrorDetails& details);

// Empty `reason` for a status that was not made here.
ErrorDetails DetailsOf(const absl::Status& status);

// Shape. `field` is the proto path, `problem` completes "FIELD ...".
absl::Status BadField(absl::string_view field, absl::string_view problem);

// Unknown resources.
// The same refusal of a field whose path begins with `to` in place of `from`.
absl::Status FieldMoved(const absl::Status& status, absl::string_view from, absl::string_view to);

absl::Status SandboxNotFound(absl::string_view sandbox);
absl::Status TransactionNotFound(absl::string_view transaction);
absl::Status FlowNotFound(absl::string_view flow);
absl::Status FaultRuleNotFound(absl::string_view rule);
absl::Status DisputeNotFound(absl::string_view dispute);
absl::Status BatchNotFound(absl::string_view batch);
absl::Status SimulationNotFound(absl::string_view simulation);

// Names that are taken.
absl::Status SandboxExists(absl::string_view sandbox);
absl::Status RequestIdReused(absl::string_view request_id);
absl::Status DrawKeyReused(absl::string_view draw_key);
absl::Status FlowExists(absl::string_view flow);
absl::Status FaultRuleExists(absl::string_view rule);

// The state forbids it.
absl::Status StateForbids(absl::string_view action, State state);
absl::Status CaptureNotManual();
absl::Status CaptureNotReady(absl::string_view step);
absl::Status HoldExpired(absl::Time expire_time);
absl::Status AmountExceedsRefundable(const Money& asked, const Money& refundable);
absl::Status DisputeIsOpen(absl::string_view dispute);
absl::Status DisputeIsOver(absl::string_view dispute, DisputeState state);
absl::Status EvidenceRequired(absl::string_view dispute);
absl::Status TooMuchEvidence(int have, int most);
absl::Status NothingToSettle();
absl::Status NoPendingEvent();
absl::Status DefaultSandbox();
absl::Status TooMany(absl::string_view what, int64_t limit);
absl::Status SimulationRunning(absl::string_view simulation);
absl::Status SimulationOver(absl::string_view simulation, absl::string_view state);

// The same again is of the sandbox as it is now.
absl::Status SandboxWasReset(absl::string_view sandbox);

// Cursors.
absl::Status CursorOutOfRange(int64_t cursor, int64_t oldest, int64_t newest);

// The database gave a read up: it would take as long again.
absl::Status QueryTooLong(absl::string_view problem);

// Infrastructure; all may be retried.
absl::Status QueueFull();  // asks to come again in 100 ms
absl::Status ClockAdvancing(absl::string_view sandbox);
absl::Status DeadlinePassed();
absl::Status ServerShuttingDown();
// A policy names a zone that this machine's files do not have.
absl::Status TimeZoneUnknown(absl::string_view zone);
absl::Status DatabaseUnavailable(absl::string_view problem);
absl::Status OutcomeUnknown();

// Nothing was done, and the same again may succeed at once: whoever is told
// tries, and no client ever is.
absl::Status RolledBack(absl::string_view problem);

// Our own bug: logged, and told as such.
absl::Status BrokenInvariant(absl::string_view problem);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_ERRORS_H_
