#include "domain/flow.h"

#include <algorithm>
#include <set>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/template.h"

namespace tracktrove::domain {
namespace {

constexpr int kMaxSteps = 50;
constexpr int64_t kMaxLatencyMs = 24 * 3600 * 1000;

// A field of a flow's JSON, read with a default; an error names its path.
template <typename T>
absl::StatusOr<T> Field(const Json& object, const char* key, const T& fallback, absl::string_view place) {
  const auto it = object.find(key);
  if (it == object.end()) return fallback;
  // Asking for the type first: `get` would cut 1.5 down to an integer.
  const bool fits = std::is_same_v<T, std::string> ? it->is_string() : it->is_number_integer();
  if (!fits) return BadField(absl::StrCat(place, ".", key), absl::StrCat("has the wrong type: ", it->dump()));
  return it->get<T>();
}

absl::StatusOr<absl::Duration> Millis(const Json& object, const char* key, absl::string_view place) {
  absl::StatusOr<int64_t> ms = Field<int64_t>(object, key, 0, place);
  if (!ms.ok()) return ms.status();
  if (*ms < 0 || *ms > kMaxLatencyMs)
    return BadField(absl::StrCat(place, ".", key), "must be 0 to 86400000 ms");
  return absl::Milliseconds(*ms);
}

absl::StatusOr<Latency> ParseLatency(const Json& step, absl::string_view place) {
  const Json latency = step.value("latencyMs", Json::object());
  const std::string at = absl::StrCat(place, ".latencyMs");
  if (!latency.is_object()) return BadField(at, "must have p50, p99 and max");
  const auto p50 = Millis(latency, "p50", at), p99 = Millis(latency, "p99", at),
             max = Millis(latency, "max", at);
  for (const auto* value : {&p50, &p99, &max}) {
    if (!value->ok()) return value->status();
  }
  if (*p50 > *p99 || *p99 > *max) return BadField(at, "must rise from p50 over p99 to max");
  return Latency{*p50, *p99, *max};
}

absl::StatusOr<std::vector<FailureMode>> ParseFailures(const Json& step, absl::string_view place) {
  std::vector<FailureMode> failures;
  const Json list = step.value("failures", Json::array());
  if (!list.is_array()) return BadField(absl::StrCat(place, ".failures"), "must be a list");
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = absl::StrCat(place, ".failures[", i, "]");
    const auto code = Field<std::string>(list[i], "code", "", at);
    const auto message = Field<std::string>(list[i], "message", "", at);
    const auto weight = Field<int64_t>(list[i], "weight", 1, at);
    if (!code.ok()) return code.status();
    if (!message.ok()) return message.status();
    if (!weight.ok()) return weight.status();
    if (code->empty()) return BadField(absl::StrCat(at, ".code"), "is required");
    if (*weight < 1 || *weight > kPpm) return BadField(absl::StrCat(at, ".weight"), "must be 1 to 1000000");
    failures.push_back({*code, *message, *weight});
  }
  return failures;
}

absl::StatusOr<StepEffect> ParseEffect(const Json& step, absl::string_view place) {
  const auto effect = Field<std::string>(step, "effect", "", place);
  if (!effect.ok()) return effect.status();
  if (effect->empty()) return StepEffect::kNone;
  if (*effect == "hold") return StepEffect::kHold;
  if (*effect == "capture") return StepEffect::kCapture;
  return BadField(absl::StrCat(place, ".effect"),
                  absl::StrCat("is none of hold, capture: \"", *effect, "\""));
}

absl::StatusOr<Step> ParseStep(const Json& json, absl::string_view place) {
  const auto name = Field<std::string>(json, "name", "", place);
  const auto service = Field<std::string>(json, "service", "", place);
  const auto effect = ParseEffect(json, place);
  const auto latency = ParseLatency(json, place);
  const auto timeout = Millis(json, "timeoutMs", place);
  auto failures = ParseFailures(json, place);
  for (const absl::Status& status : {name.status(), service.status(), effect.status(), latency.status(),
                                     timeout.status(), failures.status()}) {
    if (!status.ok()) return status;
  }
  if (name->empty()) return BadField(absl::StrCat(place, ".name"), "is required");
  if (service->empty()) return BadField(absl::StrCat(place, ".service"), "is required");
  Json change = json.value("change", Json::object());
  if (absl::Status status = CheckChange(change, absl::StrCat(place, ".change")); !status.ok()) return status;
  return Step{.name = *name,
              .service = *service,
              .effect = *effect,
              .latency = *latency,
              .timeout = *timeout == absl::ZeroDuration() ? absl::InfiniteDuration() : *timeout,
              .failures = std::move(*failures),
              .change = std::move(change)};
}

absl::Status CheckOrder(const Flow& flow) {
  const auto count = [&](StepEffect effect) {
    return std::count_if(flow.steps.begin(), flow.steps.end(),
                         [&](const Step& s) { return s.effect == effect; });
  };
  if (count(StepEffect::kHold) != 1) return BadField("steps", "must have exactly one step with effect hold");
  if (count(StepEffect::kCapture) != 1)
    return BadField("steps", "must have exactly one step with effect capture");
  if (flow.IndexOf(StepEffect::kHold) > flow.IndexOf(StepEffect::kCapture)) {
    return BadField("steps", "must hold before they capture");
  }
  std::set<std::string> names;
  for (const Step& step : flow.steps) {
    if (!names.insert(step.name).second) {
      return BadField("steps", absl::StrCat("must have different names; twice there: \"", step.name, "\""));
    }
  }
  const bool can_fail =
      std::any_of(flow.steps.begin(), flow.steps.end(), [](auto& s) { return !s.failures.empty(); });
  return can_fail ? absl::OkStatus() : BadField("steps", "must have at least one failure");
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
  const auto id = Field<std::string>(json, "id", "", "flow");
  const auto title = Field<std::string>(json, "title", "", "flow");
  const auto kind = Field<std::string>(json, "kind", "", "flow");
  for (const absl::Status& status : {id.status(), title.status(), kind.status()}) {
    if (!status.ok()) return status;
  }
  Flow flow{.id = *id, .title = *title, .kind = Kind::kTip, .steps = {}};
  if (flow.id.empty()) return BadField("flow.id", "is required");
  bool known = false;
  for (const Kind k :
       {Kind::kTip, Kind::kBidAdjustment, Kind::kRefund, Kind::kLoyaltyCredit, Kind::kPurchase}) {
    if (*kind == Name(k)) flow.kind = k, known = true;
  }
  if (!known) return BadField("flow.kind", absl::StrCat("is no kind of transaction: \"", *kind, "\""));
  const Json steps = json.value("steps", Json::array());
  if (!steps.is_array() || steps.empty() || steps.size() > kMaxSteps)
    return BadField("steps", "must be 1 to 50");
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string place = absl::StrCat("steps[", i, "]");
    if (!steps[i].is_object()) return BadField(place, "must be an object");
    absl::StatusOr<Step> step = ParseStep(steps[i], place);
    if (!step.ok()) return step.status();
    flow.steps.push_back(*std::move(step));
  }
  if (absl::Status status = CheckOrder(flow); !status.ok()) return status;
  return flow;
}

absl::Duration DrawLatency(const Step& step, const Draws& draws, int attempt) {
  constexpr int64_t kMedian = kPpm / 2, kP99 = kPpm * 99 / 100;
  const int64_t u = draws.Below(kPpm, step.name, attempt, "latency");
  const auto between = [u](absl::Duration from, absl::Duration to, int64_t low, int64_t high) {
    const int64_t a = absl::ToInt64Microseconds(from), b = absl::ToInt64Microseconds(to);
    return absl::Microseconds(a + Proportion(b - a, u - low, high - low));
  };
  const Latency& l = step.latency;
  if (u < kMedian) return between(l.p50 / 2, l.p50, 0, kMedian);
  if (u < kP99) return between(l.p50, l.p99, kMedian, kP99);
  return between(l.p99, l.max, kP99, kPpm);
}

const FailureMode& DrawFailure(const Step& step, const Draws& draws, int attempt) {
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
