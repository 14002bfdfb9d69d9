#include "sdk/cli/fault_flags.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
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
      ->check(OneOf(v1::Fault::Kind_descriptor()));
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

absl::StatusOr<FaultWord> ParseFaultWord(absl::string_view text) {
  FaultWord word;
  if (const size_t colon = text.rfind(':'); colon != absl::string_view::npos) {
    double chance = 0;
    if (!absl::SimpleAtod(text.substr(colon + 1), &chance) || !(chance > 0 && chance <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("chance `", text.substr(colon + 1), "`: write it like 0.1, above 0 to 1"));
    }
    word.chance = chance;
    text = text.substr(0, colon);
  }
  const size_t equals = text.find('=');
  const absl::string_view place = text.substr(0, equals);
  const size_t at = place.find('@');
  const auto kind = ParseEnum(v1::Fault::Kind_descriptor(), place.substr(0, at));
  if (!kind.ok()) return kind.status();
  word.fault.set_kind(static_cast<v1::Fault::Kind>(*kind));
  if (at != absl::string_view::npos) word.step = std::string(place.substr(at + 1));
  if (equals != absl::string_view::npos) {
    const absl::Status status = SetValue(text.substr(equals + 1), word.fault);
    if (!status.ok()) return status;
  }
  return word;
}

absl::StatusOr<v1::PlannedFault> ParsePlannedFault(absl::string_view text) {
  const absl::StatusOr<FaultWord> word = ParseFaultWord(text);
  if (!word.ok()) return word.status();
  if (word->chance) {
    return absl::InvalidArgumentError("it goes wrong once and certainly; `fault create` has --probability");
  }
  v1::PlannedFault planned;
  *planned.mutable_fault() = word->fault;
  planned.set_step(word->step);
  return planned;
}

absl::StatusOr<v1::FaultRule> ParseFaultRule(absl::string_view text) {
  v1::FaultRule rule;
  if (absl::StartsWith(text, "{")) {
    const auto status = google::protobuf::util::JsonStringToMessage(std::string(text), &rule);
    if (status.ok()) return rule;
    return absl::InvalidArgumentError(absl::StrCat("`", text, "`: ", std::string(status.message())));
  }
  const absl::StatusOr<FaultWord> word = ParseFaultWord(text);
  if (!word.ok()) return word.status();
  *rule.mutable_fault() = word->fault;
  if (!word->step.empty()) rule.mutable_match()->set_step(word->step);
  rule.set_probability_ppm(Ppm(word->chance.value_or(1)));
  return rule;
}

int32_t Ppm(double part) { return static_cast<int32_t>(std::llround(part * 1e6)); }

}  // namespace tracktrove::cli
