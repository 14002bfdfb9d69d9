// What reading costs in a large log against a small one, each in a database of
// its own.
#include <algorithm>
#include <mutex>
#include <random>
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

constexpr char kReadSandbox[] = "log";
constexpr int kRecordsATip = 7;
constexpr int kChoice = 10'000;  // transactions to choose from

class Log {
 public:
  Log(Bench& bench, const std::string& name, int64_t records) : database_(name) {
    CreateSandbox(client_, kReadSandbox, v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
    const int64_t count = records / kRecordsATip;
    const int64_t step = std::max<int64_t>(1, count / kChoice);
    std::mutex mutex;
    int64_t answers = 0;
    Initiate(
        client_, kInFlight, [](int64_t i) { return Tip(kReadSandbox, i); }, UpTo(count),
        [&](const v1::Transaction& transaction) {
          std::lock_guard lock(mutex);
          if (answers++ % step == 0) ids_.push_back(transaction.id());
        });
    database_.Query("vacuum analyze");
    bench.report.Progress(absl::StrCat("reads: ", records, " records are in"));
  }

  // Both: the median of `count` calls, in milliseconds.
  double GetTrace(int count) {
    return MedianOf(count, [this] {
      v1::GetTraceRequest request;
      request.set_sandbox(kReadSandbox);
      request.set_transaction(ids_[random_() % ids_.size()]);
      int records = 0;
      for (auto& record : client_.GetTrace(request)) records += record.ok();
      if (records != kRecordsATip) throw std::runtime_error("a trace is not whole");
    });
  }

  double ListTransactions(int count) {
    return MedianOf(count, [this] {
      v1::ListTransactionsRequest request;
      request.set_sandbox(kReadSandbox);
      request.set_state(v1::Transaction::COMPLETED);
      if (!client_.ListTransactions(request).begin()->ok()) throw std::runtime_error("a list is empty");
    });
  }

 private:
  template <typename Call>
  double MedianOf(int count, Call call) {
    std::vector<double> took;
    for (int i = 0; i < count; ++i) {
      const absl::Time start = absl::Now();
      call();
      took.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    }
    return Median(took);
  }

  Database database_;
  testing::ServerProcess server_{{}, database_.ForServer()};
  const Client client_ = server_.client();
  std::vector<std::string> ids_;
  std::minstd_rand random_{7};
};

}  // namespace

void MeasureReads(Bench& bench) {
  const Scale& scale = bench.scale;
  Log few(bench, "few", scale.few_records);
  Log many(bench, "many", scale.many_records);
  for (int round = 0; round < scale.rounds; ++round) {
    const double few_trace = few.GetTrace(scale.reads), many_trace = many.GetTrace(scale.reads);
    const double few_list = few.ListTransactions(scale.reads), many_list = many.ListTransactions(scale.reads);
    bench.report.Add("reads/get_trace", few_trace, "ms");
    bench.report.Add("reads/list_transactions", few_list, "ms");
    bench.report.Add("reads/get_trace_many_vs_few", many_trace / few_trace, "x", AtMost(1.5));
    bench.report.Add("reads/list_many_vs_few", many_list / few_list, "x", AtMost(1.5));
  }
  bench.report.Note(absl::StrCat("reads: few is ", scale.few_records, " records, many ", scale.many_records,
                                 "; medians of single calls, one at a time"));
}

}  // namespace tracktrove::bench
