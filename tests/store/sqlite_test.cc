// What is SQLite's own: its file, its schema, and who else has it open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <latch>
#include <thread>

#include "domain/errors.h"
#include "store/connection.h"
#include "store/migrations.h"
#include "tests/store/database.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StoreOptions OptionsFor(const std::string& file) {
  return {.url = "sqlite:" + file, .synchronous = "OFF", .busy_timeout = absl::Seconds(5)};
}

// The first column of each row that `sql` answers.
std::vector<std::string> Query(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  std::vector<std::string> values;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  const auto add = [](void* rows, int, char** columns, char**) {
    static_cast<std::vector<std::string>*>(rows)->emplace_back(columns[0] == nullptr ? "null" : columns[0]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), add, &values, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
  return values;
}

class SqliteTest : public ::testing::Test {
 protected:
  absl::Status MigrateOnce() { return Must(OpenStore(OptionsFor(file_)))->Migrate(); }

  TemporaryFolder folder_;
  const std::string file_ = folder_.File("store.db");
};

TEST_F(SqliteTest, MigratingTwiceChangesNothing) {
  Must(MigrateOnce());
  const std::string applied_sql = "select number || ' ' || name from schema_migrations order by number";
  const auto schema = Query(file_, "select sql from sqlite_master order by name");
  const auto applied = Query(file_, applied_sql);
  Must(MigrateOnce());
  EXPECT_EQ(Query(file_, "select sql from sqlite_master order by name"), schema);
  EXPECT_EQ(Query(file_, applied_sql), applied);
  EXPECT_EQ(applied.front(), "1 initial");
}

TEST_F(SqliteTest, ASchemaThatIsNewerThanTheServerIsRefused) {
  Must(MigrateOnce());
  Query(file_, "insert into schema_migrations (number, name, sha256) values (99, 'future', 'f00d')");
  const absl::Status status = MigrateOnce();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 99 (future), which is newer"));
}

TEST_F(SqliteTest, AnAppliedMigrationWithAnotherTextIsRefused) {
  Must(MigrateOnce());
  Query(file_, "update schema_migrations set sha256 = 'f00d' where number = 1");
  const absl::Status status = MigrateOnce();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 1 (initial)"));
}

TEST_F(SqliteTest, AMigrationThatFailsLeavesNothingBehind) {
  Query(file_, "create table timers (other text)");
  EXPECT_EQ(MigrateOnce().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Query(file_, "select name from sqlite_master"), ElementsAre("timers"));
}

TEST_F(SqliteTest, SeveralMayOpenAndMigrateANewFileAtOnce) {
  constexpr int kProcesses = 4;
  for (int round = 0; round < 10; ++round) {
    const std::string file = folder_.File(std::to_string(round) + ".db");
    std::latch start(kProcesses);
    std::vector<absl::Status> statuses(kProcesses);
    std::vector<std::thread> threads;
    for (absl::Status& status : statuses) {
      threads.emplace_back([&file, &status, &start] {
        const auto store = OpenStore(OptionsFor(file));
        start.arrive_and_wait();
        status = store.ok() ? (*store)->Migrate() : store.status();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
    EXPECT_THAT(Query(file, "select count(*) = max(number) from schema_migrations"), ElementsAre("1"));
  }
}

TEST_F(SqliteTest, ThePlannerHasStatisticsOfEveryIndex) {
  Must(MigrateOnce());
  EXPECT_THAT(
      Query(file_,
            "select name from sqlite_master where type = 'index' and name not like '%schema_migrations%'"
            " and name not in (select idx from sqlite_stat1)"),
      IsEmpty());
}

TEST_F(SqliteTest, TheFileHasAWriteAheadLogThatIsSyncedUnlessAskedOtherwise) {
  Must(MigrateOnce());
  EXPECT_EQ(StoreOptions().synchronous, "FULL");
  EXPECT_THAT(Query(file_, "pragma journal_mode"), ElementsAre("wal"));
}

TEST_F(SqliteTest, APathMayHaveSpacesAndEqualsSigns) {
  const std::string file = folder_.File("a  b = c.db");
  Must(Must(OpenStore(OptionsFor(file)))->Migrate());
  EXPECT_THAT(Query(file, "select count(*) > 0 from schema_migrations"), ElementsAre("1"));
}

TEST_F(SqliteTest, OptionsThatNameNoFileAreRefused) {
  for (const std::string url :
       {"", "mysql://host/db", "sqlite:", "sqlite::memory:", "sqlite:a\"b", "store.db"}) {
    SCOPED_TRACE(url);
    const absl::Status status = OpenStore({.url = url}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("database must"));
  }
  StoreOptions options = OptionsFor(file_);
  options.synchronous = "sometimes";
  EXPECT_EQ(OpenStore(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SqliteTest, AFileThatCannotBeOpenedIsNamed) {
  const std::string file = folder_.File("missing/store.db");
  const absl::Status status = OpenStore(OptionsFor(file)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(file));
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(file_) << std::string(4096, 'x');
  const absl::Status status = OpenStore(OptionsFor(file_)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a database"));
}

TEST_F(SqliteTest, AWriterThatFindsTheFileBusySaysSoAndGoesOnAfterwards) {
  StoreOptions options = OptionsFor(file_);
  options.busy_timeout = absl::Milliseconds(1);
  const std::unique_ptr<Store> store = Must(OpenStore(options));
  Must(store->Migrate());
  const std::unique_ptr<Writer> first = Must(store->NewWriter());
  const std::unique_ptr<Writer> second = Must(store->NewWriter());
  Must(first->Begin());
  EXPECT_EQ(second->Begin().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second->Purge(1).status().code(), absl::StatusCode::kUnavailable);
  first->Rollback();
  Must(second->Begin());
  Must(second->Write({.requests = {{kWorld, "a", "f", "r"}}}));
  Must(second->Commit());
}

TEST_F(SqliteTest, AReadThatTakesTooLongIsEndedAndTheNextOneIsNot) {
  Connection connection(NewSqliteDialect(file_, OptionsFor(file_)), absl::Milliseconds(20));
  const auto count_to = [&](const std::string& last) {
    return connection.Run([&] {
      int64_t counted = 0;
      Statement& statement = connection.Prepare(
          "with recursive n(i) as (select 1 union all select i + 1 from n"
          " where i < " +
              last + ") select count(*) from n",
          1);
      statement.ForEach([&](ResultRow& row) { counted = row.Integer(); });
      return counted;
    });
  };
  const absl::Status status = count_to("100000000").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(domain::DetailsOf(status).reason, "QUERY_TOO_LONG");
  EXPECT_EQ(Must(count_to("1000")), 1000);
}

TEST_F(SqliteTest, OneWriterIsAllItCanUse) {
  EXPECT_EQ(Must(OpenStore(OptionsFor(file_)))->max_writers(), 1);
}

}  // namespace
}  // namespace tracktrove::store
