// Commands that many tests give, and calls that keep their answers.
#ifndef TRACKTROVE_TESTS_ENGINE_COMMANDS_H_
#define TRACKTROVE_TESTS_ENGINE_COMMANDS_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/json.h"
#include "engine/call.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

// How long a test waits before it says that nothing came.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

inline domain::InitiateTransaction Tip(const std::string& flow = "") {
  domain::InitiateTransaction tip;
  tip.amount = {"INR", 2550};
  tip.payer = "asha";
  tip.payee = "ravi";
  tip.payload = domain::CanonicalText(domain::Json::object());
  tip.flow = flow;
  return tip;
}

// Noon of a Friday, on a clock that stands still.
inline domain::CreateSandbox ManualSandbox(domain::WorldId world, domain::Pace pace) {
  domain::CreateSandbox create;
  create.world = world;
  create.clock_mode = domain::ClockMode::kManual;
  create.start_time = absl::FromUnixSeconds(1'767'340'800);
  create.pace = pace;
  return create;
}

// A simulation of a thousand tips that is still under way after some minutes.
inline domain::StartSimulation ATipASecond() {
  domain::StartSimulation start;
  start.spec.count = 1000;
  start.spec.rate_micros = 1'000'000;
  start.spec.weights = {{domain::Kind::kTip, 1}};
  start.spec.amount = {"INR", 1'000, 2'000, domain::AmountShape::kUniform};
  start.spec.horizon = absl::Hours(1);
  return start;
}

inline Call CallOf(const std::string& sandbox, domain::Command command) {
  Call call;
  call.sandbox = sandbox;
  call.command = std::move(command);
  call.done = [](const absl::StatusOr<std::string>&) {};
  return call;
}

// Who was answered what, and in which order.
class Answers {
 public:
  std::function<void(absl::StatusOr<std::string>)> For(const std::string& who) {
    return [this, who](absl::StatusOr<std::string> answer) {
      sync::MutexLock lock(&mutex_);
      order_.push_back(who);
      answers_.insert_or_assign(who, std::move(answer));
    };
  }
  bool AwaitCount(size_t count) {
    sync::MutexLock lock(&mutex_);
    const auto enough = [&] { return order_.size() >= count; };
    return lock.AwaitUntil(absl::Now() + absl::Seconds(30), enough);
  }
  std::vector<std::string> order() {
    sync::MutexLock lock(&mutex_);
    return order_;
  }
  absl::StatusOr<std::string> Of(const std::string& who) {
    sync::MutexLock lock(&mutex_);
    const auto it = answers_.find(who);
    return it == answers_.end() ? absl::UnknownError("not answered") : it->second;
  }

 private:
  sync::Mutex mutex_;
  std::vector<std::string> order_;
  std::map<std::string, absl::StatusOr<std::string>> answers_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_TESTS_ENGINE_COMMANDS_H_
