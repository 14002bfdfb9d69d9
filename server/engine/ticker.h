// The alarm clock of the engine: knows when each sandbox needs a turn without
// being asked, and says so. What it keeps in memory makes it prompt; asking the
// database now and then makes it sure.
#ifndef TRACKTROVE_ENGINE_TICKER_H_
#define TRACKTROVE_ENGINE_TICKER_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "store/store.h"
#include "sync/mutex.h"

namespace tracktrove::engine {

class Ticker {
 public:
  using OnDue = std::function<void(const std::string& sandbox)>;
  // Asks for the stored alarms; the answer comes through Hint, later.
  using Poll = std::function<void()>;

  Ticker(absl::Duration poll_interval, OnDue on_due, Poll poll);
  ~Ticker();

  // Begins to call back; whoever owns it has it by then.
  void Start();

  // These sandboxes' alarms are so from now on; an infinite one is none.
  void Set(const store::Alarms& alarms);
  // They were so a moment ago: takes those that are earlier than what is known.
  // A turn too many does no harm.
  void Hint(const store::Alarms& alarms);

  void Stop();

 private:
  void Loop();
  void SetOne(const std::string& sandbox, absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration poll_interval_;
  const OnDue on_due_;
  const Poll poll_;
  sync::Mutex mutex_;
  std::map<std::string, absl::Time> alarms_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, std::string>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_TICKER_H_
