#include "tests/store/examples.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tracktrove::store {
namespace {

using domain::Failure;
using domain::State;
using domain::TimerKind;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr uint64_t kSeed = std::numeric_limits<uint64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

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
  Description& Failed(const std::optional<Failure>& failure) {
    if (!failure) return Text("failure", "none");
    return Text("failure.code", failure->code)
        .Text("failure.message", failure->message)
        .Text("failure.step", failure->step)
        .Integer("failure.final", failure->final)
        .Time("failure.next_retry_time", failure->next_retry_time);
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(1'767'000'000 + seconds); }

std::string Id(int number) { return absl::StrFormat("019b5c1a-7c00-7abc-8def-%012d", number); }

domain::Text SharedText(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

domain::Transaction PlainTransaction(int ordinal) {
  domain::Transaction t;
  t.id = Id(ordinal);
  t.ordinal = ordinal;
  t.state = State::kInitiated;
  t.amount = {"INR", 10'000};
  t.payer = "asha";
  t.payee = "ravi";
  t.flow = "tip";
  t.hold_ttl = absl::Minutes(15);
  t.payload = SharedText("{}");
  t.dto = SharedText("{}");
  t.create_time = t.update_time = At(ordinal);
  t.sequence = ordinal;
  t.record_count = 1;
  return t;
}

domain::Transaction FullTransaction(int ordinal, State state) {
  domain::Transaction t = PlainTransaction(ordinal);
  t.request_id = absl::StrCat("request ", ordinal, kAwkward);
  t.draw_key = absl::StrCat("draw ", ordinal, kAwkward);
  t.kind = domain::Kind::kPurchase;
  t.state = state;
  t.amount = {"KWD", 1'000'000'000'000'000};
  t.amounts = {.captured = 900, .fee = 18, .refunded = 300, .disputed = 200, .lost = 100, .settled = 282};
  t.payer = absl::StrCat("payer ", kAwkward);
  t.payee = absl::StrCat("payee ", kAwkward);
  t.channel = kAwkward;
  t.labels = {{"campaign", "diwali"}, {kAwkward, kAwkward}, {"empty", ""}};
  t.flow = "purchase";
  t.step = 3;
  t.attempt = 2;
  t.capture = domain::Capture::kManual;
  t.capture_requested = 900;
  t.hold_ttl = absl::Microseconds(1);
  if (state == State::kEscrow) t.hold_expire_time = At(900) + absl::Microseconds(1);
  if (state == State::kFailed) t.failure = Failure{"CARD_DECLINED", kAwkward, "authorize", false, At(60)};
  t.simulation = {.success_ppm = 1,
                  .transient_ppm = 999'999,
                  .fail_first_attempts = 7,
                  .fail_at_step = kAwkward,
                  .seed = kSeed};
  t.simulation_number = kMost;
  t.arrival = ordinal;
  t.payload = SharedText(R"({"a":"0012","b":1e-7,"c":"\"\\"})");
  t.dto = SharedText(R"({"z":[1,2,{"y":null}],"é":"😀"})");
  t.update_time = t.create_time + absl::Microseconds(123'456);
  t.sequence = kMost;
  t.record_count = 12;
  return t;
}

domain::Record PlainRecord(int64_t sequence, int ordinal, int index) {
  domain::Record r;
  r.sequence = sequence;
  r.transaction_id = Id(ordinal);
  r.index = index;
  r.time = At(sequence);
  r.wall_time = At(sequence + 1);
  r.attempt = 1;
  r.from_state = r.to_state = State::kInitiated;
  r.dto = SharedText(absl::StrCat("{\"version\":", index, "}"));
  r.hash = std::string(64, 'a');
  return r;
}

domain::Record FullRecord(int64_t sequence, int ordinal, int index) {
  domain::Record r = PlainRecord(sequence, ordinal, index);
  r.type = domain::RecordType::kClockAdvanced;
  r.record_class = domain::RecordClass::kObserved;
  r.service = "risk " + std::string(kAwkward);
  r.step = "score";
  r.attempt = 4;
  r.from_state = State::kEscrow;
  r.to_state = State::kFailed;
  r.failure = Failure{"RISK_DECLINED", kAwkward, "score", true, At(5)};
  r.fault_rule_id = "rule-1";
  r.actor = kAwkward;
  r.duration = absl::Microseconds(1'234'567);
  r.detail = kAwkward;
  return r;
}

domain::Record SandboxRecord(int64_t sequence) {
  domain::Record r = PlainRecord(sequence, 0, 0);
  r.transaction_id.clear();
  r.type = domain::RecordType::kSandboxCreated;
  r.attempt = 0;
  r.from_state = r.to_state = State::kNone;
  r.dto = nullptr;
  return r;
}

domain::LedgerEntry Entry(int64_t sequence, int line, int ordinal, const domain::Posting& posting) {
  return {.sequence = sequence,
          .line = line,
          .transaction_id = Id(ordinal),
          .posting = posting,
          .currency = "INR",
          .time = At(sequence)};
}

domain::Timer TimerAt(int64_t seconds, int ordinal, TimerKind kind, int64_t sequence) {
  return {.kind = kind, .transaction_id = Id(ordinal), .due = At(seconds), .sequence = sequence};
}

domain::Sandbox PlainSandbox(const std::string& name, WorldId world) {
  domain::Sandbox s;
  s.name = name;
  s.world = world;
  s.clock = {.mode = domain::ClockMode::kRealtime, .start = At(0), .offset = {}, .last = At(0)};
  s.create_time = At(0);
  return s;
}

domain::Sandbox FullSandbox(const std::string& name, WorldId world) {
  domain::Sandbox s = PlainSandbox(name, world);
  s.seed = std::numeric_limits<uint64_t>::max();
  s.clock = {.mode = domain::ClockMode::kManual,
             .start = absl::FromUnixMicros(-1),
             .offset = absl::Microseconds(kLeast),
             .last = absl::FromUnixMicros(kMost)};
  s.pace = domain::Pace::kInstant;
  s.policy = {
      .amount_limits = {.min_major_units = 0, .max_major_units = kMost},
      .hold_ttl = absl::Microseconds(7),
      .retry = {.max_attempts = 9, .initial_backoff = absl::Seconds(1), .max_backoff = absl::Hours(1)},
      .fee = {.ppm = 1, .fixed_minor_units = kMost - 1}};
  s.head_sequence = kMost;
  s.oldest_sequence = kMost - 1;
  s.head_hash = std::string(64, 'b');
  s.transaction_count = kMost;
  s.simulation_count = kMost;
  s.running_simulation = kMost - 1;
  s.advance =
      domain::Advance{.target = At(1'000),
                      .request_id = kAwkward,
                      .fingerprint = "f00d",
                      .first_sequence = kMost - 5,
                      .counts = {{TimerKind::kStep, 3}, {TimerKind::kRetry, kMost}},
                      .fired = {TimerAt(1, 1, TimerKind::kStep, 5), TimerAt(2, 2, TimerKind::kRetry, kMost)}};
  return s;
}

domain::SimulationRun PlainSimulation(int64_t number) {
  domain::SimulationSpec spec;
  spec.count = 1;
  spec.amount = {"INR", 1, 1, domain::AmountShape::kUniform};
  spec.horizon = absl::Milliseconds(1);
  domain::SimulationRun run;
  run.number = number;
  run.spec = std::make_shared<domain::SimulationSpec>(spec);
  run.start_time = At(number);
  run.start_wall_time = At(0);
  run.first_sequence = number;
  return run;
}

domain::SimulationRun FullSimulation(int64_t number) {
  domain::SimulationSpec spec;
  spec.count = 1'000'000;
  spec.rate_micros = 100'000'000'000;
  spec.jitter = true;
  spec.seed = kSeed;
  spec.weights = {{domain::Kind::kTip, 1'000'000}, {domain::Kind::kPurchase, 1}};
  spec.amount = {"KWD", 1, 1'000'000'000, domain::AmountShape::kLowHeavy};
  spec.payers = 10'000;
  spec.payees = 9'999;
  spec.flow = kAwkward;
  spec.chances = {.success_ppm = 1,
                  .transient_ppm = 999'999,
                  .fail_first_attempts = 7,
                  .fail_at_step = kAwkward,
                  .seed = 3};
  spec.hold_ttl = absl::Microseconds(1);
  spec.horizon = absl::Hours(400 * 24);
  domain::SimulationRun run = PlainSimulation(number);
  run.spec = std::make_shared<domain::SimulationSpec>(spec);
  run.state = domain::RunState::kInterrupted;
  run.end_time = At(60) + absl::Microseconds(1);
  run.end_wall_time = At(1) + absl::Microseconds(1);
  run.last_sequence = kMost;
  run.next_arrival = 1'000'000;
  run.refused = 10;
  run.over = 999'000;
  run.states = {0, 40, 50, 999'000, 300, 500, 100};
  return run;
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
  d.Text("seed", t.simulation.seed ? absl::StrCat(*t.simulation.seed) : "none");
  d.Integer("simulation", t.simulation_number).Integer("arrival", t.arrival);
  d.Shared("payload", t.payload).Shared("dto", t.dto);
  d.Time("create_time", t.create_time).Time("update_time", t.update_time);
  d.Integer("sequence", t.sequence).Integer("record_count", t.record_count);
  return d.text();
}

std::string Describe(const domain::Record& r) {
  Description d;
  d.Integer("sequence", r.sequence).Text("transaction", r.transaction_id).Integer("index", r.index);
  d.Time("time", r.time).Time("wall_time", r.wall_time);
  d.Integer("type", static_cast<int>(r.type)).Integer("class", static_cast<int>(r.record_class));
  d.Text("service", r.service).Text("step", r.step).Integer("attempt", r.attempt);
  d.Text("from", Name(r.from_state)).Text("to", Name(r.to_state)).Shared("dto", r.dto).Failed(r.failure);
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
  d.Integer("head", s.head_sequence).Integer("oldest", s.oldest_sequence).Text("head_hash", s.head_hash);
  d.Integer("transactions", s.transaction_count).Time("create_time", s.create_time);
  d.Integer("simulations", s.simulation_count).Integer("running", s.running_simulation);
  if (!s.advance) return d.Text("advance", "none").text();
  d.Time("target", s.advance->target).Text("request_id", s.advance->request_id);
  d.Text("fingerprint", s.advance->fingerprint).Integer("first_sequence", s.advance->first_sequence);
  for (const auto& [kind, count] : s.advance->counts) d.Integer(Name(kind), count);
  for (const domain::Timer& timer : s.advance->fired) d.Text("fired", Describe(timer));
  return d.text();
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
  return d.text();
}

std::string Describe(const Balance& balance) {
  return absl::StrCat(balance.account, " ", balance.minor_units, " ", balance.currency);
}

}  // namespace tracktrove::store
