// A decision in the making: a transaction that moves, and what each move leaves
// behind. Postings come out of positions alone, so a move cannot forget one.
#ifndef TRACKTROVE_DOMAIN_DRAFT_H_
#define TRACKTROVE_DOMAIN_DRAFT_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

class Draft {
 public:
  // `transaction` as it stands at `now`, before anything of this decision.
  Draft(Transaction transaction, absl::Time now);

  // The transaction as it is by now. Change it, then Emit what happened.
  Transaction& transaction() { return transaction_; }
  const Transaction& transaction() const { return transaction_; }
  absl::Time now() const { return now_; }

  // One thing happened: completes `record` (transaction, index, time, states,
  // DTO) and posts the change of position since the last Emit.
  void Emit(Record record);

  // A timer of the transaction, armed by the newest record; replaces one of its kind.
  void Arm(TimerKind kind, absl::Time due);
  void Disarm(TimerKind kind);

  // What a rule has counted by now, given what it had before this decision; what
  // is changed goes into the decision.
  FaultCount& CountOf(const std::string& rule_id, const FaultCount& before);

  // The whole decision, or INTERNAL when a move was not in the table.
  absl::StatusOr<Decision> Finish();

 private:
  Transaction transaction_;
  absl::Time now_;
  State emitted_state_;
  Position emitted_position_;
  Decision decision_;
  std::string broken_;  // what invariant was hurt, if one was
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DRAFT_H_
