#include "tests/support/server_process.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <utility>

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

ServerProcess::ServerProcess(std::vector<std::string> arguments, Environment environment)
    : arguments_(std::move(arguments)), environment_(std::move(environment)), port_(PickPort()) {
  Start();
}

void ServerProcess::Start() {
  std::vector<std::string> line = {TRACKTROVE_SERVER_BIN, "--data-dir",  folder_.path(), "--grpc-port",
                                   std::to_string(port_), "--log-level", "warn"};
  line.insert(line.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<ChildProcess>(line, environment_);
  const std::optional<std::string> ready = process_->ReadLine();
  ASSERT_TRUE(ready) << "the server did not start";
  port_ = std::atoi(ready->c_str() + ready->rfind(':') + 1);
  ASSERT_GT(port_, 0) << *ready;
}

void ServerProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

int ServerProcess::Stop() {
  process_->Signal(SIGTERM);
  return process_->Wait();
}

Client ServerProcess::client() const {
  Options options;
  options.endpoint = endpoint();
  options.retry.max_attempts = 50;
  options.retry.max_backoff = absl::Milliseconds(500);
  return Client(options);
}

}  // namespace tracktrove::testing
