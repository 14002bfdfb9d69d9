#include "redis/keeper.h"

#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tracktrove::redis {
namespace {

// hiredis writes in a way that raises SIGPIPE when Redis is gone, which ends a
// process that has not asked otherwise. The signal goes to the thread that
// writes, so that blocking it there is enough, and leaves the process alone.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Between half and all of it, so that replicas do not return in step.
absl::Duration WithJitter(absl::Duration wait) {
  static thread_local std::minstd_rand generator(std::random_device{}());
  return wait * std::uniform_real_distribution<>(0.5, 1.0)(generator);
}

}  // namespace

Keeper::Keeper(KeeperOptions options, std::string purpose, Serve serve)
    : options_(std::move(options)),
      name_(absl::StrCat("Redis at ", options_.address.Name(), " (", purpose, ")")),
      serve_(std::move(serve)) {}

Keeper::~Keeper() { Stop(); }

void Keeper::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Keeper::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
    if (current_ != nullptr) current_->Interrupt();
  }
  if (thread_.joinable()) thread_.join();
}

void Keeper::Loop() {
  BlockBrokenPipeSignal();
  absl::Duration wait = options_.first_wait;
  do {
    const absl::Status problem = ServeOne(wait);
    if (!problem.ok()) LogLoss(problem);
  } while (WaitToRetry(wait));
}

absl::Status Keeper::ServeOne(absl::Duration& wait) {
  auto connection = Connection::Open(options_.address, options_.timeouts);
  if (!connection.ok()) {
    wait = std::min(wait * 2, options_.last_wait);
    return connection.status();
  }
  {
    sync::MutexLock lock(&mutex_);
    if (stopping_) return absl::OkStatus();
    current_ = connection->get();
  }
  wait = options_.first_wait;
  if (std::exchange(lost_told_, false)) spdlog::info("{} is back", name_);
  const absl::Status problem = serve_(**connection);
  sync::MutexLock lock(&mutex_);
  current_ = nullptr;
  return stopping_ ? absl::OkStatus() : problem;
}

// Answers false when it is time to stop.
bool Keeper::WaitToRetry(absl::Duration wait) {
  sync::MutexLock lock(&mutex_);
  const auto stopping = [this] { return stopping_; };
  return !lock.AwaitUntil(absl::Now() + WithJitter(wait), stopping);
}

void Keeper::LogLoss(const absl::Status& problem) {
  if (!loss_limit_.Allow()) return;
  lost_told_ = true;
  spdlog::warn("{} is out of reach and tried again, the database serves meanwhile: {}", name_,
               problem.ToString());
}

}  // namespace tracktrove::redis
