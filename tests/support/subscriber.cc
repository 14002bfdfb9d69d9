#include "tests/support/subscriber.h"

#include <utility>

#include "absl/time/clock.h"

namespace tracktrove::testing {
namespace {

// A long run's documents would fill the memory.
void KeepTheHoldAlone(v1::TraceRecord& record) {
  if (!record.has_dto()) return;
  auto& fields = *record.mutable_dto()->mutable_fields();
  google::protobuf::Struct kept;
  if (const auto hold = fields.find("hold"); hold != fields.end()) {
    (*kept.mutable_fields())["hold"] = std::move(hold->second);
  }
  *record.mutable_dto() = std::move(kept);
}

}  // namespace

Subscriber::Subscriber(const Client& client, const std::string& sandbox, int64_t after) {
  v1::StreamTraceRequest request;
  request.set_sandbox(sandbox);
  request.set_resume_after(after);
  StreamOr<v1::TraceRecord> stream = client.StreamTrace(request);
  if (!stream.ok()) {
    failure_ = stream.status();
    ended_ = true;
    return;
  }
  stream_ = *std::move(stream);
  thread_ = std::thread([this] { Read(); });
}

Subscriber::~Subscriber() { End(); }

void Subscriber::Read() {
  while (true) {
    absl::StatusOr<std::optional<v1::TraceRecord>> record = stream_->Next();
    sync::MutexLock lock(&mutex_);
    if (!record.ok() || !*record) {
      ended_ = true;
      if (!ending_) failure_ = record.ok() ? absl::OutOfRangeError("the server ended it") : record.status();
      return;
    }
    KeepTheHoldAlone(**record);
    received_.push_back(**std::move(record));
  }
}

bool Subscriber::Await(const std::function<bool(const v1::TraceRecord&)>& done, absl::Duration patience) {
  sync::MutexLock lock(&mutex_);
  size_t shown = 0;
  const auto more = [&] { return ended_ || received_.size() > shown; };
  while (lock.AwaitUntil(absl::Now() + patience, more) && received_.size() > shown) {
    if (done(received_[shown++])) return true;
  }
  return false;
}

std::vector<v1::TraceRecord> Subscriber::ReceiveUpTo(int64_t sequence, absl::Duration patience) {
  Await([&](const v1::TraceRecord& record) { return record.sequence() >= sequence; }, patience);
  End();
  sync::MutexLock lock(&mutex_);
  return std::exchange(received_, {});
}

void Subscriber::End() {
  {
    sync::MutexLock lock(&mutex_);
    ending_ = true;
  }
  if (stream_) stream_->Cancel();
  if (thread_.joinable()) thread_.join();
}

absl::Status Subscriber::failure() {
  sync::MutexLock lock(&mutex_);
  return failure_;
}

}  // namespace tracktrove::testing
