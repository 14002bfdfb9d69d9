// The real server in a process of its own, which can be killed.
#ifndef TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_
#define TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

class ServerProcess {
 public:
  // Starts it and waits for its ready line.
  explicit ServerProcess(std::vector<std::string> arguments = {});
  ~ServerProcess();

  // Starts it again on the same data and port.
  void Start();
  // kill -9, and gone when this returns.
  void Kill();
  // SIGTERM; answers its exit code.
  int Stop();

  Client client() const;
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  // Its peak resident memory so far, in bytes.
  int64_t PeakMemory() const;

 private:
  const std::vector<std::string> arguments_;
  TempFolder folder_;
  pid_t pid_ = -1;
  int port_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_SERVER_PROCESS_H_
