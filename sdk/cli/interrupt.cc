#include "sdk/cli/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace tracktrove::cli {
namespace {

// A signal handler may do little more than write: a byte goes through a pipe to
// the thread that acts.
constexpr char kInterrupted = 'i';
constexpr char kOver = 'o';
int pipe_ends[2] = {-1, -1};

void Tell(char what) {
  const int kept = errno;
  [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], &what, 1);
  errno = kept;
}

void HandleInterrupt(int) { Tell(kInterrupted); }

void SetHandler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, nullptr);
}

}  // namespace

OnInterrupt::OnInterrupt(std::function<void()> act) {
  if (::pipe(pipe_ends) != 0) std::abort();
  thread_ = std::thread([act = std::move(act)] {
    char what = kOver;
    if (::read(pipe_ends[0], &what, 1) == 1 && what == kInterrupted) act();
  });
  SetHandler(HandleInterrupt);
}

OnInterrupt::~OnInterrupt() {
  SetHandler(SIG_DFL);
  Tell(kOver);
  thread_.join();
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace tracktrove::cli
