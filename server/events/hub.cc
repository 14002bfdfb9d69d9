#include "events/hub.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace tracktrove::events {
namespace {

bool IsAlive(const std::weak_ptr<Listener>& listener) { return !listener.expired(); }

void DropDead(std::vector<std::weak_ptr<Listener>>& listeners) {
  std::erase_if(listeners, [](const auto& listener) { return !IsAlive(listener); });
}

}  // namespace

Hub::Hub(HubOptions options, Relay* relay) : options_(options), relay_(relay), thread_([this] { Loop(); }) {}

Hub::~Hub() {
  {
    sync::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  thread_.join();
}

bool Hub::Sandbox::HasListeners() const { return std::any_of(listeners.begin(), listeners.end(), IsAlive); }

void Hub::Publish(const std::string& sandbox, domain::WorldId world, const Run& run) {
  if (run.entries.empty()) return;
  const bool taken = Take(sandbox, run);
  if (relay_ != nullptr) relay_->Tell(sandbox, world, run);
  if (!taken) on_news_(sandbox, world, run.End());
}

bool Hub::Take(const std::string& sandbox, const Run& run) {
  sync::MutexLock lock(&mutex_);
  Sandbox& here = Of(sandbox);
  if (!here.ring.End()) here.ring.Place(run.before);
  Wake why = Wake::kNews;
  if (!here.ring.Merge(run)) {
    // Another replica wrote in between: better filled in once than read by each listener.
    const bool gap = run.before.sequence > here.ring.End()->sequence;
    if (gap && here.HasListeners() && on_news_) return false;
    here.ring.Place(run.before);
    here.ring.Merge(run);
    why = Wake::kReread;
  }
  Note(sandbox, why);
  return true;
}

void Hub::Forget(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  const auto it = sandboxes_.find(sandbox);
  if (it == sandboxes_.end()) return;
  it->second.ring = Ring(options_.ring);
  Note(sandbox, Wake::kReread);
}

Hub::Page Hub::Read(const std::string& sandbox, const Position& after, int limit) const {
  sync::MutexLock lock(&mutex_);
  const Sandbox* const found = Find(sandbox);
  if (found == nullptr) return {};
  const std::optional<Position> end = found->ring.End();
  if (!end || end->sequence < after.sequence) return {};
  if (!found->ring.Knows(after)) return {.behind = true, .entries = {}};
  return {.behind = false, .entries = found->ring.Read(after.sequence, limit)};
}

std::optional<std::vector<Entry>> Hub::Recall(const std::string& sandbox, domain::WorldId world,
                                              int64_t after, const Position& head, int limit) {
  const auto read = [&]() -> std::optional<std::vector<Entry>> {
    sync::MutexLock lock(&mutex_);
    Ring& ring = Of(sandbox).ring;
    if (!ring.End()) {
      ring.Place(head);
      Note(sandbox, Wake::kNews);  // nobody else will say that other listeners lack what is before it
    }
    if (!ring.Knows(head) || ring.IsBehind(after)) return std::nullopt;
    return ring.Read(after, limit);
  };
  std::optional<std::vector<Entry>> entries = read();
  if (entries || relay_ == nullptr || head.sequence - after > options_.ring.records) return entries;
  Merge(sandbox, relay_->Fetch(sandbox, world, after));
  return read();
}

void Hub::Listen(const std::string& sandbox, std::weak_ptr<Listener> listener) {
  sync::MutexLock lock(&mutex_);
  std::vector<std::weak_ptr<Listener>>& listeners = Of(sandbox).listeners;
  DropDead(listeners);
  listeners.push_back(std::move(listener));
  Note(sandbox, Wake::kNews);  // what was committed just before must not be missed
}

std::vector<std::string> Hub::Listened() const {
  sync::MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, sandbox] : sandboxes_) {
    if (sandbox.HasListeners()) names.push_back(name);
  }
  return names;
}

bool Hub::Lacks(const std::string& sandbox, const Position& head) const {
  sync::MutexLock lock(&mutex_);
  const Sandbox* const found = Find(sandbox);
  return found != nullptr && found->HasListeners() && !found->ring.Knows(head);
}

std::optional<Position> Hub::End(const std::string& sandbox) const {
  sync::MutexLock lock(&mutex_);
  const Sandbox* const found = Find(sandbox);
  return found == nullptr ? std::nullopt : found->ring.End();
}

void Hub::Merge(const std::string& sandbox, const Run& run) {
  if (run.entries.empty()) return;
  sync::MutexLock lock(&mutex_);
  if (Of(sandbox).ring.Merge(run)) Note(sandbox, Wake::kNews);
}

void Hub::MergeFromRelay(const std::string& sandbox, domain::WorldId world) {
  const std::optional<Position> end = End(sandbox);
  if (end && relay_ != nullptr) Merge(sandbox, relay_->Fetch(sandbox, world, end->sequence));
}

void Hub::Restart(const std::string& sandbox, const Position& head) {
  sync::MutexLock lock(&mutex_);
  Of(sandbox).ring.Place(head);
  Note(sandbox, Wake::kReread);
}

void Hub::OnNews(Relay::OnNews on_news) {
  on_news_ = on_news;
  if (relay_ != nullptr) relay_->Start(std::move(on_news));
}

void Hub::Close() {
  sync::MutexLock lock(&mutex_);
  closing_ = true;
}

Hub::Sandbox& Hub::Of(const std::string& sandbox) {
  const auto it = sandboxes_.find(sandbox);
  if (it != sandboxes_.end()) return it->second;
  if (static_cast<int>(sandboxes_.size()) >= options_.max_rings) DropIdle();
  return sandboxes_.try_emplace(sandbox, Sandbox{.ring = Ring(options_.ring), .listeners = {}}).first->second;
}

const Hub::Sandbox* Hub::Find(const std::string& sandbox) const {
  const auto it = sandboxes_.find(sandbox);
  return it == sandboxes_.end() ? nullptr : &it->second;
}

// What asks for more stays until it was told.
void Hub::Note(const std::string& sandbox, Wake why) {
  if (Of(sandbox).listeners.empty()) return;
  Wake& noted = news_.try_emplace(sandbox, why).first->second;
  if (why == Wake::kReread) noted = why;
}

void Hub::DropIdle() {
  for (auto it = sandboxes_.begin(); it != sandboxes_.end(); ++it) {
    if (it->second.HasListeners()) continue;
    sandboxes_.erase(it);
    return;
  }
}

std::vector<std::weak_ptr<Listener>> Hub::AllListeners() {
  std::vector<std::weak_ptr<Listener>> all;
  for (auto& [name, sandbox] : sandboxes_) {
    DropDead(sandbox.listeners);
    all.insert(all.end(), sandbox.listeners.begin(), sandbox.listeners.end());
  }
  return all;
}

void Hub::WakeAll(const std::vector<std::weak_ptr<Listener>>& listeners, Wake why) {
  for (const auto& weak : listeners) {
    if (const std::shared_ptr<Listener> listener = weak.lock()) listener->OnWake(why);
  }
}

void Hub::Loop() {
  absl::Time next_pulse = absl::Now() + options_.pulse_interval;
  bool told_closing = false;
  std::string served;  // the sandbox that was woken last: each has its turn
  const auto has_work = [&] { return stopped_ || !news_.empty() || (closing_ && !told_closing); };
  while (true) {
    std::vector<std::weak_ptr<Listener>> listeners;
    Wake why = Wake::kNews;
    {
      sync::MutexLock lock(&mutex_);
      lock.AwaitUntil(next_pulse, has_work);
      if (stopped_) return;
      if (closing_) {
        // Listeners that come now are told by the news of their own arrival.
        why = Wake::kClosing;
        told_closing = true;
        next_pulse = absl::InfiniteFuture();
        listeners = AllListeners();
        news_.clear();
      } else if (absl::Now() >= next_pulse) {  // however much is new
        why = Wake::kPulse;
        next_pulse = absl::Now() + options_.pulse_interval;
        listeners = AllListeners();
      } else if (!news_.empty()) {
        auto next = news_.upper_bound(served);
        if (next == news_.end()) next = news_.begin();
        served = next->first;
        why = next->second;
        listeners = Of(next->first).listeners;
        news_.erase(next);
      }
    }
    WakeAll(listeners, why);
  }
}

}  // namespace tracktrove::events
