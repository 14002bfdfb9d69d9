// What a simulation came to. Built from its records, transactions and the log,
// one after the other, in memory that does not grow with their number.
#ifndef TRACKTROVE_DOMAIN_SIMULATION_REPORT_H_
#define TRACKTROVE_DOMAIN_SIMULATION_REPORT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "domain/chain_walk.h"
#include "domain/histogram.h"
#include "domain/ledger.h"
#include "domain/record.h"
#include "domain/simulation_run.h"

namespace tracktrove::domain {

// A record of a simulation, with what is the same for all of its transaction's.
struct RunRecord {
  int64_t arrival = 0;
  Kind kind = Kind::kTip;
  std::string flow;
  Record record;
};

// What a proof found; `problem` is empty when all that was checked is sound.
struct Verdict {
  int64_t checked = 0;
  std::string problem;  // the first one
};

struct SimulationReport {
  using Outcome = std::tuple<Kind, State, bool>;                       // and whether it is over
  using Cause = std::pair<std::string, std::string>;                   // step and code
  using Touch = std::tuple<std::string, FaultKind, std::string>;       // fault's id, kind and failure's code
  using FlowStep = std::tuple<std::string, std::string, std::string>;  // flow, step, service
  struct StepRuns {
    Histogram durations;
    int64_t failed = 0;
  };

  std::map<Outcome, int64_t> outcomes;
  std::map<Cause, int64_t> failures;  // final ones, by step
  std::map<FlowStep, StepRuns> steps;
  std::map<Touch, int64_t> faults;  // records that one touched
  int64_t retries = 0;
  int64_t records = 0;
  int64_t decided_records = 0;
  Position money;  // by account, after the run's last record
  Verdict ledger;
  Verdict trail;
  std::string digest;
};

class ReportBuilder {
 public:
  // In order of arrival, then of index.
  void AddRecord(const RunRecord& record);

  // A transaction and what its entries sum to.
  void AddSums(const Transaction& transaction, const Position& sums);

  // One of those entries is newer than the run's last record: it is not of the run.
  void LeaveOut(const Posting& posting);

  // Every record of the log from the simulation's first to its last.
  void AddToTrail(const Record& record);

  // All has been added; `run` has ended.
  SimulationReport Finish(const SimulationRun& run);

 private:
  // Where the transaction being added stands.
  struct Current {
    int64_t arrival;
    Kind kind;
    State state;
    std::optional<Failure> failure;
  };
  void EndTransaction();
  void AddToDigest(const RunRecord& record);

  std::optional<Current> current_;
  std::optional<ChainWalk> walk_;
  SimulationReport report_;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_SIMULATION_REPORT_H_
