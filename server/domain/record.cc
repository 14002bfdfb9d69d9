#include "domain/record.h"

#include <utility>

#include "domain/hash.h"

namespace tracktrove::domain {
namespace {

constexpr uint8_t kChainVersion = 1;
constexpr uint8_t kContentVersion = 1;

int64_t Micros(absl::Time time) { return absl::ToUnixMicros(time); }

void AddContent(FieldHash& hash, const Record& record) {
  hash.Text(record.transaction_id)
      .Integer(Micros(record.time))
      .Integer(static_cast<int>(record.type))
      .Integer(static_cast<int>(record.record_class))
      .Text(record.service)
      .Text(record.step)
      .Integer(record.attempt)
      .Integer(static_cast<int>(record.from_state))
      .Integer(static_cast<int>(record.to_state))
      .Text(record.dto ? absl::string_view(*record.dto) : absl::string_view())
      .Integer(record.failure.has_value());
  if (record.failure) {
    hash.Text(record.failure->code)
        .Text(record.failure->message)
        .Integer(record.failure->final)
        .Integer(record.failure->next_retry_time ? Micros(*record.failure->next_retry_time) : 0);
  }
  hash.Text(record.fault_rule_id)
      .Text(record.actor)
      .Integer(absl::ToInt64Microseconds(record.duration))
      .Text(record.detail);
  if (record.fault_kind != FaultKind::kNone) {
    hash.Integer(static_cast<int>(record.fault_kind))
        .Integer(absl::ToInt64Microseconds(record.fault_duration));
  }
}

}  // namespace

bool Record::FailedByFault() const {
  if (!failure || fault_kind == FaultKind::kNone) return false;
  return MakesFail(fault_kind) || (DelaysAnswer(fault_kind) && failure->code == kStepTimeout);
}

Record Happening(RecordType type, absl::string_view actor, absl::string_view detail) {
  Record record;
  record.type = type;
  record.actor = std::string(actor);
  record.detail = std::string(detail);
  return record;
}

std::string ChainHash(absl::string_view previous_hash, const Record& record) {
  FieldHash hash(kChainVersion);
  hash.Text(previous_hash).Integer(record.sequence).Integer(record.index);
  AddContent(hash, record);
  return hash.FinishHex();
}

std::string ContentHash(const Record& record) {
  FieldHash hash(kContentVersion);
  AddContent(hash, record);
  return hash.FinishHex();
}

}  // namespace tracktrove::domain
