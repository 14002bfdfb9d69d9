#include "store/json_columns.h"

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/time/time.h"
#include "store/fault_columns.h"

namespace tracktrove::store {
namespace {

using domain::Advance;
using domain::BatchId;
using domain::Evidence;
using domain::Payout;
using domain::Policy;
using domain::SettlementPolicy;
using domain::SettlementRun;
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

Json PayoutJson(const Payout& payout) {
  return {{"fees", payout.fees}, {"gross", payout.gross}, {"held", payout.held}, {"refunds", payout.refunds}};
}

Payout ReadPayout(const Json& json) {
  return {.gross = Integer(json, "gross"),
          .fees = Integer(json, "fees"),
          .refunds = Integer(json, "refunds"),
          .held = Integer(json, "held")};
}

absl::CivilDay ReadDay(const std::string& text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) throw std::runtime_error("no date: " + text);
  return day;
}

Json SettlementJson(const SettlementPolicy& policy) {
  Json weekend = Json::array(), holidays = Json::array();
  for (const absl::Weekday day : policy.weekend) weekend.push_back(static_cast<int>(day));
  for (const absl::CivilDay day : policy.holidays) holidays.push_back(absl::FormatCivilTime(day));
  return {{"business_days", policy.business_days},
          {"cut_off_minute", policy.cut_off_minute},
          {"holidays", holidays},
          {"time_zone", policy.time_zone},
          {"weekend", weekend}};
}

SettlementPolicy ReadSettlement(const Json& json) {
  SettlementPolicy policy{.cut_off_minute = SmallInteger(json, "cut_off_minute"),
                          .time_zone = Text(json, "time_zone"),
                          .business_days = SmallInteger(json, "business_days"),
                          .weekend = {},
                          .holidays = {}};
  for (const Json& day : json.at("weekend")) policy.weekend.push_back(absl::Weekday(day.get<int>()));
  for (const Json& day : json.at("holidays")) policy.holidays.push_back(ReadDay(day.get<std::string>()));
  return policy;
}

SettlementRun ReadRun(const Json& json) {
  const std::optional<BatchId> batch = domain::ParseBatchId(Text(json, "batch"));
  if (!batch) throw std::runtime_error("no batch's id: " + json.dump());
  return {.batch = *batch, .pay_time = Time(json, "pay_us")};
}

std::optional<uint64_t> OptionalSeed(const Json& object) {
  const auto it = object.find("seed");
  return it == object.end() ? std::nullopt : std::optional(it->get<uint64_t>());
}

// What is empty is left out: most transactions have no faults.
Json SimulationJson(const Simulation& simulation) {
  Json json = {{"fail_at_step", simulation.fail_at_step},
               {"fail_first_attempts", simulation.fail_first_attempts},
               {"success_ppm", simulation.success_ppm},
               {"transient_ppm", simulation.transient_ppm}};
  for (const domain::PlannedFault& planned : simulation.injected) json["injected"].push_back(ToJson(planned));
  for (const domain::PlannedFault& planned : simulation.faults) json["faults"].push_back(ToJson(planned));
  if (simulation.acting) json["acting"] = ToJson(*simulation.acting);
  if (simulation.on_hold) json["on_hold"] = ToJson(*simulation.on_hold);
  if (!simulation.done.empty()) json["done"] = simulation.done;
  if (simulation.seed) json["seed"] = *simulation.seed;
  return json;
}

Simulation ReadSimulation(const Json& object) {
  Simulation simulation{.success_ppm = Integer(object, "success_ppm"),
                        .transient_ppm = Integer(object, "transient_ppm"),
                        .fail_first_attempts = SmallInteger(object, "fail_first_attempts"),
                        .fail_at_step = Text(object, "fail_at_step")};
  const auto planned = [&](const char* key, std::vector<domain::PlannedFault>& into) {
    for (const Json& each : object.value(key, Json::array())) into.push_back(PlannedFaultFrom(each));
  };
  planned("injected", simulation.injected);
  planned("faults", simulation.faults);
  if (object.contains("acting")) simulation.acting = ActingFaultFrom(object.at("acting"));
  if (object.contains("on_hold")) simulation.on_hold = ActingFaultFrom(object.at("on_hold"));
  if (object.contains("done")) simulation.done = object.at("done").get<std::map<std::string, int>>();
  simulation.seed = OptionalSeed(object);
  return simulation;
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
  for (const domain::FaultRule& rule : spec.fault_rules)
    json["fault_rules"].push_back(Json::parse(DefinitionToJson(rule)));
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
  for (const Json& rule : object.value("fault_rules", Json::array())) {
    spec.fault_rules.push_back(DefinitionFromJson(rule.dump()));
    spec.fault_rules.back().id = domain::RunRuleId(spec.fault_rules.size() - 1);
  }
  return spec;
}

std::string CountsToJson(const std::vector<domain::FaultCount>& counts) {
  Json json = Json::array();
  for (const domain::FaultCount& count : counts) json.push_back({count.seen, count.hits});
  return json.dump();
}

std::vector<domain::FaultCount> CountsFromJson(const std::string& json) {
  std::vector<domain::FaultCount> counts;
  for (const Json& each : Json::parse(json))
    counts.push_back({.seen = each.at(0).get<int64_t>(), .hits = each.at(1).get<int64_t>()});
  return counts;
}

std::string PolicyToJson(const Policy& policy) {
  const Json json = {{"amount_limits",
                      {{"max_major_units", policy.amount_limits.max_major_units},
                       {"min_major_units", policy.amount_limits.min_major_units}}},
                     {"fee", {{"fixed_minor_units", policy.fee.fixed_minor_units}, {"ppm", policy.fee.ppm}}},
                     {"dispute_deadline_us", Micros(policy.dispute_deadline)},
                     {"hold_ttl_us", Micros(policy.hold_ttl)},
                     {"retry",
                      {{"initial_backoff_us", Micros(policy.retry.initial_backoff)},
                       {"max_attempts", policy.retry.max_attempts},
                       {"max_backoff_us", Micros(policy.retry.max_backoff)}}},
                     {"settlement", SettlementJson(policy.settlement)}};
  return json.dump();
}

Policy PolicyFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  const Json& limits = object.at("amount_limits");
  const Json& fee = object.at("fee");
  const Json& retry = object.at("retry");
  Policy policy;
  policy.amount_limits = {.min_major_units = Integer(limits, "min_major_units"),
                          .max_major_units = Integer(limits, "max_major_units")};
  policy.hold_ttl = Duration(object, "hold_ttl_us");
  policy.retry = {.max_attempts = SmallInteger(retry, "max_attempts"),
                  .initial_backoff = Duration(retry, "initial_backoff_us"),
                  .max_backoff = Duration(retry, "max_backoff_us")};
  policy.fee = {.ppm = Integer(fee, "ppm"), .fixed_minor_units = Integer(fee, "fixed_minor_units")};
  // A sandbox that is older than these has their defaults.
  if (object.contains("settlement")) policy.settlement = ReadSettlement(object.at("settlement"));
  if (object.contains("dispute_deadline_us"))
    policy.dispute_deadline = Duration(object, "dispute_deadline_us");
  return policy;
}

std::string PayoutToJson(const Payout& payout) { return PayoutJson(payout).dump(); }

Payout PayoutFromJson(const std::string& json) { return ReadPayout(Json::parse(json)); }

std::string TotalsToJson(const Totals& totals) {
  Json json = Json::object();
  for (const auto& [currency, payout] : totals) json[currency] = PayoutJson(payout);
  return json.dump();
}

Totals TotalsFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  Totals totals;
  for (const auto& [currency, payout] : object.items()) totals[currency] = ReadPayout(payout);
  return totals;
}

// Documents stay texts: to parse and write them again could change their bytes.
std::string EvidenceToJson(const std::vector<Evidence>& evidence) {
  Json json = Json::array();
  for (const Evidence& piece : evidence) {
    json.push_back({{"document", *piece.document},
                    {"text", piece.text},
                    {"time_us", absl::ToUnixMicros(piece.time)},
                    {"title", piece.title}});
  }
  return json.dump();
}

std::vector<Evidence> EvidenceFromJson(const std::string& json) {
  std::vector<Evidence> evidence;
  for (const Json& piece : Json::parse(json)) {
    evidence.push_back({.title = Text(piece, "title"),
                        .text = Text(piece, "text"),
                        .document = std::make_shared<const std::string>(Text(piece, "document")),
                        .time = Time(piece, "time_us")});
  }
  return evidence;
}

std::string AdvanceToJson(const Advance& advance) {
  Json counts = Json::object();
  for (const auto& [kind, count] : advance.counts) counts[std::to_string(static_cast<int>(kind))] = count;
  Json fired = Json::array();
  for (const Timer& timer : advance.fired) fired.push_back(TimerJson(timer));
  Json json = {{"counts", counts},
               {"fingerprint", advance.fingerprint},
               {"fired", fired},
               {"first_sequence", advance.first_sequence},
               {"request_id", advance.request_id},
               {"target_us", absl::ToUnixMicros(advance.target)}};
  if (advance.run) {
    json["run"] = {{"batch", advance.run->batch.ToString()},
                   {"pay_us", absl::ToUnixMicros(advance.run->pay_time)}};
  }
  return json.dump();
}

Advance AdvanceFromJson(const std::string& json) {
  const Json object = Json::parse(json);
  Advance advance{.target = Time(object, "target_us"),
                  .request_id = Text(object, "request_id"),
                  .fingerprint = Text(object, "fingerprint"),
                  .first_sequence = Integer(object, "first_sequence"),
                  .counts = {},
                  .fired = {},
                  .run = {}};
  for (const auto& [kind, count] : object.at("counts").items()) {
    advance.counts[static_cast<TimerKind>(std::stoi(kind))] = count.get<int64_t>();
  }
  if (object.contains("run")) advance.run = ReadRun(object.at("run"));
  for (const Json& timer : object.at("fired")) advance.fired.push_back(ReadTimer(timer));
  return advance;
}

}  // namespace tracktrove::store
