#include "store/fault_columns.h"

#include <vector>

#include "absl/time/time.h"

namespace tracktrove::store {
namespace {

using domain::ActingFault;
using domain::AmountRange;
using domain::Fault;
using domain::FaultMatch;
using domain::FaultRule;
using domain::PlannedFault;
using Json = nlohmann::json;

Json FaultJson(const Fault& fault) {
  return {{"capture_ppm", fault.capture_ppm},
          {"code", fault.code},
          {"duration_us", absl::ToInt64Microseconds(fault.duration)},
          {"kind", static_cast<int>(fault.kind)},
          {"message", fault.message}};
}

Fault FaultFrom(const Json& json) {
  return {.kind = static_cast<domain::FaultKind>(json.at("kind").get<int>()),
          .code = json.at("code").get<std::string>(),
          .message = json.at("message").get<std::string>(),
          .duration = absl::Microseconds(json.at("duration_us").get<int64_t>()),
          .capture_ppm = json.at("capture_ppm").get<int64_t>()};
}

Json MatchJson(const FaultMatch& match) {
  Json kinds = Json::array();
  for (const domain::Kind kind : match.kinds) kinds.push_back(static_cast<int>(kind));
  Json json = {{"attempt", match.attempt}, {"channel", match.channel}, {"flow", match.flow}, {"kinds", kinds},
               {"payee", match.payee},     {"payer", match.payer},     {"step", match.step}};
  if (match.label) json["label"] = {match.label->first, match.label->second};
  if (match.amount) {
    json["amount"] = {
        {"currency", match.amount->currency}, {"max", match.amount->max}, {"min", match.amount->min}};
  }
  return json;
}

FaultMatch MatchFrom(const Json& json) {
  FaultMatch match;
  for (const Json& kind : json.at("kinds")) match.kinds.push_back(static_cast<domain::Kind>(kind.get<int>()));
  match.channel = json.at("channel").get<std::string>();
  match.payer = json.at("payer").get<std::string>();
  match.payee = json.at("payee").get<std::string>();
  match.flow = json.at("flow").get<std::string>();
  match.step = json.at("step").get<std::string>();
  match.attempt = json.at("attempt").get<int>();
  if (json.contains("label")) {
    const Json& label = json.at("label");
    match.label = {label.at(0).get<std::string>(), label.at(1).get<std::string>()};
  }
  if (json.contains("amount")) {
    const Json& amount = json.at("amount");
    match.amount = AmountRange{.currency = amount.at("currency").get<std::string>(),
                               .min = amount.at("min").get<int64_t>(),
                               .max = amount.at("max").get<int64_t>()};
  }
  return match;
}

}  // namespace

Json ToJson(const PlannedFault& planned) {
  return {{"attempt", planned.attempt},
          {"fault", FaultJson(planned.fault)},
          {"id", planned.id},
          {"remaining", planned.remaining},
          {"step", planned.step}};
}

PlannedFault PlannedFaultFrom(const Json& json) {
  return {.id = json.at("id").get<std::string>(),
          .fault = FaultFrom(json.at("fault")),
          .step = json.at("step").get<std::string>(),
          .attempt = json.at("attempt").get<int>(),
          .remaining = json.at("remaining").get<int>()};
}

Json ToJson(const ActingFault& acting) {
  return {{"committed", acting.committed}, {"fault", FaultJson(acting.fault)}, {"id", acting.id}};
}

ActingFault ActingFaultFrom(const Json& json) {
  return {.id = json.at("id").get<std::string>(),
          .fault = FaultFrom(json.at("fault")),
          .committed = json.at("committed").get<bool>()};
}

std::string DefinitionToJson(const FaultRule& rule) {
  const Json json = {{"enabled", rule.enabled},
                     {"fault", FaultJson(rule.fault)},
                     {"first_n", rule.first_n},
                     {"match", MatchJson(rule.match)},
                     {"max_hits", rule.max_hits},
                     {"nth", rule.nth},
                     {"ppm", rule.ppm}};
  return json.dump();
}

FaultRule DefinitionFromJson(const std::string& text) {
  const Json json = Json::parse(text);
  FaultRule rule;
  rule.fault = FaultFrom(json.at("fault"));
  rule.match = MatchFrom(json.at("match"));
  rule.ppm = json.at("ppm").get<int64_t>();
  rule.first_n = json.at("first_n").get<int64_t>();
  rule.nth = json.at("nth").get<int64_t>();
  rule.max_hits = json.at("max_hits").get<int64_t>();
  rule.enabled = json.at("enabled").get<bool>();
  return rule;
}

}  // namespace tracktrove::store
