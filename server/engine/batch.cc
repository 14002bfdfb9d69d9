#include "engine/batch.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "domain/errors.h"
#include "domain/status_macros.h"

namespace tracktrove::engine {
namespace {

// How long after it was sent a COMMIT without an answer is asked after; with the
// last attempt to connect, callers wait five seconds. The pauses between.
constexpr absl::Duration kResolveWithin = absl::Seconds(3);
constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

bool IsEmpty(const store::Changes& c) {
  return c.transactions.empty() && c.records.empty() && c.entries.empty() && c.disarmed.empty() &&
         c.armed.empty() && c.flows.empty() && c.fault_rules.empty() && c.deleted_rules.empty() &&
         c.requests.empty() && c.simulations.empty() && c.reports.empty() && c.sandboxes.empty() &&
         c.created_sandboxes.empty() && c.deleted_sandboxes.empty() && c.retired_worlds.empty();
}

// The own flow that a call names, or empty.
std::string FlowOf(const Call& call) {
  std::string flow;
  if (const auto* start = std::get_if<domain::StartSimulation>(&call.command)) flow = start->spec.flow;
  if (const auto* initiate = std::get_if<domain::InitiateTransaction>(&call.command)) flow = initiate->flow;
  if (const auto* create = std::get_if<domain::CreateFlow>(&call.command)) flow = create->flow.id;
  return domain::FindFlow(flow) == nullptr ? flow : "";
}

bool ChecksFaultRules(const Call& call) {
  const auto* start = std::get_if<domain::StartSimulation>(&call.command);
  return (start != nullptr && !start->spec.fault_rules.empty()) ||
         std::holds_alternative<domain::CreateFaultRule>(call.command) ||
         std::holds_alternative<domain::UpdateFaultRule>(call.command) ||
         std::holds_alternative<domain::DeleteFaultRule>(call.command);
}

bool AsksForNextEvent(const Call& call) {
  const auto* advance = std::get_if<domain::AdvanceClock>(&call.command);
  return advance != nullptr && std::holds_alternative<domain::AdvanceClock::ToNextEvent>(advance->target);
}

// The move that a simulation makes lets everything through that does not ask for
// its next stop.
bool WaitsForClock(const Call& call, const WorkingSet& set) {
  if (set.advancing()) return !PassesClockMove(call.command);
  return set.driven() && AsksForNextEvent(call) && !set.IsRepeat(call);
}

}  // namespace

absl::Status Batch::Run(const std::vector<Call>& calls, const std::set<std::string>& ticks) {
  absl::StatusOr<absl::Time> wall = writer_.Begin();
  if (!wall.ok()) return wall.status();
  wall_ = *wall;
  absl::Status status = RunInTransaction(calls, ticks);
  if (!status.ok()) writer_.Rollback();
  return status;
}

absl::Status Batch::RunInTransaction(const std::vector<Call>& calls, const std::set<std::string>& ticks) {
  std::set<std::string> names = ticks;
  for (const Call& call : calls) names.insert(call.sandbox);
  if (absl::Status status = Load(calls, names); !status.ok()) return status;
  for (auto& [name, set] : sets_) FireTimers(name, set);
  outcomes_.resize(calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto it = sets_.find(calls[i].sandbox);
    if (it == sets_.end()) continue;  // another writer holds it
    if (absl::Status status = RunCall(calls[i], it->second, outcomes_[i]); !status.ok()) return status;
  }
  return Write();
}

absl::Status Batch::Load(const std::vector<Call>& calls, const std::set<std::string>& names) {
  auto locked =
      writer_.LockSandboxes({names.begin(), names.end()}, limits_.wait_for_locks ? nullptr : &left_out_);
  if (!locked.ok()) return locked.status();
  if (limits_.wait_for_locks) {
    absl::StatusOr<absl::Time> wall = writer_.Now();
    if (!wall.ok()) return wall.status();
    wall_ = *wall;
  }
  const std::set<std::string> held(left_out_.begin(), left_out_.end());
  if (absl::Status status = LoadSimulations(calls, *locked); !status.ok()) return status;

  store::Wanted wanted;
  for (const std::string& name : names) {
    if (held.contains(name)) continue;
    const auto row = locked->find(name);
    std::optional<domain::Sandbox> sandbox;
    if (row != locked->end()) sandbox = std::move(row->second);
    if (absl::Status status = LoadSandbox(name, std::move(sandbox), wanted); !status.ok()) return status;
  }
  Want(calls, wanted);
  absl::StatusOr<store::Found> found = writer_.Load(wanted);
  if (!found.ok()) return found.status();
  for (auto& [name, set] : sets_) set.AddFound(*found);
  return LoadFlowsOfTransactions();
}

void Batch::Want(const std::vector<Call>& calls, store::Wanted& wanted) const {
  std::set<domain::WorldId> ruled;  // whose rules are needed
  for (const auto& [name, set] : sets_) {
    if (set.sandbox() && set.sandbox()->fault_rules_enabled > 0) ruled.insert(set.sandbox()->world);
  }
  for (const auto& [key, run] : simulations_) {
    if (!run.spec->flow.empty()) wanted.flows.emplace_back(key.first, run.spec->flow);
  }
  std::set<domain::WorldId> managed;  // whose rules are changed
  for (const Call& call : calls) {
    const auto it = sets_.find(call.sandbox);
    if (it == sets_.end() || !it->second.sandbox()) continue;
    const domain::WorldId world = it->second.sandbox()->world;
    if (ChecksFaultRules(call)) managed.insert(world);
    if (const std::string flow = FlowOf(call); !flow.empty()) wanted.flows.emplace_back(world, flow);
    if (const std::string id = TransactionOf(call.command); !id.empty())
      wanted.transactions.emplace_back(world, id);
    if (const std::string id = DisputeOf(call.command); !id.empty()) wanted.disputes.emplace_back(world, id);
    if (const auto* override_state = std::get_if<domain::OverrideState>(&call.command))
      wanted.open_disputes.emplace_back(world, override_state->transaction_id);
    if (!call.request_id.empty()) wanted.requests.emplace_back(world, call.request_id);
    const auto* initiate = std::get_if<domain::InitiateTransaction>(&call.command);
    if (initiate != nullptr && !initiate->draw_key.empty())
      wanted.draw_keys.emplace_back(world, initiate->draw_key);
  }
  ruled.insert(managed.begin(), managed.end());
  wanted.fault_rules.assign(ruled.begin(), ruled.end());
  wanted.all_flows.assign(managed.begin(), managed.end());
}

// Most transactions have a built-in flow, and nothing is loaded for them.
absl::Status Batch::LoadFlowsOfTransactions() {
  store::Wanted wanted;
  for (const auto& [name, set] : sets_) {
    for (const std::string& flow : set.MissingFlows()) wanted.flows.emplace_back(set.sandbox()->world, flow);
  }
  if (wanted.flows.empty()) return absl::OkStatus();
  absl::StatusOr<store::Found> found = writer_.Load(wanted);
  if (!found.ok()) return found.status();
  for (auto& [name, set] : sets_) set.AddFound(*found);
  return absl::OkStatus();
}

absl::Status Batch::LoadSimulations(const std::vector<Call>& calls,
                                    const std::map<std::string, domain::Sandbox>& sandboxes) {
  std::set<store::SimulationKey> keys;
  for (const auto& [name, sandbox] : sandboxes) {
    if (sandbox.running_simulation != 0) keys.emplace(sandbox.world, sandbox.running_simulation);
  }
  for (const Call& call : calls) {
    const auto sandbox = sandboxes.find(call.sandbox);
    const int64_t number = SimulationOf(call.command);
    if (number != 0 && sandbox != sandboxes.end()) keys.emplace(sandbox->second.world, number);
  }
  if (keys.empty()) return absl::OkStatus();
  auto found = writer_.LoadSimulations({keys.begin(), keys.end()});
  if (!found.ok()) return found.status();
  simulations_ = *std::move(found);
  return absl::OkStatus();
}

absl::Status Batch::LoadSandbox(const std::string& name, std::optional<domain::Sandbox> sandbox,
                                store::Wanted& wanted) {
  DueTimers due;
  if (sandbox) {
    absl::TimeZone zone;
    const std::string& zone_name = sandbox->policy.settlement.time_zone;
    if (!absl::LoadTimeZone(zone_name, &zone)) return domain::TimeZoneUnknown(zone_name);
    TT_ASSIGN_OR_RETURN(due, LoadDueTimers(*sandbox));
    wanted.open_batches.push_back(sandbox->world);
    for (const domain::Timer& timer : due.timers) {
      if (timer.kind == domain::TimerKind::kCutOff || timer.kind == domain::TimerKind::kArrival) continue;
      wanted.transactions.emplace_back(sandbox->world, timer.transaction_id);
      if (timer.kind == domain::TimerKind::kDisputeDeadline)
        wanted.open_disputes.emplace_back(sandbox->world, timer.transaction_id);
    }
  }
  const auto set = sets_.try_emplace(name, name, std::move(sandbox), wall_, due, codec_, effects_).first;
  set->second.AddSimulations(simulations_);
  return absl::OkStatus();
}

// The timers that are due; after them, those of a batch that is being paid, as
// if they were due now.
absl::StatusOr<DueTimers> Batch::LoadDueTimers(const domain::Sandbox& sandbox) {
  const int limit = limits_.timers_per_sandbox;
  DueTimers due;
  due.until = LoadHorizon(sandbox, simulations_, wall_, limits_.arrivals_per_sandbox);
  TT_ASSIGN_OR_RETURN(due.timers, writer_.DueTimers(sandbox.world, due.until, limit));
  const int left = limit - static_cast<int>(due.timers.size());
  due.truncated = left == 0;
  if (!sandbox.advance || !sandbox.advance->run || left == 0) return due;
  TT_ASSIGN_OR_RETURN(const std::vector<domain::Timer> paid,
                      writer_.BatchTimers(sandbox.world, *sandbox.advance->run, left));
  for (const domain::Timer& timer : paid) {
    due.timers.push_back(timer);
    due.timers.back().due = sandbox.advance->target;
  }
  due.truncated = static_cast<int>(due.timers.size()) == limit;
  return due;
}

// What is due comes before any command; a clock move ends when nothing is.
void Batch::FireTimers(const std::string& name, WorkingSet& set) {
  SandboxOutcome& outcome = sandbox_outcomes_[name];
  if (!set.sandbox()) return;
  outcome.advancing = set.advancing();
  const bool moving = set.advancing() || set.driven();
  const bool one_instant = moving && limits_.stop_at_instants;
  const bool nothing_due = set.FireTimers({.timers = limits_.timers_per_sandbox,
                                           .arrivals = limits_.arrivals_per_sandbox,
                                           .one_instant = one_instant});
  outcome.calls_wait = set.CallsWait();
  if (one_instant && set.touched()) {
    outcome.instant = set.last_fired();
    outcome.needs_another_turn = true;
  } else if (!nothing_due) {
    outcome.needs_another_turn = true;
  } else if (set.advancing()) {
    outcome.advance_reply = set.FinishAdvance();
    outcome.advancing = set.advancing();
    outcome.needs_another_turn = true;
    outcome.calls_wait = true;  // for those who waited for it
  }
}

absl::Status Batch::RunCall(const Call& call, WorkingSet& set, Outcome& outcome) {
  SandboxOutcome& sandbox = sandbox_outcomes_[call.sandbox];
  const auto answer = [&outcome](absl::StatusOr<std::string> reply) {
    outcome = {.fate = Fate::kAnswered, .answer = std::move(reply)};
  };
  if (call.moves_world != 0 && (!set.sandbox() || set.sandbox()->world != call.moves_world)) {
    answer(domain::SandboxNotFound(call.sandbox));  // that one is gone, with what it had answered
    return absl::OkStatus();
  }
  if (WaitsForClock(call, set)) {
    // One that repeats the move's own request finds its answer when it is run.
    outcome.fate = Fate::kWaitsForClock;
    return absl::OkStatus();
  }
  if (sandbox.calls_wait) return absl::OkStatus();  // put back

  std::optional<absl::Time> next_due;
  if (AsksForNextEvent(call) && set.sandbox() && !set.IsRepeat(call)) {
    TT_ASSIGN_OR_RETURN(
        const std::vector<domain::Timer> earliest,
        writer_.DueTimers(set.sandbox()->world, absl::InfiniteFuture(), set.changed_timers() + 1));
    next_due = set.NextDue(earliest);
  }
  const bool was_advancing = set.advancing();
  absl::StatusOr<std::string> reply = set.Run(call, next_due);
  if (set.driven()) sandbox.needs_another_turn = true;
  if (set.CallsWait()) {  // it made something due that comes before the next call
    sandbox.needs_another_turn = true;
    sandbox.calls_wait = true;
  }
  if (set.advancing() && !was_advancing) {
    sandbox.advancing = true;
    sandbox.needs_another_turn = true;
    outcome.fate = Fate::kAwaitsClockMove;
    outcome.world = set.sandbox()->world;
  } else {
    answer(std::move(reply));
  }
  return absl::OkStatus();
}

absl::Status Batch::Write() {
  for (auto& [name, set] : sets_) set.Finish();
  if (IsEmpty(effects_.changes)) {
    writer_.Rollback();
    return absl::OkStatus();
  }
  absl::StatusOr<store::Alarms> alarms = writer_.Write(effects_.changes);
  if (!alarms.ok()) return alarms.status();
  alarms_ = *std::move(alarms);
  return Commit();
}

// An answer that is lost is no failure yet: what is stored tells.
absl::Status Batch::Commit() {
  const absl::Time latest = absl::Now() + kResolveWithin;
  const absl::Status status = writer_.Commit();
  if (!absl::IsUnavailable(status)) return status;
  absl::StatusOr<bool> landed = writer_.Landed(effects_.changes);
  absl::Duration pause = kFirstPause;
  while (absl::IsUnavailable(landed.status()) && absl::Now() + pause < latest) {
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
    landed = writer_.Landed(effects_.changes);
  }
  if (!landed.ok()) {
    spdlog::error("a COMMIT got no answer, and what became of it is not known: {}; {}", status.ToString(),
                  landed.status().ToString());
    return domain::OutcomeUnknown();
  }
  spdlog::warn("a COMMIT got no answer; it {}: {}", *landed ? "is in" : "was rolled back", status.ToString());
  return *landed ? absl::OkStatus() : domain::RolledBack(status.message());
}

}  // namespace tracktrove::engine
