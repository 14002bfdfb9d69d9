#include "engine/turns.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "domain/errors.h"

namespace tracktrove::engine {

absl::Status Turns::Add(Call& call) {
  sync::MutexLock lock(&mutex_);
  if (stopping_) return domain::ServerShuttingDown();
  if (pending_ >= limits_.max_pending || pending_bytes_ + call.bytes > limits_.max_pending_bytes)
    return domain::QueueFull();
  ++pending_;
  pending_bytes_ += call.bytes;
  queue_.push_back(std::move(call));
  return absl::OkStatus();
}

void Turns::Leave(const Call& call) {
  --pending_;
  pending_bytes_ -= call.bytes;
}

void Turns::Tick(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  AddTick(sandbox, Place::kLast);
}

void Turns::AddTick(const std::string& sandbox, Place place) {
  if (paused_.contains(sandbox) || !ticked_.insert(sandbox).second) return;
  ticks_.insert(place == Place::kFirst ? ticks_.begin() : ticks_.end(), sandbox);
}

void Turns::PurgeAt(absl::Time time) {
  sync::MutexLock lock(&mutex_);
  purge_at_ = std::min(purge_at_, time);
}

void Turns::Pause(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  paused_.insert(sandbox);
  if (ticked_.erase(sandbox) > 0) std::erase(ticks_, sandbox);
}

void Turns::Resume(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  paused_.erase(sandbox);
  resumed_.insert(sandbox);
  AddTick(sandbox, Place::kLast);
}

bool Turns::IsPaused(const std::string& sandbox) {
  sync::MutexLock lock(&mutex_);
  return paused_.contains(sandbox);
}

void Turns::Stop(absl::Time latest) {
  sync::MutexLock lock(&mutex_);
  if (std::exchange(stopping_, true)) return;
  stop_at_ = latest;
}

bool Turns::Take(absl::Time latest, Turn& turn) {
  sync::MutexLock lock(&mutex_);
  const auto has_work = [this] {
    return stopping_ || !put_back_.empty() || !queue_.empty() || !ticks_.empty() || purge_at_ <= absl::Now();
  };
  // Whoever is waiting is to learn of an earlier time to purge, too.
  const absl::Time purge_at = purge_at_;
  const auto changed = [&] { return has_work() || purge_at_ < purge_at; };
  lock.AwaitUntil(std::min(latest, purge_at), changed);
  if (stopping_ && ((queue_.empty() && put_back_.empty()) || absl::Now() >= stop_at_)) return false;

  const int left_out = std::exchange(left_out_, 0);
  turn.wait_for_locks = left_out > 0;
  turn.resumed = std::exchange(resumed_, {});
  TakeCalls(turn.wait_for_locks && !put_back_.empty(), turn);
  TakeTicks(turn.wait_for_locks ? std::min(left_out, limits_.ticks) : limits_.ticks, turn);
  turn.purge = purge_at_ <= absl::Now();
  if (turn.purge) purge_at_ = absl::InfiniteFuture();
  return true;
}

void Turns::TakeCalls(bool alone, Turn& turn) {
  int64_t bytes = 0;
  int calls = 0;
  for (std::deque<Call>* source : {&put_back_, alone ? &put_back_ : &queue_}) {
    while (!source->empty() && calls < limits_.calls && bytes < limits_.bytes) {
      Call& call = source->front();
      ++calls;
      bytes += call.bytes;
      (paused_.contains(call.sandbox) ? turn.parked : turn.calls).push_back(std::move(call));
      source->pop_front();
    }
  }
}

void Turns::TakeTicks(int count, Turn& turn) {
  for (; count > 0 && !ticks_.empty(); --count) {
    ticked_.erase(ticks_.front());
    turn.ticks.insert(std::move(ticks_.front()));
    ticks_.pop_front();
  }
}

void Turns::PutBack(std::deque<Call> calls) {
  if (calls.empty()) return;
  sync::MutexLock lock(&mutex_);
  put_back_.insert(put_back_.begin(), std::make_move_iterator(calls.begin()),
                   std::make_move_iterator(calls.end()));
}

void Turns::LeftOut(const std::vector<std::string>& sandboxes) {
  sync::MutexLock lock(&mutex_);
  for (const std::string& sandbox : sandboxes) {
    if (ticked_.contains(sandbox)) std::erase(ticks_, sandbox);
    ticked_.erase(sandbox);
    AddTick(sandbox, Place::kFirst);
  }
  left_out_ += static_cast<int>(sandboxes.size());
}

std::deque<Call> Turns::TakeRest() {
  sync::MutexLock lock(&mutex_);
  std::deque<Call> rest = std::exchange(put_back_, {});
  rest.insert(rest.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
  queue_.clear();
  return rest;
}

}  // namespace tracktrove::engine
