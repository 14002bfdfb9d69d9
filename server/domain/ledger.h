// Double entry. One rule says where money stands: `PositionOf` a transaction.
// Every move posts the position after it less the position before it.
#ifndef TRACKTROVE_DOMAIN_LEDGER_H_
#define TRACKTROVE_DOMAIN_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "domain/transaction.h"

namespace tracktrove::domain {

// What a sandbox's policy takes from the payee at capture.
struct FeePolicy {
  int64_t ppm = 20'000;
  int64_t fixed_minor_units = 0;

  friend bool operator==(const FeePolicy&, const FeePolicy&) = default;
};

// `amount` (positive) leaves `debit` and reaches `credit`; an account's balance
// is its credits less its debits. An unbalanced posting cannot be written down.
struct Posting {
  std::string debit;
  std::string credit;
  int64_t amount = 0;

  friend bool operator==(const Posting&, const Posting&) = default;
};

// Signed minor units by account; sums to zero; accounts at zero are absent.
using Position = std::map<std::string, int64_t>;

// The fee on a captured amount: ppm of it, rounded half to even, plus the fixed
// part, and never more than the amount.
int64_t FeeOn(const FeePolicy& policy, int64_t captured);

// The part of the fee that the payee still bears: refunds give it back in
// proportion, rounded on the cumulative amount, so that a full refund returns
// all of it.
int64_t FeeKept(const Amounts& amounts);

// What can still be refunded or disputed.
int64_t Refundable(const Amounts& amounts);

// Where the transaction's money stands, as a function of state and amounts alone.
Position PositionOf(const Transaction& transaction);

// The postings that lead from one position to the other, in account order;
// deterministic, and none when they are equal.
std::vector<Posting> PostingsBetween(const Position& before, const Position& after);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_LEDGER_H_
