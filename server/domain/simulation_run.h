// A simulation: many transactions that a sandbox fires at itself, one arrival
// after the other. What is stored of it is what was asked for and how far it
// came; its next arrival is a timer of the sandbox, so that a crash, another
// replica or another batch bound changes nothing about it.
#ifndef TRACKTROVE_DOMAIN_SIMULATION_RUN_H_
#define TRACKTROVE_DOMAIN_SIMULATION_RUN_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/fault_rule.h"
#include "domain/transaction.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

// How amounts are drawn between the bounds: each alike, or small ones more often.
enum class AmountShape { kUniform = 1, kLowHeavy = 2 };

struct AmountDistribution {
  std::string currency = "INR";
  int64_t min_minor_units = 0;  // both inclusive
  int64_t max_minor_units = 0;
  AmountShape shape = AmountShape::kUniform;

  friend bool operator==(const AmountDistribution&, const AmountDistribution&) = default;
};

struct SimulationSpec {
  int64_t count = 0;
  // Arrivals in a million seconds of the sandbox's time; 0: all at the start.
  int64_t rate_micros = 0;
  bool jitter = false;           // each somewhere in its slot, or at its beginning
  std::optional<uint64_t> seed;  // the sandbox's when absent; always set in a run
  // Of the kinds, relative; empty: the flow's kind, or all alike. Never empty in a run.
  std::map<Kind, int64_t> weights;
  AmountDistribution amount;
  int payers = 1;    // how many different ones there are, for each kind
  int payees = 1;    // likewise
  std::string flow;  // of all transactions; empty: each kind's own
  Simulation chances;
  std::optional<absl::Duration> hold_ttl;  // the policy's when absent
  absl::Duration horizon;                  // it ends then, whatever is still under way
  // Of its transactions alone, while it runs. What they count is in the run.
  std::vector<FaultRule> fault_rules;

  friend bool operator==(const SimulationSpec&, const SimulationSpec&) = default;
};

enum class RunState {
  kRunning = 1,
  kFinished = 2,  // all its transactions were over
  kExpired = 3,   // its horizon was reached before
  kCancelled = 4,
  kInterrupted = 5,  // it could not go on, by a bug of ours
};

inline constexpr int kMaxRunRules = 20;

// The id of one of its fault rules, by its place in the spec, so that equal runs
// draw equally from it; and the place. No sandbox's rule has such an id.
std::string RunRuleId(size_t place);
std::optional<size_t> RunRulePlace(const std::string& id);

inline std::string SimulationId(int64_t number) { return "sim-" + std::to_string(number); }

struct SimulationRun {
  int64_t number = 0;  // counts the sandbox's simulations from 1
  std::shared_ptr<const SimulationSpec> spec;
  RunState state = RunState::kRunning;
  absl::Time start_time;               // the sandbox's
  std::optional<absl::Time> end_time;  // set when it has ended, as is all below
  absl::Time start_wall_time;
  std::optional<absl::Time> end_wall_time;
  int64_t first_sequence = 0;  // of its SIMULATION_STARTED record
  int64_t last_sequence = 0;   // of the record that ended it; 0 while it runs

  int64_t next_arrival = 0;             // index of the next one, from 0
  int64_t refused = 0;                  // arrivals that the rules refused
  int64_t over = 0;                     // of its transactions
  std::array<int64_t, 7> states = {};   // its transactions, by their state's number
  std::vector<FaultCount> rule_counts;  // of its fault rules, by place

  int64_t arrived() const { return next_arrival - refused; }
  absl::Time deadline() const { return start_time + spec->horizon; }
  std::string Id() const { return SimulationId(number); }

  // When an arrival is due; the deadline after the last one, and never later.
  absl::Time DueTime(int64_t arrival) const;

  // One of its transactions was initiated (`before` is null) or changed.
  void Count(const Transaction* before, const Transaction& after);

  // Every transaction has arrived and is over.
  bool IsDone() const { return next_arrival == spec->count && over == arrived(); }
};

const char* Name(RunState state);

// The rules that may act on one transaction; both outlive it.
struct Rules {
  const std::vector<FaultRule>* of_sandbox = nullptr;  // in order of creation; null: none
  // The simulation that fired it, while that runs; its rules come after them.
  const SimulationRun* of_run = nullptr;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_SIMULATION_RUN_H_
