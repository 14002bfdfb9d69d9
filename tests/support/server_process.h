// The real server in a process of its own, which can be killed.
#ifndef TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_
#define TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

class ServerProcess {
 public:
  // Starts it and waits for its ready line.
  explicit ServerProcess(std::vector<std::string> arguments = {}, Environment environment = {});

  // Starts it again on the same data and port.
  void Start();
  // kill -9, and gone when this returns.
  void Kill();
  // SIGTERM; answers its exit code.
  int Stop();

  Client client() const;
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  // Its resident memory in bytes: now, and at most so far.
  int64_t Memory() const { return process_->Memory(); }
  int64_t PeakMemory() const { return process_->PeakMemory(); }

 private:
  const std::vector<std::string> arguments_;
  const Environment environment_;
  TempFolder folder_;
  std::unique_ptr<ChildProcess> process_;
  int port_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_
