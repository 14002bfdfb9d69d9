#include "tests/bench/services.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tracktrove::bench {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error("no service is running: " + path + " is missing");
  return line;
}

// The parts of a URL, named as PostgreSQL's own programs name them in their environment.
Environment PartsOf(const std::string& url) {
  static const std::regex pattern("postgresql://([^:]+):([^@]+)@([^:]+):([0-9]+)/(.*)");
  std::smatch parts;
  if (!std::regex_match(url, parts, pattern))
    throw std::runtime_error("the URL of PostgreSQL has no such form");
  return {{"PGUSER", parts[1]},
          {"PGPASSWORD", parts[2]},
          {"PGHOST", parts[3]},
          {"PGPORT", parts[4]},
          {"PGDATABASE", parts[5]}};
}

// SOCI takes no URLs.
soci::session Connect(const std::string& url) {
  Environment parts = PartsOf(url);
  return soci::session(soci::postgresql,
                       absl::StrCat("user=", parts["PGUSER"], " password=", parts["PGPASSWORD"],
                                    " host=", parts["PGHOST"], " port=", parts["PGPORT"], " dbname=",
                                    parts["PGDATABASE"], " options='-c client_min_messages=warning'"));
}

std::vector<std::string> QueryAt(const std::string& url, const std::string& sql) {
  soci::session session = Connect(url);
  soci::indicator indicator = soci::i_ok;
  std::string value;
  std::vector<std::string> values;
  soci::statement statement = (session.prepare << sql, soci::into(value, indicator));
  for (bool got = statement.execute(true); got; got = statement.fetch()) {
    values.push_back(indicator == soci::i_null ? "" : value);
  }
  return values;
}

void RunAt(const std::string& url, const std::string& sql) { Connect(url) << sql; }

}  // namespace

Database::Database(std::string cluster_url, std::string redis_url, std::string name)
    : cluster_url_(std::move(cluster_url)), redis_url_(std::move(redis_url)), name_(std::move(name)) {
  RunAt(cluster_url_, absl::StrCat("drop database if exists ", name_, " with (force)"));
  RunAt(cluster_url_, absl::StrCat("create database ", name_));
}

Database::~Database() {
  try {
    RunAt(cluster_url_, absl::StrCat("drop database if exists ", name_, " with (force)"));
  } catch (const std::exception&) {  // it goes with its cluster
  }
}

std::vector<std::string> Database::Query(const std::string& sql) const { return QueryAt(url(), sql); }

void Database::Run(const std::string& sql) const { RunAt(url(), sql); }

Environment Database::ForServer() const {
  return {{"TRACKTROVE_DATABASE", url()}, {"TRACKTROVE_REDIS", redis_url_}};
}

Environment Database::ForPostgresTools() const { return PartsOf(url()); }

std::string Database::url() const { return cluster_url_.substr(0, cluster_url_.rfind('/') + 1) + name_; }

Services::Services(const std::string& folder)
    : postgres_url_(FirstLine(folder + "/postgres/url")), redis_url_(FirstLine(folder + "/redis/url")) {}

std::string Services::PostgresVersion() const {
  return QueryAt(postgres_url_, "show server_version").front();
}

std::string Services::RedisVersion() const {
  const std::string text = testing::ChildProcess({"redis-server", "--version"}).ReadAll();
  static const std::regex pattern("v=([0-9.]+)");
  std::smatch parts;
  return std::regex_search(text, parts, pattern) ? parts[1].str() : "unknown";
}

}  // namespace tracktrove::bench
