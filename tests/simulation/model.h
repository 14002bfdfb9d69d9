// What should be true, written down a second time and in another way: what each
// event moves, when it may happen, and which commands are to be refused. Knows
// nothing of the domain's table of moves, its positions, its rounding, its
// calendar or its choice of faults.
//
// model.cc follows the log, model_flow.cc flows and faults, model_money.cc what
// becomes of captured money, model_rows.cc holds the store against it all.
#ifndef TRACKTROVE_TESTS_SIMULATION_MODEL_H_
#define TRACKTROVE_TESTS_SIMULATION_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/decision.h"
#include "domain/flow.h"
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
  // Checks balances, settlement batches and what they paid, of all.
  void CheckBalances(const SimulatedStore& store) const;

  int64_t observed() const { return head_sequence_; }
  // How often each type of record, and each kind of fault on one, was seen, so
  // that a walk can tell where it was.
  const std::map<domain::RecordType, int64_t>& happened() const { return happened_; }
  const std::map<domain::FaultKind, int64_t>& broken() const { return broken_; }

 private:
  using Delta = std::map<std::string, int64_t>;  // minor units by account

  struct Subject {
    domain::InitiateTransaction asked;
    domain::State state = domain::State::kNone;
    int next_index = 0;
    int attempt = 1;
    int steps_done = 0;
    bool final = false;
    bool manual = false;             // waits for CompleteTransaction at its capture step
    bool instant_run = false;        // the rest of the attempt is run by CompleteTransaction
    bool skipped = false;            // an operator had it leave out steps of this attempt
    std::optional<int64_t> capture;  // what will be captured, once somebody or something said
    std::optional<int64_t> fee_told;
    int64_t captured = 0, refunded = 0, lost = 0, disputed = 0, settled = 0, fee = 0;
    absl::Time step_began;
    bool step_passes = false;           // its latency does, on the clock
    absl::Time injected_at;             // into the step under way
    std::set<std::string> rules;        // that were on when the step began
    std::optional<absl::Time> lost_at;  // the work is done, and its answer is given up then
    std::map<std::string, domain::Fault> injected;
    std::map<std::string, int> acted;  // steps by fault that was planned
    std::map<std::string, int> done;   // attempt that did the work of a step, by its name
    std::optional<absl::Time> hold_ends;
    std::optional<absl::Time> retry_at;
    std::optional<absl::Time> paid_at;  // by its settlement batch
    std::string dispute;                // the open one
    int64_t simulation = 0;
    Delta money;  // all that was posted

    bool Moves() const { return state == domain::State::kInitiated || state == domain::State::kEscrow; }
    bool IsOver() const;
    int64_t Left() const { return captured - refunded - lost; }  // to the payee, fee and dispute included
  };
  struct Dispute {
    std::string subject;
    int64_t amount = 0;
    domain::DisputeState state = domain::DisputeState::kOpen;
    size_t evidence = 0;
    absl::Time deadline;
  };

  const domain::Flow& FlowOf(const Subject& subject) const;
  const domain::Step& StepOf(const Subject& subject) const {
    return FlowOf(subject).steps[subject.steps_done];
  }
  bool WaitsForCapture(const Subject& subject) const;

  // In model.cc:
  void ObserveRecord(const domain::Command* command, const domain::Record& record, Delta& delta);
  void ObserveSandbox(const domain::Command* command, const domain::Record& record);
  void ObserveRuleChange(const domain::Command& command);
  void ObserveRunEnd(const domain::Record& record);
  void CheckEntries(const domain::Record& record, const std::vector<domain::LedgerEntry>& entries,
                    const Delta& expected, const std::string& currency);
  std::string ReasonFor(const domain::CompleteTransaction& command, absl::Time now) const;
  std::string ReasonFor(const domain::RefundTransaction& command) const;
  std::string ReasonFor(const domain::OpenDispute& command) const;
  std::string ReasonFor(const domain::SubmitEvidence& command) const;
  std::string ReasonFor(const domain::ResolveDispute& command) const;
  bool SomebodyAwaitsPayment() const;

  // In model_flow.cc:
  void ObserveStart(const domain::Command* command, const domain::Record& record, Subject& subject);
  void ObserveStep(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveSuccess(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveWorkDone(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveAnswerLost(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveFailure(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveRetry(const domain::Command* command, const domain::Record& record, Subject& subject);
  void ObserveInjection(const domain::Command* command, const domain::Record& record, Subject& subject);
  void ObserveCancel(const domain::Record& record, Subject& subject, Delta& delta);
  void CheckTime(const domain::Record& record, const Subject& subject) const;
  void CheckCause(const domain::Record& record, const Subject& subject) const;
  void CheckFault(const domain::Record& record, Subject& subject);
  void CheckNoCertainRule(const Subject& subject) const;
  void CheckIdempotency(const domain::Record& record, const Subject& subject) const;
  std::optional<domain::Fault> FaultNamed(const std::string& id, const Subject& subject) const;
  void PlaceHold(const domain::Record& record, Subject& subject, Delta& delta);
  void TellFee(Subject& subject) const;
  void BeginStep(Subject& subject, absl::Time now);
  void BeginAttempt(Subject& subject);
  void EndAttempt(const domain::Record& record, Subject& subject, Delta& delta);
  void Release(Subject& subject, Delta& delta);

  // In model_money.cc:
  int64_t FeeOf(int64_t captured) const;
  static int64_t FeeLeft(const Subject& subject);
  static int64_t DueToPayee(const Subject& subject);
  static bool Awaits(const Subject& subject);
  absl::Time PayTime(absl::Time now) const;
  void FollowSettlement(absl::Time now, Subject& subject);
  void GiveBack(int64_t amount, int64_t& counter, Subject& subject, Delta& delta);
  void Complete(Subject& subject, Delta& delta);
  void ObserveRefund(const domain::Command* command, Subject& subject, Delta& delta);
  void ObserveOpening(const domain::Command* command, const domain::Record& record, Subject& subject,
                      Delta& delta);
  void ObserveEvidence(const domain::Command* command, const Subject& subject);
  void ObserveResolution(const domain::Command* command, const domain::Record& record, Subject& subject,
                         Delta& delta);
  void ObservePayment(const domain::Record& record, Subject& subject, Delta& delta);
  void ObserveClosing(const domain::Record& record);
  void ObserveOverride(const domain::Command* command, const domain::Record& record, Subject& subject,
                       Delta& delta);
  Delta StandOf(const Subject& subject) const;

  // In model_rows.cc:
  void CheckTimers(const SimulatedStore& store, const std::string& id, const Subject& subject) const;
  void CheckSimulation(const SimulatedStore& store) const;
  void CheckBatches(const SimulatedStore& store) const;

  const bool realtime_;
  domain::Pace pace_;
  domain::Policy policy_;
  std::map<std::string, Subject> subjects_;
  std::map<std::string, Dispute> disputes_;
  std::map<std::string, domain::FaultRule> rules_;        // that there are
  std::map<std::string, domain::FaultRule> known_rules_;  // and those that there were
  std::map<std::string, int64_t> rule_hits_;              // that left a mark
  std::set<std::string> reset_rules_;                     // that began to count anew
  std::map<std::string, int64_t> balances_;
  std::map<domain::RecordType, int64_t> happened_;
  std::map<domain::FaultKind, int64_t> broken_;
  int64_t head_sequence_;
  std::string head_hash_;
  absl::Time last_time_;
  std::optional<absl::Time> paying_;  // the batch of that time is being paid ahead of it
  int64_t running_ = 0;               // simulation
  int64_t simulations_ = 0;
  std::map<int64_t, domain::SimulationSpec> specs_;
  absl::Time run_began_;
  int64_t arrived_ = 0;
};

// amount * part / whole, the nearest integer, ties to the even one; by hand.
int64_t NearestEven(int64_t amount, int64_t part, int64_t whole);

// Adds to an account; one that comes to zero is gone.
void Move(std::map<std::string, int64_t>& accounts, const std::string& account, int64_t amount);

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_MODEL_H_
