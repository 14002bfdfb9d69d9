#include "store/watchdog.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <utility>

#include "absl/time/clock.h"

namespace tracktrove::store {
namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(200);

}  // namespace

Watchdog::Watch::Watch(Watchdog& dog, int socket, absl::Duration patience) : dog_(&dog) {
  const absl::Time latest = absl::Now() + patience;
  sync::MutexLock lock(&dog.mutex_);
  place_ = dog.watched_.insert(dog.watched_.end(), {socket, latest});
}

Watchdog::Watch::~Watch() {
  if (dog_ == nullptr) return;
  sync::MutexLock lock(&dog_->mutex_);
  dog_->watched_.erase(place_);
}

Watchdog::Watch::Watch(Watch&& other) noexcept
    : dog_(std::exchange(other.dog_, nullptr)), place_(other.place_) {}

Watchdog::Watchdog() : thread_([this] { Loop(); }) {}

Watchdog::~Watchdog() {
  {
    sync::MutexLock lock(&stop_mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Watchdog::Loop() {
  while (true) {
    {
      sync::MutexLock lock(&stop_mutex_);
      if (lock.AwaitUntil(absl::Now() + kLookInterval, [this] { return stopping_; })) return;
    }
    EndOverdue();
  }
}

void Watchdog::EndOverdue() {
  const absl::Time now = absl::Now();
  sync::MutexLock lock(&mutex_);
  for (Watched& each : watched_) {
    if (each.latest > now) continue;
    ::shutdown(each.socket, SHUT_RDWR);
    each.latest = absl::InfiniteFuture();
    spdlog::warn("the database has not answered in time: its connection is cut");
  }
}

}  // namespace tracktrove::store
