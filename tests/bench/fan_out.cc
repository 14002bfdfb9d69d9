// How long after the commit a hundred subscribers know.
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr char kSandbox[] = "fan-out";
constexpr int kInFlight = 1024;  // enough that the pace never waits for answers

// Reads a stream to its `count`th change, on a thread of its own.
class Subscriber {
 public:
  Subscriber(const Client& client, int64_t count) {
    v1::WatchTransactionsRequest request;
    request.set_sandbox(kSandbox);
    stream_ = Must(client.WatchTransactions(request), "watching");
    thread_ = std::thread([this, count] { Read(count); });
  }
  ~Subscriber() {
    stream_->Cancel();
    if (thread_.joinable()) thread_.join();
  }

  // Milliseconds from each record's wall time to its arrival here.
  const std::vector<double>& Delays() {
    thread_.join();
    return delays_;
  }

 private:
  void Read(int64_t count) {
    while (static_cast<int64_t>(delays_.size()) < count) {
      const auto change = stream_->Next();
      if (!change.ok() || !*change) return;
      delays_.push_back(absl::ToDoubleMilliseconds(absl::Now() - TimeOf((*change)->wall_time())));
    }
  }

  std::unique_ptr<Stream<v1::TransactionChange>> stream_;
  std::vector<double> delays_;
  std::thread thread_;
};

}  // namespace

void MeasureFanOut(Bench& bench) {
  const Scale& scale = bench.scale;
  const Database database("fan_out");
  testing::ServerProcess server({}, database.ForServer());
  const Client client = server.client();
  // One change for each transaction: the clock that would bring more stands still.
  CreateSandbox(client, kSandbox, v1::Sandbox::Clock::MANUAL, v1::Sandbox::PACED);
  const auto count = static_cast<int64_t>(scale.paced_rate * absl::ToDoubleSeconds(scale.span));
  for (int round = 0; round < scale.rounds; ++round) {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    for (int i = 0; i < scale.subscribers; ++i)
      subscribers.push_back(std::make_unique<Subscriber>(client, count));
    const Throughput load = Initiate(
        client, kInFlight, [](int64_t i) { return Tip(kSandbox, i); }, AtPace(scale.paced_rate, count));
    std::vector<double> delays;
    for (auto& subscriber : subscribers) {
      const std::vector<double>& own = subscriber->Delays();
      if (static_cast<int64_t>(own.size()) != count)
        throw std::runtime_error("a subscriber's stream broke off");
      delays.insert(delays.end(), own.begin(), own.end());
    }
    bench.report.Add("fan_out/rate", load.PerSecond(), "tx/s");
    bench.report.Add("fan_out/p50", Quantile(delays, 0.5), "ms");
    bench.report.Add("fan_out/p99", Quantile(delays, 0.99), "ms", AtMost(20));
    bench.report.Add("fan_out/max", Quantile(delays, 1), "ms");
  }
  bench.report.Note(
      "fan_out counts from a record's wall time, which is stamped before its commit: it contains the commit");
}

}  // namespace tracktrove::bench
