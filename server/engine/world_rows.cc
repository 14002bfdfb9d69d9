#include "engine/world_rows.h"

#include <algorithm>

namespace tracktrove::engine {
namespace {

using domain::Decision;

template <typename Rows, typename Key>
auto* Find(const Rows& rows, const Key& key) {
  const auto it = rows.find(key);
  return it == rows.end() ? nullptr : &it->second;
}

}  // namespace

void WorldRows::Add(domain::WorldId world, const store::Found& found) {
  for (const auto& [key, transaction] : found.transactions) {
    if (key.first == world) transactions_.emplace(key.second, transaction);
  }
  for (const auto& [key, request] : found.requests) {
    if (key.first == world) requests_.emplace(key.second, request);
  }
  for (const auto& key : found.draw_keys) {
    if (key.first == world) draw_keys_.insert(key.second);
  }
  for (const auto& [key, dispute] : found.disputes) {
    if (key.first == world) disputes_.emplace(key.second, dispute);
  }
  for (const auto& [batch_world, batch] : found.batches) {
    if (batch_world == world) batches_.emplace(batch.id, batch);
  }
  for (const auto& [of_world, flow] : found.flows) {
    if (of_world == world) flows_.Add(flow);
  }
  const auto rules = found.fault_rules.find(world);
  if (rules != found.fault_rules.end()) rules_ = rules->second;
}

void WorldRows::Add(domain::WorldId world,
                    const std::map<store::SimulationKey, domain::SimulationRun>& simulations) {
  for (const auto& [key, run] : simulations) {
    if (key.first == world) simulations_.emplace(key.second, run);
  }
}

std::set<std::string> WorldRows::MissingFlows() const {
  std::set<std::string> missing;
  for (const auto& [id, transaction] : transactions_) {
    if (flows_.Find(transaction.flow) == nullptr) missing.insert(transaction.flow);
  }
  return missing;
}

const domain::Transaction* WorldRows::Transaction(const std::string& id) const {
  return Find(transactions_, id);
}

const domain::Dispute* WorldRows::Dispute(const std::string& id) const { return Find(disputes_, id); }

const domain::SimulationRun* WorldRows::Simulation(int64_t number) const {
  return Find(simulations_, number);
}

const store::StoredRequest* WorldRows::Request(const std::string& id) const { return Find(requests_, id); }

void WorldRows::Apply(const Decision& decision, int64_t running) {
  if (decision.flow) flows_.Add(*decision.flow);
  ApplyFaultRules(decision);
  ApplySimulation(decision, running);
  if (decision.transaction) {
    const std::string& id = decision.transaction->id;
    transactions_[id] = *decision.transaction;
    changed_.insert(id);
    if (!decision.transaction->draw_key.empty()) draw_keys_.insert(decision.transaction->draw_key);
  }
  if (decision.dispute) {
    disputes_[decision.dispute->id] = *decision.dispute;
    changed_disputes_.insert(decision.dispute->id);
  }
}

// Takes over the decision's simulation, and counts its transaction in the one
// under way, if it belongs to that.
void WorldRows::ApplySimulation(const Decision& decision, int64_t running) {
  if (decision.simulation) {
    const int64_t number = decision.simulation->number;
    simulations_[number] = *decision.simulation;
    changed_simulations_.insert(number);
  }
  if (!decision.transaction || running == 0 || decision.transaction->simulation_number != running) return;
  domain::SimulationRun& run = simulations_.at(running);
  run.Count(Transaction(decision.transaction->id), *decision.transaction);
  for (const auto& [id, count] : decision.counts) {
    if (const auto place = domain::RunRulePlace(id)) run.rule_counts[*place] = count;
  }
  changed_simulations_.insert(running);
}

void WorldRows::ApplyFaultRules(const Decision& decision) {
  const auto named = [&](const std::string& id) {
    return std::find_if(rules_.begin(), rules_.end(), [&](const auto& rule) { return rule.id == id; });
  };
  for (const auto& [id, count] : decision.counts) {
    if (domain::RunRulePlace(id)) continue;  // see ApplySimulation
    named(id)->count = count;
    changed_rules_.insert(id);
  }
  if (decision.fault_rule) {
    const auto it = named(decision.fault_rule->id);
    if (it == rules_.end()) {
      rules_.push_back(*decision.fault_rule);
    } else {
      *it = *decision.fault_rule;
    }
    changed_rules_.insert(decision.fault_rule->id);
  }
  if (decision.deleted_rule) {
    rules_.erase(named(*decision.deleted_rule));
    changed_rules_.erase(*decision.deleted_rule);
    deleted_rules_.insert(*decision.deleted_rule);
  }
}

bool WorldRows::Apply(const domain::SettlementBatch& batch) {
  const bool was_open = batches_.erase(batch.id) > 0;
  changed_batches_[batch.id] = batch.IsEmpty() ? std::nullopt : std::optional(batch);
  if (batch.close_time || batch.IsEmpty()) return false;
  batches_.emplace(batch.id, batch);
  return !was_open;
}

void WorldRows::Flush(domain::WorldId world, store::Changes& changes) {
  for (const std::string& id : changed_) changes.transactions.emplace_back(world, transactions_.at(id));
  for (const int64_t number : changed_simulations_)
    changes.simulations.emplace_back(world, simulations_.at(number));
  FlushFaultRules(world, changes);
  for (const std::string& id : changed_disputes_) changes.disputes.emplace_back(world, disputes_.at(id));
  for (const auto& [id, batch] : changed_batches_) {
    if (batch) changes.batches.emplace_back(world, *batch);
    if (!batch) changes.dropped_batches.emplace_back(world, id);
  }
  *this = WorldRows();
}

void WorldRows::FlushFaultRules(domain::WorldId world, store::Changes& changes) {
  for (const std::string& id : deleted_rules_) changes.deleted_rules.emplace_back(world, id);
  for (const domain::FaultRule& rule : rules_) {
    if (changed_rules_.contains(rule.id)) changes.fault_rules.emplace_back(world, rule);
  }
}

}  // namespace tracktrove::engine
