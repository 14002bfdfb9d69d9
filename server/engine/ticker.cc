#include "engine/ticker.h"

#include <algorithm>
#include <vector>

#include "absl/time/clock.h"

namespace tracktrove::engine {

Ticker::Ticker(absl::Duration poll_interval, OnDue on_due, Poll poll)
    : poll_interval_(poll_interval), on_due_(std::move(on_due)), poll_(std::move(poll)) {}

Ticker::~Ticker() { Stop(); }

void Ticker::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Ticker::Set(const store::Alarms& alarms) {
  sync::MutexLock lock(&mutex_);
  for (const auto& [sandbox, time] : alarms) SetOne(sandbox, time);
}

void Ticker::Hint(const store::Alarms& alarms) {
  sync::MutexLock lock(&mutex_);
  for (const auto& [sandbox, time] : alarms) {
    const auto it = alarms_.find(sandbox);
    if (it == alarms_.end() || time < it->second) SetOne(sandbox, time);
  }
}

void Ticker::SetOne(const std::string& sandbox, absl::Time time) {
  if (const auto it = alarms_.find(sandbox); it != alarms_.end()) {
    queue_.erase({it->second, sandbox});
    alarms_.erase(it);
  }
  if (time == absl::InfiniteFuture()) return;
  alarms_[sandbox] = time;
  queue_.insert({time, sandbox});
}

void Ticker::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Ticker::Loop() {
  absl::Time next_poll = absl::InfinitePast();
  while (true) {
    std::vector<std::string> due;
    {
      sync::MutexLock lock(&mutex_);
      const absl::Time next = queue_.empty() ? next_poll : std::min(queue_.begin()->first, next_poll);
      const auto earlier = [&] { return stopped_ || (!queue_.empty() && queue_.begin()->first < next); };
      lock.AwaitUntil(next, earlier);
      if (stopped_) return;
      const absl::Time now = absl::Now();
      while (!queue_.empty() && queue_.begin()->first <= now) {
        due.push_back(queue_.begin()->second);
        alarms_.erase(due.back());
        queue_.erase(queue_.begin());
      }
    }
    for (const std::string& sandbox : due) on_due_(sandbox);
    if (absl::Now() >= next_poll) {
      poll_();
      next_poll = absl::Now() + poll_interval_;
    }
  }
}

}  // namespace tracktrove::engine
