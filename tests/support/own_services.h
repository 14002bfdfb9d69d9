// A PostgreSQL or a Redis of a test's own, which it may crash: the ones that
// tests share must stay up.
#ifndef TRACKTROVE_TESTS_SUPPORT_OWN_SERVICES_H_
#define TRACKTROVE_TESTS_SUPPORT_OWN_SERVICES_H_

#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace tracktrove::testing {

class OwnService {
 public:
  // `name` is postgres or redis, as script/services has it; `settings` are
  // PostgreSQL's, NAME=VALUE. Starts it.
  explicit OwnService(std::string name, std::vector<std::string> settings = {});
  ~OwnService();
  OwnService(const OwnService&) = delete;
  OwnService& operator=(const OwnService&) = delete;

  // With its password; the same after every start.
  const std::string& url() const { return url_; }

  // Ends it at once, PostgreSQL by an immediate shutdown, Redis by SIGKILL.
  void Crash() { Run("crash"); }
  // Starts it again, on what it had stored.
  void Start() { Run("start", settings_); }

 private:
  // Throws std::runtime_error when it does not go well.
  void Run(const std::string& verb, const std::vector<std::string>& settings = {});

  const std::string name_;
  const std::vector<std::string> settings_;
  TempFolder folder_;
  std::string url_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_OWN_SERVICES_H_
