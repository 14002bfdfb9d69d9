// The server's resident memory: at rest, at its peak under load, and for each
// idle stream.
#include <memory>
#include <thread>
#include <vector>

#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr char kFilledSandbox[] = "memory";

double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// Streams that have said where they stand and have nothing more to say.
class IdleStreams {
 public:
  IdleStreams(const Client& client, int count) {
    v1::WatchTransactionsRequest request;
    request.set_sandbox(kFilledSandbox);
    for (int i = 0; i < count; ++i) {
      streams_.push_back(Must(client.WatchTransactions(request), "watching"));
      threads_.emplace_back([stream = streams_.back().get()] { (void)stream->Next(); });
    }
  }
  ~IdleStreams() {
    for (auto& stream : streams_) stream->Cancel();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::unique_ptr<Stream<v1::TransactionChange>>> streams_;
  std::vector<std::thread> threads_;
};

}  // namespace

void MeasureMemory(Bench& bench) {
  const Scale& scale = bench.scale;
  for (int round = 0; round < scale.rounds; ++round) {
    const Database database("memory");
    testing::ServerProcess server({}, database.ForServer());
    const Client client = server.client();
    CreateSandbox(client, kFilledSandbox, v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
    bench.report.Add("memory/at_rest", Mebibytes(server.Memory()), "MiB");
    const int64_t before = server.Memory();
    {
      const IdleStreams streams(client, scale.idle_streams);
      bench.report.Add("memory/idle_stream",
                       static_cast<double>(server.Memory() - before) / 1024 / scale.idle_streams, "KiB");
    }
    Initiate(
        client, kInFlight, [](int64_t i) { return Tip(kFilledSandbox, i); }, For(scale.span));
    bench.report.Add("memory/peak_under_load", Mebibytes(server.PeakMemory()), "MiB");
  }
}

}  // namespace tracktrove::bench
