// What a database would remember of one sandbox, in memory: the tables that a
// batch loads from and writes to. A test model, so that millions of batches can
// be tried; the shipped stores are tested by tests/store.
#ifndef TRACKTROVE_TESTS_SIMULATION_SIMULATED_STORE_H_
#define TRACKTROVE_TESTS_SIMULATION_SIMULATED_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/working_set.h"
#include "store/store.h"

namespace tracktrove::simulation {

class SimulatedStore {
 public:
  std::optional<domain::Sandbox> sandbox;

  // As a Writer loads: the earliest timers, and what is asked for.
  engine::DueTimers DueTimers(absl::Time until, int limit) const;
  // The timers that pay a batch, in order.
  std::vector<domain::Timer> BatchTimers(const domain::SettlementRun& run) const;
  // With the disputes about the transactions, all open batches and all rules.
  store::Found Load(const std::set<std::string>& transactions, const std::set<std::string>& requests,
                    const std::set<std::string>& draw_keys) const;
  std::map<store::SimulationKey, domain::SimulationRun> LoadSimulations() const;

  // As a Writer writes, all or nothing. A key that exists and must not is fatal.
  void Write(const store::Changes& changes);

  using TimerKey = std::pair<std::string, domain::TimerKind>;
  const std::map<std::string, domain::Transaction>& transactions() const { return transactions_; }
  const std::map<TimerKey, domain::Timer>& timers() const { return timers_; }
  const std::set<domain::Timer>& queue() const { return queue_; }               // in order of firing
  const std::map<std::string, int64_t>& balances() const { return balances_; }  // by account and currency
  const std::map<int64_t, domain::SimulationRun>& simulations() const { return simulations_; }
  const std::map<domain::BatchId, domain::SettlementBatch>& batches() const { return batches_; }
  const std::vector<domain::PayoutLine>& payouts() const { return payouts_; }

 private:
  void WriteTimers(const store::Changes& changes);
  void WriteRules(const store::Changes& changes);
  void Post(const domain::LedgerEntry& entry);

  std::map<std::string, domain::Transaction> transactions_;
  std::map<TimerKey, domain::Timer> timers_;
  std::set<domain::Timer> queue_;  // the same, in order of firing
  std::map<std::string, store::StoredRequest> requests_;
  std::set<std::string> draw_keys_;
  std::map<std::string, int64_t> balances_;
  std::map<int64_t, domain::SimulationRun> simulations_;
  std::map<std::string, domain::Dispute> disputes_;
  std::map<domain::BatchId, domain::SettlementBatch> batches_;
  std::vector<domain::PayoutLine> payouts_;
  std::map<int64_t, domain::FaultRule> rules_;  // by ordinal
};

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_SIMULATED_STORE_H_
