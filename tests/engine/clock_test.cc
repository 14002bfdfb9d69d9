// Clock moves through the whole engine: barrier, joining, waiting, resuming.
#include "absl/time/clock.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "tests/engine/gate.h"
#include "tests/support/requests.h"
#include "tests/support/store_decorator.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

v1::AdvanceClockRequest ByOneMinute() {
  v1::AdvanceClockRequest request;
  request.set_sandbox("s");
  request.set_request_id("move");
  request.mutable_by()->set_seconds(60);
  return request;
}

class ClockMove : public ::testing::TestWithParam<Database> {};
TRACKTROVE_ON_EVERY_DATABASE(ClockMove);

TEST_P(ClockMove, StopsAtEveryInstantUntilTheBarrierLetsItGoOn) {
  Gate gate;
  TestApp app(GetParam(), {}, {.sqlite_synchronous = {}, .barrier = gate.barrier()});
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  const auto transaction = client.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(transaction.ok());
  std::thread mover([&] { EXPECT_TRUE(client.AdvanceClock(ByOneMinute()).ok()); });
  gate.AwaitArrival();
  EXPECT_EQ(TraceOf(client, "s", transaction->id()).size(), 2u) << "one step is committed before the barrier";
  gate.Open();
  mover.join();
  const std::vector<absl::Time> instants = gate.instants();
  EXPECT_EQ(instants.size(), 6u);
  EXPECT_TRUE(std::is_sorted(instants.begin(), instants.end()));
}

TEST_P(ClockMove, OtherWritesWaitBehindItAndSayWhyWhenTheyCannotWaitLonger) {
  Gate gate;
  TestApp app(GetParam(), {}, {.sqlite_synchronous = {}, .barrier = gate.barrier()});
  Options options = app.ClientOptions();
  options.retry.max_attempts = 1;
  const Client client(options);
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  ASSERT_TRUE(client.InitiateTransaction(Tip("s")).ok());
  std::thread mover([&] { EXPECT_TRUE(client.AdvanceClock(ByOneMinute()).ok()); });
  gate.AwaitArrival();
  const auto impatient = client.WithTimeout(absl::Milliseconds(600)).InitiateTransaction(Tip("s"));
  EXPECT_EQ(ReasonOf(impatient.status()), "CLOCK_ADVANCING") << impatient.status();
  EXPECT_TRUE(client.InitiateTransaction(Tip()).ok()) << "other sandboxes do not wait";

  absl::StatusOr<v1::Transaction> waiting;
  std::thread patient([&] { waiting = client.InitiateTransaction(Tip("s")); });
  gate.Open();
  mover.join();
  patient.join();
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  EXPECT_EQ(waiting->create_time().seconds(), 1767344460) << "stamped after the move";
}

TEST_P(ClockMove, TheSameRequestJoinsItAndGetsTheSameAnswer) {
  Gate gate;
  TestApp app(GetParam(), {}, {.sqlite_synchronous = {}, .barrier = gate.barrier()});
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  ASSERT_TRUE(client.InitiateTransaction(Tip("s")).ok());
  absl::StatusOr<v1::AdvanceClockResponse> answers[2];
  std::thread first([&] { answers[0] = client.AdvanceClock(ByOneMinute()); });
  gate.AwaitArrival();
  std::thread second([&] { answers[1] = client.AdvanceClock(ByOneMinute()); });
  gate.Open();
  first.join();
  second.join();
  ASSERT_TRUE(answers[0].ok() && answers[1].ok()) << answers[0].status() << answers[1].status();
  EXPECT_EQ(answers[0]->DebugString(), answers[1]->DebugString());
  EXPECT_EQ(answers[0]->clock().time().seconds(), 1767344460);
}

TEST_P(ClockMove, ARealtimeClockIsMovedByItsOffset) {
  TestApp app(GetParam());
  const Client client = app.client();
  const auto transaction = client.InitiateTransaction([] {
    v1::InitiateTransactionRequest request = Tip();
    request.set_capture(v1::Transaction::MANUAL);
    return request;
  }());
  ASSERT_TRUE(transaction.ok());
  v1::AdvanceClockRequest day;
  day.mutable_by()->set_seconds(86400);
  const auto moved = client.AdvanceClock(day);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fired_counts().at("HOLD_EXPIRY"), 1);
  v1::GetTransactionRequest get;
  get.set_transaction(transaction->id());
  EXPECT_EQ(client.GetTransaction(get)->state(), v1::Transaction::REFUNDED);
  EXPECT_GE(client.GetSandbox({})->clock().time().seconds(), transaction->create_time().seconds() + 86400);
  ExpectSound(client, "");
}

// What it stamps is late by as much as the test says.
class LateWriter : public WriterDecorator {
 public:
  LateWriter(std::unique_ptr<store::Writer> writer, const std::atomic<int>& seconds)
      : WriterDecorator(std::move(writer)), seconds_(seconds) {}

  absl::StatusOr<absl::Time> Begin() override {
    absl::StatusOr<absl::Time> wall = WriterDecorator::Begin();
    if (wall.ok()) *wall -= absl::Seconds(seconds_.load());
    return wall;
  }

 private:
  const std::atomic<int>& seconds_;
};

TEST(RealtimeClock, StandsWhileABatchIsStampedWithATimeBeforeTheLastOne) {
  std::atomic<int> late = 0;
  app::Extras extras;
  extras.wrap_store = [&late](std::unique_ptr<store::Store> store) {
    return std::make_unique<StoreDecorator>(std::move(store), [&late](std::unique_ptr<store::Writer> writer) {
      return std::make_unique<LateWriter>(std::move(writer), late);
    });
  };
  TestApp app({}, extras);
  const auto first = app.client().InitiateTransaction(Tip());
  late = 60;
  const auto second = app.client().InitiateTransaction(Tip());
  ASSERT_TRUE(first.ok() && second.ok());
  // The first one's steps may have moved it on meanwhile, so it stands where the log does.
  const std::vector<v1::TraceRecord> log = LogOf(app.client(), "");
  const auto initiated = std::find_if(log.begin(), log.end(), [&](const v1::TraceRecord& record) {
    return record.transaction_id() == second->id();
  });
  ASSERT_TRUE(initiated != log.begin() && initiated != log.end());
  EXPECT_EQ(TimeOf(initiated->time()), TimeOf(std::prev(initiated)->time()));
}

// Tips that fail, heal, and wait in ESCROW until they expire. With draw keys,
// not even the order of arrival matters.
void FireTips(const Client& client) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&client, t] {
      for (int i = 0; i < 25; ++i) {
        v1::InitiateTransactionRequest request = Tip("s");
        request.set_draw_key("k" + std::to_string(t * 100 + i));
        request.mutable_simulation()->set_success_rate(0.7);
        request.mutable_simulation()->set_transient_failure_rate(0.3);
        if (i % 5 == 0) request.set_capture(v1::Transaction::MANUAL);
        if (i % 10 == 0) request.mutable_hold_ttl()->set_seconds(30);
        EXPECT_TRUE(client.InitiateTransaction(request).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Determinism, TheSameCommandsGiveTheSameDecidedRecordsWhateverTheBatchesAndTheDatabase) {
  std::vector<std::vector<std::string>> runs;
  for (const Database database : {Database::kSqlite, Database::kPostgres}) {
    for (const int max_batch : {1, 3, 512}) {
      config::Options options;
      options.max_batch = max_batch;
      TestApp app(database, options);
      ASSERT_TRUE(app.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
      FireTips(app.client());
      ASSERT_TRUE(app.client().AdvanceClock(ByOneMinute()).ok());
      app.Restart();
      v1::AdvanceClockRequest another = ByOneMinute();
      another.set_request_id("another");
      ASSERT_TRUE(app.client().AdvanceClock(another).ok());
      runs.push_back(DecidedRecords(app.client(), "s"));
      ExpectSound(app.client(), "s");
    }
  }
  ASSERT_GT(runs[0].size(), 300u);
  const auto mentions = [&](const std::string& word) {
    return std::count_if(runs[0].begin(), runs[0].end(),
                         [&](const std::string& record) { return record.find(word) != std::string::npos; });
  };
  EXPECT_GT(mentions("RETRY_STARTED"), 0);
  EXPECT_GT(mentions("HOLD_EXPIRED"), 0);
  for (const auto& run : runs) EXPECT_EQ(run, runs[0]);
}

}  // namespace
}  // namespace tracktrove::testing
