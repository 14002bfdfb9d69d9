// Whole lives a second: PACED ones with every step a timer on the sandbox's
// clock, on PostgreSQL and SQLite, and INSTANT ones on SQLite.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr absl::Duration kSettleLimit = absl::Seconds(60);

// Counts the lives that end, on a stream of its own.
class Ends {
 public:
  Ends(const Client& client, const std::string& sandbox) {
    v1::WatchTransactionsRequest request;
    request.set_sandbox(sandbox);
    request.add_states(v1::Transaction::COMPLETED);
    request.add_states(v1::Transaction::FAILED);
    stream_ = Must(client.WatchTransactions(request), "watching " + sandbox);
    thread_ = std::thread([this] { Count(); });
  }
  ~Ends() {
    stream_->Cancel();
    thread_.join();
  }

  int64_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }

  // Waits for the `count`th; false when the stream broke or it took too long.
  bool Await(int64_t count) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, absl::ToChronoSeconds(kSettleLimit), [&] {
      return broken_ || count_ >= count;
    }) && !broken_;
  }

 private:
  void Count() {
    while (true) {
      const auto change = stream_->Next();
      std::lock_guard lock(mutex_);
      broken_ = !change.ok() || !*change;
      if (!broken_) ++count_;
      more_.notify_all();
      if (broken_) return;
    }
  }

  std::unique_ptr<Stream<v1::TransactionChange>> stream_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  int64_t count_ = 0;
  bool broken_ = false;
  std::thread thread_;
};

// Keeps `live` transactions under way and counts the ends in the second half
// of the span, when as many end as begin.
double LivesPerSecond(const Client& client, const std::string& sandbox, int live, absl::Duration span) {
  Ends ends(client, sandbox);
  const absl::Time start = absl::Now();
  absl::Time half = absl::InfiniteFuture(), end;
  int64_t ended_by_half = 0, ended_by_end = 0;
  const auto await = [&](int64_t count) {
    if (!ends.Await(count)) throw std::runtime_error("lives that began in " + sandbox + " did not end");
  };
  const auto gate = [&](int64_t begun) {
    if (begun >= live) await(begun - live + 1);
    end = absl::Now();
    if (half == absl::InfiniteFuture() && end >= start + span / 2) {
      half = end;
      ended_by_half = ends.count();
    }
    ended_by_end = ends.count();
    return end < start + span;
  };
  await(Initiate(
            client, kInFlight, [&](int64_t i) { return Tip(sandbox, i); }, gate)
            .count);
  return static_cast<double>(ended_by_end - ended_by_half) / absl::ToDoubleSeconds(end - half);
}

}  // namespace

void MeasureLifecycles(Bench& bench) {
  const Database database("lives");
  testing::ServerProcess postgres({}, database.ForServer());
  testing::ServerProcess sqlite;
  for (const auto& server : {&postgres, &sqlite}) {
    CreateSandbox(server->client(), "paced", v1::Sandbox::Clock::REALTIME, v1::Sandbox::PACED);
    CreateSandbox(server->client(), "instant", v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
  }
  const Scale& scale = bench.scale;
  for (int round = 0; round < scale.rounds; ++round) {
    for (const auto& [server, name] : {std::pair(&postgres, "postgres"), std::pair(&sqlite, "sqlite")}) {
      bench.report.Add(absl::StrCat("lives/paced/", name),
                       LivesPerSecond(server->client(), "paced", scale.live, scale.span), "tx/s");
      bench.report.Add(
          absl::StrCat("lives/instant/", name),
          Initiate(
              server->client(), kInFlight, [](int64_t i) { return Tip("instant", i); }, For(scale.span))
              .PerSecond(),
          "tx/s");
    }
  }
}

}  // namespace tracktrove::bench
