// A Redis of the test's own, which may do to it what it likes.
#ifndef TRACKTROVE_TESTS_SUPPORT_REDIS_SERVER_H_
#define TRACKTROVE_TESTS_SUPPORT_REDIS_SERVER_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/types.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "redis/address.h"
#include "redis/connection.h"
#include "tests/support/own_services.h"

namespace tracktrove::testing {

class RedisServer : public OwnService {
 public:
  RedisServer() : OwnService("redis"), address_(*redis::ParseAddress(url())) {}
  ~RedisServer() {
    if (paused_ != 0) Resume();  // it could not be stopped
  }

  // It keeps its connections and does nothing.
  void Pause() {
    const pid_t pid = ProcessId();
    ASSERT_GT(pid, 1) << "any less would name other processes";
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    paused_ = pid;
  }
  void Resume() {
    ASSERT_GT(paused_, 1) << "it is not paused";
    ASSERT_EQ(::kill(std::exchange(paused_, 0), SIGCONT), 0);
  }

  const redis::Address& address() const { return address_; }

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

  // As it says itself; 0 when it does not.
  pid_t ProcessId() const {
    constexpr absl::string_view kLabel = "process_id:";
    const std::string info = Ask({"INFO", "server"}).text;
    const size_t label = info.find(kLabel.data());
    return label == std::string::npos ? 0 : std::atoi(info.c_str() + label + kLabel.size());
  }

  const redis::Address address_;
  pid_t paused_ = 0;
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
