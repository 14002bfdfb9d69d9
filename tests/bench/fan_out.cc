// How long after the commit a hundred subscribers know.
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr char kWatchedSandbox[] = "fan-out";
constexpr int kManyInFlight = 1024;  // enough that the pace never waits for answers

// When each record of the log was committed, as PostgreSQL noted down; it waits
// for the disk after that.
std::map<int64_t, absl::Time> CommitTimes(const Database& database) {
  std::map<int64_t, absl::Time> times;
  for (const std::string& line : database.Query(
           "select sequence || ' ' ||"
           " (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint from traces")) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, ' ');
    int64_t sequence = 0, micros = 0;
    if (!absl::SimpleAtoi(parts.first, &sequence) || !absl::SimpleAtoi(parts.second, &micros))
      throw std::runtime_error("PostgreSQL does not note down when it commits");
    times[sequence] = absl::FromUnixMicros(micros);
  }
  return times;
}

// Reads a stream to its `count`th change, on a thread of its own.
class Subscriber {
 public:
  Subscriber(const Client& client, int64_t count) {
    v1::WatchTransactionsRequest request;
    request.set_sandbox(kWatchedSandbox);
    stream_ = Must(client.WatchTransactions(request), "watching");
    thread_ = std::thread([this, count] { Read(count); });
  }
  ~Subscriber() {
    stream_->Cancel();
    if (thread_.joinable()) thread_.join();
  }

  // When each record, by its sequence, was here.
  const std::vector<std::pair<int64_t, absl::Time>>& Arrivals() {
    thread_.join();
    return arrivals_;
  }

 private:
  void Read(int64_t count) {
    while (static_cast<int64_t>(arrivals_.size()) < count) {
      const auto change = stream_->Next();
      if (!change.ok() || !*change) return;
      arrivals_.emplace_back((*change)->sequence(), absl::Now());
    }
  }

  std::unique_ptr<Stream<v1::TransactionChange>> stream_;
  std::vector<std::pair<int64_t, absl::Time>> arrivals_;
  std::thread thread_;
};

}  // namespace

void MeasureFanOut(Bench& bench) {
  const Scale& scale = bench.scale;
  const Database database("fan_out");
  testing::ServerProcess server({}, database.ForServer());
  const Client client = server.client();
  // One change for each transaction: the clock that would bring more stands still.
  CreateSandbox(client, kWatchedSandbox, v1::Sandbox::Clock::MANUAL, v1::Sandbox::PACED);
  const auto count = static_cast<int64_t>(scale.paced_rate * absl::ToDoubleSeconds(scale.span));
  for (int round = 0; round < scale.rounds; ++round) {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    for (int i = 0; i < scale.subscribers; ++i)
      subscribers.push_back(std::make_unique<Subscriber>(client, count));
    const Throughput load = Initiate(
        client, kManyInFlight, [](int64_t i) { return Tip(kWatchedSandbox, i); },
        AtPace(scale.paced_rate, count));
    std::vector<double> delays;
    const std::map<int64_t, absl::Time> committed = CommitTimes(database);
    for (auto& subscriber : subscribers) {
      const auto& arrivals = subscriber->Arrivals();
      if (static_cast<int64_t>(arrivals.size()) != count)
        throw std::runtime_error("a subscriber's stream broke off");
      for (const auto& [sequence, time] : arrivals)
        delays.push_back(absl::ToDoubleMilliseconds(time - committed.at(sequence)));
    }
    bench.report.Add("fan_out/rate", load.PerSecond(), "tx/s");
    bench.report.Add("fan_out/p50", Quantile(delays, 0.5), "ms");
    bench.report.Add("fan_out/p99", Quantile(delays, 0.99), "ms", AtMost(20));
    bench.report.Add("fan_out/max", Quantile(delays, 1), "ms");
  }
  bench.report.Note(
      "fan_out counts from the commit as PostgreSQL noted it down, just before the disk confirmed it");
}

}  // namespace tracktrove::bench
