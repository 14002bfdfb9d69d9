#include "engine/lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "domain/errors.h"

namespace tracktrove::engine {
namespace {

constexpr int kPurgeRows = 1000;
// How often a batch is run that was rolled back through no fault of its own.
constexpr int kRuns = 2;
// A call that waits for a clock is answered this long before its deadline, so
// that the answer arrives, and the waiting ones are looked at this often.
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);
constexpr absl::Duration kLookInterval = absl::Milliseconds(50);
constexpr absl::Duration kRetryAfter = absl::Milliseconds(100);

}  // namespace

Lane::Lane(LaneOptions options, std::unique_ptr<store::Writer> writer, const ReplyCodec& codec,
           LaneOutlets outlets)
    : options_(options), writer_(std::move(writer)), codec_(codec), outlets_(std::move(outlets)) {
  thread_ = std::thread([this] { Loop(); });
}

Lane::~Lane() { Stop(); }

void Lane::Submit(Call call) {
  absl::Status refusal;
  {
    sync::MutexLock lock(&mutex_);
    if (stopping_) {
      refusal = domain::ServerShuttingDown();
    } else if (pending_ >= options_.max_pending) {
      refusal = domain::QueueFull(kRetryAfter);
    } else {
      ++pending_;
      queue_.push_back(std::move(call));
      return;
    }
  }
  call.done(refusal);
}

void Lane::Tick(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  ticks_.insert(sandbox);
}

void Lane::Purge() {
  sync::MutexLock lock(&mutex_);
  purge_ = true;
}

void Lane::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Lane::Loop() {
  Work work;
  while (Take(work)) {
    GiveUpWaiting();
    if (!work.calls.empty() || !work.ticks.empty()) {
      RunBatch(std::move(work.calls), work.ticks, work.wait_for_locks);
    } else if (work.purge) {
      PurgeSome();
    }
    work = {};
  }
  for (auto* parked : {&waiting_, &advancing_}) {
    for (auto& [sandbox, calls] : *parked) {
      for (Call& call : calls) Answer(call, domain::ServerShuttingDown());
    }
  }
}

// Answers false when the lane is to stop and every call has been run.
bool Lane::Take(Work& work) {
  sync::MutexLock lock(&mutex_);
  const auto has_work = [this] {
    return stopping_ || purge_ || !queue_.empty() || !ticks_.empty() || !put_back_.empty();
  };
  lock.AwaitUntil(waiting_.empty() ? absl::InfiniteFuture() : absl::Now() + kLookInterval, has_work);
  // What other writers held is waited for at the second try, without those that
  // came since: asking again and again would only keep both busy.
  work.wait_for_locks = std::exchange(held_up_, false);
  const bool alone = work.wait_for_locks && !put_back_.empty();
  int64_t bytes = 0;
  for (std::deque<Call>* source : {&put_back_, alone ? &put_back_ : &queue_}) {
    while (!source->empty() && static_cast<int>(work.calls.size()) < options_.max_batch_calls &&
           bytes < options_.max_batch_bytes) {
      bytes += source->front().bytes;
      work.calls.push_back(std::move(source->front()));
      source->pop_front();
    }
  }
  if (stopping_ && work.calls.empty()) return false;
  for (const std::string& sandbox : paused_) ParkCalls(sandbox, work.calls);
  work.ticks.swap(ticks_);
  for (const std::string& sandbox : paused_) work.ticks.erase(sandbox);
  work.purge = std::exchange(purge_, false);
  return true;
}

// A sandbox whose clock stands at a barrier takes no part in batches.
void Lane::ParkCalls(const std::string& sandbox, std::vector<Call>& calls) {
  const auto parked = std::stable_partition(calls.begin(), calls.end(),
                                            [&](const Call& call) { return call.sandbox != sandbox; });
  if (parked == calls.end()) return;
  std::vector<Call>& waiting = waiting_[sandbox];
  waiting.insert(waiting.end(), std::make_move_iterator(parked), std::make_move_iterator(calls.end()));
  calls.erase(parked, calls.end());
}

void Lane::RunBatch(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks) {
  const absl::Time now = absl::Now();
  const auto in_time = [now](const Call& call) { return call.deadline > now; };
  const auto late = std::stable_partition(calls.begin(), calls.end(), in_time);
  for (auto it = late; it != calls.end(); ++it) Answer(*it, domain::DeadlinePassed());
  calls.erase(late, calls.end());

  const BatchLimits limits{.timers_per_sandbox = options_.timers_per_sandbox,
                           .arrivals_per_sandbox = options_.max_batch_calls,
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
}

// Something in the batch cannot be written: find out which, so that it does
// not take the others with it.
void Lane::RunSingly(std::vector<Call> calls, const std::set<std::string>& ticks, bool wait_for_locks) {
  for (const std::string& tick : ticks) RunBatch({}, {tick}, wait_for_locks);
  for (Call& call : calls) {
    std::vector<Call> single;
    single.push_back(std::move(call));
    RunBatch(std::move(single), {}, wait_for_locks);
  }
}

void Lane::AfterCommit(Batch& batch, std::vector<Call> calls) {
  std::deque<Call> put_back;
  for (size_t i = 0; i < calls.size(); ++i) {
    Call& call = calls[i];
    Outcome& outcome = batch.outcomes()[i];
    switch (outcome.fate) {
      case Fate::kAnswered:
        Answer(call, std::move(outcome.answer));
        break;
      case Fate::kPutBack:
        put_back.push_back(std::move(call));
        break;
      case Fate::kWaitsForClock:
        waiting_[call.sandbox].push_back(std::move(call));
        break;
      case Fate::kAwaitsClockMove:
        advancing_[call.sandbox].push_back(std::move(call));
        break;
    }
  }
  put_back_.insert(put_back_.begin(), std::make_move_iterator(put_back.begin()),
                   std::make_move_iterator(put_back.end()));
  held_up_ |= batch.left_out_some();
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
    {
      sync::MutexLock lock(&mutex_);
      paused_.insert(name);
    }
    outlets_.barrier(name, *outcome.instant, [this, name] {
      sync::MutexLock lock(&mutex_);
      paused_.erase(name);
      ticks_.insert(name);
    });
  } else if (outcome.needs_another_turn) {
    Tick(name);
  }
}

void Lane::PutBack(std::map<std::string, std::vector<Call>>& parked, const std::string& sandbox) {
  const auto it = parked.find(sandbox);
  if (it == parked.end()) return;
  put_back_.insert(put_back_.begin(), std::make_move_iterator(it->second.begin()),
                   std::make_move_iterator(it->second.end()));
  parked.erase(it);
}

void Lane::PurgeSome() {
  const absl::StatusOr<int64_t> purged = writer_->Purge(kPurgeRows);
  if (!purged.ok()) {
    spdlog::warn("purging retired sandboxes failed and is tried again later: {}", purged.status().ToString());
  } else if (*purged > 0) {
    Purge();
  }
}

void Lane::GiveUpWaiting() {
  const absl::Time limit = absl::Now() + kAnswerMargin;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    std::vector<Call>& calls = it->second;
    const auto late =
        std::stable_partition(calls.begin(), calls.end(), [&](const Call& c) { return c.deadline > limit; });
    for (auto call = late; call != calls.end(); ++call) Answer(*call, domain::ClockAdvancing(it->first));
    calls.erase(late, calls.end());
    it = calls.empty() ? waiting_.erase(it) : std::next(it);
  }
}

void Lane::Answer(Call& call, absl::StatusOr<std::string> answer) {
  --pending_;
  call.done(std::move(answer));
}

}  // namespace tracktrove::engine
