// A Redis of the test's own, which may do to it what it likes.
#ifndef TRACKTROVE_TESTS_SUPPORT_REDIS_SERVER_H_
#define TRACKTROVE_TESTS_SUPPORT_REDIS_SERVER_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/types.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "redis/address.h"
#include "redis/connection.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::testing {

class RedisServer {
 public:
  RedisServer() { Start(); }
  ~RedisServer() {
    if (pid_ > 0) Resume();
    Run("remove", "");
  }

  // Starts it again, empty, where it was.
  void Start() {
    Run("start", "redis");
    address_ = *redis::ParseAddress(Line("url"));
    pid_ = std::stoi(Line("pid"));
  }
  // kill -9, and gone when this returns.
  void Crash() {
    Run("crash", "redis");
    pid_ = -1;
  }
  // It keeps its connections and does nothing.
  void Pause() { ASSERT_EQ(::kill(pid_, SIGSTOP), 0); }
  void Resume() { ASSERT_EQ(::kill(pid_, SIGCONT), 0); }

  const redis::Address& address() const { return address_; }
  // With its password; there while the server runs, and after a crash.
  std::string url() const { return Line("url"); }

  // What it answers, over a connection made for the question.
  redis::Reply Ask(const redis::Command& command) const {
    auto connection = redis::Connection::Open(address_, {});
    if (!connection.ok()) return Failed(connection.status());
    (*connection)->Append(command);
    auto reply = (*connection)->Read();
    return reply.ok() ? *std::move(reply) : Failed(reply.status());
  }

 private:
  static redis::Reply Failed(const absl::Status& status) {
    ADD_FAILURE() << status;
    return {};
  }
  void Run(const std::string& verb, const std::string& service) {
    const std::string command = std::string(TRACKTROVE_SOURCE_DIR) + "/script/services " + verb + " " +
                                folder_.path() + " " + service + " > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::string Line(const std::string& file) const {
    std::string line;
    std::getline(std::ifstream(folder_.path() + "/redis/" + file), line);
    return line;
  }

  TempFolder folder_;
  redis::Address address_;
  pid_t pid_ = -1;
};

// Whether `condition` comes to hold of something that cannot tell us, such as
// another process; looks again every few milliseconds.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_REDIS_SERVER_H_
