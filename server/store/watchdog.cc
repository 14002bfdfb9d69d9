#include "store/watchdog.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace tracktrove::store {
namespace {

// With the two seconds that asking may take, and half of one until somebody
// looks, callers wait less than five.
constexpr absl::Duration kAskAfter = absl::Milliseconds(1500);
constexpr absl::Duration kLookInterval = absl::Milliseconds(200);
// How long a silent server is not tried again.
constexpr absl::Duration kSilence = absl::Seconds(1);

}  // namespace

Watchdog::Watch::Watch(Watchdog& dog, int socket, absl::Duration patience) : dog_(&dog) {
  const absl::Time now = absl::Now();
  sync::MutexLock lock(&dog.mutex_);
  place_ = dog.watched_.insert(dog.watched_.end(), {socket, now + kAskAfter, now + patience});
}

Watchdog::Watch::~Watch() {
  if (dog_ == nullptr) return;
  sync::MutexLock lock(&dog_->mutex_);
  dog_->watched_.erase(place_);
}

Watchdog::Watch::Watch(Watch&& other) noexcept
    : dog_(std::exchange(other.dog_, nullptr)), place_(other.place_) {}

Watchdog::Watchdog(std::function<bool()> is_there)
    : is_there_(std::move(is_there)), thread_([this] { Loop(); }) {}

Watchdog::~Watchdog() {
  {
    sync::MutexLock lock(&stop_mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool Watchdog::server_is_silent() {
  sync::MutexLock lock(&mutex_);
  return absl::Now() < silent_until_;
}

void Watchdog::NoteSilence() {
  sync::MutexLock lock(&mutex_);
  silent_until_ = absl::Now() + kSilence;
}

void Watchdog::Loop() {
  while (true) {
    {
      sync::MutexLock lock(&stop_mutex_);
      if (lock.AwaitUntil(absl::Now() + kLookInterval, [this] { return stopping_; })) return;
    }
    Look();
  }
}

// A socket that is shut down wakes who waits there, with an error.
void Watchdog::Look() {
  const absl::Time now = absl::Now();
  const auto is_due = [now](const Watched& each) { return each.ask_at <= now; };
  {
    sync::MutexLock lock(&mutex_);
    if (std::none_of(watched_.begin(), watched_.end(), is_due)) return;
  }
  const bool is_there = is_there_();
  if (!is_there) NoteSilence();
  sync::MutexLock lock(&mutex_);
  for (Watched& each : watched_) {
    if (is_due(each)) each.ask_at = absl::Now() + kAskAfter;
    if (is_there && each.latest > now) continue;
    ::shutdown(each.socket, SHUT_RDWR);
    each.ask_at = each.latest = absl::InfiniteFuture();
    spdlog::warn("the database has not answered in time: a connection to it is cut");
  }
}

}  // namespace tracktrove::store
