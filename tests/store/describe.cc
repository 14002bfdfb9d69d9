#include "tests/store/describe.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tracktrove::store {
namespace {

// Gathers "name: value" lines.
class Description {
 public:
  Description& Integer(absl::string_view name, int64_t value) {
    absl::StrAppend(&text_, name, ": ", value, "\n");
    return *this;
  }
  Description& Text(absl::string_view name, absl::string_view value) {
    absl::StrAppend(&text_, name, ": ", value, "\n");
    return *this;
  }
  Description& Shared(absl::string_view name, const domain::Text& value) {
    return value ? Text(name, *value) : Text(name, "null");
  }
  Description& Time(absl::string_view name, absl::Time value) {
    return Integer(name, absl::ToUnixMicros(value));
  }
  Description& Time(absl::string_view name, const std::optional<absl::Time>& value) {
    return value ? Time(name, *value) : Text(name, "none");
  }
  Description& Duration(absl::string_view name, absl::Duration value) {
    return Integer(name, absl::ToInt64Microseconds(value));
  }
  Description& Failed(const std::optional<domain::Failure>& failure) {
    if (!failure) return Text("failure", "none");
    return Text("failure.code", failure->code)
        .Text("failure.message", failure->message)
        .Text("failure.step", failure->step)
        .Integer("failure.final", failure->final)
        .Time("failure.next_retry_time", failure->next_retry_time)
        .Text("failure.fault_rule_id", failure->fault_rule_id);
  }
  Description& Broken(absl::string_view name, const domain::Fault& fault) {
    return Text(name, Name(fault.kind))
        .Text("code", fault.code)
        .Text("message", fault.message)
        .Duration("duration", fault.duration)
        .Integer("capture_ppm", fault.capture_ppm);
  }
  Description& Planned(absl::string_view name, const std::vector<domain::PlannedFault>& planned) {
    for (const domain::PlannedFault& p : planned) {
      Text(name, p.id).Broken("fault", p.fault).Text("step", p.step);
      Integer("attempt", p.attempt).Integer("remaining", p.remaining);
    }
    return *this;
  }
  Description& Acting(absl::string_view name, const std::optional<domain::ActingFault>& acting) {
    if (!acting) return Text(name, "none");
    return Text(name, acting->id).Broken("fault", acting->fault).Integer("committed", acting->committed);
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string Describe(const domain::SettlementBatch& b) {
  Description d;
  d.Text("id", b.id.ToString())
      .Time("cut_off", b.cut_off)
      .Time("pay", b.pay_time)
      .Time("close", b.close_time);
  d.Integer("awaiting", b.awaiting).Integer("paid", b.paid);
  for (const auto& [currency, total] : b.totals) d.Text(currency, Describe(total));
  return d.text();
}

std::string Describe(const domain::Payout& p) {
  return absl::StrCat(p.gross, " - ", p.fees, " - ", p.refunds, " - ", p.held);
}

std::string Describe(const PayeePayout& p) {
  return absl::StrCat(p.payee, " ", p.payments, " ", Describe(p.payout), " ", p.currency);
}

std::string Describe(const domain::Dispute& dispute) {
  Description d;
  d.Text("id", dispute.id).Text("transaction", dispute.transaction_id).Text("state", Name(dispute.state));
  d.Text("reason", Name(dispute.reason)).Text("text", dispute.text);
  d.Integer("amount", dispute.amount.minor_units).Text("currency", dispute.amount.currency);
  for (const domain::Evidence& e : dispute.evidence) {
    d.Text("title", e.title).Text("text", e.text).Shared("document", e.document).Time("time", e.time);
  }
  d.Time("deadline", dispute.deadline).Time("create", dispute.create_time).Time("close", dispute.close_time);
  return d.Text("resolution", dispute.resolution).Integer("sequence", dispute.sequence).text();
}

std::string Describe(const domain::Transaction& t) {
  Description d;
  d.Text("id", t.id)
      .Integer("ordinal", t.ordinal)
      .Text("request_id", t.request_id)
      .Text("draw_key", t.draw_key);
  d.Text("kind", Name(t.kind)).Text("state", Name(t.state));
  d.Text("currency", t.amount.currency).Integer("amount", t.amount.minor_units);
  d.Integer("captured", t.amounts.captured)
      .Integer("fee", t.amounts.fee)
      .Integer("refunded", t.amounts.refunded);
  d.Integer("disputed", t.amounts.disputed)
      .Integer("lost", t.amounts.lost)
      .Integer("settled", t.amounts.settled);
  d.Text("payer", t.payer).Text("payee", t.payee).Text("channel", t.channel);
  for (const auto& [key, value] : t.labels) d.Text("label", key).Text("is", value);
  d.Text("flow", t.flow).Integer("step", t.step).Integer("attempt", t.attempt);
  d.Integer("capture", static_cast<int>(t.capture))
      .Integer("capture_requested", t.capture_requested.value_or(-1));
  d.Duration("hold_ttl", t.hold_ttl).Time("hold_expire_time", t.hold_expire_time).Failed(t.failure);
  d.Integer("success", t.simulation.success_ppm).Integer("transient", t.simulation.transient_ppm);
  d.Integer("fail_first", t.simulation.fail_first_attempts).Text("fail_at", t.simulation.fail_at_step);
  d.Text("step_name", t.step_name).Planned("injected", t.simulation.injected);
  d.Planned("inline", t.simulation.faults).Acting("acting", t.simulation.acting);
  d.Acting("on_hold", t.simulation.on_hold);
  for (const auto& [step, attempt] : t.simulation.done) d.Text("done", step).Integer("in", attempt);
  d.Text("seed", t.simulation.seed ? absl::StrCat(*t.simulation.seed) : "none");
  d.Integer("simulation", t.simulation_number).Integer("arrival", t.arrival);
  d.Shared("payload", t.payload).Shared("dto", t.dto);
  d.Time("create_time", t.create_time).Time("update_time", t.update_time);
  d.Integer("sequence", t.sequence).Integer("record_count", t.record_count);
  d.Integer("capture_fee", t.capture_fee.value_or(-1));
  d.Text("batch", t.settlement_batch ? t.settlement_batch->ToString() : "none");
  d.Text("paid", t.paid ? Describe(*t.paid) : "none");
  d.Text("dispute", t.open_dispute).Integer("disputes", t.dispute_count);
  return d.text();
}

std::string Describe(const domain::Record& r) {
  Description d;
  d.Integer("sequence", r.sequence).Text("transaction", r.transaction_id).Integer("index", r.index);
  d.Time("time", r.time).Time("wall_time", r.wall_time);
  d.Integer("type", static_cast<int>(r.type)).Integer("class", static_cast<int>(r.record_class));
  d.Text("service", r.service).Text("step", r.step).Integer("attempt", r.attempt);
  d.Text("from", Name(r.from_state)).Text("to", Name(r.to_state)).Shared("dto", r.dto).Failed(r.failure);
  d.Text("fault_kind", Name(r.fault_kind)).Duration("fault_duration", r.fault_duration);
  d.Text("fault_rule", r.fault_rule_id).Text("actor", r.actor).Duration("duration", r.duration);
  d.Text("detail", r.detail).Text("hash", r.hash);
  return d.text();
}

std::string Describe(const domain::LedgerEntry& e) {
  Description d;
  d.Integer("sequence", e.sequence).Integer("line", e.line).Text("transaction", e.transaction_id);
  d.Text("debit", e.posting.debit).Text("credit", e.posting.credit).Integer("amount", e.posting.amount);
  d.Text("currency", e.currency).Time("time", e.time);
  return d.text();
}

std::string Describe(const domain::Timer& timer) {
  Description d;
  d.Text("kind", Name(timer.kind)).Text("transaction", timer.transaction_id).Time("due", timer.due);
  return d.Integer("sequence", timer.sequence).text();
}

std::string Describe(const domain::Sandbox& s) {
  Description d;
  d.Text("name", s.name).Integer("world", s.world).Text("seed", absl::StrCat(s.seed));
  d.Integer("mode", static_cast<int>(s.clock.mode))
      .Time("start", s.clock.start)
      .Duration("offset", s.clock.offset);
  d.Time("last", s.clock.last).Integer("pace", static_cast<int>(s.pace));
  const domain::Policy& p = s.policy;
  d.Integer("min", p.amount_limits.min_major_units).Integer("max", p.amount_limits.max_major_units);
  d.Duration("hold_ttl", p.hold_ttl).Integer("max_attempts", p.retry.max_attempts);
  d.Duration("initial_backoff", p.retry.initial_backoff).Duration("max_backoff", p.retry.max_backoff);
  d.Integer("fee.ppm", p.fee.ppm).Integer("fee.fixed", p.fee.fixed_minor_units);
  d.Integer("cut_off", p.settlement.cut_off_minute).Text("zone", p.settlement.time_zone);
  d.Integer("business_days", p.settlement.business_days).Duration("deadline", p.dispute_deadline);
  for (const absl::Weekday day : p.settlement.weekend) d.Integer("weekend", static_cast<int>(day));
  for (const absl::CivilDay day : p.settlement.holidays) d.Text("holiday", absl::FormatCivilTime(day));
  d.Text("closed", s.closed_batch ? s.closed_batch->ToString() : "none");
  d.Integer("head", s.head_sequence).Integer("oldest", s.oldest_sequence).Text("head_hash", s.head_hash);
  d.Integer("transactions", s.transaction_count).Time("create_time", s.create_time);
  d.Integer("flows", s.flow_count).Integer("rules", s.fault_rules_created);
  d.Integer("enabled", s.fault_rules_enabled);
  d.Integer("simulations", s.simulation_count).Integer("running", s.running_simulation);
  if (!s.advance) return d.Text("advance", "none").text();
  d.Time("target", s.advance->target).Text("request_id", s.advance->request_id);
  d.Text("fingerprint", s.advance->fingerprint).Integer("first_sequence", s.advance->first_sequence);
  for (const auto& [kind, count] : s.advance->counts) d.Integer(Name(kind), count);
  for (const domain::Timer& timer : s.advance->fired) d.Text("fired", Describe(timer));
  if (s.advance->run) d.Text("run", s.advance->run->batch.ToString()).Time("pays", s.advance->run->pay_time);
  return d.text();
}

std::string Describe(const domain::Flow& flow) {
  return absl::StrCat(flow.id, " ", flow.title, " ", flow.steps.size(), " ", *flow.definition);
}

std::string Describe(const domain::FaultRule& r) {
  Description d;
  d.Text("id", r.id).Integer("ordinal", r.ordinal).Broken("fault", r.fault);
  for (const domain::Kind kind : r.match.kinds) d.Text("kind", Name(kind));
  d.Text("channel", r.match.channel).Text("payer", r.match.payer).Text("payee", r.match.payee);
  if (r.match.label) d.Text("label", r.match.label->first).Text("is", r.match.label->second);
  d.Text("flow", r.match.flow).Text("step", r.match.step).Integer("attempt", r.match.attempt);
  if (r.match.amount) {
    d.Text("currency", r.match.amount->currency);
    d.Integer("min", r.match.amount->min).Integer("max", r.match.amount->max);
  }
  d.Integer("ppm", r.ppm).Integer("first_n", r.first_n).Integer("nth", r.nth);
  d.Integer("max_hits", r.max_hits).Integer("enabled", r.enabled);
  d.Integer("seen", r.count.seen).Integer("hits", r.count.hits);
  return d.Time("create_time", r.create_time).Time("update_time", r.update_time).text();
}

std::string Describe(const domain::SimulationRun& r) {
  Description d;
  d.Integer("number", r.number).Integer("state", static_cast<int>(r.state));
  d.Time("start", r.start_time).Time("end", r.end_time);
  d.Time("start_wall", r.start_wall_time).Time("end_wall", r.end_wall_time);
  d.Integer("first", r.first_sequence).Integer("last", r.last_sequence);
  d.Integer("next", r.next_arrival).Integer("refused", r.refused).Integer("over", r.over);
  for (const int64_t count : r.states) d.Integer("count", count);
  const domain::SimulationSpec& s = *r.spec;
  d.Integer("spec.count", s.count).Integer("rate", s.rate_micros).Integer("jitter", s.jitter);
  d.Text("seed", s.seed ? absl::StrCat(*s.seed) : "none");
  for (const auto& [kind, weight] : s.weights) d.Text("kind", Name(kind)).Integer("weight", weight);
  d.Text("currency", s.amount.currency).Integer("min", s.amount.min_minor_units);
  d.Integer("max", s.amount.max_minor_units).Integer("shape", static_cast<int>(s.amount.shape));
  d.Integer("payers", s.payers).Integer("payees", s.payees).Text("flow", s.flow);
  d.Integer("success", s.chances.success_ppm).Integer("transient", s.chances.transient_ppm);
  d.Integer("fail_first", s.chances.fail_first_attempts).Text("fail_at", s.chances.fail_at_step);
  d.Duration("hold_ttl", s.hold_ttl.value_or(-absl::Seconds(1))).Duration("horizon", s.horizon);
  for (const domain::FaultRule& rule : s.fault_rules) d.Text("rule", Describe(rule));
  for (const domain::FaultCount& count : r.rule_counts)
    d.Integer("seen", count.seen).Integer("hits", count.hits);
  return d.text();
}

std::string Describe(const Balance& balance) {
  return absl::StrCat(balance.account, " ", balance.minor_units, " ", balance.currency);
}

}  // namespace tracktrove::store
