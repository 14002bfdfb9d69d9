// What Decide answers: rows, records, postings and timers as values. Nothing
// has happened yet; the engine seals, writes and publishes it.
#ifndef TRACKTROVE_DOMAIN_DECISION_H_
#define TRACKTROVE_DOMAIN_DECISION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/dispute.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/ledger.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/settlement_batch.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

// A posting under the record that caused it.
struct LedgerEntry {
  int64_t sequence = 0;  // of the record; before sealing its index in the decision
  int line = 0;          // among that record's
  std::string transaction_id;
  Posting posting;
  std::string currency;
  absl::Time time;
};

struct Decision {
  std::optional<Transaction> transaction;  // as it is from now on
  std::optional<Sandbox> sandbox;          // likewise, where the command is about it
  bool sandbox_deleted = false;
  std::optional<Flow> flow;                  // made by it
  std::optional<FaultRule> fault_rule;       // as it is from now on
  std::optional<std::string> deleted_rule;   // by id
  std::map<std::string, FaultCount> counts;  // of rules that saw a step, by id, as they are from now on
  std::optional<SimulationRun> simulation;   // likewise
  std::string report;                        // of `simulation`, where it is to be kept
  std::vector<Record> records;
  std::vector<LedgerEntry> entries;
  std::vector<TimerKind> disarmed;  // of the transaction, or without one the sandbox's own; before arming
  std::vector<Timer> armed;         // `sequence` before sealing: index in `records`
  std::optional<Dispute> dispute;   // as it is from now on
  // Batches as they are from now on, each once; an empty one is gone. Their
  // timers follow: see CutOffOf in settlement.h.
  std::vector<SettlementBatch> batches;
  std::optional<PayoutLine> payout;  // what the transaction was paid
};

// Numbers the decision's records after the sandbox's head, chains them, and
// puts the final sequences wherever the decision refers to its records.
// Moves the head in `sandbox`.
void Seal(Decision& decision, Sandbox& sandbox, absl::Time wall_time);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECISION_H_
