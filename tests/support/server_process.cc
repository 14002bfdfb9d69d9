#include "tests/support/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

namespace tracktrove::testing {
namespace {

// A port that a restart finds free again: below those the system hands out,
// because a client that keeps dialling a dead one of those can meet itself.
int PickPort() {
  std::random_device random;
  for (int i = 0; i < 1000; ++i) {
    const int port = 20'000 + static_cast<int>(random() % 12'000);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool free = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(probe);
    if (free) return port;
  }
  return 0;
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), port_(PickPort()) {
  Start();
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) Kill();
}

void ServerProcess::Start() {
  std::vector<std::string> line = {TRACKTROVE_SERVER_BIN, "--data-dir",  folder_.path(), "--grpc-port",
                                   std::to_string(port_), "--log-level", "warn"};
  line.insert(line.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);

  int output[2];
  ASSERT_EQ(::pipe2(output, O_CLOEXEC), 0);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(output[1]);
  FILE* stream = ::fdopen(output[0], "r");
  char text[256] = "";
  const bool ready = std::fgets(text, sizeof(text), stream) != nullptr;
  std::fclose(stream);
  ASSERT_TRUE(ready) << "the server did not start";
  const std::string ready_line = text;
  port_ = std::atoi(ready_line.c_str() + ready_line.rfind(':') + 1);
  ASSERT_GT(port_, 0) << ready_line;
}

void ServerProcess::Kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ServerProcess::Stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Client ServerProcess::client() const {
  Options options;
  options.endpoint = endpoint();
  options.retry.max_attempts = 50;
  options.retry.max_backoff = absl::Milliseconds(500);
  return Client(options);
}

int64_t ServerProcess::PeakMemory() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atoll(line.c_str() + 6) * 1024;
  }
  return 0;
}

}  // namespace tracktrove::testing
