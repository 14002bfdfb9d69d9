// Ctrl-C as something that a command can act on.
#ifndef TRACKTROVE_SDK_CLI_INTERRUPT_H_
#define TRACKTROVE_SDK_CLI_INTERRUPT_H_

#include <functional>
#include <thread>

namespace tracktrove::cli {

// While it lives, the first SIGINT calls `act` on a thread of its own, which
// may take its time; the second one ends the program as usual. One at a time.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void()> act);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  std::thread thread_;
};

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_INTERRUPT_H_
