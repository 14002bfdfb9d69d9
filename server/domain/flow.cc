#include "domain/flow.h"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/status_macros.h"
#include "domain/template.h"

namespace tracktrove::domain {
namespace {

constexpr int kMaxSteps = 50;
constexpr int kMaxFailures = 20;
constexpr int kMaxName = 64;
constexpr int kMaxText = 255;
constexpr absl::Duration kMaxWait = absl::Hours(24);

constexpr std::pair<absl::string_view, StepEffect> kEffects[] = {{"NONE", StepEffect::kNone},
                                                                 {"HOLD", StepEffect::kHold},
                                                                 {"CAPTURE", StepEffect::kCapture},
                                                                 {"NOTIFY", StepEffect::kNotify}};
constexpr std::pair<absl::string_view, Capture> kCaptures[] = {{"AUTOMATIC", Capture::kAutomatic},
                                                               {"MANUAL", Capture::kManual}};
constexpr std::pair<absl::string_view, Kind> kKinds[] = {{"TIP", Kind::kTip},
                                                         {"BID_ADJUSTMENT", Kind::kBidAdjustment},
                                                         {"REFUND", Kind::kRefund},
                                                         {"LOYALTY_CREDIT", Kind::kLoyaltyCredit},
                                                         {"PURCHASE", Kind::kPurchase}};

std::string At(absl::string_view place, absl::string_view key) {
  return place.empty() ? std::string(key) : absl::StrCat(place, ".", key);
}

// A field of a flow's JSON, read with a default; an error names its path.
template <typename T>
absl::StatusOr<T> Field(const Json& object, const char* key, const T& fallback, absl::string_view place) {
  const auto it = object.find(key);
  if (it == object.end()) return fallback;
  // Asking for the type first: `get` would cut 1.5 down to an integer.
  const bool fits = std::is_same_v<T, std::string> ? it->is_string() : it->is_number_integer();
  if (!fits) return BadField(At(place, key), absl::StrCat("has the wrong type: ", it->dump()));
  return it->get<T>();
}

// Printable text of at most `max` bytes; a name may not be empty.
absl::StatusOr<std::string> TextField(const Json& object, const char* key, int max, bool required,
                                      absl::string_view place) {
  TT_ASSIGN_OR_RETURN(std::string text, Field<std::string>(object, key, "", place));
  if (required && text.empty()) return BadField(At(place, key), "is required");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (static_cast<int>(text.size()) > max || std::any_of(text.begin(), text.end(), is_control)) {
    return BadField(At(place, key),
                    absl::StrCat("must be at most ", max, " bytes without control characters"));
  }
  return text;
}

// One of the names, or the first value when there is none.
template <typename E, size_t n>
absl::StatusOr<E> EnumField(const Json& object, const char* key,
                            const std::pair<absl::string_view, E> (&names)[n], absl::string_view place) {
  TT_ASSIGN_OR_RETURN(const std::string name,
                      Field<std::string>(object, key, std::string(names[0].first), place));
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return BadField(At(place, key), absl::StrCat("is none that is known: \"", name, "\""));
}

// Seconds with a unit, such as "0.040s".
absl::StatusOr<absl::Duration> Wait(const Json& object, const char* key, absl::string_view place) {
  TT_ASSIGN_OR_RETURN(const std::string text, Field<std::string>(object, key, "0s", place));
  absl::Duration wait;
  if (!absl::ParseDuration(text, &wait) || wait < absl::ZeroDuration() || wait > kMaxWait) {
    return BadField(At(place, key), absl::StrCat("must be 0s to ", absl::FormatDuration(kMaxWait)));
  }
  return absl::Trunc(wait, absl::Microseconds(1));
}

absl::StatusOr<Latency> ParseLatency(const Json& step, absl::string_view place) {
  const Json latency = step.value("latency", Json::object());
  const std::string at = At(place, "latency");
  if (!latency.is_object()) return BadField(at, "must have p50, p99 and max");
  Latency out;
  TT_ASSIGN_OR_RETURN(out.p50, Wait(latency, "p50", at));
  TT_ASSIGN_OR_RETURN(out.p99, Wait(latency, "p99", at));
  TT_ASSIGN_OR_RETURN(out.max, Wait(latency, "max", at));
  if (out.p50 > out.p99 || out.p99 > out.max) return BadField(at, "must rise from p50 over p99 to max");
  return out;
}

absl::StatusOr<std::vector<FailureMode>> ParseFailures(const Json& step, absl::string_view place) {
  std::vector<FailureMode> failures;
  const Json list = step.value("failures", Json::array());
  const std::string field = At(place, "failures");
  if (!list.is_array() || list.size() > kMaxFailures) {
    return BadField(field, absl::StrCat("must be a list of at most ", kMaxFailures));
  }
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    if (!list[i].is_object()) return BadField(at, "must be an object");
    FailureMode failure;
    TT_ASSIGN_OR_RETURN(failure.code, TextField(list[i], "code", kMaxName, /*required=*/true, at));
    TT_ASSIGN_OR_RETURN(failure.message, TextField(list[i], "message", kMaxText, /*required=*/false, at));
    TT_ASSIGN_OR_RETURN(failure.weight, Field<int64_t>(list[i], "weight", 1, at));
    if (failure.weight < 1 || failure.weight > kPpm)
      return BadField(At(at, "weight"), "must be 1 to 1000000");
    failures.push_back(std::move(failure));
  }
  return failures;
}

absl::StatusOr<Step> ParseStep(const Json& json, absl::string_view place) {
  Step step;
  TT_ASSIGN_OR_RETURN(step.name, TextField(json, "name", kMaxName, /*required=*/true, place));
  TT_ASSIGN_OR_RETURN(step.service, TextField(json, "service", kMaxName, /*required=*/true, place));
  TT_ASSIGN_OR_RETURN(step.effect, EnumField(json, "effect", kEffects, place));
  TT_ASSIGN_OR_RETURN(step.latency, ParseLatency(json, place));
  TT_ASSIGN_OR_RETURN(step.timeout, Wait(json, "timeout", place));
  TT_ASSIGN_OR_RETURN(step.failures, ParseFailures(json, place));
  if (step.timeout == absl::ZeroDuration()) step.timeout = absl::InfiniteDuration();
  step.change = json.value("change", Json::object());
  TT_RETURN_IF_ERROR(CheckChange(step.change, At(place, "change")));
  return step;
}

absl::StatusOr<std::vector<Step>> ParseSteps(const Json& json) {
  const Json list = json.value("steps", Json::array());
  if (!list.is_array() || list.empty() || list.size() > kMaxSteps) {
    return BadField("steps", absl::StrCat("must be 1 to ", kMaxSteps));
  }
  std::vector<Step> steps;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = absl::StrCat("steps[", i, "]");
    if (!list[i].is_object()) return BadField(place, "must be an object");
    TT_ASSIGN_OR_RETURN(Step step, ParseStep(list[i], place));
    steps.push_back(std::move(step));
  }
  return steps;
}

// A flow that holds once and then captures once, and can fail.
absl::Status CheckEffects(const Flow& flow) {
  const auto count = [&](StepEffect effect) {
    return std::count_if(flow.steps.begin(), flow.steps.end(),
                         [&](const Step& s) { return s.effect == effect; });
  };
  if (count(StepEffect::kHold) != 1) return BadField("steps", "must have exactly one step with effect HOLD");
  if (count(StepEffect::kCapture) != 1)
    return BadField("steps", "must have exactly one step with effect CAPTURE");
  if (flow.IndexOf(StepEffect::kHold) > flow.IndexOf(StepEffect::kCapture)) {
    return BadField("steps", "must hold before they capture");
  }
  const bool can_fail =
      std::any_of(flow.steps.begin(), flow.steps.end(), [](auto& s) { return !s.failures.empty(); });
  return can_fail ? absl::OkStatus() : BadField("steps", "must have at least one failure");
}

absl::Status CheckNames(const Flow& flow) {
  std::set<std::string> names;
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    const std::string& name = flow.steps[i].name;
    if (names.insert(name).second) continue;
    return BadField(absl::StrCat("steps[", i, "].name"),
                    absl::StrCat("is another step's already: \"", name, "\""));
  }
  return absl::OkStatus();
}

// A step that is always slower than its timeout lets nothing after it happen.
absl::Status CheckReachable(const Flow& flow) {
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    const Step& step = flow.steps[i];
    if (LeastLatency(step) <= step.timeout) continue;
    return BadField(absl::StrCat("steps[", i, "].timeout"),
                    absl::StrCat("is below the least latency, half of p50: \"", step.name,
                                 "\" could never succeed, and no step after it be reached"));
  }
  return absl::OkStatus();
}

// What a step reads must not be what only a later one makes, nor what would
// then stand in itself.
absl::Status CheckReferences(const Flow& flow) {
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    for (const Reference& reference : ReferencesIn(flow.steps[i].change)) {
      const std::string place = absl::StrCat("steps[", i, "].change", reference.place.to_string(), "/$ref");
      const std::string pointer = reference.pointer.to_string();
      if (reference.ContainsItself()) {
        return BadField(place, absl::StrCat("refers to what contains it: \"", pointer, "\""));
      }
      const auto made_by = [&](const Step& step) { return Makes(step.change, reference.pointer); };
      const auto here = flow.steps.begin() + static_cast<int>(i);
      if (std::any_of(flow.steps.begin(), here + 1, made_by)) continue;
      const auto later = std::find_if(here + 1, flow.steps.end(), made_by);
      if (later == flow.steps.end()) continue;  // the payload may bring it
      return BadField(
          place, absl::StrCat("refers to ", pointer, ", which is made only later, by \"", later->name, "\""));
    }
  }
  return absl::OkStatus();
}

}  // namespace

int Flow::IndexOf(absl::string_view step) const {
  const auto it = std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.name == step; });
  return static_cast<int>(it - steps.begin());
}

int Flow::IndexOf(StepEffect effect) const {
  const auto it = std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.effect == effect; });
  return static_cast<int>(it - steps.begin());
}

absl::StatusOr<Flow> ParseFlow(const Json& json) {
  if (!json.is_object()) return BadField("flow", "must be an object");
  Flow flow;
  TT_ASSIGN_OR_RETURN(flow.id, TextField(json, "id", kMaxName, /*required=*/true, ""));
  TT_ASSIGN_OR_RETURN(flow.title, TextField(json, "title", kMaxText, /*required=*/false, ""));
  if (!json.contains("kind")) return BadField("kind", "is required");
  TT_ASSIGN_OR_RETURN(flow.kind, EnumField(json, "kind", kKinds, ""));
  TT_ASSIGN_OR_RETURN(flow.capture, EnumField(json, "capture", kCaptures, ""));
  TT_ASSIGN_OR_RETURN(flow.steps, ParseSteps(json));
  TT_RETURN_IF_ERROR(CheckNames(flow));
  TT_RETURN_IF_ERROR(CheckEffects(flow));
  TT_RETURN_IF_ERROR(CheckReachable(flow));
  TT_RETURN_IF_ERROR(CheckReferences(flow));
  flow.definition = CanonicalText(json);
  return flow;
}

void FlowBook::Add(Flow flow) {
  std::string id = flow.id;
  own_.insert_or_assign(std::move(id), std::move(flow));
}

const Flow* FlowBook::Find(const std::string& id) const {
  if (const Flow* builtin = FindFlow(id)) return builtin;
  const auto it = own_.find(id);
  return it == own_.end() ? nullptr : &it->second;
}

std::vector<const Flow*> FlowBook::All() const {
  std::vector<const Flow*> all;
  for (const Flow& flow : BuiltinFlows()) all.push_back(&flow);
  for (const auto& [id, flow] : own_) all.push_back(&flow);
  return all;
}

absl::Duration LeastLatency(const Step& step) { return step.latency.p50 / 2; }

absl::Duration DrawLatency(const Step& step, const Draws& draws, int attempt) {
  constexpr int64_t kMedian = kPpm / 2, kP99 = kPpm * 99 / 100;
  const int64_t u = draws.Below(kPpm, step.name, attempt, "latency");
  const auto between = [u](absl::Duration from, absl::Duration to, int64_t low, int64_t high) {
    const int64_t a = absl::ToInt64Microseconds(from), b = absl::ToInt64Microseconds(to);
    return absl::Microseconds(a + Proportion(b - a, u - low, high - low));
  };
  const Latency& l = step.latency;
  if (u < kMedian) return between(LeastLatency(step), l.p50, 0, kMedian);
  if (u < kP99) return between(l.p50, l.p99, kMedian, kP99);
  return between(l.p99, l.max, kP99, kPpm);
}

FailureMode DrawFailure(const Step& step, const Draws& draws, int attempt) {
  if (step.failures.empty()) return {"STEP_FAILED", "the step failed", 1};
  int64_t total = 0;
  for (const FailureMode& failure : step.failures) total += failure.weight;
  int64_t drawn = draws.Below(total, step.name, attempt, "failure_code");
  for (const FailureMode& failure : step.failures) {
    if (drawn < failure.weight) return failure;
    drawn -= failure.weight;
  }
  return step.failures.back();
}

}  // namespace tracktrove::domain
