#include "tests/simulation/simulated_store.h"

#include <gtest/gtest.h>

namespace tracktrove::simulation {

engine::DueTimers SimulatedStore::DueTimers(absl::Time until, int limit) const {
  engine::DueTimers due{.timers = {}, .truncated = false, .until = until};
  for (const domain::Timer& timer : queue_) {
    if (timer.due > until || static_cast<int>(due.timers.size()) == limit) break;
    due.timers.push_back(timer);
  }
  due.truncated = static_cast<int>(due.timers.size()) == limit;
  return due;
}

std::vector<domain::Timer> SimulatedStore::BatchTimers(const domain::SettlementRun& run) const {
  std::vector<domain::Timer> timers;
  for (const domain::Timer& timer : queue_) {
    if (timer.kind != domain::TimerKind::kSettlement || timer.due != run.pay_time) continue;
    if (transactions_.at(timer.transaction_id).settlement_batch == run.batch) timers.push_back(timer);
  }
  return timers;
}

store::Found SimulatedStore::Load(const std::set<std::string>& transactions,
                                  const std::set<std::string>& requests,
                                  const std::set<std::string>& draw_keys) const {
  store::Found found;
  for (const std::string& id : transactions) {
    const auto it = transactions_.find(id);
    if (it != transactions_.end())
      found.transactions.emplace(store::WorldKey(sandbox->world, id), it->second);
  }
  for (const std::string& id : requests) {
    const auto it = requests_.find(id);
    if (it != requests_.end()) found.requests.emplace(store::WorldKey(sandbox->world, id), it->second);
  }
  for (const std::string& key : draw_keys) {
    if (draw_keys_.contains(key)) found.draw_keys.emplace_back(sandbox->world, key);
  }
  for (const auto& [id, dispute] : disputes_) {
    if (transactions.contains(dispute.transaction_id))
      found.disputes.emplace(store::WorldKey(sandbox->world, id), dispute);
  }
  for (const auto& [id, batch] : batches_) {
    if (!batch.close_time) found.batches.emplace_back(sandbox->world, batch);
  }
  for (const auto& [ordinal, rule] : rules_) found.fault_rules[sandbox->world].push_back(rule);
  return found;
}

std::map<store::SimulationKey, domain::SimulationRun> SimulatedStore::LoadSimulations() const {
  std::map<store::SimulationKey, domain::SimulationRun> found;
  if (!sandbox) return found;
  for (const auto& [number, run] : simulations_)
    found.emplace(store::SimulationKey(sandbox->world, number), run);
  return found;
}

void SimulatedStore::Write(const store::Changes& changes) {
  for (const auto& request : changes.requests) {
    ASSERT_TRUE(requests_.emplace(request.request_id, request).second) << "a request was answered twice";
  }
  for (const auto& [world, transaction] : changes.transactions) {
    if (!transaction.draw_key.empty()) draw_keys_.insert(transaction.draw_key);
    transactions_[transaction.id] = transaction;
  }
  for (const auto& [world, entry] : changes.entries) Post(entry);
  WriteTimers(changes);
  WriteRules(changes);
  for (const auto& [world, run] : changes.simulations) simulations_[run.number] = run;
  for (const auto& [world, dispute] : changes.disputes) disputes_[dispute.id] = dispute;
  for (const auto& [world, batch] : changes.batches) batches_[batch.id] = batch;
  for (const auto& [world, id] : changes.dropped_batches) batches_.erase(id);
  for (const auto& [world, line] : changes.payouts) payouts_.push_back(line);
  for (const domain::Sandbox& row : changes.sandboxes) sandbox = row;
  for (const domain::Sandbox& row : changes.created_sandboxes) sandbox = row;
}

void SimulatedStore::WriteRules(const store::Changes& changes) {
  for (const auto& [world, rule] : changes.fault_rules) {
    ASSERT_LE(rule.count.hits, rule.count.seen);
    ASSERT_TRUE(rule.max_hits == 0 || rule.count.hits <= rule.max_hits) << rule.id;
    rules_[rule.ordinal] = rule;
  }
  for (const auto& [world, id] : changes.deleted_rules) {
    std::erase_if(rules_, [&id](const auto& rule) { return rule.second.id == id; });
  }
}

void SimulatedStore::WriteTimers(const store::Changes& changes) {
  const auto drop = [this](const TimerKey& key) {
    const auto it = timers_.find(key);
    if (it == timers_.end()) return;
    queue_.erase(it->second);
    timers_.erase(it);
  };
  for (const auto& [world, key] : changes.disarmed) drop(key);
  for (const auto& [world, timer] : changes.armed) {
    drop({timer.transaction_id, timer.kind});
    timers_.emplace(TimerKey(timer.transaction_id, timer.kind), timer);
    ASSERT_TRUE(queue_.insert(timer).second) << "two timers of one record and kind";
  }
}

void SimulatedStore::Post(const domain::LedgerEntry& entry) {
  const auto add = [&](const std::string& account, int64_t amount) {
    const std::string key = account + " " + entry.currency;
    if ((balances_[key] += amount) == 0) balances_.erase(key);
  };
  add(entry.posting.debit, -entry.posting.amount);
  add(entry.posting.credit, entry.posting.amount);
}

}  // namespace tracktrove::simulation
