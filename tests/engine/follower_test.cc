// Rings kept up with other replicas: two servers' hubs over one Redis and one
// database, which is made up.
#include "engine/follower.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <utility>

#include "events/redis_relay.h"
#include "tests/support/redis_server.h"
#include "tests/support/test_log.h"

namespace tracktrove::engine {
namespace {

using events::Position;
using tracktrove::testing::Eventually;
using tracktrove::testing::RedisServer;
using tracktrove::testing::SequencesOf;
using tracktrove::testing::TestLog;

constexpr domain::WorldId kWorld = 7;

// The database that both share: sandboxes by name, each a world with its log.
class Database {
 public:
  void Put(const std::string& sandbox, domain::WorldId world, const TestLog& log) {
    sync::MutexLock lock(&mutex_);
    sandboxes_.insert_or_assign(sandbox, std::make_pair(world, log));
  }
  void Delete(const std::string& sandbox) {
    sync::MutexLock lock(&mutex_);
    sandboxes_.erase(sandbox);
  }
  // Instead of the sandbox's own from now on.
  void ShowHead(const std::string& sandbox, const Position& head) {
    sync::MutexLock lock(&mutex_);
    shown_heads_[sandbox] = head;
  }
  std::vector<store::Head> Heads(const std::vector<std::string>& names) {
    sync::MutexLock lock(&mutex_);
    std::vector<store::Head> heads;
    for (const std::string& name : names) {
      const auto it = sandboxes_.find(name);
      if (it == sandboxes_.end()) continue;
      const auto shown = shown_heads_.find(name);
      const Position& head = shown == shown_heads_.end() ? it->second.second.head() : shown->second;
      heads.push_back({name, it->second.first, head.sequence, head.hash});
    }
    return heads;
  }
  std::vector<domain::LogEntry> ReadRecords(domain::WorldId world, const store::RecordQuery& query) {
    sync::MutexLock lock(&mutex_);
    ++record_reads_;
    std::vector<domain::LogEntry> entries;
    for (const auto& [name, sandbox] : sandboxes_) {
      if (sandbox.first != world || sandbox.second.head().sequence <= query.after_sequence) continue;
      for (const events::Entry& entry : sandbox.second.Since(query.after_sequence).entries) {
        if (static_cast<int>(entries.size()) < query.limit) entries.push_back(*entry);
      }
    }
    return entries;
  }
  int record_reads() {
    sync::MutexLock lock(&mutex_);
    return record_reads_;
  }

 private:
  sync::Mutex mutex_;
  std::map<std::string, std::pair<domain::WorldId, TestLog>> sandboxes_;
  std::map<std::string, Position> shown_heads_;
  int record_reads_ = 0;
};

// What a follower asks; anything else is not there.
class FakeReader : public store::Reader {
 public:
  explicit FakeReader(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<store::Head>> Heads(const std::vector<std::string>& names) override {
    return database_.Heads(names);
  }
  absl::StatusOr<std::vector<domain::LogEntry>> ReadRecords(domain::WorldId world,
                                                            const store::RecordQuery& query) override {
    return database_.ReadRecords(world, query);
  }

  absl::StatusOr<std::optional<store::SandboxSnapshot>> GetSandbox(const std::string&) override {
    return None();
  }
  absl::StatusOr<std::vector<store::SandboxSnapshot>> ListSandboxes(const std::string&, int) override {
    return None();
  }
  absl::StatusOr<std::vector<std::pair<std::string, absl::Time>>> Alarms(int) override { return None(); }
  absl::StatusOr<std::vector<domain::Timer>> ListTimers(domain::WorldId, domain::TimerKind,
                                                        const std::string&, int) override {
    return None();
  }
  absl::StatusOr<std::optional<domain::Transaction>> GetTransaction(domain::WorldId,
                                                                    const std::string&) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::Transaction>> ListTransactions(domain::WorldId,
                                                                    const store::TransactionFilter&, int64_t,
                                                                    int) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::LedgerEntry>> ListEntries(domain::WorldId,
                                                               const std::optional<std::string>&, int64_t,
                                                               int, int) override {
    return None();
  }
  absl::StatusOr<std::vector<store::Balance>> ListBalances(domain::WorldId, const std::string&,
                                                           const std::string&, int) override {
    return None();
  }
  absl::StatusOr<std::pair<std::vector<store::Balance>, std::vector<store::Balance>>> EntrySumsAndBalances(
      domain::WorldId) override {
    return None();
  }
  absl::StatusOr<std::vector<store::TransactionSums>> SumTransactions(domain::WorldId, int64_t,
                                                                      int) override {
    return None();
  }
  absl::StatusOr<std::pair<std::vector<store::Balance>, std::vector<store::Balance>>> SettledAndPayouts(
      domain::WorldId) override {
    return None();
  }
  absl::StatusOr<std::optional<domain::SettlementBatch>> GetBatch(domain::WorldId,
                                                                  const domain::BatchId&) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::SettlementBatch>> ListBatches(domain::WorldId,
                                                                   const std::optional<domain::BatchId>&,
                                                                   int) override {
    return None();
  }
  absl::StatusOr<std::vector<store::PayeePayout>> ListPayouts(domain::WorldId, const domain::BatchId&,
                                                              const std::string&, const std::string&,
                                                              int) override {
    return None();
  }
  absl::StatusOr<std::optional<domain::Dispute>> GetDispute(domain::WorldId, const std::string&) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::Dispute>> ListDisputes(domain::WorldId, const store::DisputeFilter&,
                                                            int64_t, int) override {
    return None();
  }
  absl::StatusOr<std::vector<store::StatisticsCount>> CountStatistics(domain::WorldId, absl::Time) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::Flow>> ListFlows(domain::WorldId, const std::string&, int) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::FaultRule>> ListFaultRules(domain::WorldId, int64_t, int) override {
    return None();
  }
  absl::StatusOr<std::optional<domain::Flow>> GetFlow(domain::WorldId, const std::string&) override {
    return None();
  }
  absl::StatusOr<std::optional<domain::FaultRule>> GetFaultRule(domain::WorldId,
                                                                const std::string&) override {
    return None();
  }
  absl::StatusOr<std::optional<store::StoredSimulation>> GetSimulation(domain::WorldId, int64_t) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::SimulationRun>> ListSimulations(domain::WorldId, int64_t, int) override {
    return None();
  }
  absl::StatusOr<std::vector<domain::RunRecord>> ReadRunRecords(domain::WorldId, int64_t,
                                                                const store::RunPlace&, int64_t, int64_t,
                                                                int) override {
    return None();
  }
  absl::StatusOr<std::vector<store::TransactionSums>> SumArrivals(domain::WorldId, int64_t, int64_t,
                                                                  int) override {
    return None();
  }

 private:
  static absl::Status None() { return absl::UnimplementedError("not a follower's question"); }

  Database& database_;
};

// A listener that counts what it is told.
class Probe : public events::Listener {
 public:
  void OnWake(events::Wake why) override {
    sync::MutexLock lock(&mutex_);
    if (why == events::Wake::kReread) ++rereads_;
    ++wakes_;
  }
  bool AwaitReread() {
    sync::MutexLock lock(&mutex_);
    const auto came = [this] { return rereads_ > 0; };
    return lock.AwaitUntil(absl::Now() + absl::Seconds(30), came);
  }
  int rereads() {
    sync::MutexLock lock(&mutex_);
    return rereads_;
  }
  // Until `condition` holds after a wake.
  template <typename Condition>
  bool Await(const Condition& condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    for (int seen = 0; !condition();) {
      sync::MutexLock lock(&mutex_);
      const auto woken = [&] { return wakes_ > seen; };
      if (!lock.AwaitUntil(deadline, woken)) return false;
      seen = wakes_;
    }
    return true;
  }

 private:
  sync::Mutex mutex_;
  int rereads_ = 0;
  int wakes_ = 0;
};

// One server: its hub, kept up over Redis where it has one.
class Replica {
 public:
  Replica(Database& database, const RedisServer* redis, absl::Duration poll_interval)
      : readers_(SessionsOf(database), 100) {
    if (redis != nullptr) Connect(redis->address());
    hub_ = std::make_unique<events::Hub>(events::HubOptions{.pulse_interval = absl::Hours(1)}, relay_.get());
    follower_ = std::make_unique<Follower>(poll_interval, readers_, *hub_);
    follower_->Start();
    hub_->OnNews([this](const std::string& sandbox, domain::WorldId world, const Position& head) {
      follower_->OnNews(sandbox, world, head);
    });
    if (redis != nullptr) StartConnections(*redis);
  }
  ~Replica() {
    follower_->Stop();
    if (!link_) return;
    subscriber_->Stop();
    link_->Stop();
  }

  events::Hub& hub() { return *hub_; }

  // Listens to a sandbox from where its log stands.
  std::shared_ptr<Probe> Listen(const std::string& sandbox, const TestLog& log) {
    auto probe = std::make_shared<Probe>();
    hub_->Listen(sandbox, probe);
    hub_->Recall(sandbox, kWorld, log.head().sequence, log.head(), 1);
    return probe;
  }
  bool Has(const std::string& sandbox, const TestLog& log) { return hub_->End(sandbox) == log.head(); }

 private:
  static std::vector<std::unique_ptr<store::Reader>> SessionsOf(Database& database) {
    std::vector<std::unique_ptr<store::Reader>> sessions;
    sessions.push_back(std::make_unique<FakeReader>(database));
    return sessions;
  }
  void Connect(const redis::Address& address) {
    link_ = std::make_unique<redis::Link>(redis::LinkOptions{.keeper = {.address = address}});
    subscriber_ =
        std::make_unique<redis::Subscriber>(redis::SubscriberOptions{.keeper = {.address = address}});
    events::RedisRelayOptions options;
    options.fetch_timeout = absl::Seconds(5);  // a busy machine is no reason to ask the database
    relay_ = events::NewRedisRelay(*link_, *subscriber_, options);
  }
  void StartConnections(const RedisServer& redis) {
    const auto listeners = [&] {
      return redis.Ask({"PUBSUB", "NUMSUB", "tracktrove:news@0"}).list.at(1).integer;
    };
    const int64_t before = listeners();
    link_->Start();
    subscriber_->Start();
    EXPECT_TRUE(Eventually([&] { return link_->up() && listeners() == before + 1; }));
  }

  std::unique_ptr<redis::Link> link_;
  std::unique_ptr<redis::Subscriber> subscriber_;
  std::unique_ptr<events::Relay> relay_;
  Readers readers_;
  std::unique_ptr<events::Hub> hub_;
  std::unique_ptr<Follower> follower_;
};

class FollowerTest : public ::testing::Test {
 protected:
  // As a writer of `replica` does: stored first, then published.
  void Commit(Replica& replica, TestLog& log, int count, domain::WorldId world = kWorld) {
    const events::Run run = log.Append(count);
    database_.Put("s", world, log);
    replica.hub().Publish("s", world, run);
  }

  static constexpr absl::Duration kNever = absl::Hours(1);
  static constexpr absl::Duration kSoon = absl::Milliseconds(20);

  Database database_;
  TestLog log_{"s", kWorld};
};

TEST_F(FollowerTest, OverRedisAReplicaHasTheOthersRecordsWithoutAskingTheDatabase) {
  RedisServer redis;
  Replica a(database_, &redis, kNever), b(database_, &redis, kNever);
  Commit(a, log_, 5);
  const auto probe = b.Listen("s", log_);
  for (int i = 0; i < 50; ++i) {
    Commit(a, log_, 7);
    ASSERT_TRUE(probe->Await([&] { return b.Has("s", log_); })) << i;
  }
  const auto page = b.hub().Read("s", log_.Since(5).before, 1000);
  EXPECT_EQ(page.entries.size(), 350u);
  EXPECT_EQ(database_.record_reads(), 0);
}

TEST_F(FollowerTest, OverRedisABurstComesWithoutAskingTheDatabaseEither) {
  RedisServer redis;
  Replica a(database_, &redis, kNever), b(database_, &redis, kNever);
  Commit(a, log_, 5);
  const auto probe = b.Listen("s", log_);
  for (int i = 0; i < 500; ++i) Commit(a, log_, 7);
  ASSERT_TRUE(probe->Await([&] { return b.Has("s", log_); }));
  EXPECT_EQ(b.hub().Read("s", log_.Since(5).before, 10'000).entries.size(), 3500u);
  EXPECT_EQ(database_.record_reads(), 0);
}

TEST_F(FollowerTest, WhatBothReplicasWriteIsInOrderOnBoth) {
  RedisServer redis;
  Replica a(database_, &redis, kNever), b(database_, &redis, kNever);
  Commit(a, log_, 1);
  const auto at_a = a.Listen("s", log_);
  const auto at_b = b.Listen("s", log_);
  const Position start = log_.head();
  for (int i = 0; i < 100; ++i) Commit(i % 2 == 0 ? a : b, log_, 3);
  ASSERT_TRUE(at_a->Await([&] { return a.Has("s", log_); }));
  ASSERT_TRUE(at_b->Await([&] { return b.Has("s", log_); }));
  for (Replica* replica : {&a, &b}) {
    const auto page = replica->hub().Read("s", start, 1000);
    EXPECT_FALSE(page.behind);
    EXPECT_EQ(SequencesOf(page.entries), SequencesOf(log_.Since(start.sequence).entries));
  }
}

TEST_F(FollowerTest, WithoutRedisTheHeadsAreEnough) {
  Replica a(database_, nullptr, kNever), b(database_, nullptr, kSoon);
  Commit(a, log_, 5);
  const auto probe = b.Listen("s", log_);
  Commit(a, log_, 1500);  // more than a page
  ASSERT_TRUE(probe->Await([&] { return b.Has("s", log_); }));
  EXPECT_EQ(SequencesOf(b.hub().Read("s", log_.Since(5).before, 2000).entries),
            SequencesOf(log_.Since(5).entries));
}

TEST_F(FollowerTest, WithRedisKilledFlushedOrStoppedNothingIsMissed) {
  RedisServer redis;
  Replica a(database_, &redis, kSoon), b(database_, &redis, kSoon);
  Commit(a, log_, 5);
  const auto probe = b.Listen("s", log_);
  const auto expect_all = [&](const char* when) {
    Commit(a, log_, 20);
    ASSERT_TRUE(probe->Await([&] { return b.Has("s", log_); })) << when;
    EXPECT_EQ(SequencesOf(b.hub().Read("s", log_.Since(5).before, 1000).entries),
              SequencesOf(log_.Since(5).entries))
        << when;
  };
  expect_all("at first");
  redis.Ask({"FLUSHALL"});
  expect_all("flushed");
  redis.Pause();
  expect_all("stopped");
  redis.Resume();
  expect_all("resumed");
  redis.Crash();
  expect_all("killed");
  redis.Start();
  expect_all("restarted");
}

TEST_F(FollowerTest, ARingThatIsTooFarBehindStartsAnewAndItsListenersReadTheDatabase) {
  Replica b(database_, nullptr, kSoon);
  log_.Append(5);
  database_.Put("s", kWorld, log_);
  const auto probe = b.Listen("s", log_);
  log_.Append(20'000);
  database_.Put("s", kWorld, log_);
  EXPECT_TRUE(probe->AwaitReread());
  EXPECT_TRUE(probe->Await([&] { return b.Has("s", log_); }));
  EXPECT_TRUE(b.hub().Read("s", log_.Since(5).before, 1000).behind);
}

TEST_F(FollowerTest, ASandboxThatWasDeletedElsewhereIsForgotten) {
  Replica b(database_, nullptr, kSoon);
  log_.Append(5);
  database_.Put("s", kWorld, log_);
  const auto probe = b.Listen("s", log_);
  database_.Delete("s");
  EXPECT_TRUE(probe->AwaitReread());
}

TEST_F(FollowerTest, ASandboxMadeAgainElsewhereIsNotTakenForTheOldOne) {
  RedisServer redis;
  Replica a(database_, &redis, kNever), b(database_, &redis, kSoon);
  Commit(a, log_, 5);
  const auto probe = b.Listen("s", log_);
  TestLog again("made again", kWorld + 1);
  a.hub().Forget("s");
  Commit(a, again, 9, kWorld + 1);  // it has got beyond the old one already
  ASSERT_TRUE(probe->AwaitReread());
  ASSERT_TRUE(probe->Await([&] { return b.Has("s", again); }));
  EXPECT_TRUE(b.hub().Read("s", log_.head(), 100).behind);
}

TEST_F(FollowerTest, ARingThatIsRightStaysWhenTheHeadItIsComparedWithIsOld) {
  Replica b(database_, nullptr, kSoon);
  log_.Append(5);
  const Position old = log_.head();
  log_.Append(5);
  database_.Put("s", kWorld, log_);
  database_.ShowHead("s", old);  // as read a moment ago
  const auto probe = b.Listen("s", log_);
  TestLog other("z", kWorld);
  other.Append(1);
  database_.Put("z", kWorld + 1, other);
  const auto last = std::make_shared<Probe>();
  b.hub().Listen("z", last);
  ASSERT_TRUE(last->AwaitReread()) << "a poll has looked at both";
  EXPECT_TRUE(b.Has("s", log_));
  EXPECT_EQ(probe->rereads(), 0);
}

}  // namespace
}  // namespace tracktrove::engine
