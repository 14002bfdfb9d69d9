#include "events/hub.h"

#include <algorithm>
#include <utility>

namespace tracktrove::events {
namespace {

int64_t BytesOf(const domain::LogEntry& entry) {
  return entry.record.dto ? static_cast<int64_t>(entry.record.dto->size()) : 0;
}

void DropDead(std::vector<std::weak_ptr<Listener>>& listeners) {
  std::erase_if(listeners, [](const auto& listener) { return listener.expired(); });
}

}  // namespace

Hub::Hub(HubOptions options) : options_(options), thread_([this] { Loop(); }) {}

Hub::~Hub() {
  {
    sync::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  thread_.join();
}

bool Hub::Ring::HasListeners() const {
  return std::any_of(listeners.begin(), listeners.end(),
                     [](const auto& listener) { return !listener.expired(); });
}

void Hub::Publish(const std::string& sandbox, std::vector<Entry> entries) {
  if (entries.empty()) return;
  sync::MutexLock lock(&mutex_);
  Ring& ring = rings_[sandbox];
  const int64_t first = entries.front()->record.sequence;
  if (!ring.entries.empty() && first != ring.entries.back()->record.sequence + 1) Clear(ring);
  for (Entry& entry : entries) {
    ring.bytes += BytesOf(*entry);
    ring.entries.push_back(std::move(entry));
  }
  Trim(ring);
  if (!ring.listeners.empty()) news_.try_emplace(sandbox, Wake::kNews);
  if (static_cast<int>(rings_.size()) > options_.max_rings) DropIdleRing();
}

void Hub::Forget(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  const auto it = rings_.find(sandbox);
  if (it == rings_.end()) return;
  Clear(it->second);
  news_[sandbox] = Wake::kGone;
}

Hub::Page Hub::Read(const std::string& sandbox, int64_t after, int limit) const {
  sync::MutexLock lock(&mutex_);
  const auto it = rings_.find(sandbox);
  if (it == rings_.end() || it->second.entries.empty()) return {};
  const std::deque<Entry>& entries = it->second.entries;
  const int64_t first = entries.front()->record.sequence;
  if (after + 1 < first) return {.behind = true, .entries = {}};
  const int64_t available = static_cast<int64_t>(entries.size()) - (after + 1 - first);
  Page page;
  for (int64_t i = 0; i < std::min<int64_t>(available, limit); ++i) {
    page.entries.push_back(entries[after + 1 - first + i]);
  }
  return page;
}

void Hub::Listen(const std::string& sandbox, std::weak_ptr<Listener> listener) {
  sync::MutexLock lock(&mutex_);
  std::vector<std::weak_ptr<Listener>>& listeners = rings_[sandbox].listeners;
  DropDead(listeners);
  listeners.push_back(std::move(listener));
  news_.try_emplace(sandbox, Wake::kNews);  // what was committed just before must not be missed
}

void Hub::Close() {
  sync::MutexLock lock(&mutex_);
  closing_ = true;
}

void Hub::Trim(Ring& ring) const {
  while (static_cast<int>(ring.entries.size()) > options_.ring_records || ring.bytes > options_.ring_bytes) {
    ring.bytes -= BytesOf(*ring.entries.front());
    ring.entries.pop_front();
  }
}

void Hub::Clear(Ring& ring) {
  ring.entries.clear();
  ring.bytes = 0;
}

void Hub::DropIdleRing() {
  for (auto it = rings_.begin(); it != rings_.end(); ++it) {
    if (it->second.HasListeners()) continue;
    rings_.erase(it);
    return;
  }
}

std::vector<std::weak_ptr<Listener>> Hub::AllListeners() {
  std::vector<std::weak_ptr<Listener>> all;
  for (auto& [sandbox, ring] : rings_) {
    DropDead(ring.listeners);
    all.insert(all.end(), ring.listeners.begin(), ring.listeners.end());
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
  const auto has_work = [&] { return stopped_ || !news_.empty() || (closing_ && !told_closing); };
  while (true) {
    std::vector<std::weak_ptr<Listener>> listeners;
    Wake why = Wake::kNews;
    {
      sync::MutexLock lock(&mutex_);
      const bool woken = lock.AwaitUntil(next_pulse, has_work);
      if (stopped_) return;
      if (closing_) {
        // Listeners that come now are told by the news of their own arrival.
        why = Wake::kClosing;
        told_closing = true;
        listeners = AllListeners();
        news_.clear();
      } else if (!woken) {
        why = Wake::kPulse;
        next_pulse = absl::Now() + options_.pulse_interval;
        listeners = AllListeners();
      } else {
        const auto next = news_.begin();
        why = next->second;
        listeners = rings_[next->first].listeners;
        news_.erase(next);
      }
    }
    WakeAll(listeners, why);
  }
}

}  // namespace tracktrove::events
