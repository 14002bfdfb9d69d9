#include "store/rows.h"

#include <optional>
#include <string>

#include "store/json_columns.h"

// Braced lists are evaluated from the left, so each Read takes its columns in
// the order in which it names the fields.

namespace tracktrove::store {
namespace {

using domain::Failure;

void AddOptional(InputRows& rows, std::optional<int64_t> value) {
  value ? rows.Integer(*value) : rows.Null();
}

void AddOptional(InputRows& rows, std::optional<absl::Time> value) {
  value ? rows.Time(*value) : rows.Null();
}

template <typename E>
int Number(E value) {
  return static_cast<int>(value);
}

// Whose timer it is that is no transaction's: the sandbox itself.
constexpr char kNilUuid[] = "00000000-0000-0000-0000-000000000000";

// In the order of their columns.
constexpr domain::State kCountedStates[] = {domain::State::kInitiated, domain::State::kEscrow,
                                            domain::State::kCompleted, domain::State::kFailed,
                                            domain::State::kRefunded,  domain::State::kSettled};

}  // namespace

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
  rows.Integer(sandbox.simulation_count).Integer(sandbox.running_simulation);
  sandbox.advance ? rows.Text(AdvanceToJson(*sandbox.advance)) : rows.Null();
  // An infinite past becomes the lowest integer.
  alarm == absl::InfiniteFuture() ? rows.Null() : rows.Time(alarm);
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
  sandbox.simulation_count = row.Integer();
  sandbox.running_simulation = row.Integer();
  if (const std::optional<std::string> advance = row.OptionalText())
    sandbox.advance = AdvanceFromJson(*advance);
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

void Add(InputRows& rows, WorldId world, const domain::SimulationRun& run) {
  rows.StartRow().Integer(world).Integer(run.number).Text(SimulationSpecToJson(*run.spec));
  rows.Integer(Number(run.state)).Time(run.start_time);
  AddOptional(rows, run.end_time);
  rows.Time(run.start_wall_time);
  AddOptional(rows, run.end_wall_time);
  rows.Integer(run.first_sequence).Integer(run.last_sequence);
  rows.Integer(run.next_arrival).Integer(run.refused).Integer(run.over);
  for (const domain::State state : kCountedStates) rows.Integer(run.states[Number(state)]);
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
  return {world, std::move(run)};
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
