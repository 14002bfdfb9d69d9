// Fault rules: what to break, where, for whom and how often. They belong to a
// sandbox and are looked at in order of creation whenever a step begins; the
// first that hits acts, and those after it do not see the step.
#ifndef TRACKTROVE_DOMAIN_FAULT_RULE_H_
#define TRACKTROVE_DOMAIN_FAULT_RULE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "domain/draw.h"
#include "domain/fault.h"
#include "domain/flow.h"
#include "domain/sandbox.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

inline constexpr int kMaxFaultRules = 100;  // in one sandbox

// Amounts of one currency, in minor units; both ends inclusive.
struct AmountRange {
  std::string currency;
  int64_t min = 0;
  int64_t max = 0;

  friend bool operator==(const AmountRange&, const AmountRange&) = default;
};

// Everything that is set must fit.
struct FaultMatch {
  std::vector<Kind> kinds = {};  // one of these
  std::string channel = {};
  std::string payer = {};
  std::string payee = {};
  std::optional<std::pair<std::string, std::string>> label = {};
  std::string flow = {};
  std::string step = {};
  std::optional<AmountRange> amount = {};
  int attempt = 0;

  friend bool operator==(const FaultMatch&, const FaultMatch&) = default;
};

// How often it saw a step that fits, and acted on one.
struct FaultCount {
  int64_t seen = 0;
  int64_t hits = 0;

  friend bool operator==(const FaultCount&, const FaultCount&) = default;
};

struct FaultRule {
  std::string id;
  int64_t ordinal = 0;  // counts the sandbox's rules from 1, in order of creation
  Fault fault;
  FaultMatch match;
  int64_t ppm = kPpm;    // the chance that it hits where it fits
  int64_t first_n = 0;   // only the first so many that fit; 0: all
  int64_t nth = 0;       // only that one, counted from 1; 0: all
  int64_t max_hits = 0;  // not more often; 0: no limit
  bool enabled = true;
  FaultCount count;
  absl::Time create_time;
  absl::Time update_time;

  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

// Whether the rule fits a step that this transaction is about to take.
bool Fits(const FaultRule& rule, const Transaction& transaction, const Step& step);

// Counts a step that fits; answers whether the rule acts on it. The chance is a
// draw by the rule's id, so only the limits depend on the order of arrival.
bool Hits(const FaultRule& rule, const Draws& draws, const Step& step, int attempt, FaultCount& count);

// Refuses a rule that is malformed or can never match, with the reason.
absl::Status CheckRule(const FaultRule& rule, const Policy& policy, const FlowBook& flows);

// One step that a rule fits, in a dry run.
struct PreviewMatch {
  std::string transaction_id;
  std::string step = {};
  bool hit = false;
};

// What a rule would have done to these transactions, had it been there when
// they ran their flows: each from the first step to the last, or to the one at
// which the rule ends the attempt; one after the other, in the attempt that it matches.
std::vector<PreviewMatch> Preview(const FaultRule& rule, uint64_t seed, const FlowBook& flows,
                                  const std::vector<Transaction>& transactions);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FAULT_RULE_H_
