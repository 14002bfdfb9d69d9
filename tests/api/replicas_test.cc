// Two servers on one PostgreSQL, with a Redis between them: what is committed at
// one is streamed by the other.
#include <gmock/gmock.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/postgres.h"
#include "tests/support/redis_server.h"
#include "tests/support/requests.h"
#include "tests/support/subscriber.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr int kRecords = 7;  // of a tip, INSTANT

class TwoReplicas {
 public:
  // Without Redis when it is null.
  explicit TwoReplicas(const RedisServer* redis) {
    config::Options options;
    options.database = schema_.url();
    if (redis != nullptr) options.redis = redis->url();
    a_ = std::make_unique<TestApp>(options);
    b_ = std::make_unique<TestApp>(options);
    if (redis != nullptr) AwaitConnections(*redis);
    EXPECT_TRUE(a().CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  }

  Client a() const { return a_->client(); }
  Client b() const { return b_->client(); }
  PostgresSchema& database() { return schema_; }
  void RestartB(const RedisServer& redis) {
    b_->Restart();
    AwaitConnections(redis);
  }

  int64_t Head() const {
    v1::GetSandboxRequest get;
    get.set_sandbox("s");
    return a().GetSandbox(get)->head_sequence();
  }

 private:
  static void AwaitConnections(const RedisServer& redis) {
    EXPECT_TRUE(Eventually([&] {
      const auto reply = redis.Ask({"PUBSUB", "NUMSUB", "tracktrove:news@0", "__keyevent@0__:expired"});
      return reply.list.size() == 4 && reply.list[1].integer == 2 && reply.list[3].integer == 2;
    }));
  }

  PostgresSchema schema_;
  std::unique_ptr<TestApp> a_, b_;
};

void Initiate(const Client& client, int count) {
  for (int i = 0; i < count; ++i) {
    const auto answer = client.InitiateTransaction(Tip("s"));
    ASSERT_TRUE(answer.ok()) << answer.status();
  }
}

// Every record from `first` on, once and in order.
void ExpectEach(const std::vector<v1::TraceRecord>& records, int64_t first, int64_t last) {
  ASSERT_EQ(static_cast<int64_t>(records.size()), last - first + 1);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i].sequence(), first + static_cast<int64_t>(i));
  }
}

std::unique_ptr<Stream<v1::TraceRecord>> Follow(const Client& client, int64_t after) {
  v1::StreamTraceRequest request;
  request.set_sandbox("s");
  request.set_resume_after(after);
  auto stream = client.StreamTrace(request);
  EXPECT_TRUE(stream.ok()) << stream.status();
  return *std::move(stream);
}

TEST(TwoReplicas, OverRedisEachSeesWhatTheOtherCommitsSoonerThanItAsksTheDatabase) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  const auto stream = Follow(replicas.b(), 0);
  ASSERT_TRUE((*stream->Next()).has_value());
  const absl::Time start = absl::Now();
  constexpr int kRounds = 40;
  for (int round = 0; round < kRounds; ++round) {
    Initiate(replicas.a(), 1);
    for (int i = 1; i <= kRecords; ++i) {
      const auto next = stream->Next();
      ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
      ASSERT_EQ((*next)->sequence(), 1 + round * kRecords + i);
    }
  }
  // A poll every 0.7 to 1 s would take them at least 28 s.
  EXPECT_LT(absl::Now() - start, absl::Seconds(14));
}

TEST(TwoReplicas, WithoutRedisEachSeesWhatTheOtherCommitsByAskingTheDatabase) {
  TwoReplicas replicas(nullptr);
  Subscriber at_a(replicas.a(), "s", 0), at_b(replicas.b(), "s", 0);
  for (int round = 0; round < 20; ++round) Initiate(round % 2 == 0 ? replicas.a() : replicas.b(), 3);
  const int64_t head = replicas.Head();
  ExpectEach(at_a.ReceiveUpTo(head, kPatience), 1, head);
  ExpectEach(at_b.ReceiveUpTo(head, kPatience), 1, head);
}

TEST(TwoReplicas, EachRecordComesOnceAndInOrderWhateverHappensToRedis) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  Subscriber at_a(replicas.a(), "s", 0), at_b(replicas.b(), "s", 0);
  const auto load = [&] {
    for (int round = 0; round < 10; ++round) Initiate(round % 2 == 0 ? replicas.a() : replicas.b(), 3);
  };
  load();
  for (int i = 0; i < 5; ++i) {
    redis.Ask({"FLUSHALL"});
    load();
  }
  redis.Pause();
  load();
  redis.Resume();
  load();
  redis.Crash();
  load();
  redis.Start();
  load();
  const int64_t head = replicas.Head();
  EXPECT_EQ(head, 1 + 10 * 30 * kRecords);
  ExpectEach(at_a.ReceiveUpTo(head, kPatience), 1, head);
  ExpectEach(at_b.ReceiveUpTo(head, kPatience), 1, head);
  ExpectSound(replicas.a(), "s");
}

TEST(TwoReplicas, SubscribersThatReturnCatchUpFromRedisAndNotFromTheDatabase) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  Initiate(replicas.a(), 50);
  const int64_t head = replicas.Head();
  ASSERT_TRUE(Eventually([&] {
    const auto last = redis.Ask({"KEYS", "tracktrove:log:s:*"});
    if (last.list.empty()) return false;
    const auto newest = redis.Ask({"XREVRANGE", last.list[0].text, "+", "-", "COUNT", "1"});
    return !newest.list.empty() && newest.list[0].list[0].text == absl::StrCat(head, "-0");
  }));
  replicas.RestartB(redis);
  replicas.database().Query("delete from traces");  // who reads them finds none
  std::vector<std::unique_ptr<Stream<v1::TraceRecord>>> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(Follow(replicas.b(), head - 20));
  for (const auto& stream : streams) {
    for (int64_t sequence = head - 19; sequence <= head; ++sequence) {
      const auto next = stream->Next();
      ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
      ASSERT_EQ((*next)->sequence(), sequence);
    }
  }
}

TEST(TwoReplicas, AResetAtOneGoesOnInTheStreamsOfTheOther) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  Subscriber at_b(replicas.b(), "s", 0);
  Initiate(replicas.a(), 2);
  const int64_t before = replicas.Head();
  ASSERT_TRUE(at_b.Await([&](const v1::TraceRecord& r) { return r.sequence() == before; }, kPatience));
  v1::ResetSandboxRequest reset;
  reset.set_sandbox("s");
  ASSERT_TRUE(replicas.a().ResetSandbox(reset).ok());
  Initiate(replicas.a(), 2);
  const int64_t head = replicas.Head();
  const auto records = at_b.ReceiveUpTo(head, kPatience);
  ExpectEach(records, 1, head);
  EXPECT_EQ(records[before].type(), v1::TraceRecord::SANDBOX_RESET);
}

TEST(TwoReplicas, ASandboxThatIsMadeAgainAtOneEndsTheStreamsOfTheOther) {
  RedisServer redis;
  for (const RedisServer* with : std::initializer_list<const RedisServer*>{nullptr, &redis}) {
    TwoReplicas replicas(with);
    Initiate(replicas.a(), 1);
    const auto stream = Follow(replicas.b(), replicas.Head() - 1);
    ASSERT_TRUE((*stream->Next()).has_value());
    v1::DeleteSandboxRequest remove;
    remove.set_sandbox("s");
    ASSERT_TRUE(replicas.a().DeleteSandbox(remove).ok());
    ASSERT_TRUE(replicas.a().CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
    Initiate(replicas.a(), 3);  // it has got beyond where the old one stood
    EXPECT_EQ(ReasonOf(stream->Next().status()), "SANDBOX_NOT_FOUND");
  }
}

TEST(TwoReplicas, HoldsCanBeSeenInRedisAndMoveWithTheirClock) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  v1::InitiateTransactionRequest request = Tip();  // of the default sandbox, whose clock is REALTIME
  request.set_capture(v1::Transaction::MANUAL);
  request.mutable_hold_ttl()->set_seconds(3600);
  v1::UpdateSandboxRequest instant;
  instant.set_pace(v1::Sandbox::INSTANT);
  ASSERT_TRUE(replicas.a().UpdateSandbox(instant).ok());
  const auto held = replicas.a().InitiateTransaction(request);
  ASSERT_TRUE(held.ok()) << held.status();
  const std::string key = absl::StrCat("tracktrove:hold:default:", held->id());
  const auto left = [&] { return redis.Ask({"PTTL", key}).integer; };
  EXPECT_TRUE(Eventually([&] { return left() > 3'500'000; }));
  v1::AdvanceClockRequest half;
  half.mutable_by()->set_seconds(1800);
  ASSERT_TRUE(replicas.b().AdvanceClock(half).ok());
  EXPECT_TRUE(Eventually([&] { return left() > 0 && left() <= 1'800'001; }));
  v1::CompleteTransactionRequest complete;
  complete.set_transaction(held->id());
  ASSERT_TRUE(replicas.b().CompleteTransaction(complete).ok());
  EXPECT_TRUE(Eventually([&] { return left() == -2; }));  // gone
}

TEST(TwoReplicas, AHoldEndsOnceWithRedisThereFlushedOrGone) {
  RedisServer redis;
  TwoReplicas replicas(&redis);
  v1::UpdateSandboxRequest instant;
  instant.set_pace(v1::Sandbox::INSTANT);
  ASSERT_TRUE(replicas.a().UpdateSandbox(instant).ok());
  const auto end_one = [&](const Client& client) {
    v1::InitiateTransactionRequest request = Tip();
    request.set_capture(v1::Transaction::MANUAL);
    request.mutable_hold_ttl()->set_seconds(1);
    const auto held = client.InitiateTransaction(request);
    ASSERT_TRUE(held.ok()) << held.status();
    v1::StreamTraceRequest trace;
    trace.set_transaction(held->id());
    trace.set_stop_at_final(true);
    auto stream = client.StreamTrace(trace);
    ASSERT_TRUE(stream.ok());
    int ends = 0;
    absl::Time ended;
    while (true) {
      const auto next = (*stream)->Next();
      ASSERT_TRUE(next.ok()) << next.status();
      if (!next->has_value()) break;
      if ((*next)->from_state() == v1::Transaction::ESCROW) {
        ++ends;
        ended = TimeOf((*next)->wall_time());
      }
    }
    EXPECT_EQ(ends, 1);
    EXPECT_GE(ended, TimeOf(held->hold().expire_time()));
  };
  end_one(replicas.a());
  end_one(replicas.b());
  redis.Ask({"FLUSHALL"});
  end_one(replicas.a());
  redis.Crash();
  end_one(replicas.b());
  ExpectSound(replicas.a(), "");
}

}  // namespace
}  // namespace tracktrove::testing
