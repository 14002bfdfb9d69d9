// A transaction: the row that commands and timers move.
#ifndef TRACKTROVE_DOMAIN_TRANSACTION_H_
#define TRACKTROVE_DOMAIN_TRANSACTION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/fault.h"
#include "domain/money.h"
#include "domain/settlement_batch.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

// The chances it was initiated with, rates in parts per million, and the faults
// that are planned for it or act on it.
struct Simulation {
  int64_t success_ppm = kPpm;
  int64_t transient_ppm = 0;
  int fail_first_attempts = 0;
  std::string fail_at_step;                 // empty: drawn
  std::vector<PlannedFault> injected = {};  // by operators, in order; those that are used up are gone
  std::vector<PlannedFault> faults = {};    // by its request, likewise
  std::optional<ActingFault> acting = {};   // on the step under way
  std::optional<ActingFault> on_hold = {};  // the one that cut the hold's TTL short
  std::map<std::string, int> done = {};     // steps whose answer was lost, and the attempt that did the work
  std::optional<uint64_t> seed = {};        // draws from it in place of the sandbox's

  friend bool operator==(const Simulation&, const Simulation&) = default;
};

// Why it failed; meaningful while the state is FAILED.
struct Failure {
  std::string code;
  std::string message;
  std::string step;  // empty for a cancellation
  bool final = false;
  std::optional<absl::Time> next_retry_time;
  std::string fault_rule_id = {};  // of the fault that made it so; empty: none did

  friend bool operator==(const Failure&, const Failure&) = default;
};

// Minor units of the transaction's currency, each in [0, amount]. What moves
// money is the state and these; see ledger.h.
struct Amounts {
  int64_t captured = 0;
  int64_t fee = 0;  // as taken at capture; refunds give it back pro rata
  int64_t refunded = 0;
  int64_t disputed = 0;  // held in reserve by an open dispute
  int64_t lost = 0;      // taken back by lost disputes
  int64_t settled = 0;   // net, paid out to the payee; see settlement.h

  friend bool operator==(const Amounts&, const Amounts&) = default;
};

// Names the draws of a simulation's arrival.
inline std::string ArrivalDrawKey(int64_t arrival) { return "arrival:" + std::to_string(arrival); }

struct Transaction {
  std::string id;
  int64_t ordinal = 0;     // counts the sandbox's transactions from 1
  std::string request_id;  // as the client gave it
  std::string draw_key;    // as the client gave it, or empty
  Kind kind = Kind::kTip;
  State state = State::kNone;
  Money amount;
  Amounts amounts;
  std::string payer;
  std::string payee;
  std::string channel;
  std::map<std::string, std::string> labels;
  std::string flow;
  int step = 0;  // index of the one under way, waited for or stopped at; the flow's length when all are done
  std::string step_name;  // its name; empty when all are done
  int attempt = 1;
  Capture capture = Capture::kAutomatic;
  std::optional<int64_t> capture_requested;  // what CompleteTransaction asked for
  std::optional<int64_t> capture_fee;        // as the capture step told it; charged when the flow is done
  absl::Duration hold_ttl;
  std::optional<absl::Time> hold_expire_time;  // while in ESCROW
  std::optional<Failure> failure;              // while FAILED
  std::optional<BatchId> settlement_batch;     // while it awaits that one's payment
  std::optional<Payout> paid;                  // what it was paid so far; its net is amounts.settled
  std::string open_dispute;                    // its id; empty: none is open
  int dispute_count = 0;                       // the open one included
  Simulation simulation;
  int64_t simulation_number = 0;  // of the simulation that fired it; 0: none
  int64_t arrival = 0;            // its place in that, from 0
  Text payload;                   // canonical; what a retry starts from
  Text dto;                       // canonical; as the last step left it
  absl::Time create_time;
  absl::Time update_time;
  int64_t sequence = 0;  // of its newest record
  int record_count = 0;  // the next record's index

  // Names its draws: the client's key, the place in its simulation, or the
  // ordinal. The prefixes keep a client's "7" from meeting ordinal 7.
  std::string DrawKey() const {
    if (simulation_number != 0) return ArrivalDrawKey(arrival);
    return draw_key.empty() ? "ordinal:" + std::to_string(ordinal) : "key:" + draw_key;
  }

  // No command of the flow can move it any more.
  bool IsOver() const {
    return state == State::kCompleted || state == State::kRefunded || state == State::kSettled ||
           (state == State::kFailed && failure && failure->final);
  }
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_TRANSACTION_H_
