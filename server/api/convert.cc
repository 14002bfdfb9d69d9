#include "api/convert.h"

#include <algorithm>
#include <utility>

#include "api/policy.h"
#include "domain/json.h"
#include "domain/simulation_run.h"

namespace tracktrove::api {
namespace {

using domain::Json;

void FillValue(const Json& json, google::protobuf::Value& value) {
  switch (json.type()) {
    case Json::value_t::object:
      value.mutable_struct_value();
      for (const auto& [key, item] : json.items()) {
        FillValue(item, (*value.mutable_struct_value()->mutable_fields())[key]);
      }
      return;
    case Json::value_t::array:
      value.mutable_list_value();
      for (const Json& item : json) FillValue(item, *value.mutable_list_value()->add_values());
      return;
    case Json::value_t::string:
      value.set_string_value(json.get_ref<const std::string&>());
      return;
    case Json::value_t::boolean:
      value.set_bool_value(json.get<bool>());
      return;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      value.set_number_value(json.get<double>());
      return;
    case Json::value_t::null:
    case Json::value_t::binary:     // never made here
    case Json::value_t::discarded:  // never made here
      value.set_null_value(google::protobuf::NULL_VALUE);
  }
}

v1::Money MoneyOf(const std::string& currency, int64_t minor_units) {
  v1::Money money;
  money.set_currency_code(currency);
  money.set_minor_units(minor_units);
  return money;
}

v1::Transaction::Failure FailureToProto(const domain::Failure& failure) {
  v1::Transaction::Failure out;
  out.set_code(failure.code);
  out.set_message(failure.message);
  out.set_step(failure.step);
  out.set_final(failure.final);
  if (failure.next_retry_time) *out.mutable_next_retry_time() = ToProto(*failure.next_retry_time);
  out.set_fault_rule_id(failure.fault_rule_id);
  return out;
}

// The step it is at; none where the flow has nothing more to do.
std::string StepName(const domain::Transaction& transaction) {
  const bool stands = transaction.IsOver() || transaction.state == domain::State::kFailed;
  return stands ? "" : transaction.step_name;
}

v1::Sandbox::Clock ClockToProto(domain::ClockMode mode, absl::Time now) {
  v1::Sandbox::Clock clock;
  clock.set_mode(static_cast<v1::Sandbox::Clock::Mode>(mode));
  *clock.mutable_time() = ToProto(now);
  return clock;
}

}  // namespace

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return out;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp out;
  const int64_t micros = absl::ToUnixMicros(time);  // rounds down, as a timestamp's nanos count up
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1000));
  return out;
}

google::protobuf::Struct DocumentToProto(const std::string& document) {
  google::protobuf::Value value;
  FillValue(domain::ParseStored(document), value);
  return std::move(*value.mutable_struct_value());
}

v1::Money ToProto(const domain::Money& money) { return MoneyOf(money.currency, money.minor_units); }

v1::Transaction ToProto(const domain::Transaction& transaction, const std::string& sandbox, absl::Time now) {
  v1::Transaction out = WithoutDto(transaction, sandbox, now);
  *out.mutable_dto() = DocumentToProto(*transaction.dto);
  return out;
}

v1::Transaction WithoutDto(const domain::Transaction& transaction, const std::string& sandbox,
                           absl::Time now) {
  v1::Transaction out;
  const std::string& currency = transaction.amount.currency;
  const domain::Amounts& amounts = transaction.amounts;
  out.set_id(transaction.id);
  out.set_sandbox(sandbox);
  out.set_request_id(transaction.request_id);
  out.set_kind(static_cast<v1::Transaction::Kind>(transaction.kind));
  out.set_state(static_cast<v1::Transaction::State>(transaction.state));
  *out.mutable_amount() = ToProto(transaction.amount);
  if (amounts.captured > 0) {
    *out.mutable_captured_amount() = MoneyOf(currency, amounts.captured);
    *out.mutable_fee() = MoneyOf(currency, domain::FeeKept(amounts));
  }
  if (amounts.refunded > 0) *out.mutable_refunded_amount() = MoneyOf(currency, amounts.refunded);
  if (amounts.disputed > 0) *out.mutable_disputed_amount() = MoneyOf(currency, amounts.disputed);
  out.set_payer(transaction.payer);
  out.set_payee(transaction.payee);
  out.set_channel(transaction.channel);
  out.mutable_labels()->insert(transaction.labels.begin(), transaction.labels.end());
  out.set_flow(transaction.flow);
  out.set_step(StepName(transaction));
  out.set_attempt(transaction.attempt);
  out.set_capture(static_cast<v1::Transaction::Capture>(transaction.capture));
  if (transaction.hold_expire_time) {
    *out.mutable_hold()->mutable_expire_time() = ToProto(*transaction.hold_expire_time);
    *out.mutable_hold()->mutable_remaining() =
        ToProto(std::max(absl::ZeroDuration(), *transaction.hold_expire_time - now));
  }
  if (transaction.failure) *out.mutable_failure() = FailureToProto(*transaction.failure);
  *out.mutable_create_time() = ToProto(transaction.create_time);
  *out.mutable_update_time() = ToProto(transaction.update_time);
  out.set_sequence(transaction.sequence);
  out.set_draw_key(transaction.draw_key);
  if (transaction.simulation_number != 0) {
    out.set_simulation(domain::SimulationId(transaction.simulation_number));
    out.set_arrival(transaction.arrival);
  }
  out.set_ordinal(transaction.ordinal);
  if (transaction.paid) *out.mutable_settled_amount() = MoneyOf(currency, amounts.settled);
  if (transaction.settlement_batch) out.set_settlement_batch(transaction.settlement_batch->ToString());
  out.set_open_dispute(transaction.open_dispute);
  return out;
}

v1::Sandbox ToProto(const domain::Sandbox& sandbox, absl::Time now) {
  v1::Sandbox out;
  out.set_id(sandbox.name);
  out.set_world_id(sandbox.world);
  out.set_seed(sandbox.seed);
  *out.mutable_clock() = ClockToProto(sandbox.clock.mode, now);
  out.set_pace(static_cast<v1::Sandbox::Pace>(sandbox.pace));
  *out.mutable_policy() = ToProto(sandbox.policy);
  out.set_head_sequence(sandbox.head_sequence);
  out.set_oldest_sequence(sandbox.oldest_sequence);
  out.set_head_hash(sandbox.head_hash);
  out.set_transaction_count(sandbox.transaction_count);
  *out.mutable_create_time() = ToProto(sandbox.create_time);
  return out;
}

v1::TraceRecord ToProto(const domain::Record& record) {
  v1::TraceRecord out;
  out.set_sequence(record.sequence);
  out.set_transaction_id(record.transaction_id);
  out.set_index(record.index);
  *out.mutable_time() = ToProto(record.time);
  *out.mutable_wall_time() = ToProto(record.wall_time);
  out.set_type(static_cast<v1::TraceRecord::Type>(record.type));
  out.set_class_(static_cast<v1::TraceRecord::Class>(record.record_class));
  out.set_service(record.service);
  out.set_step(record.step);
  out.set_attempt(record.attempt);
  out.set_from_state(static_cast<v1::Transaction::State>(record.from_state));
  out.set_to_state(static_cast<v1::Transaction::State>(record.to_state));
  if (record.dto) *out.mutable_dto() = DocumentToProto(*record.dto);
  if (record.failure) {
    v1::TraceRecord::Error& error = *out.mutable_error();
    error.set_code(record.failure->code);
    error.set_message(record.failure->message);
    error.set_final(record.failure->final);
    if (record.failure->next_retry_time)
      *error.mutable_next_retry_time() = ToProto(*record.failure->next_retry_time);
  }
  out.set_fault_rule_id(record.fault_rule_id);
  out.set_fault_kind(static_cast<v1::Fault::Kind>(record.fault_kind));
  if (record.fault_duration > absl::ZeroDuration())
    *out.mutable_fault_duration() = ToProto(record.fault_duration);
  out.set_actor(record.actor);
  *out.mutable_duration() = ToProto(record.duration);
  out.set_hash(record.hash);
  out.set_detail(record.detail);
  return out;
}

void AddDiff(const domain::LogEntry& entry, v1::TraceRecord& record) {
  if (!entry.record.dto || !entry.previous_dto) return;
  const Json patch =
      Json::diff(domain::ParseStored(*entry.previous_dto), domain::ParseStored(*entry.record.dto));
  for (const Json& operation : patch) {
    v1::PatchOperation& out = *record.add_diff();
    out.set_op(operation.at("op").get<std::string>());
    out.set_path(operation.at("path").get<std::string>());
    if (operation.contains("value")) FillValue(operation.at("value"), *out.mutable_value());
  }
}

v1::TransactionChange ToChange(const domain::LogEntry& entry) {
  const domain::Record& record = entry.record;
  v1::TransactionChange out;
  out.set_sequence(record.sequence);
  out.set_transaction_id(record.transaction_id);
  out.set_kind(static_cast<v1::Transaction::Kind>(entry.kind));
  *out.mutable_amount() = ToProto(entry.amount);
  out.set_payer(entry.payer);
  out.set_payee(entry.payee);
  out.set_from_state(static_cast<v1::Transaction::State>(record.from_state));
  out.set_to_state(static_cast<v1::Transaction::State>(record.to_state));
  out.set_attempt(record.attempt);
  out.set_step(record.step);
  if (record.failure) *out.mutable_failure() = FailureToProto(*record.failure);
  *out.mutable_time() = ToProto(record.time);
  *out.mutable_wall_time() = ToProto(record.wall_time);
  return out;
}

v1::LedgerEntry ToProto(const domain::LedgerEntry& entry) {
  v1::LedgerEntry out;
  out.set_sequence(entry.sequence);
  out.set_line(entry.line);
  out.set_transaction_id(entry.transaction_id);
  out.set_debit_account(entry.posting.debit);
  out.set_credit_account(entry.posting.credit);
  *out.mutable_amount() = MoneyOf(entry.currency, entry.posting.amount);
  *out.mutable_time() = ToProto(entry.time);
  return out;
}

v1::Balance ToProto(const store::Balance& balance) {
  v1::Balance out;
  out.set_account(balance.account);
  *out.mutable_amount() = MoneyOf(balance.currency, balance.minor_units);
  return out;
}

v1::AdvanceClockResponse ToProto(const engine::AdvanceResult& result) {
  v1::AdvanceClockResponse out;
  *out.mutable_clock() = ClockToProto(result.clock.mode, result.clock.last);
  for (const auto& [kind, count] : result.advance.counts)
    (*out.mutable_fired_counts())[domain::Name(kind)] = count;
  for (const domain::Timer& timer : result.advance.fired) {
    v1::AdvanceClockResponse::Fired& fired = *out.add_fired();
    *fired.mutable_due_time() = ToProto(timer.due);
    fired.set_kind(static_cast<v1::AdvanceClockResponse::Fired::Kind>(timer.kind));
    if (timer.kind != domain::TimerKind::kCutOff) fired.set_transaction_id(timer.transaction_id);
  }
  out.set_first_sequence(result.advance.first_sequence);
  out.set_last_sequence(result.last_sequence);
  return out;
}

}  // namespace tracktrove::api
