// What a test was told of holds that ended.
#ifndef TRACKTROVE_TESTS_HOLDS_EXPIRIES_H_
#define TRACKTROVE_TESTS_HOLDS_EXPIRIES_H_

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "sync/mutex.h"

namespace tracktrove::holds {

class Expiries {
 public:
  void Add(const std::string& sandbox) {
    sync::MutexLock lock(&mutex_);
    told_.push_back(sandbox);
  }
  std::vector<std::string> AwaitCount(size_t count) {
    sync::MutexLock lock(&mutex_);
    const auto enough = [&] { return told_.size() >= count; };
    lock.AwaitUntil(absl::Now() + absl::Seconds(30), enough);
    return told_;
  }

 private:
  sync::Mutex mutex_;
  std::vector<std::string> told_;
};

}  // namespace tracktrove::holds

#endif  // TRACKTROVE_TESTS_HOLDS_EXPIRIES_H_
