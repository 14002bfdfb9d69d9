// A server stream over a sandbox's log: takes batches from a LogStream and
// writes them one message at a time. At most one write is in flight, and
// nothing is queued for a peer that reads slowly: its cursor just stays behind.
#ifndef TRACKTROVE_API_LOG_REACTOR_H_
#define TRACKTROVE_API_LOG_REACTOR_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "api/edge.h"
#include "api/status.h"
#include "engine/log_stream.h"
#include "sync/mutex.h"

namespace tracktrove::api {

// A peer that lets a write wait longer than this is cut off.
inline constexpr absl::Duration kStallLimit = absl::Seconds(30);

// `Message` has a heartbeat; `Response` is what is written, a Message or its bytes.
template <typename Message, typename Response = Message>
class LogReactor : public grpc::ServerWriteReactor<Response>,
                   public std::enable_shared_from_this<LogReactor<Message, Response>> {
 public:
  // Writes the first of the entries into an empty response, and as many of
  // those after it as may go with it; answers how many.
  using Entries = absl::Span<const events::Entry>;
  using Fill = std::function<size_t(Entries, Response&)>;

  static grpc::ServerWriteReactor<Response>* Start(const Edge& edge, grpc::CallbackServerContext* context,
                                                   absl::StatusOr<engine::LogStreamOptions> options,
                                                   Fill fill) {
    std::shared_ptr<LogReactor> reactor(new LogReactor(context, std::move(fill)));
    reactor->self_ = reactor;
    absl::Status status = edge.Authorize(*context);
    if (status.ok()) status = options.status();
    if (!status.ok()) {
      reactor->FinishOnce(status);
      return reactor.get();
    }
    reactor->last_sent_ = options->resume_after;
    options->on_pulse = [weak = reactor->weak_from_this()] {
      if (const auto self = weak.lock()) self->CutOffIfStalled();
    };
    reactor->stream_ = engine::LogStream::Open(edge.engine, edge.hub, *std::move(options));
    reactor->AskForNext();
    return reactor.get();
  }

  void OnWriteDone(bool ok) override {
    {
      sync::MutexLock lock(&mutex_);
      write_started_.reset();
    }
    if (ok) {
      WriteNext();
    } else {
      FinishOnce(absl::CancelledError("the client is gone"));
    }
  }

  void OnCancel() override {
    {
      sync::MutexLock lock(&mutex_);
      if (write_started_) return;  // it fails now, and OnWriteDone goes on
    }
    FinishOnce(absl::CancelledError("the client is gone"));
  }

  void OnDone() override {
    std::shared_ptr<LogReactor> self;
    sync::MutexLock lock(&mutex_);
    self.swap(self_);
    // `lock` goes before `self`, so the mutex outlives the unlocking.
  }

 private:
  LogReactor(grpc::CallbackServerContext* context, Fill fill) : context_(context), fill_(std::move(fill)) {}

  void AskForNext() {
    stream_->Next([weak = this->weak_from_this()](absl::StatusOr<engine::LogBatch> batch) {
      if (const auto self = weak.lock()) self->OnBatch(std::move(batch));
    });
  }

  // Batches come one at a time, so `batch_` and `written_` need no lock.
  void OnBatch(absl::StatusOr<engine::LogBatch> batch) {
    if (!batch.ok()) return FinishOnce(WithResumePoint(batch.status()));
    batch_ = *std::move(batch);
    written_ = 0;
    if (batch_.entries.empty() && !batch_.end) {
      Message heartbeat;
      heartbeat.mutable_heartbeat()->set_sequence(batch_.cursor);
      SetReply(heartbeat.SerializeAsString(), &response_);
      last_sent_ = batch_.cursor;
      return Send();
    }
    WriteNext();
  }

  void WriteNext() {
    if (written_ < batch_.entries.size()) {
      response_.Clear();
      written_ += fill_(absl::MakeConstSpan(batch_.entries).subspan(written_), response_);
      last_sent_ = batch_.entries[written_ - 1]->record.sequence;
      return Send();
    }
    if (batch_.end) return FinishOnce(absl::OkStatus());
    last_sent_ = batch_.cursor;
    AskForNext();
  }

  void Send() {
    {
      sync::MutexLock lock(&mutex_);
      if (finished_) return;
      write_started_ = absl::Now();
    }
    this->StartWrite(&response_);
  }

  void FinishOnce(const absl::Status& status) {
    {
      sync::MutexLock lock(&mutex_);
      if (std::exchange(finished_, true)) return;
    }
    this->Finish(ToGrpc(status));
  }

  void CutOffIfStalled() {
    sync::MutexLock lock(&mutex_);
    if (self_ && write_started_ && absl::Now() - *write_started_ > kStallLimit) context_->TryCancel();
  }

  // A stream that ends for our reasons says where to go on; one that has sent
  // nothing, where it was told to begin.
  absl::Status WithResumePoint(const absl::Status& status) const {
    const bool ours =
        absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status);
    if (!ours || !last_sent_) return status;
    domain::ErrorDetails details = domain::DetailsOf(status);
    details.metadata["resume_after"] = absl::StrCat(*last_sent_);
    return domain::WithDetails(status.code(), status.message(), details);
  }

  grpc::CallbackServerContext* const context_;
  const Fill fill_;
  std::shared_ptr<engine::LogStream> stream_;
  engine::LogBatch batch_;
  size_t written_ = 0;
  std::optional<int64_t> last_sent_;  // absent: from now on, or from a transaction's beginning
  Response response_;

  sync::Mutex mutex_;
  std::shared_ptr<LogReactor> self_;  // until OnDone: gRPC holds us, whoever else does; see OnDone
  std::optional<absl::Time> write_started_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_LOG_REACTOR_H_
