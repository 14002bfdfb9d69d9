// A stream that outlives its connections.
#ifndef TRACKTROVE_SDK_SRC_RESUMING_STREAM_H_
#define TRACKTROVE_SDK_SRC_RESUMING_STREAM_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "sdk/src/retry.h"
#include "sdk/src/status.h"
#include "tracktrove/stream.h"

namespace tracktrove::internal {

// The cursor lives in the request: each attempt asks for what follows it. A
// request without a cursor joins what it began, by its request_id, and is told
// how that stands by now.
template <typename Request, typename Response, typename Event>
class ResumingStream final : public Stream<Event> {
 public:
  using Reader = grpc::ClientReaderInterface<Response>;
  // Begins one attempt.
  using Open = std::function<std::unique_ptr<Reader>(grpc::ClientContext*, const Request&)>;

  ResumingStream(Request request, Open open, const RetryPolicy& policy, Sleeper sleeper)
      : request_(std::move(request)),
        open_(std::move(open)),
        retry_(policy, /*idempotent=*/true, absl::InfiniteFuture()),
        sleeper_(std::move(sleeper)) {}

  ~ResumingStream() override {
    Cancel();
    if (reader_) reader_->Finish();
  }

  absl::StatusOr<std::optional<Event>> Next() override {
    while (!ended_) {
      if (!Connect()) {
        End(absl::CancelledError("the stream was cancelled"));
      } else if (given_ < EventCount()) {
        if (std::optional<Event> event = Accept(*MutableEvent(given_++))) return event;
      } else if (!Read()) {
        OnLost(Disconnect());
      } else if (response_.has_heartbeat()) {
        OnHeartbeat();
      }
    }
    if (!end_.ok()) return end_;
    return std::optional<Event>();
  }

  void Cancel() override {
    std::lock_guard lock(mutex_);
    cancelled_.request_stop();
    if (context_) context_->TryCancel();
  }

  int64_t last_sequence() const override {
    if constexpr (kHasCursor) return request_.resume_after();
    return 0;
  }

 private:
  static constexpr bool kHasCursor = requires(Request request) { request.set_resume_after(0); };

  // False when cancelled.
  bool Connect() {
    if (reader_) return !cancelled_.stop_requested();
    {
      std::lock_guard lock(mutex_);
      if (cancelled_.stop_requested()) return false;
      context_ = std::make_unique<grpc::ClientContext>();
    }
    greeted_ = false;
    reader_ = open_(context_.get(), request_);
    return true;
  }

  // The next message; false when there is none.
  bool Read() {
    response_.Clear();
    given_ = 0;
    return reader_->Read(&response_);
  }

  // How the attempt ended.
  absl::Status Disconnect() {
    const absl::Status status = ToStatus(reader_->Finish());
    reader_.reset();
    std::lock_guard lock(mutex_);
    context_.reset();
    return status;
  }

  // The event, unless it was seen already.
  std::optional<Event> Accept(Event& event) {
    if constexpr (kHasCursor) {
      if (!Advance(event.sequence())) return std::nullopt;
    } else {
      OnMessage();
    }
    return std::move(event);
  }

  void OnHeartbeat() {
    if constexpr (kHasCursor) {
      Advance(response_.heartbeat().sequence());
    } else {
      OnMessage();
    }
  }

  // Of a stream without a cursor; the first of an attempt is no progress.
  void OnMessage() {
    if (std::exchange(greeted_, true)) retry_.OnProgress();
  }

  // Whether that is beyond what was seen.
  bool Advance(int64_t sequence) {
    const int64_t seen = request_.resume_after();
    // A server greets each attempt with where it stands: that alone is no progress.
    if (sequence > seen || std::exchange(greeted_, true)) retry_.OnProgress();
    request_.set_resume_after(std::max(seen, sequence));
    return sequence > seen;
  }

  void OnLost(absl::Status status) {
    if (status.ok() || cancelled_.stop_requested()) {
      if (!status.ok()) status = absl::CancelledError("the stream was cancelled");
      return End(std::move(status));
    }
    const std::optional<absl::Duration> delay = retry_.NextDelay(status, absl::Now());
    if (!delay) return End(std::move(status));
    sleeper_(*delay, cancelled_.get_token());
  }

  void End(absl::Status status) {
    ended_ = true;
    end_ = std::move(status);
  }

  // The events of the message that was read last; none of a heartbeat.
  int EventCount() const {
    if constexpr (kHasMany) {
      if (response_.has_changes()) return response_.changes().changes_size();
      return response_.has_change();
    } else if constexpr (kHasCursor) {
      return response_.has_record();
    } else {
      return response_.has_simulation();
    }
  }

  Event* MutableEvent(int index) {
    if constexpr (kHasMany) {
      return response_.has_changes() ? response_.mutable_changes()->mutable_changes(index)
                                     : response_.mutable_change();
    } else if constexpr (kHasCursor) {
      return response_.mutable_record();
    } else {
      return response_.mutable_simulation();
    }
  }

  // Whether one message may carry several events.
  static constexpr bool kHasMany = requires(Response response) { response.changes(); };

  Request request_;
  const Open open_;
  Retry retry_;
  const Sleeper sleeper_;
  bool greeted_ = false;  // this attempt brought something
  bool ended_ = false;
  absl::Status end_;
  std::stop_source cancelled_;
  std::mutex mutex_;
  // Guarded against Cancel; the reader uses it, so it goes last.
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Reader> reader_;
  Response response_;  // read last
  int given_ = 0;      // of its events
};

}  // namespace tracktrove::internal

#endif  // TRACKTROVE_SDK_SRC_RESUMING_STREAM_H_
