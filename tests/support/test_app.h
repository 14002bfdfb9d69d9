// A whole server in this process, on a free port and a folder of its own.
#ifndef TRACKTROVE_TESTS_SUPPORT_TEST_APP_H_
#define TRACKTROVE_TESTS_SUPPORT_TEST_APP_H_

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "app/app.h"
#include "tests/support/postgres.h"
#include "tests/support/temp_folder.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

enum class Database { kSqlite, kPostgres };

class TestApp {
 public:
  // `options` may set all but data folder, address and port.
  explicit TestApp(config::Options options = {}, app::Extras extras = {});
  // On an empty database of this kind; PostgreSQL's needs SERVICES.
  explicit TestApp(Database database, config::Options options = {}, app::Extras extras = {});

  Client client() const { return Client(ClientOptions()); }
  Options ClientOptions() const;
  // Where it remembers.
  const std::string& database_url() const { return options_.database; }

  app::App& app() { return *app_; }
  // Stops the server and starts it again on what it left.
  void Restart();

 private:
  void Start();

  TempFolder folder_;
  std::unique_ptr<PostgresSchema> schema_;
  config::Options options_;
  app::Extras extras_;
  std::unique_ptr<app::App> app_;
};

// For suites that run on each database.
inline void PrintTo(Database database, std::ostream* out) {
  *out << (database == Database::kSqlite ? "Sqlite" : "Postgres");
}
#define TRACKTROVE_ON_EVERY_DATABASE(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::Values(Database::kSqlite, Database::kPostgres), \
                           ::testing::PrintToStringParamName())

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_TEST_APP_H_
