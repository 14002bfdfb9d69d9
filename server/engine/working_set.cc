#include "engine/working_set.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "domain/errors.h"
#include "domain/settlement.h"
#include "domain/statistics.h"

namespace tracktrove::engine {

using domain::Command;
using domain::Decision;
using domain::Timer;
using domain::TimerKind;
using domain::Transaction;

absl::Time LoadHorizon(const domain::Sandbox& sandbox,
                       const std::map<store::SimulationKey, domain::SimulationRun>& simulations,
                       absl::Time wall, int arrivals) {
  const absl::Time horizon = domain::FiringHorizon(sandbox, sandbox.clock.Now(wall));
  const auto run = simulations.find({sandbox.world, sandbox.running_simulation});
  if (!sandbox.IsDriven() || run == simulations.end()) return horizon;
  const absl::Time bound = run->second.DueTime(run->second.next_arrival + arrivals);
  return std::max(sandbox.clock.last, std::min(horizon, bound));
}

WorkingSet::WorkingSet(std::string name, std::optional<domain::Sandbox> sandbox, absl::Time wall,
                       const DueTimers& due, const ReplyCodec& codec, BatchEffects& effects)
    : name_(std::move(name)),
      wall_(wall),
      codec_(codec),
      effects_(effects),
      existed_(sandbox.has_value()),
      sandbox_(std::move(sandbox)),
      now_(sandbox_ ? sandbox_->clock.Now(wall) : wall),
      due_(due.timers.begin(), due.timers.end()),
      until_(due.until),
      bucket_(sandbox_ ? domain::BucketOf(sandbox_->clock.last) : absl::InfiniteFuture()) {
  if (due.truncated) fire_until_ = due.timers.back();
}

void WorkingSet::AddFound(const store::Found& found) {
  if (!sandbox_) return;
  const domain::WorldId world = sandbox_->world;
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

std::set<std::string> WorkingSet::MissingFlows() const {
  std::set<std::string> missing;
  for (const auto& [id, transaction] : transactions_) {
    if (flows_.Find(transaction.flow) == nullptr) missing.insert(transaction.flow);
  }
  return missing;
}

void WorkingSet::AddSimulations(const std::map<store::SimulationKey, domain::SimulationRun>& simulations) {
  if (!sandbox_) return;
  for (const auto& [key, run] : simulations) {
    if (key.first == sandbox_->world) simulations_.emplace(key.second, run);
  }
}

absl::Time WorkingSet::Horizon() const {
  const absl::Time now = sandbox_->clock.Now(wall_);
  return std::min(until_, put_off_ ? now : domain::FiringHorizon(*sandbox_, now));
}

bool WorkingSet::FireTimers(const FireLimits& limits) {
  const absl::Time instant = due_.empty() ? absl::InfiniteFuture() : due_.begin()->due;
  int arrivals = 0;
  for (int fired = 0; fired < limits.timers && IsDue(); ++fired) {
    const Timer timer = *due_.begin();
    if (limits.one_instant && timer.due > instant) break;
    due_.erase(due_.begin());
    if (timer.kind == TimerKind::kArrival && arrivals++ == limits.arrivals) {
      put_off_ = true;
    } else {
      FireOne(timer);
    }
  }
  now_ = sandbox_->clock.Now(wall_);
  const bool all_loaded = !fire_until_ && domain::FiringHorizon(*sandbox_, now_) <= until_;
  return all_loaded && !IsDue() && !put_off_ && !joined_run_;
}

bool WorkingSet::CallsWait() const {
  if (!sandbox_) return false;  // it has no timers
  const bool loaded = !due_.empty() && due_.begin()->due <= now_;
  return loaded || (fire_until_ && fire_until_->due <= now_) || until_ < now_;
}

void WorkingSet::FireOne(const Timer& timer) {
  touched_ = true;
  last_fired_ = timer.due;
  const absl::Time now = std::max(sandbox_->clock.last, timer.due);
  sandbox_->clock.last = now;
  if (sandbox_->advance) {
    domain::Advance& advance = *sandbox_->advance;
    ++advance.counts[timer.kind];
    if (advance.fired.size() < domain::Advance::kFiredKept) advance.fired.push_back(timer);
  }
  absl::StatusOr<Decision> decision = Decide(domain::FireTimer{timer}, now, std::nullopt);
  if (decision.ok()) {
    Apply(*decision, now);
  } else {
    DropTimer(timer, now, decision.status());
  }
}

void WorkingSet::DropTimer(const Timer& timer, absl::Time now, const absl::Status& why) {
  // A timer that cannot fire is a bug of ours. It must not block the sandbox,
  // so it is dropped, loudly; the trail shows where its transaction stands.
  spdlog::critical("sandbox {}: the {} timer of transaction {} could not fire and was dropped: {}", name_,
                   domain::Name(timer.kind), timer.transaction_id, why.ToString());
  timers_[{timer.transaction_id, timer.kind}] = std::nullopt;
  if (timer.kind != TimerKind::kArrival) return;
  absl::StatusOr<Decision> end =
      Decide(domain::FinishSimulation{domain::RunState::kInterrupted}, now, std::nullopt);
  if (end.ok()) Apply(*end, now);
}

absl::StatusOr<std::string> WorkingSet::Run(const Call& call, std::optional<absl::Time> next_due) {
  if (auto replayed = Replay(call)) return *std::move(replayed);
  absl::StatusOr<Decision> decision = Decide(call.command, now_, next_due);
  if (!decision.ok()) return decision.status();
  touched_ = true;
  const bool was_advancing = advancing();
  Apply(*decision, now_);
  if (sandbox_) sandbox_->clock.last = now_;
  std::string reply = EncodeReply(call.command, *decision);
  // A clock move that it has begun is remembered when it ends.
  if (was_advancing || !advancing()) Remember(call.request_id, call.fingerprint, reply);
  return reply;
}

std::optional<absl::Time> WorkingSet::NextDue(const std::vector<Timer>& stored) const {
  absl::Time next = absl::InfiniteFuture();
  for (const Timer& timer : stored) {
    if (!timers_.contains({timer.transaction_id, timer.kind})) next = std::min(next, timer.due);
  }
  for (const auto& [key, timer] : timers_) {
    if (timer) next = std::min(next, timer->due);
  }
  if (next == absl::InfiniteFuture()) return std::nullopt;
  return std::max(next, now_);  // an arrival that was put off is overdue
}

absl::StatusOr<std::string> WorkingSet::FinishAdvance() {
  const domain::Advance advance = *sandbox_->advance;
  absl::StatusOr<Decision> decision = Decide(domain::FinishAdvance{}, advance.target, std::nullopt);
  if (!decision.ok()) return decision.status();
  touched_ = true;
  const absl::Duration offset = sandbox_->clock.offset;
  Apply(*decision, advance.target);
  if (sandbox_->clock.offset != offset) effects_.moved_holds.push_back(name_);
  std::string reply =
      advance.run
          ? codec_.Encode(decision->batches.front())
          : codec_.Encode(AdvanceResult{
                .clock = sandbox_->clock, .advance = advance, .last_sequence = sandbox_->head_sequence});
  Remember(advance.request_id, advance.fingerprint, reply);
  return reply;
}

absl::StatusOr<Decision> WorkingSet::Decide(const Command& command, absl::Time now,
                                            std::optional<absl::Time> next_due) const {
  domain::Facts facts;
  facts.sandbox_name = name_;
  facts.sandbox = sandbox_ ? &*sandbox_ : nullptr;
  facts.next_due = next_due;
  facts.flows = &flows_;
  facts.fault_rules = &rules_;
  facts.batches = &batches_;
  facts.simulation = SimulationFor(command);
  if (sandbox_) absl::LoadTimeZone(sandbox_->policy.settlement.time_zone, &facts.zone);
  NameSubjects(command, facts);
  if (const auto* initiate = std::get_if<domain::InitiateTransaction>(&command)) {
    facts.draw_key_used = draw_keys_.contains(initiate->draw_key);
  }
  return domain::Decide(facts, command, {.now = now, .wall = wall_});
}

void WorkingSet::NameSubjects(const Command& command, domain::Facts& facts) const {
  std::string transaction_id = TransactionOf(command);
  if (const auto named = disputes_.find(DisputeOf(command)); named != disputes_.end()) {
    facts.dispute = &named->second;
    transaction_id = named->second.transaction_id;
  }
  const auto it = transactions_.find(transaction_id);
  if (it == transactions_.end()) return;
  facts.transaction = &it->second;
  const auto open = disputes_.find(it->second.open_dispute);
  if (facts.dispute == nullptr && open != disputes_.end()) facts.dispute = &open->second;
}

// The one that the command names, or else the one under way.
const domain::SimulationRun* WorkingSet::SimulationFor(const Command& command) const {
  if (!sandbox_) return nullptr;
  const int64_t named = SimulationOf(command);
  const auto it = simulations_.find(named != 0 ? named : sandbox_->running_simulation);
  return it == simulations_.end() ? nullptr : &it->second;
}

std::optional<absl::StatusOr<std::string>> WorkingSet::Replay(const Call& call) const {
  if (call.request_id.empty()) return std::nullopt;
  const auto it = requests_.find(call.request_id);
  if (it == requests_.end()) return std::nullopt;
  if (it->second.fingerprint != call.fingerprint) return domain::RequestIdReused(call.request_id);
  std::string reply;
  if (!absl::Base64Unescape(it->second.reply, &reply))
    return domain::BrokenInvariant("a stored reply is damaged");
  return reply;
}

void WorkingSet::Remember(const std::string& request_id, const std::string& fingerprint,
                          const std::string& reply) {
  if (request_id.empty() || !sandbox_) return;
  store::StoredRequest request{sandbox_->world, request_id, fingerprint, absl::Base64Escape(reply)};
  effects_.changes.requests.push_back(request);
  requests_[request_id] = std::move(request);
}

void WorkingSet::Apply(Decision& decision, absl::Time now) {
  const domain::WorldId world_before = sandbox_ ? sandbox_->world : 0;
  ApplySandbox(decision);
  if (!sandbox_) return;  // deleted
  events::Position before{sandbox_->head_sequence, sandbox_->head_hash, world_before};
  domain::Seal(decision, *sandbox_, wall_);
  if (decision.flow) {
    flows_.Add(*decision.flow);
    effects_.changes.flows.emplace_back(sandbox_->world, *decision.flow);
  }
  ApplyFaultRules(decision);

  Transaction* transaction = nullptr;
  domain::Text previous_dto;
  if (decision.transaction) {
    const std::string& id = decision.transaction->id;
    const auto [it, is_new] = transactions_.try_emplace(id);
    transaction = &it->second;
    ApplySimulation(decision, is_new ? nullptr : transaction);
    previous_dto = transaction->dto;
    *transaction = *decision.transaction;
    changed_.insert(id);
    if (!transaction->draw_key.empty()) draw_keys_.insert(transaction->draw_key);
  } else {
    ApplySimulation(decision, nullptr);
  }
  if (decision.dispute) {
    disputes_[decision.dispute->id] = *decision.dispute;
    changed_disputes_.insert(decision.dispute->id);
  }
  if (decision.payout) effects_.changes.payouts.emplace_back(sandbox_->world, *decision.payout);
  ApplyBatches(decision);
  ApplyTimers(decision);
  for (const domain::LedgerEntry& entry : decision.entries) {
    effects_.changes.entries.emplace_back(sandbox_->world, entry);
  }
  for (const domain::Record& record : decision.records) {
    effects_.changes.records.emplace_back(sandbox_->world, record);
    if (transaction != nullptr) Count(record, transaction->kind);
    Publish(before, record, transaction, previous_dto);
    before = {record.sequence, record.hash, sandbox_->world};
  }
  const auto run = simulations_.find(sandbox_->running_simulation);
  if (run == simulations_.end() || !run->second.IsDone()) return;
  absl::StatusOr<Decision> end = Decide(domain::FinishSimulation{}, now, std::nullopt);
  if (end.ok()) Apply(*end, now);
}

// Takes over the decision's simulation, and counts its transaction in the one
// under way, if it belongs to that.
void WorkingSet::ApplySimulation(const Decision& decision, const Transaction* before) {
  if (decision.simulation) {
    const int64_t number = decision.simulation->number;
    simulations_[number] = *decision.simulation;
    changed_simulations_.insert(number);
    if (!decision.report.empty())
      effects_.changes.reports.push_back({sandbox_->world, number, decision.report});
  }
  const int64_t running = sandbox_->running_simulation;
  if (!decision.transaction || running == 0 || decision.transaction->simulation_number != running) return;
  domain::SimulationRun& run = simulations_.at(running);
  run.Count(before, *decision.transaction);
  for (const auto& [id, count] : decision.counts) {
    if (const auto place = domain::RunRulePlace(id)) run.rule_counts[*place] = count;
  }
  changed_simulations_.insert(running);
}

void WorkingSet::ApplySandbox(const Decision& decision) {
  const bool leaves = sandbox_ && (decision.sandbox_deleted ||
                                   (decision.sandbox && decision.sandbox->world != sandbox_->world));
  if (leaves) {
    FlushWorld();
    RetireHolds();
    effects_.changes.retired_worlds.push_back(sandbox_->world);
  }
  if (decision.sandbox_deleted) sandbox_.reset();
  if (decision.sandbox) {
    const bool moved_world = leaves || !sandbox_;
    sandbox_ = decision.sandbox;
    if (moved_world) {
      now_ = sandbox_->clock.Now(wall_);
      until_ = absl::InfiniteFuture();  // it has no timers but those of this batch
    }
  }
}

void WorkingSet::ApplyFaultRules(const Decision& decision) {
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

void WorkingSet::ApplyTimers(const Decision& decision) {
  const std::string transaction_id = decision.transaction ? decision.transaction->id : "";
  for (const TimerKind kind : decision.disarmed) {
    timers_[{transaction_id, kind}] = std::nullopt;
    std::erase_if(due_, [&](const Timer& t) { return t.kind == kind && t.transaction_id == transaction_id; });
  }
  for (const Timer& timer : decision.armed) {
    timers_[{timer.transaction_id, timer.kind}] = timer;
    FireIfLoaded(timer);
    joined_run_ =
        joined_run_ || (timer.kind == TimerKind::kSettlement && advancing() && sandbox_->advance->run &&
                        decision.transaction->settlement_batch == sandbox_->advance->run->batch);
  }
}

// It takes its place among those that may fire in this batch, if it is one.
void WorkingSet::FireIfLoaded(const Timer& timer) {
  if (timer.due <= until_ && (!fire_until_ || timer < *fire_until_)) due_.insert(timer);
}

// The timer that closes a batch is there as long as the batch is open.
void WorkingSet::ApplyBatches(const Decision& decision) {
  for (const domain::SettlementBatch& batch : decision.batches) {
    const Timer cut_off = domain::CutOffOf(batch);
    const TimerKey key(cut_off.transaction_id, cut_off.kind);
    const bool was_open = batches_.erase(batch.id) > 0;
    changed_batches_[batch.id] = batch.IsEmpty() ? std::nullopt : std::optional(batch);
    if (batch.close_time || batch.IsEmpty()) {
      timers_[key] = std::nullopt;
      due_.erase(cut_off);
      continue;
    }
    batches_.emplace(batch.id, batch);
    if (was_open) continue;
    timers_[key] = cut_off;
    FireIfLoaded(cut_off);
  }
}

void WorkingSet::Count(const domain::Record& record, domain::Kind kind) {
  if (auto key = domain::CountedAs(record, kind)) {
    effects_.changes.statistics.emplace_back(sandbox_->world, *std::move(key));
  }
}

void WorkingSet::Publish(const events::Position& before, const domain::Record& record,
                         const Transaction* transaction, domain::Text& previous_dto) {
  auto entry = std::make_shared<domain::LogEntry>();
  entry->record = record;
  entry->world = sandbox_->world;
  if (transaction != nullptr) {
    entry->kind = transaction->kind;
    entry->amount = transaction->amount;
    entry->payer = transaction->payer;
    entry->payee = transaction->payee;
    entry->previous_dto = previous_dto;
    if (record.record_class == domain::RecordClass::kDecided) previous_dto = record.dto;
  }
  News& news = effects_.news[name_];
  // What a sandbox said that was deleted and made again within the batch is nobody's news.
  if (news.run.End() != before) news.run = {.before = before, .entries = {}};
  news.world = sandbox_->world;
  news.run.entries.push_back(std::move(entry));
}

void WorkingSet::FlushWorld() {
  for (const std::string& id : changed_) {
    effects_.changes.transactions.emplace_back(sandbox_->world, transactions_.at(id));
  }
  for (const int64_t number : changed_simulations_) {
    effects_.changes.simulations.emplace_back(sandbox_->world, simulations_.at(number));
  }
  for (const auto& [key, timer] : timers_) FlushTimer(key, timer);
  FlushFaultRules();
  for (const std::string& id : changed_disputes_) {
    effects_.changes.disputes.emplace_back(sandbox_->world, disputes_.at(id));
  }
  for (const auto& [id, batch] : changed_batches_) {
    if (batch) effects_.changes.batches.emplace_back(sandbox_->world, *batch);
    if (!batch) effects_.changes.dropped_batches.emplace_back(sandbox_->world, id);
  }
  const absl::Time bucket = domain::BucketOf(sandbox_->clock.last);
  if (bucket > bucket_) {
    effects_.changes.forgotten_statistics.emplace_back(sandbox_->world, bucket - domain::kStatisticsKept);
  }
  disputes_.clear();
  changed_disputes_.clear();
  batches_.clear();
  changed_batches_.clear();
  simulations_.clear();
  changed_simulations_.clear();
  transactions_.clear();
  changed_.clear();
  draw_keys_.clear();
  requests_.clear();
  flows_ = {};
  rules_.clear();
  timers_.clear();
  due_.clear();
  fire_until_.reset();
}

void WorkingSet::RetireHolds() {
  const auto is_its = [this](const holds::Hold& hold) { return hold.sandbox == name_; };
  std::erase_if(effects_.armed_holds, is_its);
  std::erase_if(effects_.disarmed_holds, is_its);
  if (sandbox_->clock.mode == domain::ClockMode::kRealtime) effects_.retired_holds.push_back(name_);
}

void WorkingSet::FlushFaultRules() {
  for (const std::string& id : deleted_rules_)
    effects_.changes.deleted_rules.emplace_back(sandbox_->world, id);
  for (const domain::FaultRule& rule : rules_) {
    if (changed_rules_.contains(rule.id)) effects_.changes.fault_rules.emplace_back(sandbox_->world, rule);
  }
  deleted_rules_.clear();
  changed_rules_.clear();
}

void WorkingSet::FlushTimer(const TimerKey& key, const std::optional<Timer>& timer) {
  if (timer) {
    effects_.changes.armed.emplace_back(sandbox_->world, *timer);
  } else {
    effects_.changes.disarmed.emplace_back(sandbox_->world, key);
  }
  const auto& [transaction_id, kind] = key;
  if (kind != TimerKind::kHoldExpiry || sandbox_->clock.mode != domain::ClockMode::kRealtime) return;
  auto& holds = timer ? effects_.armed_holds : effects_.disarmed_holds;
  holds.push_back(
      {name_, transaction_id, timer ? timer->due - sandbox_->clock.offset : absl::InfinitePast()});
}

void WorkingSet::Finish() {
  if (sandbox_) {
    FlushWorld();
    store::Changes& changes = effects_.changes;
    if (touched_) (existed_ ? changes.sandboxes : changes.created_sandboxes).push_back(*sandbox_);
  } else if (existed_) {
    effects_.changes.deleted_sandboxes.push_back(name_);
  }
}

std::string WorkingSet::EncodeReply(const Command& command, const Decision& decision) const {
  if (decision.simulation) return codec_.Encode(*decision.simulation, name_);
  if (std::holds_alternative<domain::RecordSnapshot>(command)) return codec_.Encode(decision.records.back());
  const bool of_dispute = std::holds_alternative<domain::OpenDispute>(command) || !DisputeOf(command).empty();
  if (of_dispute && decision.dispute) return codec_.Encode(*decision.dispute);
  if (decision.transaction) return codec_.Encode(*decision.transaction, name_, now_);
  if (decision.flow) return codec_.Encode(*decision.flow);
  if (decision.fault_rule) return codec_.Encode(*decision.fault_rule);
  if (std::holds_alternative<domain::DeleteFaultRule>(command)) return "";
  if (sandbox_) return codec_.Encode(*sandbox_, now_);
  return "";  // deleted
}

}  // namespace tracktrove::engine
