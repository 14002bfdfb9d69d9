#include "engine/working_set.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "domain/errors.h"

namespace tracktrove::engine {
namespace {

using domain::Command;
using domain::Decision;
using domain::Timer;
using domain::TimerKind;
using domain::Transaction;

// The transaction that a command is about; empty when it is about none that exists.
struct SubjectOf {
  std::string operator()(const domain::CompleteTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::CancelTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::RefundTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::RecordSnapshot& c) const { return c.transaction_id; }
  std::string operator()(const domain::FireTimer& c) const { return c.timer.transaction_id; }
  std::string operator()(const domain::InitiateTransaction&) const { return ""; }
  std::string operator()(const domain::CreateSandbox&) const { return ""; }
  std::string operator()(const domain::UpdateSandbox&) const { return ""; }
  std::string operator()(const domain::ResetSandbox&) const { return ""; }
  std::string operator()(const domain::DeleteSandbox&) const { return ""; }
  std::string operator()(const domain::AdvanceClock&) const { return ""; }
  std::string operator()(const domain::FinishAdvance&) const { return ""; }
};

}  // namespace

std::string TransactionOf(const Command& command) { return std::visit(SubjectOf{}, command); }

WorkingSet::WorkingSet(std::string name, std::optional<domain::Sandbox> sandbox, absl::Time wall,
                       const std::vector<Timer>& due, bool truncated, const ReplyCodec& codec,
                       BatchEffects& effects)
    : name_(std::move(name)),
      wall_(wall),
      codec_(codec),
      effects_(effects),
      existed_(sandbox.has_value()),
      sandbox_(std::move(sandbox)),
      now_(sandbox_ ? sandbox_->clock.Now(wall) : wall),
      due_(due.begin(), due.end()),
      horizon_(sandbox_ ? domain::FiringHorizon(*sandbox_, now_) : wall) {
  if (truncated) fire_until_ = due.back();
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
}

bool WorkingSet::FireTimers(int limit, bool one_instant) {
  const absl::Time instant = due_.empty() ? absl::InfiniteFuture() : due_.begin()->due;
  for (int fired = 0; fired < limit && !due_.empty(); ++fired) {
    const Timer timer = *due_.begin();
    if (one_instant && timer.due > instant) return false;
    due_.erase(due_.begin());
    FireOne(timer);
  }
  return due_.empty() && !fire_until_;
}

void WorkingSet::FireOne(const Timer& timer) {
  touched_ = true;
  last_fired_ = timer.due;
  sandbox_->clock.last = std::max(sandbox_->clock.last, timer.due);
  if (sandbox_->advance) {
    domain::Advance& advance = *sandbox_->advance;
    ++advance.counts[timer.kind];
    if (advance.fired.size() < domain::Advance::kFiredKept) advance.fired.push_back(timer);
  }
  absl::StatusOr<Decision> decision = Decide(domain::FireTimer{timer}, timer.due, std::nullopt);
  if (decision.ok()) {
    Apply(*decision);
    return;
  }
  // A timer that cannot fire is a bug of ours. It must not block the sandbox,
  // so it is dropped, loudly; the trail shows where its transaction stands.
  spdlog::critical("sandbox {}: the {} timer of transaction {} could not fire and was dropped: {}", name_,
                   domain::Name(timer.kind), timer.transaction_id, decision.status().ToString());
  timers_[{timer.transaction_id, timer.kind}] = std::nullopt;
}

absl::StatusOr<std::string> WorkingSet::Run(const Call& call, std::optional<absl::Time> next_due) {
  if (auto replayed = Replay(call)) return *std::move(replayed);
  absl::StatusOr<Decision> decision = Decide(call.command, now_, next_due);
  if (!decision.ok()) return decision.status();
  touched_ = true;
  Apply(*decision);
  if (sandbox_) sandbox_->clock.last = now_;
  std::string reply = EncodeReply(call.command, *decision);
  // A clock move is remembered when it ends.
  if (!std::holds_alternative<domain::AdvanceClock>(call.command)) {
    Remember(call.request_id, call.fingerprint, reply);
  }
  return reply;
}

absl::StatusOr<std::string> WorkingSet::FinishAdvance() {
  const domain::Advance advance = *sandbox_->advance;
  absl::StatusOr<Decision> decision = Decide(domain::FinishAdvance{}, advance.target, std::nullopt);
  if (!decision.ok()) return decision.status();
  touched_ = true;
  const absl::Duration offset = sandbox_->clock.offset;
  Apply(*decision);
  if (sandbox_->clock.offset != offset) effects_.moved_holds.push_back(name_);
  std::string reply = codec_.Encode(
      AdvanceResult{.clock = sandbox_->clock, .advance = advance, .last_sequence = sandbox_->head_sequence});
  Remember(advance.request_id, advance.fingerprint, reply);
  return reply;
}

absl::StatusOr<Decision> WorkingSet::Decide(const Command& command, absl::Time now,
                                            std::optional<absl::Time> next_due) const {
  domain::Facts facts;
  facts.sandbox_name = name_;
  facts.sandbox = sandbox_ ? &*sandbox_ : nullptr;
  facts.next_due = next_due;
  const auto it = transactions_.find(TransactionOf(command));
  if (it != transactions_.end()) facts.transaction = &it->second;
  if (const auto* initiate = std::get_if<domain::InitiateTransaction>(&command)) {
    facts.draw_key_used = draw_keys_.contains(initiate->draw_key);
  }
  return domain::Decide(facts, command, {.now = now, .wall = wall_});
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

void WorkingSet::Apply(Decision& decision) {
  const domain::WorldId world_before = sandbox_ ? sandbox_->world : 0;
  ApplySandbox(decision);
  if (!sandbox_) return;  // deleted
  events::Position before{sandbox_->head_sequence, sandbox_->head_hash, world_before};
  domain::Seal(decision, *sandbox_, wall_);

  Transaction* transaction = nullptr;
  domain::Text previous_dto;
  if (decision.transaction) {
    const std::string& id = decision.transaction->id;
    transaction = &transactions_[id];
    previous_dto = transaction->dto;
    *transaction = *decision.transaction;
    changed_.insert(id);
    if (!transaction->draw_key.empty()) draw_keys_.insert(transaction->draw_key);
    ApplyTimers(decision, id);
  }
  for (const domain::LedgerEntry& entry : decision.entries) {
    effects_.changes.entries.emplace_back(sandbox_->world, entry);
  }
  for (const domain::Record& record : decision.records) {
    effects_.changes.records.emplace_back(sandbox_->world, record);
    Publish(before, record, transaction, previous_dto);
    before = {record.sequence, record.hash, sandbox_->world};
  }
}

void WorkingSet::ApplySandbox(const Decision& decision) {
  const bool leaves = sandbox_ && (decision.sandbox_deleted ||
                                   (decision.sandbox && decision.sandbox->world != sandbox_->world));
  if (leaves) {
    FlushWorld();
    effects_.changes.retired_worlds.push_back(sandbox_->world);
  }
  if (decision.sandbox_deleted) sandbox_.reset();
  if (decision.sandbox) {
    const bool moved_world = leaves || !sandbox_;
    sandbox_ = decision.sandbox;
    if (moved_world) now_ = sandbox_->clock.Now(wall_);
  }
}

void WorkingSet::ApplyTimers(const Decision& decision, const std::string& transaction_id) {
  for (const TimerKind kind : decision.disarmed) {
    timers_[{transaction_id, kind}] = std::nullopt;
    std::erase_if(due_, [&](const Timer& t) { return t.kind == kind && t.transaction_id == transaction_id; });
  }
  for (const Timer& timer : decision.armed) {
    timers_[{transaction_id, timer.kind}] = timer;
    const bool loaded = !fire_until_ || timer < *fire_until_;
    if (timer.due <= horizon_ && loaded) due_.insert(timer);
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
  for (const auto& [key, timer] : timers_) FlushTimer(key, timer);
  transactions_.clear();
  changed_.clear();
  draw_keys_.clear();
  requests_.clear();
  timers_.clear();
  due_.clear();
  fire_until_.reset();
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
  if (std::holds_alternative<domain::RecordSnapshot>(command)) return codec_.Encode(decision.records.back());
  if (decision.transaction) return codec_.Encode(*decision.transaction, name_, now_);
  if (sandbox_) return codec_.Encode(*sandbox_, now_);
  return "";  // deleted
}

}  // namespace tracktrove::engine
