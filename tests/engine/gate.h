// Holds every clock move at each instant until it is let go.
#ifndef TRACKTROVE_TESTS_ENGINE_GATE_H_
#define TRACKTROVE_TESTS_ENGINE_GATE_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/lane.h"
#include "sync/mutex.h"

namespace tracktrove::testing {

class Gate {
 public:
  engine::Barrier barrier() {
    return [this](const std::string&, absl::Time instant, std::function<void()> resume) {
      sync::MutexLock lock(&mutex_);
      instants_.push_back(instant);
      if (open_) return resume();
      resumes_.push_back(std::move(resume));
    };
  }
  void AwaitArrival() {
    sync::MutexLock lock(&mutex_);
    const auto arrived = [this] { return !resumes_.empty(); };
    ASSERT_TRUE(lock.AwaitUntil(absl::Now() + absl::Seconds(30), arrived));
  }
  // To the next instant.
  void Step() {
    sync::MutexLock lock(&mutex_);
    for (auto& resume : std::exchange(resumes_, {})) resume();
  }
  void Open() {
    sync::MutexLock lock(&mutex_);
    open_ = true;
    for (auto& resume : resumes_) resume();
    resumes_.clear();
  }
  std::vector<absl::Time> instants() {
    sync::MutexLock lock(&mutex_);
    return instants_;
  }

 private:
  sync::Mutex mutex_;
  bool open_ = false;
  std::vector<std::function<void()>> resumes_;
  std::vector<absl::Time> instants_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_ENGINE_GATE_H_
