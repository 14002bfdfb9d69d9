// A trace record: one thing that happened, chained to the one before.
#ifndef TRACKTROVE_DOMAIN_RECORD_H_
#define TRACKTROVE_DOMAIN_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/money.h"
#include "domain/transaction.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

struct Record {
  int64_t sequence = 0;        // per sandbox, from 1, gapless
  std::string transaction_id;  // empty for a record of the sandbox itself
  int index = 0;               // within its transaction, from 0, gapless
  absl::Time time;             // the sandbox's
  absl::Time wall_time;
  RecordType type = RecordType::kStepFinished;
  RecordClass record_class = RecordClass::kDecided;
  std::string service;
  std::string step;
  int attempt = 0;
  State from_state = State::kNone;
  State to_state = State::kNone;
  Text dto;  // after it; null for a record of the sandbox
  std::optional<Failure>
      failure;  // what went wrong; its `step` is the record's, its fault too if it FailedByFault
  std::string fault_rule_id;  // of the fault that touched it; empty: none did
  FaultKind fault_kind = FaultKind::kNone;
  absl::Duration fault_duration;  // of the fault, where its kind has one
  std::string actor;
  absl::Duration duration;
  std::string detail;
  std::string hash;  // hex; see ChainHash

  // The fault is what made it fail, not just something that happened to it too.
  bool FailedByFault() const;

  // It moved its transaction, or ended one whose state stays the same.
  bool IsChange() const { return from_state != to_state || type == RecordType::kTransactionCancelled; }

  // After it nothing of the flow can move the transaction any more.
  bool IsFinal() const {
    return to_state == State::kCompleted || to_state == State::kRefunded || to_state == State::kSettled ||
           (to_state == State::kFailed && failure && failure->final);
  }
};

// A record of what happened and who did it; the rest is for others to fill in.
Record Happening(RecordType type, absl::string_view actor, absl::string_view detail = "");

// SHA-256 over the hash before and every field of the record but wall time,
// length-prefixed, as it is stored. Kind and duration of a fault are fields of a
// record that a fault touched, and of no other.
std::string ChainHash(absl::string_view previous_hash, const Record& record);

// What the digest of a run covers of a decided record: every field but those
// that depend on arrival order (sequence, index, hash) and wall time.
std::string ContentHash(const Record& record);

// A record with what streams and filters want to know of its transaction; these
// facts never change, so that joining them when reading is safe.
struct LogEntry {
  Record record;
  WorldId world = 0;  // the incarnation that it is of
  Kind kind = Kind::kTip;
  Money amount;
  std::string payer;
  std::string payee;
  // The transaction's own DTO before it, that is, of its last decided record
  // before; null for its first. A snapshot is compared with it, and does not
  // change what the next step is compared with.
  Text previous_dto;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_RECORD_H_
