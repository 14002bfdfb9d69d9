#include "engine/follower.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "domain/record.h"

namespace tracktrove::engine {
namespace {

constexpr size_t kNamesAPoll = 1000;
// A ring that is farther behind than these starts anew at the head.
constexpr int kRecordPage = 1000;
constexpr int kMostPages = 4;

events::Position PositionOf(const store::Head& head) { return {head.sequence, head.hash, head.world}; }

}  // namespace

Follower::Follower(absl::Duration poll_interval, Readers& readers, events::Hub& hub)
    : poll_interval_(poll_interval), readers_(readers), hub_(hub) {}

Follower::~Follower() { Stop(); }

void Follower::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Follower::OnNews(const std::string& sandbox, domain::WorldId world, const events::Position& head) {
  if (!hub_.Lacks(sandbox, head)) return;  // nobody listens, or it is our own
  sync::MutexLock lock(&mutex_);
  news_[sandbox] = {world, head};
}

void Follower::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Follower::Loop() {
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<> jitter(0.7, 1.0);  // replicas must not ask in step
  absl::Time next_poll = absl::Now() + poll_interval_ * jitter(random);
  while (true) {
    std::map<std::string, News> news;
    {
      sync::MutexLock lock(&mutex_);
      const auto has_work = [this] { return stopped_ || !news_.empty(); };
      lock.AwaitUntil(next_poll, has_work);
      if (stopped_) return;
      news.swap(news_);
    }
    std::vector<std::string> behind;
    for (const auto& [sandbox, told] : news) {
      if (!hub_.Lacks(sandbox, told.head)) continue;  // it came with news before it
      hub_.MergeFromRelay(sandbox, told.world);
      if (hub_.Lacks(sandbox, told.head)) behind.push_back(sandbox);
    }
    if (absl::Now() >= next_poll) {
      behind = hub_.Listened();
      next_poll = absl::Now() + poll_interval_ * jitter(random);
    }
    Poll(behind);
  }
}

void Follower::Poll(const std::vector<std::string>& names) {
  for (size_t start = 0; start < names.size(); start += kNamesAPoll) {
    const auto first = names.begin() + start;
    const std::vector<std::string> some(first, first + std::min(kNamesAPoll, names.size() - start));
    absl::StatusOr<std::vector<store::Head>> heads;
    const absl::Status status =
        readers_.RunAndWait([&](store::Reader& reader) { heads = reader.Heads(some); });
    if (!status.ok() || !heads.ok()) {
      // The next poll comes soon.
      spdlog::debug("the heads could not be read: {}", (status.ok() ? heads.status() : status).ToString());
      return;
    }
    std::set<std::string> gone(some.begin(), some.end());
    for (const store::Head& head : *heads) {
      gone.erase(head.sandbox);
      if (hub_.Lacks(head.sandbox, PositionOf(head))) CatchUp(head);
    }
    for (const std::string& sandbox : gone) hub_.Forget(sandbox);
  }
}

void Follower::CatchUp(const store::Head& head) {
  hub_.MergeFromRelay(head.sandbox, head.world);
  if (!hub_.Lacks(head.sandbox, PositionOf(head)) || MergeFromDatabase(head)) return;
  hub_.Restart(head.sandbox, PositionOf(head));
}

bool Follower::MergeFromDatabase(const store::Head& head) {
  for (int page = 0; page < kMostPages; ++page) {
    const std::optional<events::Position> end = hub_.End(head.sandbox);
    if (!end) return false;
    if (end->sequence > head.sequence) {  // it has gone on since the head was read, or is of another log
      const auto records = ReadRecords(head.world, end->sequence - 1, 1);
      return !records.empty() && events::PositionOf(records[0]) == *end;
    }
    auto records = ReadRecords(head.world, end->sequence, kRecordPage);
    if (records.empty() || !events::Follows(records[0], *end)) return false;
    events::Run run{.before = *end, .entries = {}};
    for (domain::LogEntry& entry : records) {
      run.entries.push_back(std::make_shared<const domain::LogEntry>(std::move(entry)));
    }
    hub_.Merge(head.sandbox, run);
    if (!hub_.Lacks(head.sandbox, PositionOf(head))) return true;
  }
  return false;
}

std::vector<domain::LogEntry> Follower::ReadRecords(domain::WorldId world, int64_t after, int limit) {
  absl::StatusOr<std::vector<domain::LogEntry>> records;
  const absl::Status status = readers_.RunAndWait([&](store::Reader& reader) {
    records = reader.ReadRecords(
        world,
        {.transaction_id = std::nullopt, .after_sequence = after, .limit = limit, .with_previous_dto = true});
  });
  if (!status.ok() || !records.ok()) return {};
  return *std::move(records);
}

}  // namespace tracktrove::engine
