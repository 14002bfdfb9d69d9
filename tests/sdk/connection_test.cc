#include "tracktrove/connection.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "tests/sdk/fake_server.h"
#include "tracktrove/client.h"
#include "tracktrove/pipeline.h"

namespace tracktrove {
namespace {

grpc::Status WithDetails(grpc::StatusCode code,
                         const std::vector<const google::protobuf::Message*>& details) {
  google::rpc::Status status;
  status.set_code(code);
  for (const google::protobuf::Message* detail : details) status.add_details()->PackFrom(*detail);
  return grpc::Status(code, "said the server", status.SerializeAsString());
}

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    server_.initiate = [this](grpc::ServerContext& context, const v1::InitiateTransactionRequest& request,
                              v1::Transaction& response) {
      std::lock_guard lock(mutex_);
      request_ids_.push_back(request.request_id());
      for (const auto& [key, value] : context.client_metadata()) {
        metadata_[std::string(key.data(), key.size())] = std::string(value.data(), value.size());
      }
      response.set_id("t-1");
      response.set_request_id(request.request_id());
      if (request_ids_.size() <= failures_.size()) return failures_[request_ids_.size() - 1];
      return grpc::Status::OK;
    };
    server_.Start();
    options_.endpoint = server_.endpoint();
    options_.sleeper = [this](absl::Duration delay, std::stop_token) { sleeps_.push_back(delay); };
  }
  ~ConnectionTest() override { server_.Stop(); }

  // Attempts fail in this order; those beyond succeed.
  std::vector<grpc::Status> failures_;
  std::mutex mutex_;
  std::vector<std::string> request_ids_;
  std::map<std::string, std::string> metadata_;
  std::vector<absl::Duration> sleeps_;
  // Lets handlers go that wait for it; outlives them.
  std::latch release_{1};
  FakeServer server_;
  Options options_;
};

TEST_F(ConnectionTest, RetriesUnderOneRequestIdUntilItSucceeds) {
  failures_ = {kUnavailable, kUnavailable};
  const absl::StatusOr<v1::Transaction> transaction = Client(options_).InitiateTransaction({});
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  ASSERT_EQ(request_ids_.size(), 3);
  EXPECT_NE(request_ids_[0], "");
  EXPECT_EQ(std::set<std::string>(request_ids_.begin(), request_ids_.end()).size(), 1);
  EXPECT_EQ(sleeps_.size(), 2);
}

TEST_F(ConnectionTest, RetriesWhatAServerThatGoesAwayCancelled) {
  failures_ = {grpc::Status(grpc::StatusCode::CANCELLED, "")};
  EXPECT_TRUE(Client(options_).InitiateTransaction({}).ok());
  failures_.assign(10, failures_.front());
  options_.retry.max_attempts = 1;
  const absl::Status status = Client(options_).InitiateTransaction({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionTest, GivesTheLastErrorWhenAttemptsRunOut) {
  options_.retry.max_attempts = 3;
  failures_.assign(10, kUnavailable);
  const absl::Status status = Client(options_).InitiateTransaction({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "down");
  EXPECT_EQ(request_ids_.size(), 3);
}

TEST_F(ConnectionTest, WaitsAsLongAsAFullQueueAsks) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_nanos(900'000'000);
  failures_ = {WithDetails(grpc::StatusCode::RESOURCE_EXHAUSTED, {&info})};
  ASSERT_TRUE(Client(options_).InitiateTransaction({}).ok());
  EXPECT_EQ(sleeps_, std::vector<absl::Duration>{absl::Milliseconds(900)});
}

TEST_F(ConnectionTest, DoesNotRetryADeletionThatMayNotRepeat) {
  std::atomic<int> calls = 0;
  server_.delete_sandbox = [&](const v1::DeleteSandboxRequest&) {
    return ++calls == 1 ? kUnavailable : grpc::Status::OK;
  };
  v1::DeleteSandboxRequest request;
  EXPECT_EQ(Client(options_).DeleteSandbox(request).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
  calls = 0;
  request.set_allow_missing(true);
  EXPECT_TRUE(Client(options_).DeleteSandbox(request).ok());
  EXPECT_EQ(calls, 2);
}

TEST_F(ConnectionTest, TellsReasonMetadataAndFieldViolations) {
  google::rpc::ErrorInfo info;
  info.set_reason("BAD_REQUEST");
  info.set_domain("tracktrove");
  (*info.mutable_metadata())["limit"] = "500";
  google::rpc::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field("amount.minor_units");
  violation.set_description("must be positive");
  failures_ = {WithDetails(grpc::StatusCode::INVALID_ARGUMENT, {&info, &bad_request})};

  const absl::Status status = Client(options_).InitiateTransaction({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "said the server");
  ASSERT_TRUE(GetErrorInfo(status));
  EXPECT_EQ(GetErrorInfo(status)->reason, "BAD_REQUEST");
  EXPECT_EQ(GetErrorInfo(status)->domain, "tracktrove");
  EXPECT_EQ(GetErrorInfo(status)->metadata, (std::map<std::string, std::string>{{"limit", "500"}}));
  ASSERT_EQ(GetFieldViolations(status).size(), 1);
  EXPECT_EQ(GetFieldViolations(status)[0].field, "amount.minor_units");
  EXPECT_EQ(GetFieldViolations(status)[0].description, "must be positive");
  EXPECT_EQ(GetRetryDelay(status), std::nullopt);
}

TEST_F(ConnectionTest, AnErrorWithoutDetailsHasNone) {
  const absl::Status status = absl::NotFoundError("no such thing");
  EXPECT_FALSE(GetErrorInfo(status));
  EXPECT_TRUE(GetFieldViolations(status).empty());
  EXPECT_FALSE(GetRetryDelay(status));
}

TEST_F(ConnectionTest, SendsTokenAndUserAgent) {
  options_.bearer_token = "secret";
  options_.user_agent = "shop/1.2";
  ASSERT_TRUE(Client(options_).InitiateTransaction({}).ok());
  EXPECT_EQ(metadata_["authorization"], "Bearer secret");
  EXPECT_EQ(metadata_["user-agent"].substr(0, 9), "shop/1.2 ");
}

TEST_F(ConnectionTest, EndsAtTheTimeoutOfTheCall) {
  server_.initiate = [this](auto&, auto&, auto&) {
    release_.wait();
    return grpc::Status::OK;
  };
  const absl::Status status =
      Client(options_).WithTimeout(absl::Milliseconds(20)).InitiateTransaction({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(sleeps_.empty());
  release_.count_down();
}

TEST_F(ConnectionTest, FindsAServerThatComesBack) {
  server_.Stop();
  options_.sleeper = [this](absl::Duration delay, std::stop_token) {
    sleeps_.push_back(delay);
    if (sleeps_.size() == 3) server_.Start();
  };
  const absl::StatusOr<v1::Transaction> transaction = Client(options_).InitiateTransaction({});
  EXPECT_TRUE(transaction.ok()) << transaction.status();
  EXPECT_EQ(request_ids_.size(), 1);
}

TEST_F(ConnectionTest, AnAsynchronousCallFindsAServerThatComesBack) {
  server_.Stop();
  const Client client(options_);
  // Fails and so leaves the channel in the state of failure.
  EXPECT_FALSE(client.WithTimeout(absl::Milliseconds(20)).InitiateTransaction({}).ok());
  std::latch done{1};
  absl::StatusOr<v1::Transaction> answer;
  client.AsyncInitiateTransaction({}, [&](absl::StatusOr<v1::Transaction> transaction) {
    answer = std::move(transaction);
    done.count_down();
  });
  server_.Start();
  done.wait();
  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(request_ids_.size(), 1);
}

TEST_F(ConnectionTest, AnAsynchronousCallSaysWhyThereIsNoConnection) {
  server_.Stop();
  std::latch done{1};
  absl::Status status;
  Client(options_)
      .WithTimeout(absl::Milliseconds(300))
      .AsyncInitiateTransaction({}, [&](const auto& transaction) {
        status = transaction.status();
        done.count_down();
      });
  done.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  server_.Start();
}

TEST_F(ConnectionTest, RetriesAsynchronousCallsToo) {
  options_.retry.initial_backoff = absl::Milliseconds(1);
  failures_ = {kUnavailable, kUnavailable};
  std::latch done{1};
  absl::StatusOr<v1::Transaction> answer;
  {
    // The call outlives its client.
    Client(options_).AsyncInitiateTransaction({}, [&](absl::StatusOr<v1::Transaction> transaction) {
      answer = std::move(transaction);
      done.count_down();
    });
  }
  done.wait();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->id(), "t-1");
  EXPECT_EQ(request_ids_.size(), 3);
  EXPECT_EQ(std::set<std::string>(request_ids_.begin(), request_ids_.end()).size(), 1);
}

TEST_F(ConnectionTest, ACallbackMayHoldTheLastClient) {
  server_.initiate = [this](auto&, auto&, auto&) {
    release_.wait();
    return grpc::Status::OK;
  };
  std::latch done{1};
  {
    const Client client(options_);
    client.AsyncInitiateTransaction({}, [&done, client](const auto&) { done.count_down(); });
  }
  release_.count_down();
  done.wait();
}

TEST_F(ConnectionTest, AsynchronousCallsGiveUpToo) {
  options_.retry = {.max_attempts = 2, .initial_backoff = absl::Milliseconds(1)};
  failures_.assign(10, kUnavailable);
  std::latch done{1};
  absl::Status status;
  Client(options_).AsyncInitiateTransaction({}, [&](absl::StatusOr<v1::Transaction> transaction) {
    status = transaction.status();
    done.count_down();
  });
  done.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(request_ids_.size(), 2);
}

TEST_F(ConnectionTest, APipelineAnswersEachCallOnceAndKeepsToItsBound) {
  std::atomic<int> in_flight = 0, most = 0;
  server_.initiate = [&](grpc::ServerContext&, const v1::InitiateTransactionRequest& request,
                         v1::Transaction& response) {
    const int now = ++in_flight;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    response.set_request_id(request.request_id());
    --in_flight;
    return grpc::Status::OK;
  };
  std::mutex mutex;
  std::multiset<std::string> answered;
  Pipeline pipeline(Client(options_), 4, [&](absl::StatusOr<v1::Transaction> transaction) {
    std::lock_guard lock(mutex);
    answered.insert(transaction.ok() ? transaction->request_id() : transaction.status().ToString());
  });
  std::multiset<std::string> submitted;
  for (int i = 0; i < 500; ++i) {
    v1::InitiateTransactionRequest request;
    request.set_request_id(absl::StrCat("r-", i));
    submitted.insert(request.request_id());
    pipeline.Submit(request);
  }
  pipeline.Drain();
  EXPECT_EQ(answered, submitted);
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace tracktrove
