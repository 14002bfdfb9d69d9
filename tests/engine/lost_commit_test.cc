// What callers see when the answer to a COMMIT is lost, on PostgreSQL.
#include <gmock/gmock.h>

#include <thread>

#include "absl/time/clock.h"
#include "tests/support/proxy.h"
#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

constexpr CommitCut kEverywhere[] = {CommitCut::kBeforeServer, CommitCut::kAfterServer,
                                     CommitCut::kBeforeReply};

class LostCommit : public ::testing::Test {
 protected:
  static config::Options By(const std::string& database) {
    config::Options options;
    options.database = database;
    return options;
  }

  // One that asks once: the SDK's own repeats would hide much.
  Client client() const {
    Options options = app_.ClientOptions();
    options.retry.max_attempts = 1;
    return Client(options);
  }

  static size_t Count(const Client& client, const std::string& sandbox) {
    v1::ListTransactionsRequest list;
    list.set_sandbox(sandbox);
    list.set_page_size(1000);
    size_t count = 0;
    for (auto& transaction : client.ListTransactions(list)) {
      EXPECT_TRUE(transaction.ok()) << transaction.status();
      ++count;
    }
    return count;
  }

  PostgresSchema schema_;
  Proxy proxy_{schema_.url()};
  TestApp app_{By(proxy_.url())};
};

TEST_F(LostCommit, TheCallerGetsItsAnswerAndTheWorkIsDoneOnce) {
  const Client client = this->client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  v1::StreamTraceRequest follow;
  follow.set_sandbox("s");
  const auto stream = client.StreamTrace(follow);
  ASSERT_TRUE(stream.ok()) << stream.status();
  size_t calls = 0;
  for (const CommitCut where : kEverywhere) {
    proxy_.CutCommits(where);
    const auto transaction = client.InitiateTransaction(Tip("s"));
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    EXPECT_TRUE(proxy_.AwaitCuts());
    EXPECT_EQ(transaction->state(), v1::Transaction::COMPLETED);
    EXPECT_EQ(Count(client, "s"), ++calls);
    // Whoever follows the log is told as well.
    for (const v1::TraceRecord& record : TraceOf(client, "s", transaction->id())) {
      const auto next = (*stream)->Next();
      ASSERT_TRUE(next.ok() && *next) << next.status();
      EXPECT_EQ((*next)->sequence(), record.sequence());
    }
  }
  ExpectSound(client, "s");
}

TEST_F(LostCommit, SandboxesAreCreatedMovedAndDeletedOnce) {
  const Client client = this->client();
  for (const CommitCut where : kEverywhere) {
    SCOPED_TRACE(static_cast<int>(where));
    proxy_.CutCommits(where);
    const auto created = client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED));
    ASSERT_TRUE(created.ok()) << created.status();
    ASSERT_TRUE(client.InitiateTransaction(Tip("s")).ok());

    v1::AdvanceClockRequest by;
    by.set_sandbox("s");
    by.mutable_by()->set_seconds(60);
    proxy_.CutCommits(where);  // that of its start, which writes no record
    const auto moved = client.AdvanceClock(by);
    ASSERT_TRUE(moved.ok()) << moved.status();
    EXPECT_EQ(moved->clock().time().seconds(), created->clock().time().seconds() + 60);
    ExpectSound(client, "s");

    v1::DeleteSandboxRequest deletion;
    deletion.set_sandbox("s");
    proxy_.CutCommits(where);
    EXPECT_TRUE(client.DeleteSandbox(deletion).ok());
    EXPECT_TRUE(proxy_.AwaitCuts());
    v1::GetSandboxRequest get;
    get.set_sandbox("s");
    EXPECT_EQ(ReasonOf(client.GetSandbox(get).status()), "SANDBOX_NOT_FOUND");
  }
}

TEST_F(LostCommit, WithManyCallsInFlightEachIsAnsweredAndDoneOnce) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 25;
  const Client client = this->client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        v1::InitiateTransactionRequest request = Tip("s");
        request.set_request_id("r" + std::to_string(t * kCalls + i));
        const auto transaction = client.InitiateTransaction(request);
        EXPECT_TRUE(transaction.ok()) << transaction.status();
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    for (const CommitCut where : kEverywhere) {
      proxy_.CutCommits(where);
      // One at a time: a batch that is rolled back twice is given up.
      EXPECT_TRUE(client.InitiateTransaction(Tip("s")).ok());
      EXPECT_TRUE(proxy_.AwaitCuts());
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count(client, "s"), size_t{kThreads * kCalls + 9});
  ExpectSound(client, "s");
}

TEST_F(LostCommit, WhileTheDatabaseStaysAwayTheOutcomeIsUnknownAndARepeatTells) {
  const Client client = this->client();
  // A clock that stands still: no other COMMIT takes the cut.
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  v1::InitiateTransactionRequest request = Tip("s");
  for (const CommitCut where : kEverywhere) {
    SCOPED_TRACE(static_cast<int>(where));
    request.set_request_id("r" + std::to_string(static_cast<int>(where)));
    const size_t before = Count(client, "s");
    proxy_.CutCommitAndRefuse(where);
    const absl::Time start = absl::Now();
    const absl::Status status = client.InitiateTransaction(request).status();
    EXPECT_LT(absl::Now() - start, absl::Seconds(5));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ReasonOf(status), "OUTCOME_UNKNOWN");
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("same request_id is safe"));
    proxy_.Pass();
    const auto first = client.InitiateTransaction(request);
    const auto second = client.InitiateTransaction(request);
    ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
    EXPECT_EQ(first->id(), second->id());
    EXPECT_EQ(Count(client, "s"), before + 1);
  }
  ExpectSound(client, "s");
}

TEST_F(LostCommit, ADatabaseThatFallsSilentIsUnavailableInTimeAndFoundAgain) {
  const Client client = this->client();
  ASSERT_TRUE(client.InitiateTransaction(Tip()).ok());
  proxy_.Stall();
  const absl::Time start = absl::Now();
  const absl::Status status = client.InitiateTransaction(Tip()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  proxy_.Pass();
  EXPECT_TRUE(app_.client().InitiateTransaction(Tip()).ok());
  ExpectSound(app_.client(), "");
}

}  // namespace
}  // namespace tracktrove::testing
