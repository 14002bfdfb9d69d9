#include "engine/timer_queue.h"

#include <algorithm>

namespace tracktrove::engine {

using domain::Timer;

TimerQueue::TimerQueue(const DueTimers& due) : due_(due.timers.begin(), due.timers.end()), until_(due.until) {
  if (due.truncated) fire_until_ = due.timers.back();
}

Timer TimerQueue::Pop() { return std::move(due_.extract(due_.begin()).value()); }

void TimerQueue::Arm(const Timer& timer) {
  changed_[{timer.transaction_id, timer.kind}] = timer;
  if (timer.due <= until_ && (!fire_until_ || timer < *fire_until_)) due_.insert(timer);
}

void TimerQueue::Disarm(const Key& key) {
  changed_[key] = std::nullopt;
  std::erase_if(due_, [&](const Timer& t) { return t.kind == key.second && t.transaction_id == key.first; });
}

bool TimerQueue::IsDueBy(absl::Time time) const {
  const bool loaded = !due_.empty() && due_.begin()->due <= time;
  return loaded || (fire_until_ && fire_until_->due <= time) || until_ < time;
}

absl::Time TimerQueue::NextDue(const std::vector<Timer>& stored) const {
  absl::Time next = absl::InfiniteFuture();
  for (const Timer& timer : stored) {
    if (!changed_.contains({timer.transaction_id, timer.kind})) next = std::min(next, timer.due);
  }
  for (const auto& [key, timer] : changed_) {
    if (timer) next = std::min(next, timer->due);
  }
  return next;
}

void TimerQueue::LeaveWorld() {
  due_.clear();
  fire_until_.reset();
  until_ = absl::InfiniteFuture();
  changed_.clear();
}

}  // namespace tracktrove::engine
