#include "api/fault_convert.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "api/convert.h"

namespace tracktrove::api {
namespace {

constexpr int kMaxMatches = 1000;

v1::Fault FaultToProto(const domain::Fault& fault) {
  v1::Fault out;
  out.set_kind(static_cast<v1::Fault::Kind>(fault.kind));
  out.set_code(fault.code);
  out.set_message(fault.message);
  if (fault.duration > absl::ZeroDuration()) *out.mutable_duration() = ToProto(fault.duration);
  out.set_capture_ppm(static_cast<int32_t>(fault.capture_ppm));
  return out;
}

v1::FaultMatch MatchToProto(const domain::FaultMatch& match) {
  v1::FaultMatch out;
  for (const domain::Kind kind : match.kinds) out.add_kinds(static_cast<v1::Transaction::Kind>(kind));
  out.set_channel(match.channel);
  out.set_payer(match.payer);
  out.set_payee(match.payee);
  if (match.label) out.set_label(absl::StrCat(match.label->first, ":", match.label->second));
  out.set_flow(match.flow);
  out.set_step(match.step);
  if (match.amount) {
    out.mutable_amount()->set_currency_code(match.amount->currency);
    out.mutable_amount()->set_min_minor_units(match.amount->min);
    out.mutable_amount()->set_max_minor_units(match.amount->max);
  }
  out.set_attempt(match.attempt);
  return out;
}

}  // namespace

// Its definition is the contract's message as JSON, so reading it cannot fail
// but by damage, which leaves the flow empty.
v1::Flow ToProto(const domain::Flow& flow) {
  v1::Flow out;
  if (!google::protobuf::util::JsonStringToMessage(*flow.definition, &out).ok()) out.Clear();
  return out;
}

v1::FaultRule ToProto(const domain::FaultRule& rule) {
  v1::FaultRule out;
  out.set_id(rule.id);
  *out.mutable_fault() = FaultToProto(rule.fault);
  *out.mutable_match() = MatchToProto(rule.match);
  out.set_probability_ppm(static_cast<int32_t>(rule.ppm));
  out.set_first_n(rule.first_n);
  out.set_nth(rule.nth);
  out.set_max_hits(rule.max_hits);
  out.set_enabled(rule.enabled);
  out.set_seen(rule.count.seen);
  out.set_hits(rule.count.hits);
  *out.mutable_create_time() = ToProto(rule.create_time);
  *out.mutable_update_time() = ToProto(rule.update_time);
  return out;
}

v1::PreviewFaultRuleResponse ToProto(const std::vector<domain::PreviewMatch>& matches) {
  v1::PreviewFaultRuleResponse out;
  out.set_seen(static_cast<int64_t>(matches.size()));
  for (const domain::PreviewMatch& match : matches) {
    out.set_hits(out.hits() + (match.hit ? 1 : 0));
    if (out.matches_size() == kMaxMatches) continue;
    v1::PreviewFaultRuleResponse::Match& each = *out.add_matches();
    each.set_transaction_id(match.transaction_id);
    each.set_step(match.step);
    each.set_hit(match.hit);
  }
  return out;
}

v1::ExplainTransactionResponse ToProto(const domain::Explanation& explanation) {
  v1::ExplainTransactionResponse out;
  out.set_summary(explanation.summary);
  for (const domain::Cause& cause : explanation.causes) {
    v1::Cause& each = *out.add_causes();
    each.set_kind(static_cast<v1::Cause::Kind>(cause.kind));
    each.set_sequence(cause.sequence);
    each.set_attempt(cause.attempt);
    each.set_step(cause.step);
    each.set_fault_rule_id(cause.fault_rule_id);
    each.set_fault_kind(static_cast<v1::Fault::Kind>(cause.fault_kind));
    if (cause.draw) each.set_draw(*cause.draw);
    if (cause.threshold) each.set_threshold(*cause.threshold);
    each.set_sentence(cause.sentence);
  }
  return out;
}

}  // namespace tracktrove::api
