// A measure: what one file of this folder finds out, as figures of the report.
// A new one is a file with its function, and a line each below and in main.cc.
#ifndef TRACKTROVE_TESTS_BENCH_MEASURE_H_
#define TRACKTROVE_TESTS_BENCH_MEASURE_H_

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/database.h"
#include "tests/bench/report.h"

namespace tracktrove::bench {

// How long and how much. Everything a measure does is bounded by these.
struct Scale {
  int rounds = 3;
  absl::Duration span = absl::Seconds(5);  // of each load
  int64_t holds = 100'000;                 // live ones
  int64_t ending_holds = 1'000;            // of these, within one second
  int64_t few_records = 100'000;
  int64_t many_records = 1'000'000;
  int reads = 2'000;  // of each kind and size
  int subscribers = 100;
  int paced_rate = 2'000;  // transactions a second
  int idle_streams = 1'000;
  int live = 4'000;        // transactions under way at once
  int simulated = 30'000;  // of one simulation
};

struct Bench {
  const Scale& scale;
  Report& report;
};

// Throws std::runtime_error when something broke; a slow figure never does.
using Measure = void (*)(Bench& bench);

void MeasureInitiate(Bench& bench);
void MeasureLifecycles(Bench& bench);
void MeasureGateway(Bench& bench);
void MeasureFanOut(Bench& bench);
void MeasureHolds(Bench& bench);
void MeasureReads(Bench& bench);
void MeasureSimulations(Bench& bench);
void MeasureMemory(Bench& bench);

// What cannot go on without: the value, or the end of the run.
inline void Must(const absl::Status& status, const std::string& what) {
  if (!status.ok()) throw std::runtime_error(what + ": " + status.ToString());
}
template <typename T>
T Must(absl::StatusOr<T> value, const std::string& what) {
  Must(value.status(), what);
  return *std::move(value);
}

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_MEASURE_H_
