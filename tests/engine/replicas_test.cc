// Several servers on one PostgreSQL.
#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "store/connection.h"
#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

class Replicas : public ::testing::Test {
 protected:
  config::Options OnSchema() const {
    config::Options options;
    options.database = schema_.url();
    return options;
  }

  PostgresSchema schema_;
};

TEST_F(Replicas, StartAtOnceOnAnEmptyDatabase) {
  constexpr int kServers = 3;
  std::latch start(kServers);
  std::vector<std::thread> servers;
  for (int i = 0; i < kServers; ++i) {
    servers.emplace_back([&] {
      start.arrive_and_wait();
      TestApp app(OnSchema());
      EXPECT_TRUE(app.client().InitiateTransaction(Tip()).ok());
    });
  }
  for (std::thread& server : servers) server.join();
  TestApp app(OnSchema());
  EXPECT_EQ(app.client().GetSandbox({})->transaction_count(), kServers);
  ExpectSound(app.client(), "");
}

TEST_F(Replicas, OfSeveralThatCreateASandboxAtOnceOneDoes) {
  constexpr int kRounds = 25;
  constexpr int kCallers = 4;
  TestApp first(OnSchema());
  TestApp second(OnSchema());
  const Client clients[] = {first.client(), second.client()};
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = "s" + std::to_string(round);
    std::latch start(kCallers);
    std::vector<absl::StatusOr<v1::Sandbox>> answers(kCallers, absl::UnknownError("none"));
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&, i] {
        start.arrive_and_wait();
        answers[i] = clients[i % 2].CreateSandbox(ManualSandbox(name, v1::Sandbox::PACED, 100 + i));
      });
    }
    for (std::thread& caller : callers) caller.join();
    v1::GetSandboxRequest get;
    get.set_sandbox(name);
    const auto stored = clients[0].GetSandbox(get);
    ASSERT_TRUE(stored.ok()) << stored.status();
    int created = 0;
    for (const auto& answer : answers) {
      if (answer.ok()) {
        ++created;
        EXPECT_EQ(answer->seed(), stored->seed());
      } else {
        EXPECT_EQ(ReasonOf(answer.status()), "SANDBOX_EXISTS") << answer.status();
      }
    }
    EXPECT_EQ(created, 1);
  }
}

TEST_F(Replicas, TakeTurnsInOneSandbox) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 25;
  TestApp first(OnSchema());
  TestApp second(OnSchema());
  const Client clients[] = {first.client(), second.client()};
  ASSERT_TRUE(clients[0].CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  std::vector<std::thread> callers;
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      for (int i = 0; i < kCalls; ++i) {
        const auto transaction = clients[c % 2].InitiateTransaction(Tip("s"));
        EXPECT_TRUE(transaction.ok()) << transaction.status();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  v1::GetSandboxRequest get;
  get.set_sandbox("s");
  EXPECT_EQ(clients[1].GetSandbox(get)->transaction_count(), kCallers * kCalls);
  ExpectSound(clients[1], "s");
}

TEST_F(Replicas, WaitForASandboxThatAnotherHoldsInsteadOfAskingOnAndOn) {
  TestApp app(OnSchema());
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  store::Connection other{
      std::shared_ptr<const store::Dialect>(*store::NewPostgresDialect({.url = schema_.url()}))};
  const auto run = [&](const std::string& script) {
    const absl::Status status = other.Run([&] { other.Execute(script); });
    EXPECT_TRUE(status.ok()) << status;
  };
  run("begin; select from sandboxes where name = 's' for update");
  absl::StatusOr<v1::Transaction> answer;
  std::thread caller([&] { answer = client.InitiateTransaction(Tip("s")); });
  EXPECT_TRUE(schema_.AwaitLockWaiters(1));
  run("rollback");
  caller.join();
  EXPECT_TRUE(answer.ok()) << answer.status();
}

}  // namespace
}  // namespace tracktrove::testing
