#include "tests/store/examples.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tracktrove::store {
namespace {

using domain::Failure;
using domain::State;
using domain::TimerKind;

constexpr char kTitle[] = "A flow of \"our own\" – 😀";
constexpr uint64_t kSeed = std::numeric_limits<uint64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

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

domain::Fault FullFault(domain::FaultKind kind) {
  return {.kind = kind,
          .code = kAwkward,
          .message = kAwkward,
          .duration = absl::Microseconds(1'234'567),
          .capture_ppm = 999'999};
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
  t.step_name = kAwkward;
  t.attempt = 2;
  t.capture = domain::Capture::kManual;
  t.capture_requested = 900;
  t.capture_fee = 18;
  t.settlement_batch = domain::BatchId{absl::CivilDay(2028, 2, 29), 2};
  t.paid = domain::Payout{.gross = kMost, .fees = -1, .refunds = kLeast, .held = 7};
  t.open_dispute = Id(1'000 + ordinal);
  t.dispute_count = 3;
  t.hold_ttl = absl::Microseconds(1);
  if (state == State::kEscrow) t.hold_expire_time = At(900) + absl::Microseconds(1);
  if (state == State::kFailed)
    t.failure = Failure{"CARD_DECLINED", kAwkward, "authorize", false, At(60), kAwkward};
  t.simulation = {
      .success_ppm = 1, .transient_ppm = 999'999, .fail_first_attempts = 7, .fail_at_step = kAwkward};
  t.simulation.injected = {{"injected:4", FullFault(domain::FaultKind::kStepError), kAwkward, 3, 9}};
  t.simulation.faults = {{"inline:0", FullFault(domain::FaultKind::kHoldExpiry), "", 0, 1},
                         {"inline:1", {}, "hold-funds", 1, 2}};
  t.simulation.acting = domain::ActingFault{"rule", FullFault(domain::FaultKind::kTimeoutAfterCommit), true};
  t.simulation.on_hold = domain::ActingFault{kAwkward, FullFault(domain::FaultKind::kHoldExpiry)};
  t.simulation.done = {{"hold-funds", 2}, {kAwkward, 1}};
  t.simulation.seed = kSeed;
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
  r.fault_kind = domain::FaultKind::kWebhookBadSignature;
  r.fault_duration = absl::Microseconds(7);
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
      .fee = {.ppm = 1, .fixed_minor_units = kMost - 1},
      .settlement = {.cut_off_minute = 1439,
                     .time_zone = "America/Argentina/Buenos_Aires",
                     .business_days = 10,
                     .weekend = {absl::Weekday::monday, absl::Weekday::sunday},
                     .holidays = {absl::CivilDay(1999, 12, 31), absl::CivilDay(2028, 2, 29)}},
      .dispute_deadline = absl::Microseconds(9)};
  s.closed_batch = domain::BatchId{absl::CivilDay(2026, 1, 2), 7};
  s.head_sequence = kMost;
  s.oldest_sequence = kMost - 1;
  s.head_hash = std::string(64, 'b');
  s.transaction_count = kMost;
  s.flow_count = kMost - 2;
  s.fault_rules_created = kMost - 3;
  s.fault_rules_enabled = kMost - 4;
  s.simulation_count = kMost;
  s.running_simulation = kMost - 1;
  s.advance =
      domain::Advance{.target = At(1'000),
                      .request_id = kAwkward,
                      .fingerprint = "f00d",
                      .first_sequence = kMost - 5,
                      .counts = {{TimerKind::kStep, 3}, {TimerKind::kRetry, kMost}},
                      .fired = {TimerAt(1, 1, TimerKind::kStep, 5), TimerAt(2, 2, TimerKind::kRetry, kMost)},
                      .run = domain::SettlementRun{{absl::CivilDay(2026, 1, 5), 2}, At(77)}};
  return s;
}

domain::Flow OwnFlow(const std::string& id) {
  domain::Json json = domain::ParseStored(*domain::FlowOf(domain::Kind::kPurchase).definition);
  json["id"] = id;
  json["title"] = kTitle;
  return *domain::ParseFlow(json);
}

domain::FaultRule PlainRule(int64_t ordinal) {
  domain::FaultRule rule;
  rule.id = absl::StrCat("rule-", ordinal);
  rule.ordinal = ordinal;
  rule.fault.kind = domain::FaultKind::kStepError;
  rule.create_time = rule.update_time = At(ordinal);
  return rule;
}

domain::FaultRule FullRule(int64_t ordinal) {
  domain::FaultRule rule = PlainRule(ordinal);
  rule.fault = FullFault(domain::FaultKind::kWebhookDelay);
  rule.match = {.kinds = {domain::Kind::kTip, domain::Kind::kPurchase},
                .channel = kAwkward,
                .payer = "asha",
                .payee = "ravi",
                .label = {{kAwkward, ""}},
                .flow = kAwkward,
                .step = kAwkward,
                .amount = domain::AmountRange{"KWD", kLeast, kMost},
                .attempt = 1000};
  rule.ppm = 1;
  rule.first_n = kMost;
  rule.nth = kMost - 1;
  rule.max_hits = kMost - 2;
  rule.enabled = false;
  rule.count = {.seen = kMost, .hits = kMost - 1};
  rule.update_time = At(ordinal) + absl::Microseconds(1);
  return rule;
}

domain::SettlementBatch OpenBatch(const absl::CivilDay& day, int number) {
  return {.id = {day, number},
          .cut_off = At(10),
          .pay_time = At(20),
          .close_time = std::nullopt,
          .awaiting = kMost,
          .paid = 3,
          .totals = {{"INR", {1, 2, 3, 4}}, {"JPY", {kMost, kLeast, 0, -1}}}};
}

domain::SettlementBatch ClosedBatch(const absl::CivilDay& day, int number) {
  domain::SettlementBatch batch = OpenBatch(day, number);
  batch.close_time = At(20) + absl::Microseconds(1);
  batch.awaiting = 0;
  return batch;
}

domain::PayoutLine Line(const domain::BatchId& batch, const std::string& payee, int64_t gross) {
  return {.batch = batch, .payee = payee, .currency = "INR", .payout = {gross, 1, 2, -3}};
}

domain::Dispute PlainDispute(int number, int ordinal) {
  domain::Dispute d;
  d.id = Id(number);
  d.transaction_id = Id(ordinal);
  d.amount = {"INR", 1};
  d.create_time = At(number);
  d.deadline = At(number + 100);
  d.sequence = 1'000 - number;  // ids say nothing about the order
  return d;
}

domain::Dispute FullDispute(int number, int ordinal, domain::DisputeState state) {
  domain::Dispute d = PlainDispute(number, ordinal);
  d.state = state;
  d.reason = domain::DisputeReason::kFraudulent;
  d.text = kAwkward;
  d.amount = {"KWD", 1'000'000'000'000'000};
  d.evidence = {{kAwkward, kAwkward, SharedText(R"({"a":1e-7,"b":"\"\\"})"), At(3) + absl::Microseconds(1)},
                {"second", "", SharedText("{}"), At(4)}};
  if (d.IsOver()) d.close_time = At(99) + absl::Microseconds(1);
  d.resolution = kAwkward;
  return d;
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
  for (size_t i = 0; i < 2; ++i) {
    domain::FaultRule rule = FullRule(0);
    rule.id = domain::RunRuleId(i);
    rule.count = {};
    rule.create_time = rule.update_time = {};
    spec.fault_rules.push_back(rule);
  }
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
  run.rule_counts = {{kMost, 0}, {2, 1}};
  return run;
}

}  // namespace tracktrove::store
