// What is PostgreSQL's own: its connection, its errors, and who else writes.
#include "tests/support/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "domain/errors.h"
#include "store/connection.h"
#include "tests/store/database.h"
#include "tests/store/examples.h"
#include "tests/support/own_services.h"

namespace tracktrove::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class PostgresTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(const std::string& more = "") {
    return Must(OpenStore({.url = schema_.url() + more}));
  }
  std::unique_ptr<Store> OpenMigrated(const std::string& more = "") {
    std::unique_ptr<Store> store = Open(more);
    Must(store->Migrate());
    return store;
  }
  // A bare connection, to do with it what the store would not.
  std::unique_ptr<Connection> Connect() {
    return std::make_unique<Connection>(
        std::shared_ptr<const Dialect>(Must(NewPostgresDialect({.url = schema_.url()}))));
  }
  static void Put(Writer& writer, const Changes& changes) {
    Must(writer.Begin());
    Must(writer.Write(changes));
    Must(writer.Commit());
  }

  tracktrove::testing::PostgresSchema schema_;
};

TEST_F(PostgresTest, SeveralMayMigrateAtOnce) {
  constexpr int kServers = 4;
  for (int round = 0; round < 3; ++round) {
    const tracktrove::testing::PostgresSchema schema;
    std::latch start(kServers);
    std::vector<absl::Status> statuses(kServers);
    std::vector<std::thread> threads;
    for (absl::Status& status : statuses) {
      threads.emplace_back([&schema, &status, &start] {
        const auto store = OpenStore({.url = schema.url()});
        start.arrive_and_wait();
        status = store.ok() ? (*store)->Migrate() : store.status();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
    EXPECT_THAT(schema.Query("select count(*) = max(number) from schema_migrations"), ElementsAre("t"));
  }
}

TEST_F(PostgresTest, ASchemaThatIsNewerThanTheServerIsRefused) {
  const auto store = OpenMigrated();
  schema_.Query("insert into schema_migrations (number, name, sha256) values (99, 'future', 'f00d')");
  const absl::Status status = store->Migrate();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 99 (future), which is newer"));
}

TEST_F(PostgresTest, AMigrationThatFailsLeavesNothingBehind) {
  schema_.Query("create table timers (other text)");
  EXPECT_EQ(Open()->Migrate().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(schema_.Query("select tablename from pg_tables where schemaname = '" + schema_.name() + "'"),
              ElementsAre("timers"));
}

TEST_F(PostgresTest, ACommitThatRollsBackIsNoCommit) {
  const auto connection = Connect();
  const absl::Status status = connection->Run([&] {
    connection->Begin(TransactionMode::kWrite);
    connection->Execute("create table kept (a integer)");
    EXPECT_THROW(connection->Execute("select 1/0"), soci::soci_error);
    connection->Commit();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(schema_.Query("select to_regclass('kept')"), ElementsAre("null"));
}

TEST_F(PostgresTest, AFailureIsTheDatabasesOrOursByItsSqlstate) {
  const auto connection = Connect();
  const auto failure = [&](const std::string& sqlstate) {
    return connection->Run([&] {
      connection->Execute("do $$ begin raise exception 'it broke' using errcode = '" + sqlstate +
                          "'; end $$");
    });
  };
  for (const char* sqlstate : {"08006", "25P03", "25006", "40001", "40P01", "53100", "53200", "53300",
                               "55P03", "57P01", "57P03", "58030", "XX001"}) {
    EXPECT_EQ(failure(sqlstate).code(), absl::StatusCode::kUnavailable) << sqlstate;
  }
  for (const char* sqlstate : {"22003", "23505", "23514", "42601", "42501", "XX000"}) {
    const absl::Status status = failure(sqlstate);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << sqlstate;
    EXPECT_THAT(std::string(status.message()), HasSubstr("it broke"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(sqlstate));
  }
}

TEST_F(PostgresTest, AReadThatTookTooLongSaysSoAndAWriteBlamesTheDatabase) {
  const auto connection = Connect();
  const auto sleep = [&] {
    connection->Execute("set local statement_timeout = '20ms'");
    connection->Execute("select pg_sleep(60)");
  };
  const auto inside = [&](TransactionMode mode) {
    return connection->Run([&] {
      connection->Begin(mode);
      sleep();
    });
  };
  const absl::Status read = inside(TransactionMode::kRead);
  EXPECT_EQ(read.code(), absl::StatusCode::kDeadlineExceeded) << read;
  EXPECT_EQ(domain::DetailsOf(read).reason, "QUERY_TOO_LONG");
  const absl::Status write = inside(TransactionMode::kWrite);
  EXPECT_EQ(write.code(), absl::StatusCode::kUnavailable) << write;
}

TEST_F(PostgresTest, ErrorsDoNotTellWhatTheRowsHold) {
  const auto store = OpenMigrated();
  const auto writer = Must(store->NewWriter());
  domain::Transaction transaction = PlainTransaction(1);
  transaction.payer = "a-private-name";
  transaction.amount.minor_units = 0;
  Must(writer->Begin());
  const absl::Status status = writer->Write({.transactions = {{kWorld, transaction}}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.ToString(), Not(HasSubstr("a-private-name")));
}

TEST_F(PostgresTest, AConnectionThatWasEndedIsOpenedAgain) {
  const auto store = OpenMigrated();
  const auto writer = Must(store->NewWriter());
  const auto reader = Must(store->NewReader());
  Put(*writer, {.sandboxes = {PlainSandbox("a", 1)}});
  Must(reader->GetSandbox("a"));
  Must(writer->Begin());
  schema_.Query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = '" +
                schema_.name() + "' and pid <> pg_backend_pid()");
  EXPECT_EQ(writer->Write({.sandboxes = {PlainSandbox("b", 2)}}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(reader->GetSandbox("a").status().code(), absl::StatusCode::kUnavailable);
  Put(*writer, {.sandboxes = {PlainSandbox("c", 3)}});
  EXPECT_TRUE(Must(reader->GetSandbox("c")).has_value());
  EXPECT_FALSE(Must(reader->GetSandbox("b")).has_value());
}

TEST_F(PostgresTest, ASandboxThatAnotherWriterHoldsIsBusyAndTheOthersAreNot) {
  const auto store = OpenMigrated();
  const auto first = Must(store->NewWriter());
  const auto second = Must(store->NewWriter());
  Put(*first, {.sandboxes = {PlainSandbox("a", 1), PlainSandbox("b", 2)}});
  std::vector<std::string> busy;
  Must(first->Begin());
  Must(first->LockSandboxes({"a"}, &busy));
  EXPECT_THAT(busy, IsEmpty());
  Must(second->Begin());
  EXPECT_THAT(Must(second->LockSandboxes({"a", "b", "c"}, &busy)), ElementsAre(Pair("b", ::testing::_)));
  EXPECT_THAT(busy, ElementsAre("a"));
}

TEST_F(PostgresTest, AWriterThatWaitsForASandboxSeesWhatTheOtherWrote) {
  const auto store = OpenMigrated();
  const auto first = Must(store->NewWriter());
  const auto second = Must(store->NewWriter());
  domain::Sandbox sandbox = PlainSandbox("b", 2);
  Put(*first, {.sandboxes = {PlainSandbox("a", 1), sandbox}});
  std::vector<std::string> busy;
  Must(first->Begin());
  Must(first->LockSandboxes({"b"}, &busy));
  const absl::Time began = Must(second->Begin());
  std::map<std::string, domain::Sandbox> locked;
  std::thread waiting([&] { locked = Must(second->LockSandboxes({"a", "b", "c"}, nullptr)); });
  EXPECT_TRUE(schema_.AwaitLockWaiters(1));
  sandbox.transaction_count = 42;
  Must(first->Write({.sandboxes = {sandbox}}));
  Must(first->Commit());
  waiting.join();
  EXPECT_EQ(locked.size(), 2u);
  EXPECT_EQ(locked["b"].transaction_count, 42);
  EXPECT_GT(Must(second->Now()), began);
}

TEST_F(PostgresTest, AWriterDoesNotWaitForASandboxForEver) {
  const auto store = OpenMigrated();
  const auto first = Must(store->NewWriter());
  const auto second = Must(store->NewWriter());
  Put(*first, {.sandboxes = {PlainSandbox("a", 1)}});
  Must(first->Begin());
  Must(first->LockSandboxes({"a"}, nullptr));
  Must(second->Begin());
  const absl::Status status = second->LockSandboxes({"a"}, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("55P03"));
}

TEST_F(PostgresTest, OfTwoThatCreateASandboxTheLaterIsToldToLookAgain) {
  const auto store = OpenMigrated();
  const auto first = Must(store->NewWriter());
  const auto second = Must(store->NewWriter());
  for (const bool commits : {false, true}) {
    Must(first->Begin());
    Must(first->Write({.created_sandboxes = {PlainSandbox("a", 1)}}));
    Must(second->Begin());
    absl::Status status;
    std::thread waiting(
        [&] { status = second->Write({.created_sandboxes = {PlainSandbox("a", 2)}}).status(); });
    EXPECT_TRUE(schema_.AwaitLockWaiters(1));
    if (commits) {
      Must(first->Commit());
    } else {
      first->Rollback();
    }
    waiting.join();
    EXPECT_EQ(status.code(), commits ? absl::StatusCode::kAborted : absl::StatusCode::kOk) << status;
    second->Rollback();
  }
  EXPECT_THAT(schema_.Query("select world_id from sandboxes"), ElementsAre("1"));
}

TEST_F(PostgresTest, ADatabaseThatMayLoseWhatItConfirmedIsRefusedUnlessAllowed) {
  const std::string url = schema_.url() + "%20-csynchronous_commit%3Doff";
  const absl::Status status = OpenStore({.url = url}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("its synchronous_commit is off"));
  Must(OpenStore({.url = url, .allow_unsafe = true}).status());
}

TEST_F(PostgresTest, AServerThatMayLoseWhatItConfirmedIsRefusedUnlessAllowed) {
  for (const std::string setting : {"fsync", "full_page_writes"}) {
    const tracktrove::testing::OwnService server("postgres", {setting + "=off"});
    const absl::Status status = OpenStore({.url = server.url()}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("its " + setting + " is off"));
    Must(OpenStore({.url = server.url(), .allow_unsafe = true}).status());
  }
}

TEST_F(PostgresTest, PasswordsAreInNoError) {
  const std::string secret = "s3cr3t-w0rd";
  for (const std::string& url : std::vector<std::string>{
           "postgresql://tracktrove:" + secret + "@127.0.0.1:1/postgres",    // nobody there
           "postgresql://tracktrove:" + secret + "@127.0.0.1:x/postgres",    // no port
           "postgresql://tracktrove:" + secret + "@[127.0.0.1:1/postgres",   // cannot be read
           "postgresql://tracktrove:" + secret + "@127.0.0.1/?no_such=one",  // cannot be read
           "mysql://tracktrove:" + secret + "@127.0.0.1/postgres"}) {
    const absl::Status status = OpenStore({.url = url}).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.ToString(), Not(HasSubstr(secret)));
  }
}

TEST_F(PostgresTest, AServerThatIsNotThereIsNamed) {
  const absl::Status status = OpenStore({.url = "postgresql://127.0.0.1:1/postgres"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("port 1"));
}

}  // namespace
}  // namespace tracktrove::store
