// Why a transaction is where it is. Told from what cannot change: the records,
// the seed, the flow and the chances it was initiated with. Draws are hashes, so
// those that decided are worked out again.
#ifndef TRACKTROVE_DOMAIN_EXPLAIN_H_
#define TRACKTROVE_DOMAIN_EXPLAIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/flow.h"
#include "domain/record.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

// The numbers are those of the wire.
enum class CauseKind {
  kFateDraw = 1,
  kTransientDraw = 2,
  kFirstAttempts = 3,
  kFault = 4,
  kTimeout = 5,
  kHoldExpiry = 6,
  kRetry = 7,
  kAttemptsSpent = 8,
  kOperator = 9,
  kClient = 10,
  kIdempotency = 11,
  kSettlement = 12,
  kDispute = 13,
  kTooLarge = 14,
};

// One link of the chain.
struct Cause {
  CauseKind kind = CauseKind::kFateDraw;
  int64_t sequence = 0;  // of the record that shows it; 0: none does
  int attempt = 0;
  std::string step;
  std::string fault_rule_id;
  FaultKind fault_kind = FaultKind::kNone;
  std::optional<int64_t> draw;       // parts per million, or microseconds where it is a time
  std::optional<int64_t> threshold;  // likewise
  std::string sentence;
};

struct Explanation {
  std::string summary;
  std::vector<Cause> causes;  // in the order in which they happened
};

// `records` are the transaction's, from its first on.
Explanation Explain(uint64_t seed, const Flow& flow, const Transaction& transaction,
                    const std::vector<Record>& records);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_EXPLAIN_H_
