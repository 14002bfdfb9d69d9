#include "events/redis_relay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <future>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "events/run_codec.h"
#include "sync/log_limit.h"
#include "sync/mutex.h"

namespace tracktrove::events {
namespace {

using redis::Command;
using redis::Replies;
using redis::Reply;

// Of one entry of a stream, and of what is sent in one request.
constexpr size_t kMostRecords = 256;
constexpr int64_t kEntryBytes = int64_t{256} << 10;
constexpr int64_t kRequestBytes = int64_t{1} << 20;
constexpr size_t kMaxSandboxes = 1024;  // of which it is remembered what was written or asked
// What a record weighs beside its DTO, about.
constexpr int64_t kRecordBytes = 200;
// The field of a stream's entry.
constexpr char kField[] = "run";

int64_t BytesOf(const Entry& entry) {
  return kRecordBytes + (entry->record.dto ? static_cast<int64_t>(entry->record.dto->size()) : 0);
}

std::string IdOf(int64_t sequence) { return absl::StrCat(sequence, "-0"); }

class RedisRelay : public Relay {
 public:
  RedisRelay(redis::Link& link, redis::Subscriber& subscriber, RedisRelayOptions options)
      : link_(link),
        options_(std::move(options)),
        channel_(absl::StrCat(options_.prefix, ":news@", options_.database)) {
    subscriber.On(channel_, [this](const std::string& message) { OnMessage(message); });
  }

  void Start(OnNews on_news) override {
    sync::MutexLock lock(&mutex_);
    on_news_ = std::move(on_news);
  }

  void Tell(const std::string& sandbox, domain::WorldId world, const Run& run) override {
    int64_t bytes = 0;
    for (const Entry& entry : run.entries) bytes += BytesOf(entry);
    sync::MutexLock lock(&mutex_);
    if (pending_bytes_ + bytes > options_.max_pending_bytes) return;
    pending_bytes_ += bytes;
    const auto last = last_pending_.find(sandbox);
    if (last != last_pending_.end() && last->second->world == world &&
        last->second->run.End() == run.before) {
      Told& told = *last->second;
      told.run.entries.insert(told.run.entries.end(), run.entries.begin(), run.entries.end());
      told.bytes += bytes;
    } else {
      last_pending_[sandbox] = pending_.insert(pending_.end(), {sandbox, world, run, bytes});
    }
    SendPending();
  }

  Run Fetch(const std::string& sandbox, domain::WorldId world, int64_t after) override {
    // One at a time: what one thread fetches is what the next one wants.
    sync::MutexLock lock(&fetching_);
    const std::string key = KeyOf(sandbox, world);
    const absl::Time now = absl::Now();
    const auto in_vain = in_vain_.find(key);
    const bool asked = in_vain != in_vain_.end() && now < in_vain->second.until;
    if (now < paused_until_ || (asked && after <= in_vain->second.after)) return {};
    Run run = Join(world, Range(key, after));
    if (run.before.sequence > after) {
      if (in_vain_.size() >= kMaxSandboxes) in_vain_.clear();
      in_vain_[key] = {after, now + options_.fetch_pause};
    }
    return run;
  }

 private:
  struct Told {
    std::string sandbox;
    domain::WorldId world = 0;
    Run run;
    int64_t bytes = 0;
  };
  // Nobody keeps what follows `after`: not to be asked again for a while.
  struct InVain {
    int64_t after = 0;
    absl::Time until;
  };
  // The entries of a stream that this replica added and that are to be kept.
  struct Written {
    std::deque<std::pair<int64_t, int64_t>> entries;  // id's sequence, bytes
    int64_t bytes = 0;
  };

  std::string KeyOf(const std::string& sandbox, domain::WorldId world) const {
    return absl::StrCat(options_.prefix, ":log:", sandbox, ":", world);
  }

  // One request at a time is under way; what gathers meanwhile goes with the next.
  void SendPending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (sending_ || pending_.empty()) return;
    sending_ = link_.Send({.make = [this] { return MakeCommands(); },
                           .done = [this](const absl::StatusOr<Replies>& replies) { OnSent(replies); }});
    if (sending_) return;
    pending_.clear();  // the database has it
    last_pending_.clear();
    pending_bytes_ = 0;
  }

  std::list<Told> TakePending() {
    sync::MutexLock lock(&mutex_);
    std::list<Told> taken;
    for (int64_t bytes = 0; !pending_.empty() && bytes < kRequestBytes;) {
      const Told& next = pending_.front();
      bytes += next.bytes;
      pending_bytes_ -= next.bytes;
      const auto last = last_pending_.find(next.sandbox);
      if (last->second == pending_.begin()) last_pending_.erase(last);
      taken.splice(taken.end(), pending_, pending_.begin());
    }
    return taken;
  }

  // On the link's thread, which pays for the encoding.
  std::vector<Command> MakeCommands() {
    std::vector<Command> commands;
    for (const Told& told : TakePending()) {
      const std::string key = KeyOf(told.sandbox, told.world);
      AddEntries(key, told, commands);
      commands.push_back({"PEXPIRE", key, absl::StrCat(absl::ToInt64Milliseconds(options_.expiry))});
      const Position head = told.run.End();
      commands.push_back({"PUBLISH", channel_,
                          absl::StrCat(told.world, " ", head.sequence, " ", head.hash, " ", told.sandbox)});
    }
    return commands;
  }

  void AddEntries(const std::string& key, const Told& told, std::vector<Command>& commands) {
    Run part{.before = told.run.before, .entries = {}};
    int64_t bytes = 0;
    for (const Entry& entry : told.run.entries) {
      part.entries.push_back(entry);
      bytes += BytesOf(entry);
      if (part.entries.size() < kMostRecords && bytes < kEntryBytes && entry != told.run.entries.back())
        continue;
      std::string encoded = EncodeRun(told.world, part);
      const int64_t last = entry->record.sequence;
      const std::string oldest = IdOf(OldestToKeep(key, last, static_cast<int64_t>(encoded.size())));
      commands.push_back({"XADD", key, "MINID", "~", oldest, IdOf(last), kField, std::move(encoded)});
      part = {.before = part.End(), .entries = {}};
      bytes = 0;
    }
  }

  // Ids are sequences, so trimming below one bounds the records; the bytes are
  // counted here.
  int64_t OldestToKeep(const std::string& key, int64_t last, int64_t bytes) {
    if (written_.size() >= kMaxSandboxes && !written_.contains(key)) written_.erase(written_.begin());
    Written& written = written_[key];
    written.entries.emplace_back(last, bytes);
    written.bytes += bytes;
    while (written.entries.size() > 1 && (written.bytes > options_.kept.bytes ||
                                          written.entries.front().first <= last - options_.kept.records)) {
      written.bytes -= written.entries.front().second;
      written.entries.pop_front();
    }
    return std::max<int64_t>(written.entries.front().first, last - options_.kept.records);
  }

  void OnSent(const absl::StatusOr<Replies>& replies) {
    if (replies.ok()) LogRefusals(*replies);
    sync::MutexLock lock(&mutex_);
    sending_ = false;
    SendPending();
  }

  void LogRefusals(const Replies& replies) {
    for (const Reply& reply : replies) {
      if (reply.kind != Reply::Kind::kError) continue;
      // It came after what another replica committed later: a gap, which is no harm.
      if (absl::StrContains(reply.text, "equal or smaller")) continue;
      if (error_limit_.Allow()) spdlog::warn("Redis refuses the latest records: {}", reply.text);
      return;
    }
  }

  // On the subscriber's thread.
  void OnMessage(const std::string& message) {
    const std::vector<std::string> parts = absl::StrSplit(message, absl::MaxSplits(' ', 3));
    domain::WorldId world = 0;
    Position head;
    if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &world) ||
        !absl::SimpleAtoi(parts[1], &head.sequence)) {
      return;
    }
    head.hash = parts[2];
    head.world = world;
    OnNews on_news;
    {
      sync::MutexLock lock(&mutex_);
      on_news = on_news_;
    }
    if (on_news) on_news(parts[3], world, head);
  }

  // The stream's entries that reach beyond `after`; none when Redis does not
  // answer in time.
  Replies Range(const std::string& key, int64_t after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetching_) {
    const auto promise = std::make_shared<std::promise<absl::StatusOr<Replies>>>();
    std::future<absl::StatusOr<Replies>> answer = promise->get_future();
    Command command = {"XRANGE", key, IdOf(after + 1), "+", "COUNT", absl::StrCat(options_.kept.records)};
    const bool sent = link_.Send(
        {.make = [command] { return std::vector<Command>{command}; },
         .done = [promise](absl::StatusOr<Replies> replies) { promise->set_value(std::move(replies)); }});
    if (!sent) return {};
    if (answer.wait_for(absl::ToChronoMilliseconds(options_.fetch_timeout)) != std::future_status::ready) {
      paused_until_ = absl::Now() + options_.fetch_pause;
      return {};
    }
    absl::StatusOr<Replies> replies = answer.get();
    return replies.ok() ? std::move(replies->front().list) : Replies();
  }

  // The last of the runs that follow each other without a gap, as one.
  static Run Join(domain::WorldId world, const Replies& entries) {
    Run joined;
    for (const Reply& entry : entries) {
      // An id, and the fields and their values.
      const bool is_ours = entry.list.size() == 2 && entry.list[1].list.size() == 2;
      std::optional<Run> run = is_ours ? DecodeRun(world, entry.list[1].list[1].text) : std::nullopt;
      if (!run) {
        joined = {};
      } else if (joined.End() == run->before) {
        joined.entries.insert(joined.entries.end(), run->entries.begin(), run->entries.end());
      } else {
        joined = *std::move(run);
      }
    }
    return joined;
  }

  redis::Link& link_;
  const RedisRelayOptions options_;
  const std::string channel_;
  sync::LogLimit error_limit_{absl::Seconds(10)};
  std::map<std::string, Written> written_;  // by key; of the link's thread alone

  sync::Mutex mutex_;
  OnNews on_news_ ABSL_GUARDED_BY(mutex_);
  std::list<Told> pending_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::list<Told>::iterator> last_pending_ ABSL_GUARDED_BY(mutex_);  // by sandbox
  int64_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;

  sync::Mutex fetching_;
  absl::Time paused_until_ ABSL_GUARDED_BY(fetching_) = absl::InfinitePast();
  std::map<std::string, InVain> in_vain_ ABSL_GUARDED_BY(fetching_);  // by key
};

}  // namespace

std::unique_ptr<Relay> NewRedisRelay(redis::Link& link, redis::Subscriber& subscriber,
                                     RedisRelayOptions options) {
  return std::make_unique<RedisRelay>(link, subscriber, std::move(options));
}

}  // namespace tracktrove::events
