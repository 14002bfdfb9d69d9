// A COMMIT whose answer never comes, on PostgreSQL through a proxy that cuts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "store/connection.h"
#include "tests/store/database.h"
#include "tests/store/examples.h"
#include "tests/support/postgres.h"
#include "tests/support/proxy.h"

namespace tracktrove::store {
namespace {

using tracktrove::testing::CommitCut;

constexpr CommitCut kEverywhere[] = {CommitCut::kBeforeServer, CommitCut::kAfterServer,
                                     CommitCut::kBeforeReply};

domain::Sandbox Moving(domain::Sandbox sandbox) {
  sandbox.advance = {.target = At(100), .request_id = "r", .fingerprint = "f", .first_sequence = 1};
  return sandbox;
}

// A batch, and whether the database has it.
struct Case {
  std::string name;
  Changes changes;
  std::string is_there;  // a query that answers one row when it is
};

std::vector<Case> Cases() {
  return {
      {"creation",
       {.records = {{kWorld, SandboxRecord(1)}}, .created_sandboxes = {PlainSandbox("new", kWorld)}},
       "select from sandboxes where name = 'new'"},
      {"records",
       {.records = {{kWorld + 1, PlainRecord(1, 1, 0)}}, .sandboxes = {PlainSandbox("old", kWorld + 1)}},
       "select from traces where world_id = " + std::to_string(kWorld + 1)},
      {"start of a clock move",
       {.sandboxes = {Moving(PlainSandbox("old", kWorld + 1))}},
       "select from sandboxes where advance is not null"},
      {"deletion", {.deleted_sandboxes = {"gone"}, .retired_worlds = {kWorld + 2}}, "select from worlds"},
  };
}

class LostCommitTest : public ::testing::Test {
 protected:
  LostCommitTest() : proxy_(schema_.url()), store_(Must(OpenStore({.url = proxy_.url()}))) {
    Must(store_->Migrate());
    writer_ = Must(store_->NewWriter());
    Must(writer_->Begin());
    Must(writer_->Write({.sandboxes = {PlainSandbox("old", kWorld + 1), PlainSandbox("gone", kWorld + 2)}}));
    Must(writer_->Commit());
  }

  // What the engine does first.
  void Write(const Changes& changes) {
    std::vector<std::string> busy;
    Must(writer_->Begin());
    Must(writer_->LockSandboxes({"gone", "new", "old"}, &busy));
    Must(writer_->Write(changes));
  }

  // As often as it takes.
  bool Landed(const Changes& changes) {
    absl::StatusOr<bool> landed = writer_->Landed(changes);
    const absl::Time latest = absl::Now() + absl::Seconds(30);
    while (absl::IsUnavailable(landed.status()) && absl::Now() < latest) landed = writer_->Landed(changes);
    return Must(landed);
  }

  tracktrove::testing::PostgresSchema schema_;
  tracktrove::testing::Proxy proxy_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(LostCommitTest, WhetherItIsInIsToldByWhatIsStored) {
  for (const Case& each : Cases()) {
    for (const CommitCut where : kEverywhere) {
      SCOPED_TRACE(each.name + ", cut " + std::to_string(static_cast<int>(where)));
      Write(each.changes);
      proxy_.CutCommits(where);
      EXPECT_TRUE(absl::IsUnavailable(writer_->Commit()));
      EXPECT_TRUE(proxy_.AwaitCuts());
      const bool landed = Landed(each.changes);
      EXPECT_EQ(schema_.Query(each.is_there).size(), landed ? 1u : 0u);
      EXPECT_TRUE(where != CommitCut::kBeforeServer || !landed);
      EXPECT_TRUE(where != CommitCut::kBeforeReply || landed);
      if (landed) break;  // once more would be another thing to do
    }
  }
}

TEST_F(LostCommitTest, AServerThatIsStillCommittingIsWaitedFor) {
  const std::string lock = "hashtext('" + schema_.name() + "')";
  schema_.Query(
      "create function wait_at_commit() returns trigger language plpgsql set lock_timeout = 0 as"
      " $$ begin perform pg_advisory_xact_lock(" +
      lock +
      "); return null; end $$;"
      "create constraint trigger wait after insert or update or delete on sandboxes"
      " deferrable initially deferred for each row execute function wait_at_commit()");
  Connection gate{std::shared_ptr<const Dialect>(Must(NewPostgresDialect({.url = schema_.url()})))};
  for (const Case& each : Cases()) {
    SCOPED_TRACE(each.name);
    Must(gate.Run([&] { gate.Execute("select pg_advisory_lock(" + lock + ")"); }));
    Write(each.changes);
    proxy_.CutCommits(CommitCut::kAfterServer);
    EXPECT_TRUE(absl::IsUnavailable(writer_->Commit()));
    bool landed = false;
    std::thread asks([&] { landed = Landed(each.changes); });
    EXPECT_TRUE(schema_.AwaitLockWaiters(2)) << "the one that commits, and the one that asks";
    Must(gate.Run([&] { gate.Execute("select pg_advisory_unlock(" + lock + ")"); }));
    asks.join();
    EXPECT_TRUE(landed);
  }
}

TEST_F(LostCommitTest, AServerThatFallsSilentIsGivenUpAndFoundAgain) {
  const auto reader = Must(store_->NewReader());
  Must(reader->GetSandbox("old"));
  Must(writer_->Begin());
  proxy_.Stall();
  const absl::Time start = absl::Now();
  EXPECT_TRUE(absl::IsUnavailable(writer_->Write({.sandboxes = {PlainSandbox("a", 1)}}).status()));
  EXPECT_TRUE(absl::IsUnavailable(reader->GetSandbox("old").status())) << "nor does it wait as long again";
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  proxy_.Pass();
  absl::StatusOr<absl::Time> begun = writer_->Begin();
  while (!begun.ok() && absl::Now() - start < absl::Seconds(30)) begun = writer_->Begin();
  Must(begun);
}

TEST_F(LostCommitTest, AServerThatIsOnlySlowIsWaitedFor) {
  Connection connection{std::shared_ptr<const Dialect>(Must(NewPostgresDialect({.url = schema_.url()})))};
  Must(connection.Run([&] { connection.Execute("select pg_sleep(4)"); }));
}

}  // namespace
}  // namespace tracktrove::store
