#include "domain/decision.h"

namespace tracktrove::domain {

void Seal(Decision& decision, Sandbox& sandbox, absl::Time wall_time) {
  const int64_t first = sandbox.head_sequence + 1;
  for (Record& record : decision.records) {
    record.sequence = ++sandbox.head_sequence;
    record.wall_time = wall_time;
    record.hash = ChainHash(sandbox.head_hash, record);
    sandbox.head_hash = record.hash;
  }
  for (LedgerEntry& entry : decision.entries) entry.sequence += first;
  for (Timer& timer : decision.armed) timer.sequence += first;
  if (decision.transaction && !decision.records.empty())
    decision.transaction->sequence = sandbox.head_sequence;
  if (decision.dispute && decision.dispute->sequence == 0) decision.dispute->sequence = first;
  if (decision.simulation && !decision.records.empty()) {
    SimulationRun& run = *decision.simulation;
    if (run.first_sequence == 0) run.first_sequence = first;
    if (run.state != RunState::kRunning) run.last_sequence = first;
  }
}

}  // namespace tracktrove::domain
