#include "engine/readers.h"

#include <future>
#include <utility>

#include "domain/errors.h"

namespace tracktrove::engine {

Readers::Readers(std::vector<std::unique_ptr<store::Reader>> sessions, int max_queue)
    : max_queue_(max_queue), sessions_(std::move(sessions)) {
  for (auto& session : sessions_) threads_.emplace_back([this, &session] { Loop(*session); });
}

Readers::~Readers() { Stop(); }

absl::Status Readers::Submit(Work work) {
  sync::MutexLock lock(&mutex_);
  if (stopping_) return domain::ServerShuttingDown();
  if (static_cast<int>(queue_.size()) >= max_queue_) return domain::QueueFull();
  queue_.push_back(std::move(work));
  return absl::OkStatus();
}

absl::Status Readers::RunAndWait(const Work& work) {
  std::promise<void> done;
  const absl::Status status = Submit([&](store::Reader& reader) {
    work(reader);
    done.set_value();
  });
  if (status.ok()) done.get_future().wait();
  return status;
}

void Readers::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Readers::Loop(store::Reader& session) {
  const auto has_work = [this] { return stopping_ || !queue_.empty(); };
  while (true) {
    Work work;
    {
      sync::MutexLock lock(&mutex_);
      lock.Await(has_work);
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work(session);
  }
}

}  // namespace tracktrove::engine
