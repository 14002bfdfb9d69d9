#include "domain/fault.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

constexpr absl::Duration kMinDelay = absl::Milliseconds(1);
constexpr absl::Duration kMaxDelay = absl::Hours(24);
constexpr absl::Duration kMaxHold = absl::Hours(30 * 24);

enum class DurationUse { kNone, kRequired, kOptional };

DurationUse UseOfDuration(FaultKind kind) {
  switch (kind) {
    case FaultKind::kAddedLatency:
    case FaultKind::kCacheOutage:
    case FaultKind::kWebhookDelay:
      return DurationUse::kRequired;
    case FaultKind::kHoldExpiry:  // none: at once
      return DurationUse::kOptional;
    case FaultKind::kNone:
    case FaultKind::kStepError:
    case FaultKind::kStepTimeout:
    case FaultKind::kTimeoutAfterCommit:
    case FaultKind::kDuplicateCallback:
    case FaultKind::kPartialCapture:
    case FaultKind::kLedgerRejection:
    case FaultKind::kDatabaseError:
    case FaultKind::kWebhookMiss:
    case FaultKind::kWebhookDuplicate:
    case FaultKind::kWebhookReorder:
    case FaultKind::kWebhookBadSignature:
      return DurationUse::kNone;
  }
  return DurationUse::kNone;
}

absl::Status CheckDuration(const Fault& fault, const std::string& field) {
  const DurationUse use = UseOfDuration(fault.kind);
  const bool given = fault.duration != absl::ZeroDuration();
  if (use == DurationUse::kNone && given)
    return BadField(field, absl::StrCat("means nothing to ", Name(fault.kind)));
  if (use == DurationUse::kRequired && !given)
    return BadField(field, absl::StrCat("is required by ", Name(fault.kind)));
  const absl::Duration max = fault.kind == FaultKind::kHoldExpiry ? kMaxHold : kMaxDelay;
  if (given && (fault.duration < kMinDelay || fault.duration > max)) {
    return BadField(
        field, absl::StrCat("must be ", absl::FormatDuration(kMinDelay), " to ", absl::FormatDuration(max)));
  }
  return absl::OkStatus();
}

}  // namespace

bool ActsOn(FaultKind kind, StepEffect effect) {
  switch (kind) {
    case FaultKind::kNone:
      return false;
    case FaultKind::kStepError:
    case FaultKind::kStepTimeout:
    case FaultKind::kTimeoutAfterCommit:
    case FaultKind::kAddedLatency:
    case FaultKind::kDuplicateCallback:
    case FaultKind::kDatabaseError:
    case FaultKind::kCacheOutage:
      return true;
    case FaultKind::kHoldExpiry:
      return effect == StepEffect::kHold;
    case FaultKind::kPartialCapture:
      return effect == StepEffect::kCapture;
    case FaultKind::kLedgerRejection:
      return effect == StepEffect::kHold || effect == StepEffect::kCapture;
    case FaultKind::kWebhookMiss:
    case FaultKind::kWebhookDelay:
    case FaultKind::kWebhookDuplicate:
    case FaultKind::kWebhookReorder:
    case FaultKind::kWebhookBadSignature:
      return effect == StepEffect::kNotify;
  }
  return false;
}

bool MakesFail(FaultKind kind) {
  return kind == FaultKind::kStepError || kind == FaultKind::kStepTimeout ||
         kind == FaultKind::kTimeoutAfterCommit || kind == FaultKind::kLedgerRejection ||
         kind == FaultKind::kDatabaseError;
}

bool DelaysAnswer(FaultKind kind) {
  return kind == FaultKind::kAddedLatency || kind == FaultKind::kCacheOutage ||
         kind == FaultKind::kStepTimeout || kind == FaultKind::kTimeoutAfterCommit;
}

absl::Duration AddedLatency(const Fault& fault) {
  const bool adds = fault.kind == FaultKind::kAddedLatency || fault.kind == FaultKind::kCacheOutage;
  return adds ? fault.duration : absl::ZeroDuration();
}

absl::Status CheckFault(const Fault& fault, absl::string_view place) {
  if (fault.kind == FaultKind::kNone) return BadField(absl::StrCat(place, ".kind"), "is required");
  const bool is_error = fault.kind == FaultKind::kStepError;
  if (!is_error && !fault.code.empty())
    return BadField(absl::StrCat(place, ".code"), absl::StrCat("means nothing to ", Name(fault.kind)));
  if (!is_error && !fault.message.empty())
    return BadField(absl::StrCat(place, ".message"), absl::StrCat("means nothing to ", Name(fault.kind)));
  TT_RETURN_IF_ERROR(CheckDuration(fault, absl::StrCat(place, ".duration")));
  const std::string part = absl::StrCat(place, ".capture_ppm");
  if (fault.kind != FaultKind::kPartialCapture) {
    return fault.capture_ppm == 0 ? absl::OkStatus()
                                  : BadField(part, absl::StrCat("means nothing to ", Name(fault.kind)));
  }
  if (fault.capture_ppm < 1 || fault.capture_ppm >= kPpm)
    return BadField(part, "must be 1 to 999999: a part, but not the whole");
  return absl::OkStatus();
}

absl::Status CheckReach(FaultKind kind, const std::string& step, const Flow& flow,
                        absl::string_view kind_field, absl::string_view step_field) {
  const auto acts = [kind](const Step& s) { return ActsOn(kind, s.effect); };
  if (step.empty()) {
    if (std::any_of(flow.steps.begin(), flow.steps.end(), acts)) return absl::OkStatus();
    return BadField(kind_field, absl::StrCat("can act on no step of flow \"", flow.id, "\": ", Name(kind)));
  }
  const size_t index = flow.IndexOf(step);
  if (index == flow.steps.size())
    return BadField(step_field, absl::StrCat("is no step of flow \"", flow.id, "\": \"", step, "\""));
  if (acts(flow.steps[index])) return absl::OkStatus();
  return BadField(step_field, absl::StrCat("is none that ", Name(kind), " can act on: \"", step, "\""));
}

}  // namespace tracktrove::domain
