// A stream against a server that keeps going away.
#include "tracktrove/stream.h"

#include <atomic>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sdk/fake_server.h"
#include "tracktrove/client.h"

namespace tracktrove {
namespace {

bool WriteRecord(FakeServer::TraceWriter& writer, int64_t sequence) {
  v1::StreamTraceResponse response;
  response.mutable_record()->set_sequence(sequence);
  return writer.Write(response);
}

bool WriteHeartbeat(FakeServer::TraceWriter& writer, int64_t sequence) {
  v1::StreamTraceResponse response;
  response.mutable_heartbeat()->set_sequence(sequence);
  return writer.Write(response);
}

class StreamTest : public testing::Test {
 protected:
  // Each attempt runs the next script; what it asked for is in `cursors_`.
  using Script = std::function<grpc::Status(const v1::StreamTraceRequest&, FakeServer::TraceWriter&)>;

  void Serve(Script script) {
    server_.stream_trace = [this, script = std::move(script)](const v1::StreamTraceRequest& request,
                                                              FakeServer::TraceWriter& writer) {
      cursors_.push_back(request.has_resume_after() ? request.resume_after() : -1);
      return script(request, writer);
    };
    server_.Start();
    running_ = true;
    options_.endpoint = server_.endpoint();
    options_.sleeper = [this](absl::Duration delay, std::stop_token) { sleeps_.push_back(delay); };
  }

  ~StreamTest() override {
    stream_.reset();
    if (running_) server_.Stop();
  }

  void Open() {
    v1::StreamTraceRequest request;
    request.set_transaction("t");
    stream_ = *Client(options_).StreamTrace(request);
  }

  // The sequences that come until the stream ends, and how it ended.
  std::pair<std::vector<int64_t>, absl::Status> ReadAll() {
    std::vector<int64_t> sequences;
    while (true) {
      const absl::StatusOr<std::optional<v1::TraceRecord>> record = stream_->Next();
      if (!record.ok()) return {sequences, record.status()};
      if (!*record) return {sequences, absl::OkStatus()};
      sequences.push_back((*record)->sequence());
    }
  }

  // Lets handlers go that wait for it; outlives them.
  std::latch release_{1};
  FakeServer server_;
  bool running_ = false;
  Options options_;
  std::vector<int64_t> cursors_;
  std::vector<absl::Duration> sleeps_;
  std::unique_ptr<Stream<v1::TraceRecord>> stream_;
};

std::vector<int64_t> UpTo(int64_t last) {
  std::vector<int64_t> sequences;
  for (int64_t i = 1; i <= last; ++i) sequences.push_back(i);
  return sequences;
}

TEST_F(StreamTest, GivesEachRecordOnceAndInOrderOverManyCuts) {
  // Cut after every 1 to 7 records, 50 times and more.
  Serve([this](const v1::StreamTraceRequest& request, FakeServer::TraceWriter& writer) {
    const int64_t length = 1 + static_cast<int64_t>(cursors_.size()) % 7;
    for (int64_t i = request.resume_after() + 1; i <= request.resume_after() + length; ++i) {
      if (i > 250) return grpc::Status::OK;
      WriteRecord(writer, i);
    }
    return kUnavailable;
  });
  Open();
  const auto [sequences, status] = ReadAll();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sequences, UpTo(250));
  EXPECT_GT(cursors_.size(), 50);
  EXPECT_EQ(cursors_[0], -1);
  EXPECT_EQ(stream_->last_sequence(), 250);
}

TEST_F(StreamTest, GoesOnAfterTheSequenceOfAHeartbeat) {
  Serve([this](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    if (cursors_.size() > 1) return grpc::Status::OK;
    WriteRecord(writer, 3);
    WriteHeartbeat(writer, 40);
    return kUnavailable;
  });
  Open();
  const auto [sequences, status] = ReadAll();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sequences, std::vector<int64_t>{3});
  EXPECT_EQ(cursors_, (std::vector<int64_t>{-1, 40}));
}

TEST_F(StreamTest, DropsARecordThatComesTwice) {
  Serve([](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    for (const int64_t sequence : {1, 2, 2, 1, 3}) WriteRecord(writer, sequence);
    return grpc::Status::OK;
  });
  Open();
  EXPECT_EQ(ReadAll().first, UpTo(3));
}

TEST_F(StreamTest, SurvivesARestartOfTheServer) {
  // The first attempt goes on until its connection is cut.
  Serve([this](const v1::StreamTraceRequest& request, FakeServer::TraceWriter& writer) {
    WriteRecord(writer, request.resume_after() + 1);
    if (cursors_.size() > 1) return grpc::Status::OK;
    while (WriteHeartbeat(writer, 1)) {
    }
    return grpc::Status::OK;
  });
  // It stays away for three attempts.
  std::latch stopped{1};
  options_.sleeper = [&](absl::Duration delay, std::stop_token) {
    stopped.wait();
    sleeps_.push_back(delay);
    if (sleeps_.size() == 3) server_.Start();
  };
  Open();
  ASSERT_TRUE(stream_->Next().ok());
  std::thread restart([&] {
    server_.Stop();
    stopped.count_down();
  });
  const auto [sequences, status] = ReadAll();
  restart.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sequences, std::vector<int64_t>{2});
  EXPECT_EQ(cursors_, (std::vector<int64_t>{-1, 1}));
}

TEST_F(StreamTest, GivesUpWhenAttemptsBringNothing) {
  Serve([](const v1::StreamTraceRequest&, FakeServer::TraceWriter&) { return kUnavailable; });
  options_.retry.max_attempts = 4;
  Open();
  const auto [sequences, status] = ReadAll();
  EXPECT_TRUE(sequences.empty());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(cursors_.size(), 4);
  EXPECT_EQ(sleeps_.size(), 3);
  for (const absl::Duration sleep : sleeps_) EXPECT_LE(sleep, options_.retry.max_backoff);
  EXPECT_EQ(stream_->Next().status(), status);
  EXPECT_EQ(cursors_.size(), 4);
}

TEST_F(StreamTest, GivesUpWhenAttemptsBringNothingButAGreeting) {
  Serve([](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    WriteHeartbeat(writer, 7);
    return kUnavailable;
  });
  options_.retry.max_attempts = 4;
  Open();
  EXPECT_EQ(ReadAll().second.code(), absl::StatusCode::kUnavailable);
  // The first greeting moved the cursor.
  EXPECT_EQ(cursors_, (std::vector<int64_t>{-1, 7, 7, 7}));
}

TEST_F(StreamTest, IsPatientWithAnIdleServerThatHoldsOn) {
  Serve([this](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    if (cursors_.size() > 20) return grpc::Status::OK;
    WriteHeartbeat(writer, 7);
    WriteHeartbeat(writer, 7);
    return kUnavailable;
  });
  options_.retry.max_attempts = 3;
  Open();
  EXPECT_TRUE(ReadAll().second.ok());
}

TEST_F(StreamTest, EndsWithAnErrorThatCannotPass) {
  for (const grpc::StatusCode code : {grpc::StatusCode::OUT_OF_RANGE, grpc::StatusCode::NOT_FOUND}) {
    cursors_.clear();
    Serve(
        [code](const v1::StreamTraceRequest&, FakeServer::TraceWriter&) { return grpc::Status(code, "no"); });
    Open();
    EXPECT_EQ(static_cast<int>(ReadAll().second.code()), static_cast<int>(code));
    EXPECT_EQ(cursors_.size(), 1);
    stream_.reset();
    server_.Stop();
    running_ = false;
  }
}

TEST_F(StreamTest, CancelEndsARead) {
  Serve([this](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    WriteRecord(writer, 1);
    release_.wait();
    return grpc::Status::OK;
  });
  Open();
  ASSERT_TRUE(stream_->Next().ok());
  std::thread canceller([this] { stream_->Cancel(); });
  EXPECT_EQ(stream_->Next().status().code(), absl::StatusCode::kCancelled);
  canceller.join();
  EXPECT_EQ(stream_->Next().status().code(), absl::StatusCode::kCancelled);
  release_.count_down();
}

TEST_F(StreamTest, CancelEndsAWaitBetweenAttempts) {
  Serve([](const v1::StreamTraceRequest&, FakeServer::TraceWriter&) { return kUnavailable; });
  options_.sleeper = [this](absl::Duration, std::stop_token interrupted) {
    stream_->Cancel();
    EXPECT_TRUE(interrupted.stop_requested());
  };
  Open();
  EXPECT_EQ(stream_->Next().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(cursors_.size(), 1);
}

TEST_F(StreamTest, CancelBeforeTheFirstReadCallsNobody) {
  Serve([](const v1::StreamTraceRequest&, FakeServer::TraceWriter&) { return grpc::Status::OK; });
  Open();
  stream_->Cancel();
  EXPECT_EQ(stream_->Next().status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(cursors_.empty());
}

TEST_F(StreamTest, CanBeDroppedHalfRead) {
  Serve([this](const v1::StreamTraceRequest&, FakeServer::TraceWriter& writer) {
    for (int64_t i = 1; i <= 100 && WriteRecord(writer, i); ++i) {
    }
    release_.wait();
    return grpc::Status::OK;
  });
  Open();
  EXPECT_TRUE(stream_->Next().ok());
  stream_.reset();
  release_.count_down();
}

TEST(WatchStream, GivesOneByOneWhatCameInOneMessage) {
  FakeServer server;
  std::vector<int64_t> cursors;
  server.watch_transactions = [&](const v1::WatchTransactionsRequest& request,
                                  FakeServer::WatchWriter& writer) {
    cursors.push_back(request.resume_after());
    EXPECT_EQ(request.max_changes(), 256);
    if (cursors.size() > 1) return grpc::Status::OK;
    v1::WatchTransactionsResponse response;
    for (const int64_t sequence : {2, 3, 5})
      response.mutable_changes()->add_changes()->set_sequence(sequence);
    response.mutable_changes()->set_sequence(5);
    writer.Write(response);
    response.mutable_change()->set_sequence(6);
    writer.Write(response);
    return kUnavailable;
  };
  server.Start();
  Options options;
  options.endpoint = server.endpoint();
  options.sleeper = [](absl::Duration, std::stop_token) {};
  v1::WatchTransactionsRequest request;
  request.set_resume_after(1);
  {
    const auto stream = *Client(options).WatchTransactions(request);
    for (const int64_t sequence : {2, 3, 5, 6}) {
      const auto change = stream->Next();
      ASSERT_TRUE(change.ok() && *change) << change.status();
      EXPECT_EQ((*change)->sequence(), sequence);
      EXPECT_EQ(stream->last_sequence(), sequence);  // whatever else has arrived
    }
    const auto end = stream->Next();
    EXPECT_TRUE(end.ok() && !*end) << end.status();
  }
  EXPECT_EQ(cursors, (std::vector<int64_t>{1, 6}));
  server.Stop();
}

}  // namespace
}  // namespace tracktrove
