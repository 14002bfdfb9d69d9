// What should be true, written down a second time and in another way: what each
// event moves, when it may happen, and which commands are to be refused. Knows
// nothing of the domain's table of moves, its positions or its rounding.
#ifndef TRACKTROVE_TESTS_SIMULATION_MODEL_H_
#define TRACKTROVE_TESTS_SIMULATION_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/decision.h"
#include "domain/record.h"
#include "tests/simulation/simulated_store.h"

namespace tracktrove::simulation {

class Model {
 public:
  // The sandbox as it was created, by its first record.
  Model(const domain::Sandbox& sandbox, const domain::Record& created);

  // The reason that `command` must be refused with at `now`; empty: it must succeed.
  std::string ExpectedReason(const domain::Command& command, absl::Time now) const;

  // `command` succeeded, or timers fired (null). Checks the records and entries
  // that came of it, and takes them over.
  void Observe(const domain::Command* command, const std::vector<domain::Record>& records,
               const std::vector<domain::LedgerEntry>& entries);

  // Checks the rows of these transactions and the timers armed for them, and
  // the simulation under way.
  void CheckRows(const SimulatedStore& store, const std::vector<std::string>& ids) const;
  void CheckBalances(const SimulatedStore& store) const;

  int64_t observed() const { return head_sequence_; }
  // How often each type of record was seen, so that a walk can tell where it was.
  const std::map<domain::RecordType, int64_t>& happened() const { return happened_; }

 private:
  struct Subject {
    domain::InitiateTransaction asked;
    domain::State state = domain::State::kNone;
    int next_index = 0;
    int attempt = 1;
    int steps_done = 0;
    bool final = false;
    int64_t captured = 0, refunded = 0, fee = 0;
    std::optional<int64_t> capture_requested;
    absl::Time step_began;
    bool step_passes = false;  // its latency does, on the clock
    std::optional<absl::Time> hold_ends;
    std::optional<absl::Time> retry_at;
    int64_t simulation = 0;

    bool Moves() const { return state == domain::State::kInitiated || state == domain::State::kEscrow; }
    bool IsOver() const;
  };
  using Delta = std::map<std::string, int64_t>;

  const domain::Flow& FlowOf(const Subject& subject) const;
  bool WaitsForCapture(const Subject& subject) const;
  int64_t FeeLeft(const Subject& subject, int64_t refunded) const;

  void ObserveRecord(const domain::Command* command, const domain::Record& record, Delta& delta);
  void ObserveSandbox(const domain::Command* command, const domain::Record& record);
  void ObserveStart(const domain::Command* command, const domain::Record& record, Subject& subject);
  void ObserveStep(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveFailure(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveRetry(const domain::Record& record, Subject& subject);
  void ObserveCancel(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveRefund(const domain::Command* command, Subject& subject, Delta& delta);
  void Release(Subject& subject, Delta& delta);
  void BeginStep(Subject& subject, absl::Time now, bool instant);
  void CheckEntries(const domain::Record& record, const std::vector<domain::LedgerEntry>& entries,
                    const Delta& expected, const std::string& currency);
  void CheckSimulation(const SimulatedStore& store) const;

  std::string ReasonFor(const domain::CompleteTransaction& command, absl::Time now) const;
  std::string ReasonFor(const domain::CancelTransaction& command) const;
  std::string ReasonFor(const domain::RefundTransaction& command) const;

  domain::Pace pace_;
  domain::Policy policy_;
  std::map<std::string, Subject> subjects_;
  std::map<std::string, int64_t> balances_;
  std::map<domain::RecordType, int64_t> happened_;
  int64_t head_sequence_;
  std::string head_hash_;
  absl::Time last_time_;
  int64_t running_ = 0;  // simulation
  int64_t simulations_ = 0;
  domain::SimulationSpec spec_;  // of the one under way
  absl::Time run_began_;
  int64_t arrived_ = 0;
};

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_MODEL_H_
