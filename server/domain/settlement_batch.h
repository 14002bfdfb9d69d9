// A settlement batch: what one cut-off pays out, and what that is made of.
#ifndef TRACKTROVE_DOMAIN_SETTLEMENT_BATCH_H_
#define TRACKTROVE_DOMAIN_SETTLEMENT_BATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tracktrove::domain {

// What payees are paid and what that is made of: net = gross - fees - refunds -
// held, in minor units. What one transaction was paid so far has no negative
// part; what a batch adds to that may have.
struct Payout {
  int64_t gross = 0;    // captured
  int64_t fees = 0;     // kept
  int64_t refunds = 0;  // gone back to payers, lost disputes included
  int64_t held = 0;     // kept back by open disputes

  int64_t net() const { return gross - fees - refunds - held; }
  friend bool operator==(const Payout&, const Payout&) = default;
};

// Nothing on overflow.
std::optional<Payout> CheckedAdd(const Payout& a, const Payout& b);

// Of what one transaction was paid now and before, whose parts are bounded.
Payout operator-(const Payout& a, const Payout& b);

// Names a batch: the business day whose cut-off it gathers up to. Those of one
// day are counted: a day's batch may be closed early, and the policy may change
// in the middle of a day.
struct BatchId {
  absl::CivilDay day;
  int number = 1;

  // `2026-01-02`, and the second one of that day `2026-01-02.2`.
  std::string ToString() const;
  // What stands in a transaction's place in the batch's own timer.
  std::string TimerId() const;

  friend bool operator==(const BatchId&, const BatchId&) = default;
  friend bool operator<(const BatchId& a, const BatchId& b) {
    return a.day != b.day ? a.day < b.day : a.number < b.number;
  }
};

// The reverse of ToString; nothing for any other text.
std::optional<BatchId> ParseBatchId(const std::string& text);

struct SettlementBatch {
  BatchId id;
  absl::Time cut_off;
  absl::Time pay_time;
  std::optional<absl::Time> close_time;  // once it is closed; before `pay_time` by RunSettlement
  int64_t awaiting = 0;                  // transactions that it has yet to pay
  int64_t paid = 0;                      // and those that it has paid
  std::map<std::string, Payout> totals;  // of those, by currency

  // Open and without a trace: as if it had never been there.
  bool IsEmpty() const { return !close_time && awaiting == 0 && paid == 0; }
};

// What was paid for one transaction at once. All lines of a payee add up to what
// its settled account stands at.
struct PayoutLine {
  std::optional<BatchId> batch;  // none: an operator's override
  std::string payee;
  std::string currency;
  Payout payout;
};

// By id; of one sandbox, those that are not closed.
using OpenBatches = std::map<BatchId, SettlementBatch>;
inline const OpenBatches kNoBatches;

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_SETTLEMENT_BATCH_H_
