// The rules: given what is known and a command, what happens? Pure: the same
// facts give the same decision, anywhere and at any time.
//
// Guards come first, in this order: the sandbox, the transaction, its state,
// then the amounts. The first that fails is the answer. After the guards a
// command succeeds.
#ifndef TRACKTROVE_DOMAIN_DECIDE_H_
#define TRACKTROVE_DOMAIN_DECIDE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/decision.h"
#include "domain/dispute.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/sandbox.h"
#include "domain/settlement_batch.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

// What Decide may know; loaded before, each seeing what earlier commands did.
struct Facts {
  std::string sandbox_name;
  const Sandbox* sandbox = nullptr;          // null: there is none
  const Transaction* transaction = nullptr;  // the one the command names; null: there is none
  bool draw_key_used = false;                // by another transaction
  std::optional<absl::Time> next_due;        // of the earliest timer

  // Own flows that the command or its transaction names; all of them for a
  // command about fault rules.
  const FlowBook* flows = nullptr;  // null: the built-in ones alone
  // In order of creation; all where some are enabled or the command is about them.
  const std::vector<FaultRule>* fault_rules = nullptr;  // null: there are none
  // The one the command names, or the transaction's open one; null: there is none.
  const Dispute* dispute = nullptr;
  const OpenBatches* batches = &kNoBatches;
  absl::TimeZone zone = absl::UTCTimeZone();  // that of the settlement policy

  // The one that the command names, or that is under way; null: there is none.
  const SimulationRun* simulation = nullptr;
};

// When it happens: the sandbox's time and the database's, read once a batch.
struct Stamp {
  absl::Time now;
  absl::Time wall;
};

// What the facts know of flows and rules.
const FlowBook& FlowsOf(const Facts& facts);
const std::vector<FaultRule>& RulesOf(const Facts& facts);
Rules RulesFor(const Facts& facts, const Transaction& transaction);
// The flow of the transaction that there is; INTERNAL when it was not loaded.
absl::StatusOr<const Flow*> FlowOfTransaction(const Facts& facts);

absl::StatusOr<Decision> Decide(const Facts& facts, const Command& command, const Stamp& stamp);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DECIDE_H_
