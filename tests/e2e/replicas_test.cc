// Several servers on one PostgreSQL race for everything in it.
#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sync/mutex.h"
#include "tests/e2e/scene.h"
#include "tests/support/checkers.h"
#include "tests/support/postgres.h"
#include "tests/support/requests.h"
#include "tests/support/run.h"
#include "tests/support/server_process.h"
#include "tests/support/subscriber.h"

namespace tracktrove::testing {
namespace {

using ::testing::IsEmpty;

// So many servers on an empty database.
class Replicas {
 public:
  explicit Replicas(int count) {
    for (int i = 0; i < count; ++i) {
      servers_.push_back(std::make_unique<ServerProcess>(
          std::vector<std::string>(), Environment{{"TRACKTROVE_DATABASE", schema_.url()}}));
    }
  }

  std::vector<std::string> endpoints() const {
    std::vector<std::string> endpoints;
    for (const auto& server : servers_) endpoints.push_back(server->endpoint());
    return endpoints;
  }
  std::vector<Client> clients() const {
    std::vector<Client> clients;
    for (const std::string& endpoint : endpoints()) clients.push_back(PatientClient({endpoint}));
    return clients;
  }
  ServerProcess& server(int number) { return *servers_.at(number); }

 private:
  PostgresSchema schema_;
  std::vector<std::unique_ptr<ServerProcess>> servers_;
};

class ReplicaRace : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Of, ReplicaRace, ::testing::Values(2, 3),
                         [](const auto& count) { return absl::StrCat(count.param); });

TEST_P(ReplicaRace, DoesEveryCallTimerAndClockMoveOnceWhicheverServerTheyMeet) {
  const uint64_t seed = TestSeed();
  const Replicas replicas(GetParam());
  Scene scene(replicas.endpoints(), replicas.endpoints(), seed);
  scene.AwaitProgress(LongTests() ? 5000 : 200);
  scene.ExpectSound();
}

TEST_P(ReplicaRace, EndsEachOfManyHoldsOnceAndNoneEarly) {
  const Replicas replicas(GetParam());
  const std::vector<Client> clients = replicas.clients();
  v1::CreateSandboxRequest create;
  create.set_sandbox_id(kSandbox);
  create.set_pace(v1::Sandbox::INSTANT);
  ASSERT_TRUE(clients[0].CreateSandbox(create).ok());
  Subscriber subscriber(clients[0], kSandbox, 0);
  const int count = LongTests() ? 10'000 : 600;
  sync::Mutex mutex;
  Journal journal;
  std::set<std::string> held;
  const auto initiate = [&](size_t replica) {
    for (int i = static_cast<int>(replica); i < count; i += static_cast<int>(clients.size())) {
      v1::InitiateTransactionRequest request = Tip(kSandbox);
      request.set_request_id(absl::StrCat("hold-", i));
      request.set_capture(v1::Transaction::MANUAL);
      request.mutable_hold_ttl()->set_seconds(2);
      const auto answer = clients[replica].InitiateTransaction(request);
      ASSERT_TRUE(answer.ok()) << answer.status();
      sync::MutexLock lock(&mutex);
      journal.Acknowledge(request.request_id(), answer->id());
      held.insert(answer->id());
    }
  };
  std::vector<std::thread> threads;
  for (size_t replica = 0; replica < clients.size(); ++replica) threads.emplace_back(initiate, replica);
  for (std::thread& thread : threads) thread.join();
  const auto all_ended = [&](const v1::TraceRecord& record) {
    if (record.from_state() == v1::Transaction::ESCROW) held.erase(record.transaction_id());
    return held.empty();
  };
  EXPECT_TRUE(subscriber.Await(all_ended, kPatience)) << held.size() << " holds are left";
  const auto evidence = Gather(clients[1], kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_THAT(CheckAll(*evidence, journal), IsEmpty());
  const std::vector<absl::Duration> lateness = LatenessOfHolds(*evidence);
  EXPECT_EQ(lateness.size(), static_cast<size_t>(count));
  std::cout << "the last of " << count << " holds ended "
            << *std::max_element(lateness.begin(), lateness.end()) << " late\n";
}

// The same move is asked for at every server at once.
TEST_P(ReplicaRace, MovesTheClockOnceForEachRequest) {
  const Replicas replicas(GetParam());
  const std::vector<Client> clients = replicas.clients();
  ASSERT_TRUE(clients[0].CreateSandbox(ManualSandbox(kSandbox, v1::Sandbox::PACED)).ok());
  const int moves = LongTests() ? 500 : 20;
  for (int move = 1; move <= moves; ++move) {
    ASSERT_TRUE(clients[move % clients.size()].InitiateTransaction(Tip(kSandbox)).ok());
    v1::AdvanceClockRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(absl::StrCat("move-", move));
    request.mutable_by()->set_seconds(1);
    std::vector<absl::StatusOr<v1::AdvanceClockResponse>> answers(clients.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < clients.size(); ++i)
      threads.emplace_back([&, i] { answers[i] = clients[i].WithTimeout(kPatience).AdvanceClock(request); });
    for (std::thread& thread : threads) thread.join();
    for (const auto& answer : answers) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      ASSERT_EQ(answer->clock().time().seconds(), 1767344400 + move);
      ASSERT_EQ(answer->last_sequence(), answers[0]->last_sequence());
    }
  }
  ExpectSound(clients[0], kSandbox);
}

// What became of one request that was sent many times at once.
struct Answers {
  sync::Mutex mutex;
  int missing = 0;
  std::map<int, std::set<std::string>> transactions;  // by body
  std::map<int, int> refused;                         // likewise
  Problems problems;
};

TEST_P(ReplicaRace, DoesARequestOnceHoweverOftenItIsSentAndRefusesOtherBodies) {
  constexpr int kTimes = 64, kBodies = 4;
  const Replicas replicas(GetParam());
  const std::vector<Client> clients = replicas.clients();
  ASSERT_TRUE(clients[0].CreateSandbox(ManualSandbox(kSandbox, v1::Sandbox::INSTANT)).ok());
  Journal journal;
  const int keys = LongTests() ? 500 : 20;
  for (int key = 0; key < keys; ++key) {
    Answers answers;
    answers.missing = kTimes;
    const std::string id = absl::StrCat("key-", key);
    for (int i = 0; i < kTimes; ++i) {
      // Every fourth one is altered, in one of three ways.
      const int body = i % 4 == 3 ? 1 + i / 4 % (kBodies - 1) : 0;
      v1::InitiateTransactionRequest request = Tip(kSandbox);
      request.set_request_id(id);
      request.mutable_amount()->set_minor_units(2550 + body);
      clients[i % clients.size()].AsyncInitiateTransaction(
          request, [&answers, body](const absl::StatusOr<v1::Transaction>& answer) {
            sync::MutexLock lock(&answers.mutex);
            --answers.missing;
            if (answer.ok()) {
              answers.transactions[body].insert(answer->id());
            } else if (ReasonOf(answer.status()) == "REQUEST_ID_REUSED") {
              ++answers.refused[body];
            } else {
              answers.problems.push_back(answer.status().ToString());
            }
          });
    }
    sync::MutexLock lock(&answers.mutex);
    const auto complete = [&] { return answers.missing == 0; };
    ASSERT_TRUE(lock.AwaitUntil(absl::Now() + kPatience, complete));
    EXPECT_THAT(answers.problems, IsEmpty());
    // Whichever body came first: all of its senders got its one transaction,
    // and nobody else got any.
    ASSERT_EQ(answers.transactions.size(), 1u);
    const auto& [winner, transactions] = *answers.transactions.begin();
    ASSERT_EQ(transactions.size(), 1u);
    EXPECT_FALSE(answers.refused.contains(winner));
    EXPECT_EQ(answers.refused.size(), static_cast<size_t>(kBodies - 1));
    journal.Acknowledge(id, *transactions.begin());
  }
  const auto evidence = Gather(clients[1], kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_THAT(CheckAll(*evidence, journal), IsEmpty());
}

TEST(Replica, LossUnderLoadIsMadeGoodByTheOthers) {
  const uint64_t seed = TestSeed();
  Replicas replicas(3);
  const std::vector<std::string> endpoints = replicas.endpoints();
  Scene scene(endpoints, {endpoints[0]}, seed);
  scene.AwaitProgress(20);
  replicas.server(1).Kill();
  scene.AwaitProgress(20);
  EXPECT_EQ(replicas.server(2).Stop(), 0);
  scene.AwaitProgress(20);
  scene.ExpectSound();
}

}  // namespace
}  // namespace tracktrove::testing
