// The real server as a process: load, restart, shutdown.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "tests/support/requests.h"
#include "tests/support/server_process.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::testing {
namespace {

// A sanitizer keeps a shadow of all memory, and for a while what was freed.
#ifdef TRACKTROVE_SANITIZED
constexpr int64_t kMaxMemory = int64_t{4} << 30;
#else
constexpr int64_t kMaxMemory = int64_t{512} << 20;
#endif

TEST(Load, TenThousandAt256InFlightLoseNothingAndStaySound) {
  ServerProcess server;
  const Client client = server.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  constexpr int kCount = 10'000;
  std::atomic<int> answered = 0;
  {
    Pipeline pipeline(client, 256, [&](const absl::StatusOr<v1::Transaction>& answer) {
      EXPECT_TRUE(answer.ok()) << answer.status();
      ++answered;
    });
    for (int i = 0; i < kCount; ++i) {
      v1::InitiateTransactionRequest request = Tip("s");
      request.set_request_id("r-" + std::to_string(i));
      request.mutable_simulation()->set_success_rate(0.9);
      pipeline.Submit(std::move(request));
    }
  }
  EXPECT_EQ(answered, kCount);
  v1::GetSandboxRequest get;
  get.set_sandbox("s");
  const auto sandbox = client.GetSandbox(get);
  ASSERT_TRUE(sandbox.ok());
  EXPECT_EQ(sandbox->transaction_count(), kCount);
  ExpectSound(client, "s");
  EXPECT_LT(server.PeakMemory(), kMaxMemory);
}

TEST(Crash, AClockMoveInFlightIsFinishedAfterTheRestart) {
  ServerProcess server;
  const Client client = server.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::PACED)).ok());
  constexpr int kCount = 2000;
  {
    Pipeline pipeline(client, 256,
                      [](const absl::StatusOr<v1::Transaction>& answer) { EXPECT_TRUE(answer.ok()); });
    for (int i = 0; i < kCount; ++i) pipeline.Submit(Tip("s"));
  }
  v1::StreamTraceRequest watch;
  watch.set_sandbox("s");
  auto stream = client.StreamTrace(watch);
  ASSERT_TRUE(stream.ok()) << stream.status();
  v1::AdvanceClockRequest hour;
  hour.set_sandbox("s");
  hour.set_request_id("hour");
  hour.mutable_by()->set_seconds(3600);
  absl::StatusOr<v1::AdvanceClockResponse> moved;
  std::thread mover([&] { moved = client.AdvanceClock(hour); });
  const auto under_way = (*stream)->Next();  // its first record is committed
  EXPECT_TRUE(under_way.ok()) << under_way.status();
  server.Kill();
  server.Start();
  mover.join();
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fired_counts().at("STEP"), 6 * kCount);
  EXPECT_EQ(moved->clock().time().seconds(), 1767344400 + 3600);
  v1::ListTransactionsRequest list;
  list.set_sandbox("s");
  list.set_page_size(1000);
  int completed = 0;
  for (auto& transaction : client.ListTransactions(list)) {
    completed += transaction.ok() && transaction->state() == v1::Transaction::COMPLETED;
  }
  EXPECT_EQ(completed, kCount);
  ExpectSound(client, "s");
}

// A batch is being paid, by its cut-off or ahead of it, when the server dies.
TEST(Crash, ASettlementInFlightPaysEachTransactionOnce) {
  for (const bool ahead : {false, true}) {
    ServerProcess server;
    const Client client = server.client();
    ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
    constexpr int kCount = 5000;
    {
      Pipeline pipeline(client, 256,
                        [](const absl::StatusOr<v1::Transaction>& answer) { EXPECT_TRUE(answer.ok()); });
      for (int i = 0; i < kCount; ++i) pipeline.Submit(Tip("s"));
    }
    v1::StreamTraceRequest watch;
    watch.set_sandbox("s");
    watch.add_types(v1::TraceRecord::TRANSACTION_SETTLED);
    auto stream = client.StreamTrace(watch);
    ASSERT_TRUE(stream.ok()) << stream.status();
    v1::AdvanceClockRequest weekend;
    weekend.set_sandbox("s");
    weekend.set_request_id("weekend");
    weekend.mutable_by()->set_seconds(4 * 86400);
    v1::RunSettlementRequest now;
    now.set_sandbox("s");
    now.set_request_id("now");
    absl::Status settled;
    std::thread settler([&] {
      settled = ahead ? client.RunSettlement(now).status() : client.AdvanceClock(weekend).status();
    });
    const auto under_way = (*stream)->Next();  // the first payments are committed
    EXPECT_TRUE(under_way.ok()) << under_way.status();
    server.Kill();
    server.Start();
    settler.join();
    ASSERT_TRUE(settled.ok()) << settled;
    std::map<std::string, int> payments;
    for (const v1::TraceRecord& record : LogOf(client, "s")) {
      if (record.type() == v1::TraceRecord::TRANSACTION_SETTLED) ++payments[record.transaction_id()];
    }
    EXPECT_EQ(payments.size(), static_cast<size_t>(kCount));
    for (const auto& [id, count] : payments) ASSERT_EQ(count, 1) << id;
    v1::GetSettlementBatchRequest get;
    get.set_sandbox("s");
    get.set_batch("2026-01-02");
    const auto batch = client.GetSettlementBatch(get);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(batch->state(), v1::SettlementBatch::CLOSED);
    EXPECT_EQ(batch->payment_count(), kCount);
    EXPECT_EQ(batch->totals(0).net().minor_units(), int64_t{kCount} * 2499);
    ExpectSound(client, "s");
  }
}

TEST(Crash, TimersOfARealtimeSandboxGoOnAfterTheRestart) {
  ServerProcess server;
  const Client client = server.client();
  v1::InitiateTransactionRequest request = Tip();
  request.set_capture(v1::Transaction::MANUAL);
  request.mutable_hold_ttl()->set_seconds(1);
  const auto transaction = client.InitiateTransaction(request);
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  server.Kill();
  server.Start();
  v1::StreamTraceRequest trace;
  trace.set_transaction(transaction->id());
  trace.set_stop_at_final(true);
  auto stream = client.StreamTrace(trace);
  ASSERT_TRUE(stream.ok()) << stream.status();
  v1::TraceRecord last;
  absl::Time held;
  while (true) {
    const auto next = (*stream)->Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (!*next) break;
    last = **next;
    const absl::Time time = TimeOf(last.time());
    if (last.to_state() == v1::Transaction::ESCROW) held = time;
    if (last.type() == v1::TraceRecord::HOLD_EXPIRED) {
      EXPECT_EQ(time - held, absl::Seconds(1));
    }
  }
  EXPECT_EQ(last.type(), v1::TraceRecord::HOLD_EXPIRED);
  ExpectSound(client, "");
}

TEST(Shutdown, EndsStreamsWithAResumePointAndExitsCleanly) {
  ServerProcess server;
  Options options;
  options.endpoint = server.endpoint();
  options.retry.max_attempts = 1;  // so that the end is seen and not healed
  const Client client(options);
  auto stream = client.StreamTrace({});
  ASSERT_TRUE(stream.ok()) << stream.status();
  absl::Status end;
  std::thread reader([&] { end = (*stream)->Next().status(); });
  EXPECT_EQ(server.Stop(), 0);
  reader.join();
  EXPECT_TRUE(absl::IsUnavailable(end)) << end;
}

TEST(Shutdown, DoesNotWaitLongForClientsThatAreIdle) {
  ServerProcess server;
  const Client idle = server.client();
  ASSERT_TRUE(idle.InitiateTransaction(Tip()).ok());
  const absl::Time start = absl::Now();
  EXPECT_EQ(server.Stop(), 0);
  EXPECT_LT(absl::Now() - start, absl::Seconds(4));  // it takes one
}

}  // namespace
}  // namespace tracktrove::testing
