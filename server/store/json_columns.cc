#include "store/json_columns.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/time/time.h"

namespace tracktrove::store {
namespace {

using domain::Advance;
using domain::Policy;
using domain::Simulation;
using domain::SimulationSpec;
using domain::Timer;
using domain::TimerKind;
using Json = nlohmann::json;

int64_t Micros(absl::Duration duration) { return absl::ToInt64Microseconds(duration); }

int64_t Integer(const Json& object, const char* key) { return object.at(key).get<int64_t>(); }
int SmallInteger(const Json& object, const char* key) { return object.at(key).get<int>(); }
std::string Text(const Json& object, const char* key) { return object.at(key).get<std::string>(); }
absl::Duration Duration(const Json& object, const char* key) {
  return absl::Microseconds(Integer(object, key));
}
absl::Time Time(const Json& object, const char* key) { return absl::FromUnixMicros(Integer(object, key)); }

Json TimerJson(const Timer& timer) {
  return {{"due_us", absl::ToUnixMicros(timer.due)},
          {"kind", static_cast<int>(timer.kind)},
          {"sequence", timer.sequence},
          {"transaction_id", timer.transaction_id}};
}

Timer ReadTimer(const Json& json) {
  return {.kind = static_cast<TimerKind>(SmallInteger(json, "kind")),
          .transaction_id = Text(json, "transaction_id"),
          .due = Time(json, "due_us"),
          .sequence = Integer(json, "sequence")};
}

std::optional<uint64_t> OptionalSeed(const Json& object) {
  const auto it = object.find("seed");
  return it == object.end() ? std::nullopt : std::optional(it->get<uint64_t>());
}

Json SimulationJson(const Simulation& simulation) {
  Json json = {{"fail_at_step", simulation.fail_at_step},
               {"fail_first_attempts", simulation.fail_first_attempts},
               {"success_ppm", simulation.success_ppm},
               {"transient_ppm", simulation.transient_ppm}};
  if (simulation.seed) json["seed"] = *simulation.seed;
  return json;
}

Simulation ReadSimulation(const Json& object) {
  return {.success_ppm = Integer(object, "success_ppm"),
          .transient_ppm = Integer(object, "transient_ppm"),
          .fail_first_attempts = SmallInteger(object, "fail_first_attempts"),
          .fail_at_step = Text(object, "fail_at_step"),
          .seed = OptionalSeed(object)};
}

}  // namespace

std::string LabelsToJson(const Labels& labels) {
  if (labels.empty()) return "{}";
  return Json(labels).dump();
}

Labels LabelsFromJson(const std::string& json) {
  if (json == "{}") return {};
  return Json::parse(json).get<Labels>();
}

std::string SimulationToJson(const Simulation& simulation) { return SimulationJson(simulation).dump(); }

Simulation SimulationFromJson(const std::string& json) { return ReadSimulation(Json::parse(json)); }

std::string SimulationSpecToJson(const SimulationSpec& spec) {
  Json weights = Json::object();
  for (const auto& [kind, weight] : spec.weights) weights[std::to_string(static_cast<int>(kind))] = weight;
  Json json = {{"amount",
                {{"currency", spec.amount.currency},
                 {"max_minor_units", spec.amount.max_minor_units},
                 {"min_minor_units", spec.amount.min_minor_units},
                 {"shape", static_cast<int>(spec.amount.shape)}}},
               {"chances", SimulationJson(spec.chances)},
               {"count", spec.count},
               {"flow", spec.flow},
               {"horizon_us", Micros(spec.horizon)},
               {"jitter", spec.jitter},
               {"payees", spec.payees},
               {"payers", spec.payers},
               {"rate_micros", spec.rate_micros},
               {"weights", weights}};
  if (spec.seed) json["seed"] = *spec.seed;
  if (spec.hold_ttl) json["hold_ttl_us"] = Micros(*spec.hold_ttl);
  return json.dump();
}

SimulationSpec SimulationSpecFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  const Json& amount = object.at("amount");
  SimulationSpec spec;
  spec.count = Integer(object, "count");
  spec.rate_micros = Integer(object, "rate_micros");
  spec.jitter = object.at("jitter").get<bool>();
  spec.seed = OptionalSeed(object);
  for (const auto& [kind, weight] : object.at("weights").items())
    spec.weights[static_cast<domain::Kind>(std::stoi(kind))] = weight.get<int64_t>();
  spec.amount = {.currency = Text(amount, "currency"),
                 .min_minor_units = Integer(amount, "min_minor_units"),
                 .max_minor_units = Integer(amount, "max_minor_units"),
                 .shape = static_cast<domain::AmountShape>(SmallInteger(amount, "shape"))};
  spec.payers = SmallInteger(object, "payers");
  spec.payees = SmallInteger(object, "payees");
  spec.flow = Text(object, "flow");
  spec.chances = ReadSimulation(object.at("chances"));
  if (object.contains("hold_ttl_us")) spec.hold_ttl = Duration(object, "hold_ttl_us");
  spec.horizon = Duration(object, "horizon_us");
  return spec;
}

std::string PolicyToJson(const Policy& policy) {
  const Json json = {{"amount_limits",
                      {{"max_major_units", policy.amount_limits.max_major_units},
                       {"min_major_units", policy.amount_limits.min_major_units}}},
                     {"fee", {{"fixed_minor_units", policy.fee.fixed_minor_units}, {"ppm", policy.fee.ppm}}},
                     {"hold_ttl_us", Micros(policy.hold_ttl)},
                     {"retry",
                      {{"initial_backoff_us", Micros(policy.retry.initial_backoff)},
                       {"max_attempts", policy.retry.max_attempts},
                       {"max_backoff_us", Micros(policy.retry.max_backoff)}}}};
  return json.dump();
}

Policy PolicyFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  const Json& limits = object.at("amount_limits");
  const Json& fee = object.at("fee");
  const Json& retry = object.at("retry");
  return {.amount_limits = {.min_major_units = Integer(limits, "min_major_units"),
                            .max_major_units = Integer(limits, "max_major_units")},
          .hold_ttl = Duration(object, "hold_ttl_us"),
          .retry = {.max_attempts = SmallInteger(retry, "max_attempts"),
                    .initial_backoff = Duration(retry, "initial_backoff_us"),
                    .max_backoff = Duration(retry, "max_backoff_us")},
          .fee = {.ppm = Integer(fee, "ppm"), .fixed_minor_units = Integer(fee, "fixed_minor_units")}};
}

std::string AdvanceToJson(const Advance& advance) {
  Json counts = Json::object();
  for (const auto& [kind, count] : advance.counts) counts[std::to_string(static_cast<int>(kind))] = count;
  Json fired = Json::array();
  for (const Timer& timer : advance.fired) fired.push_back(TimerJson(timer));
  const Json json = {{"counts", counts},
                     {"fingerprint", advance.fingerprint},
                     {"fired", fired},
                     {"first_sequence", advance.first_sequence},
                     {"request_id", advance.request_id},
                     {"target_us", absl::ToUnixMicros(advance.target)}};
  return json.dump();
}

Advance AdvanceFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  Advance advance{.target = Time(object, "target_us"),
                  .request_id = Text(object, "request_id"),
                  .fingerprint = Text(object, "fingerprint"),
                  .first_sequence = Integer(object, "first_sequence"),
                  .counts = {},
                  .fired = {}};
  for (const auto& [kind, count] : object.at("counts").items()) {
    advance.counts[static_cast<TimerKind>(std::stoi(kind))] = count.get<int64_t>();
  }
  for (const Json& timer : object.at("fired")) advance.fired.push_back(ReadTimer(timer));
  return advance;
}

}  // namespace tracktrove::store
