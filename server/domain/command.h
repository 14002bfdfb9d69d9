// Commands: everything that may change a sandbox, a user's request and a timer
// alike. Their shape has been checked at the edge; whether they may happen is
// for Decide to say.
#ifndef TRACKTROVE_DOMAIN_COMMAND_H_
#define TRACKTROVE_DOMAIN_COMMAND_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "domain/dispute.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/money.h"
#include "domain/sandbox.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

struct InitiateTransaction {
  std::string request_id;
  std::string draw_key;  // empty: by ordinal
  Kind kind = Kind::kTip;
  Money amount;
  std::string payer;
  std::string payee;
  std::string channel;
  std::map<std::string, std::string> labels;
  Text payload;                            // canonical
  std::string flow;                        // empty: the kind's own
  std::optional<Capture> capture;          // the flow's when absent
  std::optional<absl::Duration> hold_ttl;  // the policy's when absent
  Simulation simulation;
  int64_t simulation_number = 0;  // of the simulation whose arrival it is; 0: none
  int64_t arrival = 0;            // from 0
};

struct CompleteTransaction {
  std::string transaction_id;
  std::optional<Money> amount;  // all of it when absent
};

struct CancelTransaction {
  std::string transaction_id;
  std::string reason;
};

struct RefundTransaction {
  std::string transaction_id;
  std::optional<Money> amount;  // all that is left when absent
  std::string reason;
};

struct RecordSnapshot {
  std::string transaction_id;
  std::string service;
  std::string step;
  Text dto;  // canonical
};

// The next step that the fault can act on gets it; `planned.id` is for Decide to give.
struct InjectFailure {
  std::string transaction_id;
  PlannedFault planned;
  std::string actor;
  std::string reason;
};

// The next attempt of a failed transaction, final or not.
struct ForceRetry {
  std::string transaction_id;
  std::string actor;
  std::string reason;
};

struct CreateFlow {
  Flow flow;
};

// Its id is drawn when it is empty.
struct CreateFaultRule {
  FaultRule rule;
};

// What is absent stays as it is.
struct UpdateFaultRule {
  std::string id;
  std::optional<Fault> fault;
  std::optional<FaultMatch> match;
  std::optional<int64_t> ppm;
  std::optional<int64_t> first_n;
  std::optional<int64_t> nth;
  std::optional<int64_t> max_hits;
  std::optional<bool> enabled;
  bool reset_counts = false;
};

struct DeleteFaultRule {
  std::string id;
  bool allow_missing = false;
};

struct OpenDispute {
  std::string transaction_id;
  std::optional<Money> amount;  // all that is left when absent
  DisputeReason reason = DisputeReason::kOther;
  std::string text;
};

struct SubmitEvidence {
  std::string dispute_id;
  std::vector<Evidence> evidence;  // not empty; their times are set when it is decided
};

struct ResolveDispute {
  std::string dispute_id;
  bool won = false;  // by the payee
  std::string reason;
};

struct OverrideState {
  std::string transaction_id;
  State state = State::kNone;
  std::string actor;   // not empty
  std::string reason;  // not empty
};

// A timer fell due. Its stamp is its due time.
struct FireTimer {
  Timer timer;
};

struct CreateSandbox {
  uint64_t seed = 0;  // given, or drawn at the edge: chance comes in as data
  WorldId world = 0;  // drawn by the engine
  ClockMode clock_mode = ClockMode::kRealtime;
  std::optional<absl::Time> start_time;  // now when absent
  Pace pace = Pace::kPaced;
  Policy policy;
};

struct UpdateSandbox {
  std::optional<Pace> pace;
  std::optional<AmountLimits> amount_limits;
  std::optional<absl::Duration> hold_ttl;
  std::optional<RetryPolicy> retry;
  std::optional<FeePolicy> fee;
  std::optional<SettlementPolicy> settlement;
  std::optional<absl::Duration> dispute_deadline;
};

struct ResetSandbox {
  WorldId world = 0;  // drawn by the engine
};

struct DeleteSandbox {
  bool allow_missing = false;  // one that is not there is no error
};

// Starts moving the clock; the engine goes on until the target is reached.
struct AdvanceClock {
  struct ToNextEvent {};
  std::variant<absl::Duration, absl::Time, ToNextEvent> target;
  std::string request_id;
  std::string fingerprint;
};

// Pays the open batch whose time comes first; the engine goes on until it is closed.
struct RunSettlement {
  std::string request_id;
  std::string fingerprint;
};

// The clock has reached its target: nothing is due before it any more, and
// everything in the batch that was to be paid is.
struct FinishAdvance {};

struct StartSimulation {
  SimulationSpec spec;
};

struct CancelSimulation {
  int64_t number = 0;
  std::string reason;
};

// The simulation under way ended by itself; the engine sees to it.
struct FinishSimulation {
  RunState how = RunState::kFinished;
};

// What a simulation that has ended came to, as the edge encodes it. The first one is kept.
struct KeepReport {
  WorldId world = 0;  // the report is of this one's
  int64_t number = 0;
  std::string report;
};

using Command =
    std::variant<InitiateTransaction, CompleteTransaction, CancelTransaction, RefundTransaction,
                 RecordSnapshot, InjectFailure, ForceRetry, CreateFlow, CreateFaultRule, UpdateFaultRule,
                 DeleteFaultRule, OpenDispute, SubmitEvidence, ResolveDispute, OverrideState, FireTimer,
                 CreateSandbox, UpdateSandbox, ResetSandbox, DeleteSandbox, AdvanceClock, RunSettlement,
                 FinishAdvance, StartSimulation, CancelSimulation, FinishSimulation, KeepReport>;

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_COMMAND_H_
