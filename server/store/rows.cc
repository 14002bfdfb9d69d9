#include "store/rows.h"

#include <optional>
#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "store/connection.h"
#include "store/fault_columns.h"
#include "store/json_columns.h"

// Braced lists are evaluated from the left, so each Read takes its columns in
// the order in which it names the fields.

namespace tracktrove::store {
namespace {

using domain::Failure;

template <typename E>
int Number(E value) {
  return static_cast<int>(value);
}

std::optional<std::string> BatchText(const std::optional<domain::BatchId>& id) {
  return id ? std::optional(id->ToString()) : std::nullopt;
}

std::optional<domain::BatchId> ReadBatchId(ResultRow& row) {
  const std::optional<std::string> text = row.OptionalText();
  if (!text) return std::nullopt;
  const std::optional<domain::BatchId> id = domain::ParseBatchId(*text);
  if (!id) throw std::runtime_error("no batch's id: " + *text);
  return id;
}

absl::CivilDay ReadDay(ResultRow& row) {
  const std::string text = row.Text();
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) throw std::runtime_error("no date: " + text);
  return day;
}

// Whose timer it is that is no transaction's: the sandbox itself.
constexpr char kNilUuid[] = "00000000-0000-0000-0000-000000000000";

// In the order of their columns.
constexpr domain::State kCountedStates[] = {domain::State::kInitiated, domain::State::kEscrow,
                                            domain::State::kCompleted, domain::State::kFailed,
                                            domain::State::kRefunded,  domain::State::kSettled};

}  // namespace

void AddOptional(InputRows& rows, std::optional<int64_t> value) {
  value ? rows.Integer(*value) : rows.Null();
}

void AddOptional(InputRows& rows, std::optional<absl::Time> value) {
  value ? rows.Time(*value) : rows.Null();
}

void AddOptional(InputRows& rows, const std::optional<std::string>& value) {
  value ? rows.Text(*value) : rows.Null();
}

std::string TimerOwner(const std::string& transaction_id) {
  return transaction_id.empty() ? kNilUuid : transaction_id;
}

void Add(InputRows& rows, const domain::Sandbox& sandbox, absl::Time alarm) {
  const domain::Clock& clock = sandbox.clock;
  rows.StartRow().Text(sandbox.name).Integer(sandbox.world).Integer(static_cast<int64_t>(sandbox.seed));
  rows.Integer(Number(clock.mode)).Time(clock.start).Duration(clock.offset).Time(clock.last);
  rows.Integer(Number(sandbox.pace)).Text(PolicyToJson(sandbox.policy));
  rows.Integer(sandbox.head_sequence).Integer(sandbox.oldest_sequence).Text(sandbox.head_hash);
  rows.Integer(sandbox.transaction_count).Time(sandbox.create_time);
  sandbox.advance ? rows.Text(AdvanceToJson(*sandbox.advance)) : rows.Null();
  AddOptional(rows, BatchText(sandbox.closed_batch));
  // An infinite past becomes the lowest integer.
  alarm == absl::InfiniteFuture() ? rows.Null() : rows.Time(alarm);
  rows.Integer(sandbox.flow_count).Integer(sandbox.fault_rules_created).Integer(sandbox.fault_rules_enabled);
  rows.Integer(sandbox.simulation_count).Integer(sandbox.running_simulation);
}

domain::Sandbox ReadSandbox(ResultRow& row) {
  domain::Sandbox sandbox;
  sandbox.name = row.Text();
  sandbox.world = row.Integer();
  sandbox.seed = static_cast<uint64_t>(row.Integer());
  sandbox.clock = {.mode = row.Enum<domain::ClockMode>(),
                   .start = row.Time(),
                   .offset = row.Duration(),
                   .last = row.Time()};
  sandbox.pace = row.Enum<domain::Pace>();
  sandbox.policy = PolicyFromJson(row.Text());
  sandbox.head_sequence = row.Integer();
  sandbox.oldest_sequence = row.Integer();
  sandbox.head_hash = row.Text();
  sandbox.transaction_count = row.Integer();
  sandbox.create_time = row.Time();
  if (const std::optional<std::string> advance = row.OptionalText())
    sandbox.advance = AdvanceFromJson(*advance);
  sandbox.closed_batch = ReadBatchId(row);
  row.OptionalInteger();  // the alarm
  sandbox.flow_count = row.Integer();
  sandbox.fault_rules_created = row.Integer();
  sandbox.fault_rules_enabled = row.Integer();
  sandbox.simulation_count = row.Integer();
  sandbox.running_simulation = row.Integer();
  return sandbox;
}

absl::Time ReadAlarm(ResultRow& row) {
  const absl::Time alarm = row.Time();
  return absl::ToUnixMicros(alarm) == absl::ToUnixMicros(absl::InfinitePast()) ? absl::InfinitePast() : alarm;
}

void Add(InputRows& rows, WorldId world, const domain::Transaction& t) {
  rows.StartRow().Integer(world).Text(t.id).Integer(t.ordinal).Text(t.request_id).Text(t.draw_key);
  rows.Integer(Number(t.kind)).Integer(Number(t.state)).Text(t.amount.currency).Integer(t.amount.minor_units);
  rows.Integer(t.amounts.captured).Integer(t.amounts.fee).Integer(t.amounts.refunded);
  rows.Integer(t.amounts.disputed).Integer(t.amounts.lost).Integer(t.amounts.settled);
  rows.Text(t.payer).Text(t.payee).Text(t.channel).Text(LabelsToJson(t.labels));
  rows.Text(t.flow).Integer(t.step).Integer(t.attempt).Integer(Number(t.capture));
  AddOptional(rows, t.capture_requested);
  AddOptional(rows, t.capture_fee);
  rows.Duration(t.hold_ttl);
  AddOptional(rows, t.hold_expire_time);
  if (t.failure) {
    rows.Text(t.failure->code).Text(t.failure->message).Text(t.failure->step).Integer(t.failure->final);
    AddOptional(rows, t.failure->next_retry_time);
  } else {
    rows.Null().Null().Null().Null().Null();
  }
  rows.Text(SimulationToJson(t.simulation)).Text(*t.payload).Text(*t.dto);
  rows.Time(t.create_time).Time(t.update_time).Integer(t.sequence).Integer(t.record_count);
  rows.Text(t.step_name).Text(t.failure ? t.failure->fault_rule_id : "");
  AddOptional(rows, BatchText(t.settlement_batch));
  t.paid ? rows.Text(PayoutToJson(*t.paid)) : rows.Null();
  t.open_dispute.empty() ? rows.Null() : rows.Text(t.open_dispute);
  rows.Integer(t.dispute_count);
  rows.Integer(t.simulation_number).Integer(t.arrival);
}

std::pair<WorldId, domain::Transaction> ReadTransaction(ResultRow& row) {
  const WorldId world = row.Integer();
  domain::Transaction t;
  t.id = row.Text();
  t.ordinal = row.Integer();
  t.request_id = row.Text();
  t.draw_key = row.Text();
  t.kind = row.Enum<domain::Kind>();
  t.state = row.Enum<domain::State>();
  t.amount = {.currency = row.Text(), .minor_units = row.Integer()};
  t.amounts = {.captured = row.Integer(),
               .fee = row.Integer(),
               .refunded = row.Integer(),
               .disputed = row.Integer(),
               .lost = row.Integer(),
               .settled = row.Integer()};
  t.payer = row.Text();
  t.payee = row.Text();
  t.channel = row.Text();
  t.labels = LabelsFromJson(row.Text());
  t.flow = row.Text();
  t.step = static_cast<int>(row.Integer());
  t.attempt = static_cast<int>(row.Integer());
  t.capture = row.Enum<domain::Capture>();
  t.capture_requested = row.OptionalInteger();
  t.capture_fee = row.OptionalInteger();
  t.hold_ttl = row.Duration();
  t.hold_expire_time = row.OptionalTime();
  const std::optional<std::string> code = row.OptionalText();
  Failure failure{.code = code.value_or(""),
                  .message = row.OptionalText().value_or(""),
                  .step = row.OptionalText().value_or(""),
                  .final = row.OptionalInteger().value_or(0) != 0,
                  .next_retry_time = row.OptionalTime()};
  if (code) t.failure = std::move(failure);
  t.simulation = SimulationFromJson(row.Text());
  t.payload = row.SharedText();
  t.dto = row.SharedText();
  t.create_time = row.Time();
  t.update_time = row.Time();
  t.sequence = row.Integer();
  t.record_count = static_cast<int>(row.Integer());
  t.step_name = row.Text();
  std::string fault_rule_id = row.Text();
  if (t.failure) t.failure->fault_rule_id = std::move(fault_rule_id);
  t.settlement_batch = ReadBatchId(row);
  if (const std::optional<std::string> paid = row.OptionalText()) t.paid = PayoutFromJson(*paid);
  t.open_dispute = row.OptionalText().value_or("");
  t.dispute_count = static_cast<int>(row.Integer());
  t.simulation_number = row.Integer();
  t.arrival = row.Integer();
  return {world, std::move(t)};
}

void Add(InputRows& rows, WorldId world, const domain::Record& record) {
  rows.StartRow().Integer(world).Integer(record.sequence);
  record.transaction_id.empty() ? rows.Null() : rows.Text(record.transaction_id);
  rows.Integer(record.index).Time(record.time).Time(record.wall_time);
  rows.Integer(Number(record.type)).Integer(Number(record.record_class));
  rows.Text(record.service).Text(record.step).Integer(record.attempt);
  rows.Integer(Number(record.from_state)).Integer(Number(record.to_state));
  record.dto ? rows.Text(*record.dto) : rows.Null();
  if (record.failure) {
    rows.Text(record.failure->code).Text(record.failure->message).Integer(record.failure->final);
    AddOptional(rows, record.failure->next_retry_time);
  } else {
    rows.Null().Null().Null().Null();
  }
  rows.Text(record.fault_rule_id).Text(record.actor).Duration(record.duration);
  rows.Text(record.detail).Text(record.hash);
  rows.Integer(Number(record.fault_kind)).Duration(record.fault_duration);
}

std::pair<WorldId, domain::Record> ReadRecord(ResultRow& row) {
  const WorldId world = row.Integer();
  domain::Record record;
  record.sequence = row.Integer();
  record.transaction_id = row.OptionalText().value_or("");
  record.index = static_cast<int>(row.Integer());
  record.time = row.Time();
  record.wall_time = row.Time();
  record.type = row.Enum<domain::RecordType>();
  record.record_class = row.Enum<domain::RecordClass>();
  record.service = row.Text();
  record.step = row.Text();
  record.attempt = static_cast<int>(row.Integer());
  record.from_state = row.Enum<domain::State>();
  record.to_state = row.Enum<domain::State>();
  record.dto = row.SharedText();
  const std::optional<std::string> code = row.OptionalText();
  Failure failure{.code = code.value_or(""),
                  .message = row.OptionalText().value_or(""),
                  .step = record.step,
                  .final = row.OptionalInteger().value_or(0) != 0,
                  .next_retry_time = row.OptionalTime()};
  if (code) record.failure = std::move(failure);
  record.fault_rule_id = row.Text();
  record.actor = row.Text();
  record.duration = row.Duration();
  record.detail = row.Text();
  record.hash = row.Text();
  record.fault_kind = row.Enum<domain::FaultKind>();
  record.fault_duration = row.Duration();
  if (record.FailedByFault()) record.failure->fault_rule_id = record.fault_rule_id;
  return {world, std::move(record)};
}

void Add(InputRows& rows, WorldId world, const domain::LedgerEntry& entry) {
  rows.StartRow().Integer(world).Integer(entry.sequence).Integer(entry.line).Text(entry.transaction_id);
  rows.Text(entry.posting.debit).Text(entry.posting.credit).Integer(entry.posting.amount);
  rows.Text(entry.currency).Time(entry.time);
}

std::pair<WorldId, domain::LedgerEntry> ReadEntry(ResultRow& row) {
  const WorldId world = row.Integer();
  return {world,
          {.sequence = row.Integer(),
           .line = static_cast<int>(row.Integer()),
           .transaction_id = row.Text(),
           .posting = {.debit = row.Text(), .credit = row.Text(), .amount = row.Integer()},
           .currency = row.Text(),
           .time = row.Time()}};
}

void Add(InputRows& rows, WorldId world, const domain::Timer& timer) {
  rows.StartRow().Integer(world).Text(TimerOwner(timer.transaction_id)).Integer(Number(timer.kind));
  rows.Time(timer.due).Integer(timer.sequence);
}

std::pair<WorldId, domain::Timer> ReadTimer(ResultRow& row) {
  const WorldId world = row.Integer();
  domain::Timer timer;
  timer.transaction_id = row.Text();
  if (timer.transaction_id == kNilUuid) timer.transaction_id.clear();
  timer.kind = row.Enum<domain::TimerKind>();
  timer.due = row.Time();
  timer.sequence = row.Integer();
  return {world, std::move(timer)};
}

void Add(InputRows& rows, WorldId world, const Balance& balance) {
  rows.StartRow().Integer(world).Text(balance.account).Text(balance.currency).Integer(balance.minor_units);
}

std::pair<WorldId, Balance> ReadBalance(ResultRow& row) {
  const WorldId world = row.Integer();
  return {world, {.account = row.Text(), .currency = row.Text(), .minor_units = row.Integer()}};
}

void Add(InputRows& rows, WorldId world, const domain::Flow& flow) {
  rows.StartRow().Integer(world).Text(flow.id).Text(*flow.definition);
}

std::pair<WorldId, domain::Flow> ReadFlow(ResultRow& row) {
  const WorldId world = row.Integer();
  const std::string id = row.Text();
  absl::StatusOr<domain::Flow> flow = domain::ParseFlow(domain::ParseStored(row.Text()));
  if (!flow.ok())
    throw StatusError(domain::BrokenInvariant(absl::StrCat("flow ", id, ": ", flow.status().message())));
  return {world, *std::move(flow)};
}

void Add(InputRows& rows, WorldId world, const domain::FaultRule& rule) {
  rows.StartRow().Integer(world).Text(rule.id).Integer(rule.ordinal).Text(DefinitionToJson(rule));
  rows.Integer(rule.count.seen).Integer(rule.count.hits).Time(rule.create_time).Time(rule.update_time);
}

std::pair<WorldId, domain::FaultRule> ReadFaultRule(ResultRow& row) {
  const WorldId world = row.Integer();
  std::string id = row.Text();
  const int64_t ordinal = row.Integer();
  domain::FaultRule rule = DefinitionFromJson(row.Text());
  rule.id = std::move(id);
  rule.ordinal = ordinal;
  rule.count = {.seen = row.Integer(), .hits = row.Integer()};
  rule.create_time = row.Time();
  rule.update_time = row.Time();
  return {world, std::move(rule)};
}

void Add(InputRows& rows, WorldId world, const domain::SettlementBatch& batch) {
  rows.StartRow().Integer(world).Text(absl::FormatCivilTime(batch.id.day)).Integer(batch.id.number);
  rows.Time(batch.cut_off).Time(batch.pay_time);
  AddOptional(rows, batch.close_time);
  rows.Integer(batch.awaiting).Integer(batch.paid).Text(TotalsToJson(batch.totals));
}

std::pair<WorldId, domain::SettlementBatch> ReadBatch(ResultRow& row) {
  const WorldId world = row.Integer();
  return {world,
          {.id = {.day = ReadDay(row), .number = static_cast<int>(row.Integer())},
           .cut_off = row.Time(),
           .pay_time = row.Time(),
           .close_time = row.OptionalTime(),
           .awaiting = row.Integer(),
           .paid = row.Integer(),
           .totals = TotalsFromJson(row.Text())}};
}

void Add(InputRows& rows, WorldId world, const std::string& batch, const PayeePayout& payout) {
  const domain::Payout& p = payout.payout;
  rows.StartRow().Integer(world).Text(batch).Text(payout.payee).Text(payout.currency);
  rows.Integer(payout.payments).Integer(p.gross).Integer(p.fees).Integer(p.refunds).Integer(p.held);
}

PayeePayout ReadPayout(ResultRow& row) {
  row.Integer();  // the world
  row.Text();     // and the batch, which the query names
  return {
      .payee = row.Text(),
      .currency = row.Text(),
      .payments = row.Integer(),
      .payout = {
          .gross = row.Integer(), .fees = row.Integer(), .refunds = row.Integer(), .held = row.Integer()}};
}

void Add(InputRows& rows, WorldId world, const domain::Dispute& d) {
  rows.StartRow().Integer(world).Text(d.id).Text(d.transaction_id).Integer(Number(d.state));
  rows.Integer(Number(d.reason)).Text(d.text).Integer(d.amount.minor_units).Text(d.amount.currency);
  rows.Text(EvidenceToJson(d.evidence)).Time(d.deadline).Time(d.create_time);
  AddOptional(rows, d.close_time);
  rows.Text(d.resolution).Integer(d.sequence);
}

std::pair<WorldId, domain::Dispute> ReadDispute(ResultRow& row) {
  const WorldId world = row.Integer();
  domain::Dispute d;
  d.id = row.Text();
  d.transaction_id = row.Text();
  d.state = row.Enum<domain::DisputeState>();
  d.reason = row.Enum<domain::DisputeReason>();
  d.text = row.Text();
  d.amount.minor_units = row.Integer();
  d.amount.currency = row.Text();
  d.evidence = EvidenceFromJson(row.Text());
  d.deadline = row.Time();
  d.create_time = row.Time();
  d.close_time = row.OptionalTime();
  d.resolution = row.Text();
  d.sequence = row.Integer();
  return {world, std::move(d)};
}

void Add(InputRows& rows, WorldId world, const StatisticsCount& count) {
  const domain::StatisticsKey& key = count.key;
  rows.StartRow().Integer(world).Time(key.bucket).Integer(Number(key.state)).Integer(Number(key.kind));
  rows.Text(key.failure_code).Integer(key.final).Integer(count.count);
}

void Add(InputRows& rows, WorldId world, const domain::SimulationRun& run) {
  rows.StartRow().Integer(world).Integer(run.number).Text(SimulationSpecToJson(*run.spec));
  rows.Integer(Number(run.state)).Time(run.start_time);
  AddOptional(rows, run.end_time);
  rows.Time(run.start_wall_time);
  AddOptional(rows, run.end_wall_time);
  rows.Integer(run.first_sequence).Integer(run.last_sequence);
  rows.Integer(run.next_arrival).Integer(run.refused).Integer(run.over);
  for (const domain::State state : kCountedStates) rows.Integer(run.states[Number(state)]);
  rows.Text(CountsToJson(run.rule_counts));
}

std::pair<WorldId, domain::SimulationRun> ReadSimulation(ResultRow& row) {
  const WorldId world = row.Integer();
  domain::SimulationRun run;
  run.number = row.Integer();
  run.spec = std::make_shared<domain::SimulationSpec>(SimulationSpecFromJson(row.Text()));
  run.state = row.Enum<domain::RunState>();
  run.start_time = row.Time();
  run.end_time = row.OptionalTime();
  run.start_wall_time = row.Time();
  run.end_wall_time = row.OptionalTime();
  run.first_sequence = row.Integer();
  run.last_sequence = row.Integer();
  run.next_arrival = row.Integer();
  run.refused = row.Integer();
  run.over = row.Integer();
  for (const domain::State state : kCountedStates) run.states[Number(state)] = row.Integer();
  run.rule_counts = CountsFromJson(row.Text());
  return {world, std::move(run)};
}

void AddKeys(InputRows& rows, const std::vector<WorldKey>& keys) {
  for (const auto& [world, key] : keys) rows.StartRow().Integer(world).Text(key);
}

void Add(InputRows& rows, const StoredRequest& request) {
  rows.StartRow()
      .Integer(request.world)
      .Text(request.request_id)
      .Text(request.fingerprint)
      .Text(request.reply);
}

StoredRequest ReadRequest(ResultRow& row) {
  return {.world = row.Integer(), .request_id = row.Text(), .fingerprint = row.Text(), .reply = row.Text()};
}

}  // namespace tracktrove::store
