// The rows of one world as a batch sees them: those that were loaded, with what
// the batch makes of them, and which of them it has to write.
#ifndef TRACKTROVE_ENGINE_WORLD_ROWS_H_
#define TRACKTROVE_ENGINE_WORLD_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/decide.h"
#include "store/store.h"

namespace tracktrove::engine {

class WorldRows {
 public:
  void Add(domain::WorldId world, const store::Found& found);
  void Add(domain::WorldId world, const std::map<store::SimulationKey, domain::SimulationRun>& simulations);

  // The own flows of the transactions, by id, that are not among the rows.
  std::set<std::string> MissingFlows() const;

  // Null when it is not there.
  const domain::Transaction* Transaction(const std::string& id) const;
  const domain::Dispute* Dispute(const std::string& id) const;
  const domain::SimulationRun* Simulation(int64_t number) const;
  const store::StoredRequest* Request(const std::string& id) const;
  bool HasDrawKey(const std::string& key) const { return draw_keys_.contains(key); }
  const domain::FlowBook& flows() const { return flows_; }
  const std::vector<domain::FaultRule>& rules() const { return rules_; }
  const domain::OpenBatches& open_batches() const { return batches_; }

  // Takes over what a decision says of its flow, its rules, its transaction and
  // dispute; `running` is the number of the simulation under way.
  void Apply(const domain::Decision& decision, int64_t running);
  // Takes over a settlement batch. Answers whether it is new among the open ones.
  bool Apply(const domain::SettlementBatch& batch);
  void Remember(const store::StoredRequest& request) { requests_[request.request_id] = request; }

  // Adds what is to be written to the changes, and forgets it all.
  void Flush(domain::WorldId world, store::Changes& changes);

 private:
  void ApplySimulation(const domain::Decision& decision, int64_t running);
  void ApplyFaultRules(const domain::Decision& decision);
  void FlushFaultRules(domain::WorldId world, store::Changes& changes);

  std::map<std::string, domain::Transaction> transactions_;
  std::set<std::string> changed_;  // ids of transactions to write
  std::map<std::string, domain::Dispute> disputes_;
  std::set<std::string> changed_disputes_;
  std::map<int64_t, domain::SimulationRun> simulations_;  // by number
  std::set<int64_t> changed_simulations_;
  domain::OpenBatches batches_;
  std::map<domain::BatchId, std::optional<domain::SettlementBatch>> changed_batches_;  // nothing: gone
  std::vector<domain::FaultRule> rules_;  // all, in order of creation, where any are needed
  std::set<std::string> changed_rules_;   // ids of rules to write
  std::set<std::string> deleted_rules_;
  domain::FlowBook flows_;  // own ones that were asked for
  std::set<std::string> draw_keys_;
  std::map<std::string, store::StoredRequest> requests_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_WORLD_ROWS_H_
