#include "domain/draft.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/moves.h"

namespace tracktrove::domain {

Draft::Draft(Transaction transaction, absl::Time now)
    : transaction_(std::move(transaction)),
      now_(now),
      emitted_state_(transaction_.state),
      emitted_position_(PositionOf(transaction_)) {}

void Draft::Emit(Record record) {
  record.transaction_id = transaction_.id;
  record.index = transaction_.record_count++;
  record.time = now_;
  record.attempt = transaction_.attempt;
  record.from_state = emitted_state_;
  record.to_state = transaction_.state;
  if (!record.dto) record.dto = transaction_.dto;
  if (record.record_class == RecordClass::kDecided) transaction_.update_time = now_;

  const bool allowed = record.type == RecordType::kStateOverridden || emitted_state_ == transaction_.state ||
                       IsLegalMove(emitted_state_, transaction_.state);
  if (!allowed) {
    broken_ = absl::StrCat("transaction ", transaction_.id, " went from ", Name(emitted_state_), " to ",
                           Name(transaction_.state));
  }
  Position position = PositionOf(transaction_);
  int line = 0;
  for (Posting& posting : PostingsBetween(emitted_position_, position)) {
    decision_.entries.push_back({.sequence = static_cast<int64_t>(decision_.records.size()),
                                 .line = line++,
                                 .transaction_id = transaction_.id,
                                 .posting = std::move(posting),
                                 .currency = transaction_.amount.currency,
                                 .time = now_});
  }
  emitted_state_ = transaction_.state;
  emitted_position_ = std::move(position);
  decision_.records.push_back(std::move(record));
}

void Draft::Arm(TimerKind kind, absl::Time due) {
  decision_.armed.push_back({.kind = kind,
                             .transaction_id = transaction_.id,
                             .due = due,
                             .sequence = static_cast<int64_t>(decision_.records.size()) - 1});
}

void Draft::Disarm(TimerKind kind) {
  std::erase_if(decision_.armed, [kind](const Timer& timer) { return timer.kind == kind; });
  decision_.disarmed.push_back(kind);
}

FaultCount& Draft::CountOf(const std::string& rule_id, const FaultCount& before) {
  return decision_.counts.try_emplace(rule_id, before).first->second;
}

absl::StatusOr<Decision> Draft::Finish() {
  if (!broken_.empty()) return BrokenInvariant(broken_);
  decision_.transaction = std::move(transaction_);
  return std::move(decision_);
}

}  // namespace tracktrove::domain
