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

#include "absl/time/time.h"
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
  Text payload;      // canonical
  std::string flow;  // empty: the kind's own
  Capture capture = Capture::kAutomatic;
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

// The clock has reached its target: nothing is due before it any more.
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

using Command = std::variant<InitiateTransaction, CompleteTransaction, CancelTransaction, RefundTransaction,
                             RecordSnapshot, FireTimer, CreateSandbox, UpdateSandbox, ResetSandbox,
                             DeleteSandbox, AdvanceClock, FinishAdvance, StartSimulation, CancelSimulation,
                             FinishSimulation, KeepReport>;

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_COMMAND_H_
