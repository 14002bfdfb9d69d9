// The private PostgreSQL and Redis that script/services started for this run.
#ifndef TRACKTROVE_TESTS_BENCH_SERVICES_H_
#define TRACKTROVE_TESTS_BENCH_SERVICES_H_

#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace tracktrove::bench {

using testing::Environment;

// A database of its own, fresh, and dropped with the object.
class Database {
 public:
  Database(std::string cluster_url, std::string redis_url, std::string name);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Answers the first column of each row as text, null as "".
  std::vector<std::string> Query(const std::string& sql) const;
  void Run(const std::string& sql) const;

  // By these a server and PostgreSQL's own programs find it, Redis too. They
  // carry the passwords.
  Environment ForServer() const;
  Environment ForPostgresTools() const;

 private:
  std::string url() const;

  const std::string cluster_url_;
  const std::string redis_url_;
  const std::string name_;
};

class Services {
 public:
  // `folder` is what script/services was given.
  explicit Services(const std::string& folder);

  Database NewDatabase(const std::string& name) const { return Database(postgres_url_, redis_url_, name); }

  std::string PostgresVersion() const;
  std::string RedisVersion() const;

 private:
  std::string postgres_url_;
  std::string redis_url_;
};

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_SERVICES_H_
