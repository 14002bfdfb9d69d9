#include "redis/link.h"

#include <algorithm>
#include <utility>

#include "domain/status_macros.h"

namespace tracktrove::redis {
namespace {

absl::Status Lost() { return absl::UnavailableError("the connection to Redis was lost"); }

}  // namespace

Link::Link(LinkOptions options)
    : options_(std::move(options)),
      keeper_(options_.keeper, "commands", [this](Connection& connection) { return Serve(connection); }) {}

Link::~Link() { Stop(); }

void Link::OnUp(std::function<void()> on_up) { on_up_.push_back(std::move(on_up)); }

void Link::Start() { keeper_.Start(); }

void Link::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  keeper_.Stop();
}

bool Link::Send(Request request) {
  sync::MutexLock lock(&mutex_);
  if (!up_ || stopping_ || static_cast<int>(queue_.size()) >= options_.max_queue) return false;
  queue_.push_back(std::move(request));
  return true;
}

absl::Status Link::Serve(Connection& connection) {
  up_ = true;
  for (const auto& on_up : on_up_) on_up();
  absl::Status status;
  while (status.ok()) {
    std::vector<Request> requests = Take();
    if (requests.empty()) break;
    status = Exchange(connection, requests);
  }
  {
    sync::MutexLock lock(&mutex_);
    up_ = false;  // under the mutex: nothing is queued after FailQueued has looked
  }
  FailQueued();
  return status;
}

std::vector<Request> Link::Take() {
  sync::MutexLock lock(&mutex_);
  const auto has_work = [this] { return stopping_ || !queue_.empty(); };
  lock.Await(has_work);
  std::vector<Request> requests;
  if (stopping_) return requests;
  const size_t count = std::min<size_t>(queue_.size(), options_.max_together);
  std::move(queue_.begin(), queue_.begin() + count, std::back_inserter(requests));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  return requests;
}

// Sends all, then reads all. Redis takes what is sent whether or not its
// replies are read, so the two cannot wait for each other.
absl::Status Link::Exchange(Connection& connection, std::vector<Request>& requests) {
  std::vector<size_t> counts;
  for (const Request& request : requests) {
    const std::vector<Command> commands = request.make();
    for (const Command& command : commands) connection.Append(command);
    counts.push_back(commands.size());
  }
  absl::Status status;
  for (size_t i = 0; i < requests.size(); ++i) {
    Replies replies;
    while (status.ok() && replies.size() < counts[i]) {
      absl::StatusOr<Reply> reply = connection.Read();
      status = reply.status();
      if (reply.ok()) replies.push_back(*std::move(reply));
    }
    requests[i].done(status.ok() ? absl::StatusOr<Replies>(std::move(replies)) : Lost());
  }
  return status;
}

void Link::FailQueued() {
  std::deque<Request> failed;
  {
    sync::MutexLock lock(&mutex_);
    failed.swap(queue_);
  }
  for (const Request& request : failed) request.done(Lost());
}

}  // namespace tracktrove::redis
