// The stream of a run against a server that goes away: it joins the run again
// by its request_id.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sdk/fake_server.h"
#include "tracktrove/client.h"

namespace tracktrove {
namespace {

bool WriteArrived(FakeServer::RunWriter& writer, int64_t arrived, bool ended = false) {
  v1::RunSimulationResponse response;
  response.mutable_simulation()->set_arrived(arrived);
  if (ended) response.mutable_simulation()->set_state(v1::Simulation::FINISHED);
  return writer.Write(response);
}

class SimulationStreamTest : public testing::Test {
 protected:
  // Each attempt runs `script` with its number, from 1.
  void Serve(std::function<grpc::Status(int, FakeServer::RunWriter&)> script) {
    server_.run_simulation = [this, script = std::move(script)](const v1::RunSimulationRequest& request,
                                                                FakeServer::RunWriter& writer) {
      request_ids_.push_back(request.request_id());
      return script(static_cast<int>(request_ids_.size()), writer);
    };
    server_.Start();
    Options options;
    options.endpoint = server_.endpoint();
    options.retry.max_attempts = 3;
    options.sleeper = [](absl::Duration, std::stop_token) {};
    stream_ = *Client(options).RunSimulation({});
  }
  ~SimulationStreamTest() override {
    stream_.reset();
    server_.Stop();
  }

  // How far it was at each message, and how the stream ended.
  std::pair<std::vector<int64_t>, absl::Status> ReadAll() {
    std::vector<int64_t> arrived;
    while (true) {
      const absl::StatusOr<std::optional<v1::Simulation>> next = stream_->Next();
      if (!next.ok()) return {arrived, next.status()};
      if (!*next) return {arrived, absl::OkStatus()};
      arrived.push_back((*next)->arrived());
    }
  }

  FakeServer server_;
  std::vector<std::string> request_ids_;
  std::unique_ptr<Stream<v1::Simulation>> stream_;
};

TEST_F(SimulationStreamTest, JoinsTheRunAgainAndAgainUntilItsEnd) {
  Serve([](int attempt, FakeServer::RunWriter& writer) {
    WriteArrived(writer, attempt * 10);
    WriteArrived(writer, attempt * 10 + 5, attempt == 7);
    return attempt == 7 ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
  });
  const auto [arrived, status] = ReadAll();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(arrived, (std::vector<int64_t>{10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75}));
  EXPECT_EQ(request_ids_.size(), 7u);
  for (const std::string& id : request_ids_) {
    EXPECT_FALSE(id.empty());
    EXPECT_EQ(id, request_ids_[0]);
  }
}

TEST_F(SimulationStreamTest, GivesUpOnAServerThatOnlyGreetsIt) {
  Serve([](int, FakeServer::RunWriter& writer) {
    WriteArrived(writer, 10);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
  });
  const auto [arrived, status] = ReadAll();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(request_ids_.size(), 3u);
}

TEST_F(SimulationStreamTest, PassesARefusalOnAtOnce) {
  Serve([](int, FakeServer::RunWriter&) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "one at a time");
  });
  const auto [arrived, status] = ReadAll();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(request_ids_.size(), 1u);
}

}  // namespace
}  // namespace tracktrove
