// The databases that the conformance suite runs on, and what its tests share.
#ifndef TRACKTROVE_TESTS_STORE_DATABASE_H_
#define TRACKTROVE_TESTS_STORE_DATABASE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/open_store.h"
#include "store/store.h"

namespace tracktrove::store {

// A database that lives as long as the test.
class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  virtual StoreOptions options() const = 0;
};

// Names a kind of database, and makes an empty one.
struct DatabaseKind {
  std::string name;
  std::unique_ptr<TestDatabase> (*make)();
};
inline void PrintTo(const DatabaseKind& kind, std::ostream* out) { *out << kind.name; }

// Every kind there is: each test of the suite runs on each.
std::vector<DatabaseKind> DatabaseKinds();

// An empty folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The value; a status that says otherwise fails the test.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}
void Must(const absl::Status& status);

// A migrated store with one writer and one reader.
class StoreTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  StoreTest();

  // Writes it in a transaction of its own.
  Alarms Commit(const Changes& changes);

  // What the database holds under these keys now.
  Found Load(const Wanted& wanted);

  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
};

#define TRACKTROVE_ON_EVERY_DATABASE(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::ValuesIn(::tracktrove::store::DatabaseKinds()), \
                           [](const auto& kind) { return kind.param.name; })

}  // namespace tracktrove::store

#endif  // TRACKTROVE_TESTS_STORE_DATABASE_H_
