// What the migrations make of what an older server has left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "store/migrations.h"
#include "tests/store/database.h"
#include "tests/store/examples.h"
#include "tests/support/postgres.h"

namespace tracktrove::store {
namespace {

using ::testing::ElementsAre;

class UpgradeTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  void Execute(const std::string& script) {
    absl::string_view file = url_;
    if (!absl::ConsumePrefix(&file, "sqlite:")) {
      tracktrove::testing::PostgresQuery(url_, script);
      return;
    }
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(std::string(file).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
  }

  // As a server left it that knew only the first `count` migrations.
  void MigrateTo(int count) {
    Execute(
        "create table schema_migrations ("
        "number integer not null primary key, name text not null, sha256 text not null)");
    const bool sqlite = absl::StartsWith(url_, "sqlite:");
    for (const Migration& each : (sqlite ? SqliteMigrations() : PostgresMigrations()).first(count)) {
      Execute(each.text);
      Execute(absl::StrCat("insert into schema_migrations values (", each.number, ", '", each.name, "', '",
                           each.sha256, "')"));
    }
  }

  const std::unique_ptr<TestDatabase> database_ = GetParam().make();
  const std::string url_ = database_->options().url;
};

TRACKTROVE_ON_EVERY_DATABASE(UpgradeTest);

std::string OldDispute(int number, int ordinal) {
  return absl::StrCat(
      "insert into disputes (world_id, dispute_id, transaction_id, state, reason, text, amount, currency,"
      " evidence, deadline_us, create_time_us, close_us, resolution) values (",
      kWorld, ", '", Id(number), "', '", Id(ordinal), "', 4, 6, '', 1, 'INR', '[]', 9, 5, 6, '');");
}

std::string OldRecord(int sequence, int ordinal, int index, domain::RecordType type,
                      const std::string& detail) {
  return absl::StrCat(
      "insert into traces (world_id, sequence, transaction_id, idx, time_us, wall_time_us, type, class,"
      " service, step, attempt, from_state, to_state, fault_rule_id, actor, duration_us, detail, hash)"
      " values (",
      kWorld, ", ", sequence, ", '", Id(ordinal), "', ", index, ", 5, 5, ", static_cast<int>(type),
      ", 1, '', '', 0, 3, 3, '', 'client', 0, '", detail, "', '", std::string(64, 'a'), "');");
}

TEST_P(UpgradeTest, DisputesOfBeforeGetTheSequenceOfTheRecordThatOpenedThem) {
  using Type = domain::RecordType;
  MigrateTo(4);
  const auto named = [](int number) {
    return absl::StrCat("dispute ", Id(number), ", 1 minor units: OTHER");
  };
  Execute(OldDispute(3, 1) + OldDispute(2, 1) + OldDispute(1, 2) + OldDispute(4, 9) +
          OldRecord(7, 1, 0, Type::kDisputeOpened, named(2)) +
          OldRecord(8, 2, 0, Type::kDisputeOpened, named(1)) +
          OldRecord(9, 1, 1, Type::kDisputeLost, named(2)) +
          OldRecord(10, 1, 2, Type::kDisputeOpened, named(3)) +
          OldRecord(11, 1, 3, Type::kDisputeLost, named(3)));
  const std::unique_ptr<Store> store = Must(OpenStore(database_->options()));
  Must(store->Migrate());
  std::vector<std::string> disputes;
  for (const domain::Dispute& dispute : Must(Must(store->NewReader())->ListDisputes(kWorld, {}, 0, 10))) {
    disputes.push_back(absl::StrCat(dispute.id.back() - '0', " at ", dispute.sequence));
  }
  EXPECT_THAT(disputes, ElementsAre("3 at 10", "1 at 8", "2 at 7", "4 at 0"));
}

}  // namespace
}  // namespace tracktrove::store
