// Many live holds, of which some end within one second: none early, all in time.
#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr char kHeldSandbox[] = "holds";

v1::InitiateTransactionRequest Held(int64_t number, absl::Duration ttl) {
  v1::InitiateTransactionRequest request = Tip(kHeldSandbox, number);
  request.set_capture(v1::Transaction::MANUAL);
  request.mutable_hold_ttl()->set_seconds(absl::ToInt64Seconds(ttl));
  request.mutable_hold_ttl()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(ttl - absl::Floor(ttl, absl::Seconds(1)))));
  return request;
}

// The due time of each hold that is to end, by its transaction. `lead` is time
// to have all of them under way before the first one ends.
std::map<std::string, absl::Time> InitiateEnding(const Client& client, int64_t count, int64_t first,
                                                 absl::Duration lead) {
  std::mutex mutex;
  std::map<std::string, absl::Time> due;
  const absl::Time start = absl::Now() + lead;
  Initiate(
      client, kInFlight,
      [&](int64_t i) { return Held(first + i, start + absl::Seconds(1) * i / count - absl::Now()); },
      UpTo(count),
      [&](const v1::Transaction& transaction) {
        std::lock_guard lock(mutex);
        due[transaction.id()] = TimeOf(transaction.hold().expire_time());
      });
  return due;
}

}  // namespace

void MeasureHolds(Bench& bench) {
  const Scale& scale = bench.scale;
  const Database database("holds");
  testing::ServerProcess server({}, database.ForServer());
  const Client client = server.client();
  CreateSandbox(client, kHeldSandbox, v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
  const int64_t staying = scale.holds - scale.ending_holds;
  Initiate(
      client, kInFlight, [](int64_t i) { return Held(i, absl::Hours(24)); }, UpTo(staying));
  bench.report.Progress(absl::StrCat("holds: ", staying, " stay"));

  for (int round = 0; round < scale.rounds; ++round) {
    v1::StreamTraceRequest request;
    request.set_sandbox(kHeldSandbox);
    request.add_types(v1::TraceRecord::HOLD_EXPIRED);
    const auto stream = Must(client.StreamTrace(request), "watching the holds");
    const auto due =
        InitiateEnding(client, scale.ending_holds, staying + round * scale.ending_holds, 2 * scale.span);
    std::vector<double> lateness;  // ms
    while (lateness.size() < due.size()) {
      const auto record = Must(stream->Next(), "watching the holds");
      if (!record) throw std::runtime_error("the stream of expired holds ended");
      const auto it = due.find(record->transaction_id());
      if (it == due.end()) throw std::runtime_error("a hold ended that was to stay");
      lateness.push_back(absl::ToDoubleMilliseconds(TimeOf(record->wall_time()) - it->second));
    }
    const auto early = std::count_if(lateness.begin(), lateness.end(), [](double ms) { return ms < 0; });
    bench.report.Add("holds/early", static_cast<double>(early), "holds", AtMost(0));
    bench.report.Add("holds/late_p50", Quantile(lateness, 0.5), "ms");
    bench.report.Add("holds/late_p99", Quantile(lateness, 0.99), "ms");
    bench.report.Add("holds/late_max", Quantile(lateness, 1), "ms", AtMost(1000));
  }
  bench.report.Note(absl::StrCat("holds: ", scale.holds, " live, of which ", scale.ending_holds,
                                 " end within one second; late by the wall time of their record"));
}

}  // namespace tracktrove::bench
