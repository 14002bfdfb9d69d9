#include "tests/support/postgres.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>

#include "absl/time/clock.h"

namespace tracktrove::testing {
namespace {

std::string NewName() {
  std::random_device device;
  return "test_" + std::to_string(device()) + "_" + std::to_string(device());
}

}  // namespace

std::string PostgresUrl() {
  const char* folder = std::getenv("TRACKTROVE_SERVICES_DIR");
  if (folder == nullptr) {
    throw std::runtime_error(
        "TRACKTROVE_SERVICES_DIR is not set: run by ctest, or after `script/services start FOLDER`");
  }
  std::ifstream file(std::string(folder) + "/postgres/url");
  std::string url;
  if (!std::getline(file, url)) throw std::runtime_error("no PostgreSQL runs in " + std::string(folder));
  return url;
}

std::vector<std::string> PostgresQuery(const std::string& url, const std::string& script) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), script.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(script + ": " + PQerrorMessage(connection.get()));
  std::vector<std::string> values;
  for (int row = 0; row < PQntuples(result.get()); ++row)
    values.emplace_back(PQgetisnull(result.get(), row, 0) ? "null" : PQgetvalue(result.get(), row, 0));
  return values;
}

bool PostgresSchema::AwaitLockWaiters(size_t sessions) const {
  const std::string query =
      "select from pg_stat_activity where wait_event_type = 'Lock' and application_name = '" + name_ + "'";
  const absl::Time latest = absl::Now() + absl::Seconds(30);
  while (Query(query).size() != sessions) {
    if (absl::Now() > latest) return false;
  }
  return true;
}

PostgresSchema::PostgresSchema() : name_(NewName()) {
  PostgresQuery(PostgresUrl(), "create schema " + name_);
  url_ = PostgresUrl() + "?application_name=" + name_ + "&options=-csearch_path%3D" + name_;
}

PostgresSchema::~PostgresSchema() {
  try {
    PostgresQuery(PostgresUrl(), "drop schema " + name_ + " cascade");
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

}  // namespace tracktrove::testing
