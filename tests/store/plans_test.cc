// PostgreSQL plans a statement when it is first run, and keeps the plan. Whether
// that was on an empty database or on a large one that it knows well, on a large
// one the statement may touch no more than its answer warrants.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "absl/time/clock.h"
#include "tests/store/database.h"
#include "tests/store/examples.h"
#include "tests/support/own_services.h"
#include "tests/support/postgres.h"

namespace tracktrove::store {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kRecordsEach = 7;  // of a transaction
constexpr int kPage = 100;
const domain::BatchId kBatch = {absl::CivilDay(2026, 1, 2), 1};

int Transactions() { return std::getenv("TRACKTROVE_LONG_TESTS") != nullptr ? 1'000'000 : 100'000; }

// Something to do, and how many pages of 8 KiB each of its statements may touch:
// about twice as many as there are in the paths to its rows. The least that a
// scan would touch is more than a thousand.
struct Work {
  std::string name;
  int pages;
  std::function<void()> run;
};

class PlansTest : public ::testing::Test {
 protected:
  PlansTest() {
    Query("create extension pg_stat_statements");
    Must(store_->Migrate());
    Connect();
  }

  // Nothing is planned yet.
  void Connect() {
    writer_ = Must(store_->NewWriter());
    reader_ = Must(store_->NewReader());
  }

  std::vector<std::string> Query(const std::string& script) const {
    return tracktrove::testing::PostgresQuery(server_.url(), script);
  }

  // A world as the engine leaves it, made of copies of one transaction of it. They
  // differ in what is filtered by, so that a filter seems to leave next to nothing.
  void Load() {
    domain::Sandbox sandbox = PlainSandbox("big", kWorld);
    sandbox.head_sequence = int64_t{Transactions()} * kRecordsEach;
    sandbox.head_hash = std::string(64, 'a');
    domain::Transaction transaction = PlainTransaction(1);
    transaction.settlement_batch = kBatch;
    Put({.transactions = {{kWorld, transaction}},
         .records = {{kWorld, PlainRecord(1, 1, 0)}},
         .entries = {{kWorld, Entry(1, 0, 1, {"payer:asha", "escrow", 1})}},
         .armed = {{kWorld, TimerAt(1, 1, domain::TimerKind::kStep, 1)}},
         .requests = {{kWorld, "r1", "f", "r"}},
         .disputes = {{kWorld, PlainDispute(1, 1)}},
         .batches = {{kWorld, ClosedBatch(kBatch.day, 1)}},
         .payouts = {{kWorld, Line(kBatch, "p", 1)}},
         .statistics = {{kWorld, {At(0), domain::State::kCompleted, domain::Kind::kTip, "", false}}},
         .sandboxes = {sandbox}});
    Copy("transactions", "generate_series(2, N) n",
         "'transaction_id', id(n), 'ordinal', n, 'draw_key', 'k' || n, 'sequence', n * 7, 'kind', 1 + n % 5,"
         " 'payer', 'p' || n, 'payee', 'q' || n % 1000, 'create_time_us', t.create_time_us + n");
    Copy("traces", "generate_series(1, N) n cross join generate_series(0, 6) i",
         "'transaction_id', id(n), 'idx', i, 'sequence', (n - 1) * 7 + i + 1", "where (n, i) <> (1, 0)");
    Copy("ledger_entries", "generate_series(1, N) n cross join generate_series(0, 2) i",
         "'transaction_id', id(n), 'line', i, 'sequence', (n - 1) * 7 + 1", "where (n, i) <> (1, 0)");
    Copy("balances", "generate_series(1, N / 10) n", "'account', 'payer:' || n");
    Copy("timers", "generate_series(2, N) n",
         "'transaction_id', id(n), 'due_us', t.due_us + n, 'sequence', n");
    // All of one batch, which are paid at one time.
    Copy("timers", "generate_series(1, N) n",
         "'transaction_id', id(n), 'kind', 4, 'due_us', 9e15, 'sequence', n");
    Copy("requests", "generate_series(2, N) n", "'request_id', 'r' || n");
    Copy("disputes", "generate_series(2, N) n",
         "'dispute_id', id(n), 'transaction_id', id(n), 'sequence', n");
    Copy("settlement_batches", "generate_series(2, N) n", "'number', n");
    Copy("payouts", "generate_series(1, N) n", "'payee', 'p' || n");
    Copy("statistics", "generate_series(1, N) n", "'bucket_us', t.bucket_us - n");
    Copy("sandboxes", "generate_series(1, N / 10) n",
         "'name', 's' || n, 'world_id', n, 'next_due_wall_us', n");
  }

  void Copy(const std::string& table, std::string series, const std::string& fields,
            const std::string& condition = "") const {
    series.replace(series.find('N'), 1, std::to_string(Transactions()));
    Query(
        "create or replace function id(n bigint) returns text language sql immutable as"
        " $$ select '019b5c1a-7c00-7abc-8def-' || lpad(n::text, 12, '0') $$;"
        "insert into " +
        table + " select r.* from (select * from " + table + " limit 1) t cross join " + series +
        " cross join lateral jsonb_populate_record(t::" + table + ", jsonb_build_object(" + fields + ")) r " +
        condition);
  }

  void Put(const Changes& changes) {
    Must(writer_->Begin());
    Must(writer_->Write(changes));
    Must(writer_->Commit());
  }

  // The statements since the last reset that touched more pages than these.
  std::vector<std::string> Excessive(int pages) const {
    return Query(
        "select shared_blks_hit + shared_blks_read || ' pages: ' || query from pg_stat_statements"
        " where query !~ 'pg_stat_statements' and shared_blks_hit + shared_blks_read > " +
        std::to_string(pages));
  }

  // What lanes and readers do all day, with transactions from the middle.
  std::vector<Work> Everything();

  void ExpectNothingExcessive() {
    for (const Work& work : Everything()) {
      Query("select pg_stat_statements_reset()");
      work.run();
      EXPECT_THAT(Excessive(work.pages), IsEmpty()) << work.name;
    }
  }

  // Keener on parallel plans than on tables of this size by itself.
  tracktrove::testing::OwnService server_{
      "postgres",
      {"shared_preload_libraries=pg_stat_statements", "autovacuum=off", "parallel_setup_cost=0",
       "parallel_tuple_cost=0", "min_parallel_table_scan_size=0", "min_parallel_index_scan_size=0"}};
  std::unique_ptr<Store> store_ = Must(OpenStore({.url = server_.url()}));
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  int next_ = Transactions() + 1;  // the ordinal of a transaction that is not there yet
};

std::vector<Work> PlansTest::Everything() {
  const int middle = Transactions() / 2;
  Wanted wanted, of_disputes;
  for (int i = middle; i < middle + kPage; ++i) {
    wanted.transactions.emplace_back(kWorld, Id(i));
    wanted.requests.emplace_back(kWorld, "r" + std::to_string(i));
    wanted.draw_keys.emplace_back(kWorld, "k" + std::to_string(i));
    (i % 2 == 0 ? of_disputes.disputes : of_disputes.open_disputes).emplace_back(kWorld, Id(i));
  }
  wanted.open_batches = wanted.all_flows = wanted.fault_rules = {kWorld};
  const auto read = [this](auto work) { return [this, work] { Must(work(*reader_).status()); }; };
  const auto write = [this](auto work) {
    return [this, work] {
      Must(writer_->Begin());
      Must(work(*writer_).status());
      writer_->Rollback();
    };
  };
  return {
      {"lock sandboxes", 20, write([](Writer& w) {
         std::vector<std::string> busy;
         return w.LockSandboxes({"big", "nobody"}, &busy);
       })},
      {"wait for sandboxes", 20, write([](Writer& w) {
         return w.LockSandboxes({"big", "nobody"}, nullptr);
       })},
      {"due timers", 20, write([](Writer& w) { return w.DueTimers(kWorld, absl::Now(), kPage); })},
      {"timers of a batch", 900, write([](Writer& w) {
         return w.BatchTimers(kWorld, {kBatch, absl::FromUnixMicros(9'000'000'000'000'000)}, kPage);
       })},
      {"earliest timer", 15, write([](Writer& w) { return w.DueTimers(kWorld, absl::InfiniteFuture(), 1); })},
      {"load a batch", 900, write([wanted](Writer& w) { return w.Load(wanted); })},
      {"load disputes", 900, write([of_disputes](Writer& w) { return w.Load(of_disputes); })},
      {"write a batch", 3000,
       [this] {
         Changes changes;
         for (int i = 0; i < kPage / 2; ++i, ++next_) {
           changes.transactions.emplace_back(kWorld, PlainTransaction(next_));
           changes.transactions.emplace_back(kWorld, PlainTransaction(i + 1));
           changes.records.emplace_back(kWorld, PlainRecord(int64_t{next_} * kRecordsEach, next_, 0));
           changes.entries.emplace_back(
               kWorld, Entry(int64_t{next_} * kRecordsEach, 0, next_, {"payer:asha", "escrow", 1}));
           changes.armed.emplace_back(kWorld, TimerAt(1, next_, domain::TimerKind::kStep, next_));
           changes.disarmed.emplace_back(kWorld, std::make_pair(Id(i + 1), domain::TimerKind::kStep));
           changes.requests.push_back({kWorld, "r" + std::to_string(next_), "f", "r"});
         }
         changes.sandboxes = {PlainSandbox("big", kWorld)};
         Put(changes);
       }},
      {"resolve a lost commit", 20,
       [this, middle] {
         Must(writer_->Landed(
             {.records = {{kWorld, PlainRecord(middle, 1, 0)}}, .sandboxes = {PlainSandbox("big", kWorld)}}));
       }},
      {"get a sandbox", 20, read([](Reader& r) { return r.GetSandbox("big"); })},
      {"list sandboxes", 60, read([](Reader& r) { return r.ListSandboxes("s5", kPage); })},
      {"alarms", 40, read([](Reader& r) { return r.Alarms(kPage); })},
      {"get a transaction", 20, read([middle](Reader& r) { return r.GetTransaction(kWorld, Id(middle)); })},
      {"list transactions", 60,
       read([middle](Reader& r) { return r.ListTransactions(kWorld, {}, middle, kPage); })},
      {"list transactions in a state", 60, read([middle](Reader& r) {
         return r.ListTransactions(kWorld, {.state = PlainTransaction(1).state}, middle, kPage);
       })},
      {"look for transactions that are not there", 250, read([middle](Reader& r) {
         return r.ListTransactions(kWorld, {.from_ordinal = middle - 2 * kPage, .payer = "nobody"}, middle,
                                   kPage);
       })},
      {"trace of a transaction", 150, read([middle](Reader& r) {
         return r.ReadRecords(kWorld,
                              {.transaction_id = Id(middle), .limit = kPage, .with_previous_dto = true});
       })},
      {"the log from a cursor", 1800, read([middle](Reader& r) {
         return r.ReadRecords(kWorld, {.transaction_id = std::nullopt,
                                       .after_sequence = middle,
                                       .limit = kPage,
                                       .with_previous_dto = true});
       })},
      {"entries of a transaction", 30,
       read([middle](Reader& r) { return r.ListEntries(kWorld, Id(middle), 0, 0, kPage); })},
      {"entries", 250,
       read([middle](Reader& r) { return r.ListEntries(kWorld, std::nullopt, middle, 0, kPage); })},
      {"get a dispute", 20, read([middle](Reader& r) { return r.GetDispute(kWorld, Id(middle)); })},
      {"disputes", 250, read([middle](Reader& r) { return r.ListDisputes(kWorld, {}, middle, kPage); })},
      {"disputes of a transaction", 20, read([middle](Reader& r) {
         return r.ListDisputes(kWorld, {.transaction_id = Id(middle)}, 0, kPage);
       })},
      {"get a settlement batch", 20, read([middle](Reader& r) {
         return r.GetBatch(kWorld, {kBatch.day, middle});
       })},
      {"settlement batches", 60, read([middle](Reader& r) {
         return r.ListBatches(kWorld, domain::BatchId{kBatch.day, middle}, kPage);
       })},
      {"payouts of a batch", 60,
       read([](Reader& r) { return r.ListPayouts(kWorld, kBatch, "p5", "INR", kPage); })},
      {"statistics", 20, read([](Reader& r) { return r.CountStatistics(kWorld, At(0)); })},
      {"balances", 60, read([](Reader& r) { return r.ListBalances(kWorld, "payer:5", "", kPage); })},
      {"sums of transactions", 1200,
       read([middle](Reader& r) { return r.SumTransactions(kWorld, middle, kPage); })},
      {"purge", 6000,
       [this] {
         Put({.retired_worlds = {kWorld}});
         Must(writer_->Purge(1000).status());
       }},
  };
}

TEST_F(PlansTest, WhatWasPlannedOnAnEmptyDatabaseTouchesNoMoreOfALargeOneThanItsAnswer) {
  for (const Work& work : Everything()) work.run();
  for (const char* table :
       {"worlds", "sandboxes", "transactions", "traces", "ledger_entries", "balances", "timers", "requests",
        "disputes", "settlement_batches", "payouts", "statistics"}) {
    Query(std::string("delete from ") + table);
  }
  Load();
  ExpectNothingExcessive();
  Query("select pg_stat_statements_reset()");
  Query("select count(*) from transactions where channel <> ''");
  EXPECT_THAT(Excessive(1000), Not(IsEmpty())) << "the measure would not notice a scan";
}

TEST_F(PlansTest, WhatIsPlannedOnALargeDatabaseTouchesNoMoreOfItThanItsAnswer) {
  Load();
  Query("vacuum analyze");
  Connect();
  ExpectNothingExcessive();
}

}  // namespace
}  // namespace tracktrove::store
