#include "holds/redis_holds.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "domain/vocabulary.h"
#include "holds/hold_keys.h"
#include "sync/log_limit.h"
#include "sync/mutex.h"

namespace tracktrove::holds {
namespace {

using redis::Command;
using redis::Replies;
using redis::Reply;

constexpr int kMostTogether = 1000;  // commands of one request
constexpr size_t kMaxEnded = 10'000;
constexpr size_t kMaxMoved = 1000;
// A replica that arms all keys and dies in it is replaced after this.
constexpr char kArmingMilliseconds[] = "60000";
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLastRetry = absl::Seconds(30);

class RedisHolds : public Holds {
 public:
  RedisHolds(redis::Link& link, redis::Subscriber& subscriber, RedisHoldsOptions options)
      : link_(link), options_(std::move(options)), keys_(options_.prefix) {
    link_.OnUp([this] { OnUp(); });
    subscriber.On(ExpiredChannel(options_.database), [this](const std::string& key) { OnKeyExpired(key); });
  }
  ~RedisHolds() override { Stop(); }

  void Arm(const std::vector<Hold>& holds) override {
    if (holds.empty()) return;
    sync::MutexLock lock(&mutex_);
    for (const Hold& hold : holds) Change({hold.sandbox, hold.transaction_id}, hold.expire_wall);
    SendPending();
  }

  void Disarm(const std::vector<Hold>& holds) override {
    if (holds.empty()) return;
    sync::MutexLock lock(&mutex_);
    for (const Hold& hold : holds) Change({hold.sandbox, hold.transaction_id}, std::nullopt);
    SendPending();
  }

  void Rearm(const std::string& sandbox) override {
    sync::MutexLock lock(&mutex_);
    if (moved_.size() < kMaxMoved) {
      moved_.insert(sandbox);
    } else {
      incomplete_ = true;
    }
  }

  void Retire(const std::string& sandbox) override {
    sync::MutexLock lock(&mutex_);
    auto it = pending_.lower_bound({sandbox, ""});
    while (it != pending_.end() && it->first.first == sandbox) it = pending_.erase(it);
    if (retired_.size() < kMaxMoved) retired_.insert(sandbox);
  }

  void Start(Holds::OnExpired on_expired, ReadStored read_stored) override {
    {
      sync::MutexLock lock(&telling_);
      on_expired_ = std::move(on_expired);
    }
    read_stored_ = std::move(read_stored);
    thread_ = std::thread([this] { Loop(); });
  }

  void Stop() override {
    {
      sync::MutexLock lock(&telling_);
      on_expired_ = nullptr;
    }
    {
      sync::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Change(HoldKey key, std::optional<absl::Time> expire) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (static_cast<int>(pending_.size()) >= options_.max_pending && !pending_.contains(key)) {
      incomplete_ = true;
    } else {
      pending_[std::move(key)] = expire;
    }
  }

  // One request at a time is under way; what gathers meanwhile goes with the next.
  void SendPending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (sending_ || pending_.empty()) return;
    sending_ = link_.Send({.make = [this] { return TakePending(); },
                           .done = [this](const absl::StatusOr<Replies>& replies) { OnSent(replies); }});
    if (sending_) return;
    pending_.clear();
    incomplete_ = true;
  }

  std::vector<Command> TakePending() {
    sync::MutexLock lock(&mutex_);
    const absl::Time now = absl::Now();
    std::vector<Command> commands;
    while (!pending_.empty() && commands.size() < kMostTogether) {
      const auto& [key, expire] = *pending_.begin();
      if (auto command = keys_.Set(key, expire, now)) commands.push_back(*std::move(command));
      pending_.erase(pending_.begin());
    }
    return commands;
  }

  void OnSent(const absl::StatusOr<Replies>& replies) {
    const bool taken = WereTaken(replies);
    sync::MutexLock lock(&mutex_);
    if (!taken) incomplete_ = true;
    sending_ = false;
    SendPending();
  }

  bool WereTaken(const absl::StatusOr<Replies>& replies) {
    if (!replies.ok()) return false;
    for (const Reply& reply : *replies) {
      if (reply.kind != Reply::Kind::kError) continue;
      if (error_limit_.Allow()) spdlog::warn("Redis refuses the keys of holds: {}", reply.text);
      return false;
    }
    return true;
  }

  // On the link's thread: sees to it that Redis tells of expired keys.
  void OnUp() {
    link_.Send({.make =
                    [] {
                      return std::vector<Command>{{"CONFIG", "GET", "notify-keyspace-events"}};
                    },
                .done =
                    [this](const absl::StatusOr<Replies>& replies) {
                      if (replies.ok()) OnSetting(replies->front());
                    }});
  }

  void OnSetting(const Reply& reply) {
    if (reply.list.size() != 2) return LogNoEvents(reply.text);
    const std::optional<std::string> wanted = WithExpiredEvents(reply.list[1].text);
    if (!wanted) return;
    link_.Send({.make =
                    [wanted] {
                      return std::vector<Command>{{"CONFIG", "SET", "notify-keyspace-events", *wanted}};
                    },
                .done =
                    [this](const absl::StatusOr<Replies>& replies) {
                      if (replies.ok() && replies->front().kind == Reply::Kind::kError) {
                        LogNoEvents(replies->front().text);
                      }
                    }});
  }

  void LogNoEvents(const std::string& problem) {
    if (!events_limit_.Allow()) return;
    spdlog::warn(
        "Redis may not tell when holds end, and lets nobody here switch that on ({}): set its "
        "notify-keyspace-events to Ex; until then the database's timers end holds by themselves",
        problem.empty() ? "no such setting" : problem);
  }

  // On the subscriber's thread. Every replica hears it; who sets the claim, ticks.
  void OnKeyExpired(const std::string& name) {
    const std::optional<HoldKey> key = keys_.Parse(name);
    if (!key) return;
    sync::MutexLock lock(&mutex_);
    if (ended_.size() < kMaxEnded) ended_.push_back(*key);
    SendClaims();
  }

  void SendClaims() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (claiming_ || ended_.empty()) return;
    claiming_ = link_.Send({.make = [this] { return TakeEnded(); },
                            .done = [this](const absl::StatusOr<Replies>& replies) { OnClaimed(replies); }});
    if (!claiming_) ended_.clear();  // the timers are there
  }

  std::vector<Command> TakeEnded() {
    sync::MutexLock lock(&mutex_);
    const size_t count = std::min<size_t>(ended_.size(), kMostTogether);
    claimed_.assign(ended_.begin(), ended_.begin() + count);
    ended_.erase(ended_.begin(), ended_.begin() + count);
    std::vector<Command> commands;
    for (const HoldKey& key : claimed_) commands.push_back(keys_.Claim(key));
    return commands;
  }

  void OnClaimed(const absl::StatusOr<Replies>& replies) {
    std::set<std::string> sandboxes;
    {
      sync::MutexLock lock(&mutex_);
      for (size_t i = 0; i < claimed_.size(); ++i) {
        // Nil: another one was first. What became of a claim may be unknown; a tick too many does no harm.
        const bool lost = replies.ok() && (*replies)[i].kind == Reply::Kind::kNil;
        if (!lost) sandboxes.insert(claimed_[i].first);
      }
      claimed_.clear();
      claiming_ = false;
      SendClaims();
    }
    sync::MutexLock lock(&telling_);
    for (const std::string& sandbox : sandboxes) {
      if (on_expired_) on_expired_(sandbox);
    }
  }

  // The thread that may block: sees to it that the keys are complete.
  void Loop() {
    absl::Duration retry = kFirstRetry;
    absl::Time next_attempt = absl::InfinitePast();
    absl::Time next_check = absl::InfinitePast();
    while (true) {
      std::set<std::string> retired, moved;
      {
        sync::MutexLock lock(&mutex_);
        const auto has_work = [&] { return stopping_ || !moved_.empty() || !retired_.empty(); };
        lock.AwaitUntil(next_check, has_work);
        if (stopping_) return;
        retired.swap(retired_);
        moved.swap(moved_);
      }
      for (const std::string& sandbox : retired) {
        DeleteAll(sandbox);
        moved.insert(sandbox);  // those of the world that came after
      }
      for (const std::string& sandbox : moved) {
        if (!ArmStored(sandbox)) NoteIncomplete();
      }
      if (absl::Now() < next_check) continue;
      next_check = absl::Now() + options_.check_interval * jitter_(random_);
      if (!link_.up() || absl::Now() < next_attempt || !MustArmAll()) continue;
      const bool armed = ArmAll();
      retry = armed ? kFirstRetry : std::min(retry * 2, kLastRetry);
      next_attempt = armed ? absl::InfinitePast() : absl::Now() + retry;
    }
  }

  void NoteIncomplete() {
    sync::MutexLock lock(&mutex_);
    incomplete_ = true;
  }

  // We left something out, or Redis has been emptied and nobody else is at it.
  bool MustArmAll() {
    {
      sync::MutexLock lock(&mutex_);
      if (incomplete_) return true;
    }
    const absl::StatusOr<Replies> found = Ask({{"GET", keys_.Armed()}});
    if (!found.ok() || found->front().kind != Reply::Kind::kNil) return false;
    const absl::StatusOr<Replies> claimed =
        Ask({{"SET", keys_.Armed(), "arming", "NX", "PX", kArmingMilliseconds}});
    return claimed.ok() && claimed->front().kind == Reply::Kind::kText;
  }

  bool ArmAll() {
    {
      sync::MutexLock lock(&mutex_);
      incomplete_ = false;  // what is left out from now on counts again
    }
    const auto started = Ask({{"SET", keys_.Armed(), "arming", "PX", kArmingMilliseconds}});
    bool armed = started.ok() && ArmStored("");
    if (armed) {
      // Not when it is gone: Redis was emptied meanwhile.
      const auto ended = Ask({{"SET", keys_.Armed(), domain::Rfc3339(absl::Now()), "XX"}});
      armed = ended.ok() && ended->front().kind == Reply::Kind::kText;
    }
    if (!armed) NoteIncomplete();
    return armed;
  }

  // Sets the keys of the stored holds, of one sandbox or (empty) of all.
  bool ArmStored(const std::string& sandbox) {
    bool taken = true;
    const absl::Status status = read_stored_(sandbox, [&](const std::vector<Hold>& page) {
      std::vector<Command> commands = {{"PEXPIRE", keys_.Armed(), kArmingMilliseconds}};
      if (!sandbox.empty()) commands.clear();
      const absl::Time now = absl::Now();
      for (const Hold& hold : page) {
        auto command = keys_.Set({hold.sandbox, hold.transaction_id}, hold.expire_wall, now);
        if (command) commands.push_back(*std::move(command));
      }
      taken = WereTaken(Ask(std::move(commands)));
      return taken && !stopping();
    });
    if (!status.ok() && error_limit_.Allow()) {
      spdlog::warn("the stored holds could not be read and are tried again: {}", status.ToString());
    }
    return taken && status.ok() && !stopping();
  }

  // Deletes all keys of a sandbox, as far as Redis gives them.
  void DeleteAll(const std::string& sandbox) {
    std::string cursor = "0";
    do {
      const absl::StatusOr<Replies> found = Ask({keys_.Scan(sandbox, cursor)});
      if (!WereTaken(found) || found->front().list.size() != 2) return;
      cursor = found->front().list[0].text;
      Command deletion = {"DEL"};
      for (const Reply& key : found->front().list[1].list) deletion.push_back(key.text);
      if (deletion.size() > 1 && !WereTaken(Ask({deletion}))) return;
    } while (cursor != "0" && !stopping());
  }

  bool stopping() {
    sync::MutexLock lock(&mutex_);
    return stopping_;
  }

  // Waits for the replies, which come or fail soon.
  absl::StatusOr<Replies> Ask(std::vector<Command> commands) {
    std::promise<absl::StatusOr<Replies>> promise;
    const bool sent = link_.Send(
        {.make = [&commands] { return std::move(commands); },
         .done = [&promise](absl::StatusOr<Replies> replies) { promise.set_value(std::move(replies)); }});
    if (!sent) return absl::UnavailableError("Redis is away");
    return promise.get_future().get();
  }

  redis::Link& link_;
  const RedisHoldsOptions options_;
  const HoldKeys keys_;
  ReadStored read_stored_;
  sync::LogLimit error_limit_{absl::Seconds(10)};
  sync::LogLimit events_limit_{absl::Minutes(10)};

  sync::Mutex mutex_;
  std::map<HoldKey, std::optional<absl::Time>> pending_ ABSL_GUARDED_BY(mutex_);  // none: to be deleted
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<HoldKey> ended_ ABSL_GUARDED_BY(mutex_);
  std::vector<HoldKey> claimed_ ABSL_GUARDED_BY(mutex_);  // those under way
  bool claiming_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> moved_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> retired_ ABSL_GUARDED_BY(mutex_);
  bool incomplete_ ABSL_GUARDED_BY(mutex_) = true;  // an earlier process may have left something out
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  sync::Mutex telling_;  // held while an expiry is told
  Holds::OnExpired on_expired_ ABSL_GUARDED_BY(telling_);

  std::minstd_rand random_{std::random_device{}()};  // of the thread alone, like the next
  std::uniform_real_distribution<> jitter_{0.8, 1.0};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Holds> NewRedisHolds(redis::Link& link, redis::Subscriber& subscriber,
                                     RedisHoldsOptions options) {
  return std::make_unique<RedisHolds>(link, subscriber, std::move(options));
}

}  // namespace tracktrove::holds
