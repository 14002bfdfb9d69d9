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
      timers_(due),
      bucket_(sandbox_ ? domain::BucketOf(sandbox_->clock.last) : absl::InfiniteFuture()) {}

void WorkingSet::AddFound(const store::Found& found) {
  if (sandbox_) rows_.Add(sandbox_->world, found);
}

void WorkingSet::AddSimulations(const std::map<store::SimulationKey, domain::SimulationRun>& simulations) {
  if (sandbox_) rows_.Add(sandbox_->world, simulations);
}

absl::Time WorkingSet::Horizon() const {
  const absl::Time now = sandbox_->clock.Now(wall_);
  return std::min(timers_.until(), put_off_ ? now : domain::FiringHorizon(*sandbox_, now));
}

bool WorkingSet::FireTimers(const FireLimits& limits) {
  const absl::Time instant = timers_.First() == nullptr ? absl::InfiniteFuture() : timers_.First()->due;
  int arrivals = 0;
  for (int fired = 0; fired < limits.timers && IsDue(); ++fired) {
    if (limits.one_instant && timers_.First()->due > instant) break;
    const Timer timer = timers_.Pop();
    if (timer.kind == TimerKind::kArrival && arrivals++ == limits.arrivals) {
      put_off_ = true;
    } else {
      FireOne(timer);
    }
  }
  now_ = sandbox_->clock.Now(wall_);
  const bool all_loaded = timers_.HasAllUntil(domain::FiringHorizon(*sandbox_, now_));
  return all_loaded && !IsDue() && !put_off_ && !joined_run_;
}

bool WorkingSet::CallsWait() const { return sandbox_ && timers_.IsDueBy(now_); }

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
  timers_.Disarm({timer.transaction_id, timer.kind});
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
  const absl::Time next = timers_.NextDue(stored);
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
  facts.flows = &rows_.flows();
  facts.fault_rules = &rows_.rules();
  facts.batches = &rows_.open_batches();
  facts.simulation = SimulationFor(command);
  if (sandbox_) absl::LoadTimeZone(sandbox_->policy.settlement.time_zone, &facts.zone);
  NameSubjects(command, facts);
  if (const auto* initiate = std::get_if<domain::InitiateTransaction>(&command)) {
    facts.draw_key_used = rows_.HasDrawKey(initiate->draw_key);
  }
  return domain::Decide(facts, command, {.now = now, .wall = wall_});
}

void WorkingSet::NameSubjects(const Command& command, domain::Facts& facts) const {
  facts.dispute = rows_.Dispute(DisputeOf(command));
  facts.transaction =
      rows_.Transaction(facts.dispute != nullptr ? facts.dispute->transaction_id : TransactionOf(command));
  if (facts.transaction == nullptr || facts.dispute != nullptr) return;
  facts.dispute = rows_.Dispute(facts.transaction->open_dispute);
}

// The one that the command names, or else the one under way.
const domain::SimulationRun* WorkingSet::SimulationFor(const Command& command) const {
  if (!sandbox_) return nullptr;
  const int64_t named = SimulationOf(command);
  return rows_.Simulation(named != 0 ? named : sandbox_->running_simulation);
}

std::optional<absl::StatusOr<std::string>> WorkingSet::Replay(const Call& call) const {
  if (call.request_id.empty()) return std::nullopt;
  const store::StoredRequest* const first = rows_.Request(call.request_id);
  if (first == nullptr) return std::nullopt;
  if (first->fingerprint != call.fingerprint) return domain::RequestIdReused(call.request_id);
  std::string reply;
  if (!absl::Base64Unescape(first->reply, &reply))
    return domain::BrokenInvariant("a stored reply is damaged");
  return reply;
}

void WorkingSet::Remember(const std::string& request_id, const std::string& fingerprint,
                          const std::string& reply) {
  if (request_id.empty() || !sandbox_) return;
  effects_.changes.requests.push_back({sandbox_->world, request_id, fingerprint, absl::Base64Escape(reply)});
  rows_.Remember(effects_.changes.requests.back());
}

void WorkingSet::Apply(Decision& decision, absl::Time now) {
  const domain::WorldId world_before = sandbox_ ? sandbox_->world : 0;
  ApplySandbox(decision);
  if (!sandbox_) return;  // deleted
  events::Position before{sandbox_->head_sequence, sandbox_->head_hash, world_before};
  domain::Seal(decision, *sandbox_, wall_);
  if (decision.flow) effects_.changes.flows.emplace_back(sandbox_->world, *decision.flow);
  if (decision.simulation && !decision.report.empty())
    effects_.changes.reports.push_back({sandbox_->world, decision.simulation->number, decision.report});

  const std::string id = decision.transaction ? decision.transaction->id : "";
  const Transaction* transaction = rows_.Transaction(id);
  domain::Text previous_dto = transaction != nullptr ? transaction->dto : nullptr;
  rows_.Apply(decision, sandbox_->running_simulation);
  transaction = rows_.Transaction(id);
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
  const domain::SimulationRun* const run = rows_.Simulation(sandbox_->running_simulation);
  if (run == nullptr || !run->IsDone()) return;
  absl::StatusOr<Decision> end = Decide(domain::FinishSimulation{}, now, std::nullopt);
  if (end.ok()) Apply(*end, now);
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
      timers_.LeaveWorld();
    }
  }
}

void WorkingSet::ApplyTimers(const Decision& decision) {
  const std::string transaction_id = decision.transaction ? decision.transaction->id : "";
  for (const TimerKind kind : decision.disarmed) timers_.Disarm({transaction_id, kind});
  for (const Timer& timer : decision.armed) {
    timers_.Arm(timer);
    joined_run_ =
        joined_run_ || (timer.kind == TimerKind::kSettlement && advancing() && sandbox_->advance->run &&
                        decision.transaction->settlement_batch == sandbox_->advance->run->batch);
  }
}

// The timer that closes a batch is there as long as the batch is open.
void WorkingSet::ApplyBatches(const Decision& decision) {
  for (const domain::SettlementBatch& batch : decision.batches) {
    const bool opened = rows_.Apply(batch);
    const Timer cut_off = domain::CutOffOf(batch);
    if (batch.close_time || batch.IsEmpty()) timers_.Disarm({cut_off.transaction_id, cut_off.kind});
    if (opened) timers_.Arm(cut_off);
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
  rows_.Flush(sandbox_->world, effects_.changes);
  for (const auto& [key, timer] : timers_.changed()) FlushTimer(key, timer);
  timers_.LeaveWorld();
  const absl::Time bucket = domain::BucketOf(sandbox_->clock.last);
  if (bucket > bucket_) {
    effects_.changes.forgotten_statistics.emplace_back(sandbox_->world, bucket - domain::kStatisticsKept);
  }
}

void WorkingSet::RetireHolds() {
  const auto is_its = [this](const holds::Hold& hold) { return hold.sandbox == name_; };
  std::erase_if(effects_.armed_holds, is_its);
  std::erase_if(effects_.disarmed_holds, is_its);
  if (sandbox_->clock.mode == domain::ClockMode::kRealtime) effects_.retired_holds.push_back(name_);
}

void WorkingSet::FlushTimer(const TimerQueue::Key& key, const std::optional<Timer>& timer) {
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
