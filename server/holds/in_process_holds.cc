#include <set>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/time/clock.h"
#include "holds/holds.h"
#include "sync/mutex.h"

namespace tracktrove::holds {
namespace {

class InProcessHolds : public Holds {
 public:
  explicit InProcessHolds(int max_holds) : max_holds_(max_holds) {}
  ~InProcessHolds() override { Stop(); }

  void Arm(const std::vector<Hold>& holds) override {
    sync::MutexLock lock(&mutex_);
    for (const Hold& hold : holds) {
      Forget({hold.sandbox, hold.transaction_id});
      if (static_cast<int>(expiry_.size()) >= max_holds_) continue;
      expiry_[{hold.sandbox, hold.transaction_id}] = hold.expire_wall;
      queue_.insert({hold.expire_wall, {hold.sandbox, hold.transaction_id}});
    }
  }

  void Disarm(const std::vector<Hold>& holds) override {
    sync::MutexLock lock(&mutex_);
    for (const Hold& hold : holds) Forget({hold.sandbox, hold.transaction_id});
  }

  // A clock only moves forward, so what is armed comes late at worst; the
  // engine's own alarm of the sandbox was set by the same commit.
  void Rearm(const std::string&) override {}

  void Retire(const std::string& sandbox) override {
    sync::MutexLock lock(&mutex_);
    auto it = expiry_.lower_bound({sandbox, ""});
    for (; it != expiry_.end() && it->first.first == sandbox; it = expiry_.erase(it)) {
      queue_.erase({it->second, it->first});
    }
  }

  // What is stored was armed by an earlier process: the alarms stand for it.
  void Start(OnExpired on_expired, ReadStored) override {
    on_expired_ = std::move(on_expired);
    thread_ = std::thread([this] { Loop(); });
  }

  void Stop() override {
    {
      sync::MutexLock lock(&mutex_);
      stopped_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  using Key = std::pair<std::string, std::string>;  // sandbox, transaction

  void Forget(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto it = expiry_.find(key);
    if (it == expiry_.end()) return;
    queue_.erase({it->second, key});
    expiry_.erase(it);
  }

  void Loop() {
    while (true) {
      std::string sandbox;
      {
        sync::MutexLock lock(&mutex_);
        const absl::Time next = queue_.empty() ? absl::InfiniteFuture() : queue_.begin()->first;
        const auto changed = [&] { return stopped_ || (!queue_.empty() && queue_.begin()->first < next); };
        lock.AwaitUntil(next, changed);
        if (stopped_) return;
        if (queue_.empty() || queue_.begin()->first > absl::Now()) continue;
        const Key key = queue_.begin()->second;
        sandbox = key.first;
        Forget(key);
      }
      on_expired_(sandbox);
    }
  }

  const int max_holds_;
  OnExpired on_expired_;
  sync::Mutex mutex_;
  absl::btree_map<Key, absl::Time> expiry_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, Key>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Holds> NewInProcessHolds(int max_holds) {
  return std::make_unique<InProcessHolds>(max_holds);
}

}  // namespace tracktrove::holds
