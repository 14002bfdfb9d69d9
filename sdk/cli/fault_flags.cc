#include "sdk/cli/fault_flags.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

absl::Status SetValue(absl::string_view value, v1::Fault& fault) {
  if (fault.kind() == v1::Fault::STEP_ERROR) {
    fault.set_code(std::string(value));
    return absl::OkStatus();
  }
  if (fault.kind() == v1::Fault::PARTIAL_CAPTURE) {
    double part = 0;
    if (!absl::SimpleAtod(value, &part) || !(part > 0 && part < 1)) {
      return absl::InvalidArgumentError(absl::StrCat("part `", value, "`: write it like 0.4"));
    }
    fault.set_capture_ppm(Ppm(part));
    return absl::OkStatus();
  }
  const auto duration = ParseDuration(value);
  if (!duration.ok()) return duration.status();
  *fault.mutable_duration() = *duration;
  return absl::OkStatus();
}

}  // namespace

void AddFaultFlags(CLI::App& command, FaultFlags& flags, bool required) {
  command.add_option("fault", flags.kind, "What goes wrong")
      ->required(required)
      ->check(CLI::IsMember(EnumNames(v1::Fault::Kind_descriptor())));
  command.add_option("--code", flags.code, "step-error: what it fails with [one of the step's own]");
  command.add_option("--message", flags.message, "step-error: likewise");
  command.add_option("--duration", flags.duration,
                     "added-latency, cache-outage [250ms], webhook-delay: so much later, 1ms to 24h;"
                     " hold-expiry: how long the hold lives [not at all]");
  command.add_option("--capture-part", flags.capture_part, "partial-capture: the part, like 0.4")
      ->check(CLI::Range(0.000001, 0.999999));
}

v1::Fault FaultOf(const FaultFlags& flags) {
  v1::Fault fault;
  fault.set_kind(
      static_cast<v1::Fault::Kind>(ValueOf(ParseEnum(v1::Fault::Kind_descriptor(), flags.kind), "fault")));
  fault.set_code(flags.code);
  fault.set_message(flags.message);
  if (!flags.duration.empty()) {
    *fault.mutable_duration() = ValueOf(ParseDuration(flags.duration), "--duration");
  }
  if (flags.capture_part) fault.set_capture_ppm(Ppm(*flags.capture_part));
  return fault;
}

absl::StatusOr<v1::PlannedFault> ParsePlannedFault(absl::string_view text) {
  const size_t equals = text.find('=');
  const absl::string_view place = text.substr(0, equals);
  const size_t at = place.find('@');
  const auto kind = ParseEnum(v1::Fault::Kind_descriptor(), place.substr(0, at));
  if (!kind.ok()) return kind.status();
  v1::PlannedFault planned;
  planned.mutable_fault()->set_kind(static_cast<v1::Fault::Kind>(*kind));
  if (at != absl::string_view::npos) planned.set_step(std::string(place.substr(at + 1)));
  if (equals != absl::string_view::npos) {
    const absl::Status status = SetValue(text.substr(equals + 1), *planned.mutable_fault());
    if (!status.ok()) return status;
  }
  return planned;
}

int32_t Ppm(double part) { return static_cast<int32_t>(std::llround(part * 1e6)); }

}  // namespace tracktrove::cli
