// Faults: what can be made to go wrong with a step of a flow. Three sources
// bring them: an operator who injects one into a transaction in flight, the
// request that initiates it, and the sandbox's rules (fault_rule.h).
#ifndef TRACKTROVE_DOMAIN_FAULT_H_
#define TRACKTROVE_DOMAIN_FAULT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

struct Flow;

// How long the answer of a step without a timeout is waited for when it never comes.
inline constexpr absl::Duration kPatience = absl::Seconds(30);
// What a service takes longer without its cache, unless the fault says.
inline constexpr absl::Duration kCacheMiss = absl::Milliseconds(250);

// What a step fails with when its answer comes too late.
inline constexpr char kStepTimeout[] = "STEP_TIMEOUT";
// What a step fails with that would make its document larger than one may be.
inline constexpr char kDtoTooLarge[] = "DTO_TOO_LARGE";

// A kind and what it needs to know; a field that its kind has no use for is empty.
struct Fault {
  FaultKind kind = FaultKind::kNone;
  std::string code = {};     // STEP_ERROR: what the step fails with
  std::string message = {};  // likewise
  absl::Duration duration =
      {};                   // ADDED_LATENCY, CACHE_OUTAGE, WEBHOOK_DELAY: so much later; HOLD_EXPIRY: the TTL
  int64_t capture_ppm = 0;  // PARTIAL_CAPTURE: the part that is captured

  friend bool operator==(const Fault&, const Fault&) = default;
};

// One that waits for its step, in one transaction.
struct PlannedFault {
  std::string id;  // `inline:N` of the request's list, or `injected:N` by the record with that index
  Fault fault;
  std::string step;  // empty: the first that it can act on
  int attempt = 0;   // 0: any
  int remaining = 1;

  friend bool operator==(const PlannedFault&, const PlannedFault&) = default;
};

// The one that acts on the step under way.
struct ActingFault {
  std::string id;  // of a rule, or as above
  Fault fault;
  bool committed = false;  // TIMEOUT_AFTER_COMMIT: the work is done, the answer is being waited for

  friend bool operator==(const ActingFault&, const ActingFault&) = default;
};

// Whether a fault can do anything to a step with this effect: a hold can expire
// only where one is placed, a webhook can miss only where somebody is notified.
bool ActsOn(FaultKind kind, StepEffect effect);

// The step fails by it, whatever else happens.
bool MakesFail(FaultKind kind);

// The answer comes later than it would, or never.
bool DelaysAnswer(FaultKind kind);

// What the step takes longer for it.
absl::Duration AddedLatency(const Fault& fault);

// Refuses values out of range and those that the kind has no use for; `place`
// leads the error's field.
absl::Status CheckFault(const Fault& fault, absl::string_view place);

// Refuses what can act on no step of `flow`, or not on the one with that name
// if one is given; the fields are those that the error names.
absl::Status CheckReach(FaultKind kind, const std::string& step, const Flow& flow,
                        absl::string_view kind_field, absl::string_view step_field);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FAULT_H_
