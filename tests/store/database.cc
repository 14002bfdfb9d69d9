#include "tests/store/database.h"

#include <stdlib.h>

#include "tests/support/postgres.h"

namespace tracktrove::store {
namespace {

class SqliteFile : public TestDatabase {
 public:
  StoreOptions options() const override {
    return {
        .url = "sqlite:" + folder_.File("store.db"), .synchronous = "OFF", .busy_timeout = absl::Seconds(5)};
  }

 private:
  TemporaryFolder folder_;
};

class PostgresDatabase : public TestDatabase {
 public:
  StoreOptions options() const override { return {.url = schema_.url()}; }

 private:
  tracktrove::testing::PostgresSchema schema_;
};

}  // namespace

std::vector<DatabaseKind> DatabaseKinds() {
  return {
      {"Sqlite", []() -> std::unique_ptr<TestDatabase> { return std::make_unique<SqliteFile>(); }},
      {"Postgres", []() -> std::unique_ptr<TestDatabase> { return std::make_unique<PostgresDatabase>(); }},
  };
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "tracktrove-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

StoreTest::StoreTest() : database_(GetParam().make()), store_(Must(OpenStore(database_->options()))) {
  Must(store_->Migrate());
  writer_ = Must(store_->NewWriter());
  reader_ = Must(store_->NewReader());
}

Alarms StoreTest::Commit(const Changes& changes) {
  Must(writer_->Begin());
  Alarms alarms = Must(writer_->Write(changes));
  Must(writer_->Commit());
  return alarms;
}

Found StoreTest::Load(const Wanted& wanted) {
  Must(writer_->Begin());
  Found found = Must(writer_->Load(wanted));
  writer_->Rollback();
  return found;
}

}  // namespace tracktrove::store
