// A PostgreSQL database of a test's own, on the server that the tests share
// (tests/CMakeLists.txt: SERVICES).
#ifndef TRACKTROVE_TESTS_SUPPORT_POSTGRES_H_
#define TRACKTROVE_TESTS_SUPPORT_POSTGRES_H_

#include <string>
#include <vector>

namespace tracktrove::testing {

// The server's URL, from $TRACKTROVE_SERVICES_DIR/postgres/url; with its password.
std::string PostgresUrl();

// The first column of each row of the last statement's answer. Throws
// std::runtime_error when the script fails.
std::vector<std::string> PostgresQuery(const std::string& url, const std::string& script);

// An empty schema that those who connect by `url` take for the whole database.
// It is as good as a database of its own and made much faster. Sessions are told
// by its name, which is their application_name.
class PostgresSchema {
 public:
  PostgresSchema();
  ~PostgresSchema();
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;

  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }
  std::vector<std::string> Query(const std::string& script) const { return PostgresQuery(url_, script); }

  // Waits until that many of those who connected by `url` wait for a lock; false
  // when they do not within 30 s.
  bool AwaitLockWaiters(size_t sessions) const;

 private:
  std::string name_;
  std::string url_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_POSTGRES_H_
