// A database of a measure's own on the private PostgreSQL, dropped with the
// object, and a share of the private Redis.
#ifndef TRACKTROVE_TESTS_BENCH_DATABASE_H_
#define TRACKTROVE_TESTS_BENCH_DATABASE_H_

#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace tracktrove::bench {

using testing::Environment;

class Database {
 public:
  // `name` is that of the measure.
  explicit Database(const std::string& name);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // See testing::PostgresQuery.
  std::vector<std::string> Query(const std::string& script) const;

  // By these a server (its part of Redis, too) and PostgreSQL's own programs
  // find it. They carry the passwords.
  Environment ForServer() const;
  Environment ForPostgresTools() const;

 private:
  const std::string name_;
  const std::string url_;
};

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_DATABASE_H_
