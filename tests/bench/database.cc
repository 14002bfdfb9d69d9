#include "tests/bench/database.h"

#include <cstdlib>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "tests/support/postgres.h"

namespace tracktrove::bench {
namespace {

using testing::PostgresQuery;
using testing::PostgresUrl;

std::string UrlOf(const std::string& name) {
  const std::string url = PostgresUrl();
  return url.substr(0, url.rfind('/') + 1) + name;
}

std::string RedisUrl() {
  std::ifstream file(std::string(std::getenv("TRACKTROVE_SERVICES_DIR")) + "/redis/url");
  std::string url;
  if (!std::getline(file, url)) throw std::runtime_error("no Redis runs for this benchmark");
  return url;
}

}  // namespace

Database::Database(const std::string& name) : name_("bench_" + name), url_(UrlOf(name_)) {
  PostgresQuery(PostgresUrl(), "drop database if exists " + name_ + " with (force)");
  PostgresQuery(PostgresUrl(), "create database " + name_);
}

Database::~Database() {
  try {
    PostgresQuery(PostgresUrl(), "drop database if exists " + name_ + " with (force)");
  } catch (const std::runtime_error&) {  // it goes with its server
  }
}

std::vector<std::string> Database::Query(const std::string& script) const {
  return PostgresQuery(url_, script);
}

Environment Database::ForServer() const {
  return {
      {"TRACKTROVE_DATABASE", url_}, {"TRACKTROVE_REDIS", RedisUrl()}, {"TRACKTROVE_REDIS_PREFIX", name_}};
}

Environment Database::ForPostgresTools() const {
  static const std::regex pattern("postgresql://([^:]+):([^@]+)@([^:]+):([0-9]+)/(.*)");
  std::smatch parts;
  if (!std::regex_match(url_, parts, pattern)) throw std::runtime_error("PostgreSQL's URL has another form");
  return {{"PGUSER", parts[1]},
          {"PGPASSWORD", parts[2]},
          {"PGHOST", parts[3]},
          {"PGPORT", parts[4]},
          {"PGDATABASE", parts[5]}};
}

}  // namespace tracktrove::bench
