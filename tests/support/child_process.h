// A program in a process of its own, which does not outlive the object.
#ifndef TRACKTROVE_TESTS_SUPPORT_CHILD_PROCESS_H_
#define TRACKTROVE_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tracktrove::testing {

// Added to this process's own. Secrets go here: a command line can be read by everybody.
using Environment = std::map<std::string, std::string>;

class ChildProcess {
 public:
  // `line` is the program, a path or a name to be found on the PATH, and its
  // arguments. Its standard output is read here; its standard error is ours.
  explicit ChildProcess(const std::vector<std::string>& line, const Environment& environment = {});
  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // False: there is no such program.
  bool started() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  // Waits for its next line, without the line's end; nothing at the end of its output.
  std::optional<std::string> ReadLine();
  // All that is left of its output, to the end.
  std::string ReadAll();

  void Signal(int number) const;
  // Waits for its end; answers its exit code, 128 + the number if a signal ended it.
  int Wait();

  // Its resident memory in bytes: now, and at most so far.
  int64_t Memory() const { return StatusBytes("VmRSS:"); }
  int64_t PeakMemory() const { return StatusBytes("VmHWM:"); }

 private:
  int64_t StatusBytes(const std::string& field) const;

  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_CHILD_PROCESS_H_
