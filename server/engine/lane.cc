#include "engine/lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "domain/errors.h"

namespace tracktrove::engine {
namespace {

// Rows of one portion. Between batches there is one now and then, so that it goes
// on however busy the lane is, and nobody waits long for it.
constexpr int kPurgeRows = 1000;
constexpr absl::Duration kPurgePause = absl::Milliseconds(50);
// What failed has another turn after this.
constexpr absl::Duration kRetry = absl::Seconds(1);
// How often a batch is run that was rolled back through no fault of its own.
constexpr int kRuns = 2;
// A call that waits for a clock is answered this long before its deadline, so
// that the answer arrives, and the waiting ones are looked at this often.
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);
constexpr absl::Duration kLookInterval = absl::Milliseconds(50);

}  // namespace

Lane::Lane(LaneOptions options, std::unique_ptr<store::Writer> writer, const ReplyCodec& codec,
           LaneOutlets outlets)
    : options_(options),
      writer_(std::move(writer)),
      codec_(codec),
      outlets_(std::move(outlets)),
      turns_(std::make_shared<Turns>(options_.turns)) {
  thread_ = std::thread([this] { Loop(); });
}

Lane::~Lane() { Stop(); }

void Lane::Submit(Call call) {
  if (const absl::Status refusal = turns_->Add(call); !refusal.ok()) call.done(refusal);
}

void Lane::Tick(const std::string& sandbox) { turns_->Tick(sandbox); }

void Lane::Purge() { turns_->PurgeAt(absl::Now()); }

void Lane::BeginToStop() { turns_->Stop(absl::Now() + options_.finish_within); }

void Lane::Stop() {
  BeginToStop();
  if (thread_.joinable()) thread_.join();
}

void Lane::Loop() {
  const auto next_look = [this] {
    const bool waits = !waiting_.empty() || !advancing_.empty();
    return waits ? absl::Now() + kLookInterval : absl::InfiniteFuture();
  };
  for (Turn turn; turns_->Take(next_look(), turn); turn = {}) {
    Park(turn);
    GiveUpWaiting();
    const bool busy = turn.HasBatch();
    if (busy) RunBatch(std::move(turn.calls), turn.ticks, turn.wait_for_locks);
    turns_->PutBack(std::exchange(put_back_, {}));
    if (turn.purge) PurgeSome(busy);
  }
  for (Call& call : turns_->TakeRest()) Answer(call, domain::ServerShuttingDown());
  for (Parked* parked : {&waiting_, &advancing_}) {
    for (auto& [sandbox, calls] : *parked) {
      for (Call& call : calls) Answer(call, domain::ServerShuttingDown());
    }
  }
}

void Lane::Park(Turn& turn) {
  for (Call& call : turn.parked) waiting_[call.sandbox].push_back(std::move(call));
  for (const std::string& sandbox : turn.resumed) {
    const auto parked = waiting_.extract(sandbox);
    if (parked.empty()) continue;
    turn.calls.insert(turn.calls.begin(), std::make_move_iterator(parked.mapped().begin()),
                      std::make_move_iterator(parked.mapped().end()));
  }
  const auto goes_on = [this](const Call& call) {
    const bool moves = waiting_.contains(call.sandbox) || advancing_.contains(call.sandbox);
    return !moves || PassesClockMove(call.command);
  };
  const auto parked = std::stable_partition(turn.calls.begin(), turn.calls.end(), goes_on);
  for (auto call = parked; call != turn.calls.end(); ++call)
    waiting_[call->sandbox].push_back(std::move(*call));
  turn.calls.erase(parked, turn.calls.end());
}

void Lane::RunBatch(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks) {
  const absl::Time now = absl::Now();
  const auto in_time = [now](const Call& call) { return call.deadline > now; };
  const auto late = std::stable_partition(calls.begin(), calls.end(), in_time);
  for (auto it = late; it != calls.end(); ++it) Answer(*it, domain::DeadlinePassed());
  calls.erase(late, calls.end());

  const BatchLimits limits{.timers_per_sandbox = options_.timers_per_sandbox,
                           .arrivals_per_sandbox = options_.turns.calls,
                           .stop_at_instants = static_cast<bool>(outlets_.barrier),
                           .wait_for_locks = wait_for_locks};
  absl::Status status;
  for (int run = 0; run < kRuns; ++run) {
    Batch batch(*writer_, codec_, limits);
    status = batch.Run(calls, ticks);
    if (status.ok()) return AfterCommit(batch, std::move(calls));
    if (!absl::IsAborted(status)) break;
  }
  if (absl::IsAborted(status)) status = domain::DatabaseUnavailable(status.message());

  spdlog::error("a batch of {} calls and {} ticks failed: {}", calls.size(), ticks.size(), status.ToString());
  if (calls.size() + ticks.size() > 1 && !absl::IsUnavailable(status))
    return RunSingly(std::move(calls), ticks, wait_for_locks);
  for (Call& call : calls) Answer(call, status);
  // What is due still is, and somebody may wait for a clock there.
  store::Alarms again;
  for (const std::string& tick : ticks) again[tick] = absl::Now() + kRetry;
  if (!again.empty()) outlets_.alarms(again);
}

// Something in the batch cannot be written: find out which, so that it does
// not take the others with it. A call does not overtake one that is put back.
void Lane::RunSingly(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks) {
  for (const std::string& tick : ticks) RunBatch({}, {tick}, wait_for_locks);
  for (Call& call : calls) {
    if (StaysBehind(call.sandbox)) {
      put_back_.push_back(std::move(call));
      continue;
    }
    std::vector<Call> single;
    single.push_back(std::move(call));
    RunBatch(std::move(single), {}, wait_for_locks);
  }
}

bool Lane::StaysBehind(const std::string& sandbox) {
  const auto is_its = [&sandbox](const Call& call) { return call.sandbox == sandbox; };
  return turns_->IsPaused(sandbox) || std::any_of(put_back_.begin(), put_back_.end(), is_its);
}

void Lane::AfterCommit(Batch& batch, std::vector<Call> calls) {
  for (size_t i = 0; i < calls.size(); ++i) {
    Call& call = calls[i];
    Outcome& outcome = batch.outcomes()[i];
    switch (outcome.fate) {
      case Fate::kAnswered:
        Answer(call, std::move(outcome.answer));
        break;
      case Fate::kPutBack:
        put_back_.push_back(std::move(call));
        break;
      case Fate::kWaitsForClock:
        waiting_[call.sandbox].push_back(std::move(call));
        break;
      case Fate::kAwaitsClockMove:
        call.moves_world = outcome.world;
        advancing_[call.sandbox].push_back(std::move(call));
        break;
    }
  }
  turns_->LeftOut(batch.left_out());
  BatchEffects& effects = batch.effects();
  for (const std::string& sandbox : effects.retired_holds) outlets_.holds.Retire(sandbox);
  outlets_.holds.Disarm(effects.disarmed_holds);
  outlets_.holds.Arm(effects.armed_holds);
  for (const std::string& sandbox : effects.moved_holds) outlets_.holds.Rearm(sandbox);
  for (const auto& [sandbox, news] : effects.news) outlets_.hub.Publish(sandbox, news.world, news.run);
  for (const std::string& sandbox : effects.changes.deleted_sandboxes) outlets_.hub.Forget(sandbox);
  for (const auto& [name, outcome] : batch.sandboxes()) SettleSandbox(name, outcome);
  if (!batch.alarms().empty()) outlets_.alarms(batch.alarms());
  if (!effects.changes.retired_worlds.empty()) Purge();
}

void Lane::SettleSandbox(const std::string& name, const SandboxOutcome& outcome) {
  if (outcome.advance_reply) {
    for (Call& call : advancing_[name]) Answer(call, *outcome.advance_reply);
    advancing_.erase(name);
  }
  if (!outcome.advancing) {
    PutBack(waiting_, name);
    PutBack(advancing_, name);  // another replica ended their move: they find its stored answer
  }
  if (outcome.instant) {
    turns_->Pause(name);
    outlets_.barrier(name, *outcome.instant, [turns = turns_, name] { turns->Resume(name); });
  } else if (outcome.needs_another_turn) {
    turns_->Tick(name);
  }
}

// They came before those of their sandbox that this turn put back.
void Lane::PutBack(Parked& parked, const std::string& sandbox) {
  const auto it = parked.find(sandbox);
  if (it == parked.end()) return;
  put_back_.insert(put_back_.begin(), std::make_move_iterator(it->second.begin()),
                   std::make_move_iterator(it->second.end()));
  parked.erase(it);
}

void Lane::PurgeSome(bool busy) {
  const absl::StatusOr<int64_t> purged = writer_->Purge(kPurgeRows);
  if (!purged.ok()) {
    spdlog::warn("purging retired sandboxes failed and is tried again later: {}", purged.status().ToString());
    turns_->PurgeAt(absl::Now() + kRetry);
  } else if (*purged > 0) {
    turns_->PurgeAt(busy ? absl::Now() + kPurgePause : absl::Now());
  }
}

void Lane::GiveUpWaiting() {
  const absl::Time limit = absl::Now() + kAnswerMargin;
  for (Parked* parked : {&waiting_, &advancing_}) {
    for (auto it = parked->begin(); it != parked->end();) {
      std::vector<Call>& calls = it->second;
      const auto late = std::stable_partition(calls.begin(), calls.end(),
                                              [&](const Call& c) { return c.deadline > limit; });
      for (auto call = late; call != calls.end(); ++call) Answer(*call, domain::ClockAdvancing(it->first));
      calls.erase(late, calls.end());
      it = calls.empty() ? parked->erase(it) : std::next(it);
    }
  }
}

void Lane::Answer(Call& call, absl::StatusOr<std::string> answer) {
  turns_->Leave(call);
  call.done(std::move(answer));
}

}  // namespace tracktrove::engine
