#include "domain/fault_rule.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/money.h"
#include "domain/status_macros.h"

namespace tracktrove::domain {
namespace {

constexpr int kMaxAttempt = 1000;
constexpr int64_t kMaxCount = 1'000'000'000;

bool FitsText(const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; }

bool FitsLabel(const FaultMatch& match, const Transaction& transaction) {
  if (!match.label) return true;
  const auto it = transaction.labels.find(match.label->first);
  return it != transaction.labels.end() && it->second == match.label->second;
}

bool FitsAmount(const FaultMatch& match, const Money& amount) {
  return !match.amount ||
         (match.amount->currency == amount.currency && match.amount->min <= amount.minor_units &&
          amount.minor_units <= match.amount->max);
}

absl::Status CheckAmountRange(const AmountRange& range, const AmountLimits& limits) {
  const std::optional<int> exponent = CurrencyExponent(range.currency);
  if (!exponent) {
    return BadField("rule.match.amount.currency_code", "must be an ISO 4217 code in upper case, such as INR");
  }
  if (range.min > range.max) {
    return BadField("rule.match.amount",
                    absl::StrCat("is empty: no amount is from ", range.min, " to ", range.max));
  }
  const std::optional<int64_t> min = MajorToMinor(limits.min_major_units, *exponent);
  const std::optional<int64_t> max = MajorToMinor(limits.max_major_units, *exponent);
  if (!min || !max) return BrokenInvariant("the policy's amount limits overflow");
  if (range.max < std::max<int64_t>(1, *min) || range.min > *max) {
    return BadField("rule.match.amount",
                    absl::StrCat("can never match: this sandbox's policy takes ", std::max<int64_t>(1, *min),
                                 " to ", *max, " minor units of ", range.currency));
  }
  return absl::OkStatus();
}

absl::Status CheckCounts(const FaultRule& rule) {
  if (rule.ppm < 1 || rule.ppm > kPpm) {
    return BadField("rule.probability_ppm", "must be 1 to 1000000; a rule with 0 can never match");
  }
  for (const auto& [value, field] : {std::pair(rule.first_n, "rule.first_n"), std::pair(rule.nth, "rule.nth"),
                                     std::pair(rule.max_hits, "rule.max_hits")}) {
    if (value < 0 || value > kMaxCount) return BadField(field, absl::StrCat("must be 0 to ", kMaxCount));
  }
  if (rule.first_n > 0 && rule.nth > 0) return BadField("rule.nth", "cannot be given with first_n");
  return absl::OkStatus();
}

// Whether there is a step anywhere that the rule could act on.
absl::Status CheckStep(const FaultRule& rule, const FlowBook& flows) {
  const FaultMatch& match = rule.match;
  if (!match.flow.empty()) {
    const Flow* flow = flows.Find(match.flow);
    if (flow == nullptr)
      return BadField("rule.match.flow", absl::StrCat("is no flow of this sandbox: \"", match.flow, "\""));
    return CheckReach(rule.fault.kind, match.step, *flow, "rule.fault.kind", "rule.match.step");
  }
  bool known = false;
  for (const Flow* flow : flows.All()) {
    if (CheckReach(rule.fault.kind, match.step, *flow, "", "").ok()) return absl::OkStatus();
    known = known || flow->IndexOf(match.step) < static_cast<int>(flow->steps.size());
  }
  if (!known)
    return BadField("rule.match.step", absl::StrCat("is a step of no flow here: \"", match.step, "\""));
  return BadField("rule.match.step",
                  absl::StrCat("is none that ", Name(rule.fault.kind), " can act on: \"", match.step, "\""));
}

// Whether a step that the fault acts on is the attempt's last one.
bool EndsAttempt(const Fault& fault, const Step& step, const Draws& draws, int attempt) {
  const bool too_late = DrawLatency(step, draws, attempt) + AddedLatency(fault) > step.timeout;
  const bool expires = fault.kind == FaultKind::kHoldExpiry && fault.duration == absl::ZeroDuration();
  return MakesFail(fault.kind) || too_late || expires;
}

}  // namespace

bool Fits(const FaultRule& rule, const Transaction& transaction, const Step& step) {
  const FaultMatch& match = rule.match;
  const bool kind = match.kinds.empty() ||
                    std::find(match.kinds.begin(), match.kinds.end(), transaction.kind) != match.kinds.end();
  return rule.enabled && kind && ActsOn(rule.fault.kind, step.effect) && FitsText(match.step, step.name) &&
         FitsText(match.flow, transaction.flow) && FitsText(match.channel, transaction.channel) &&
         FitsText(match.payer, transaction.payer) && FitsText(match.payee, transaction.payee) &&
         FitsLabel(match, transaction) && FitsAmount(match, transaction.amount) &&
         (match.attempt == 0 || match.attempt == transaction.attempt);
}

bool Hits(const FaultRule& rule, const Draws& draws, const Step& step, int attempt, FaultCount& count) {
  ++count.seen;
  const bool in_turn = (rule.first_n == 0 || count.seen <= rule.first_n) &&
                       (rule.nth == 0 || count.seen == rule.nth) &&
                       (rule.max_hits == 0 || count.hits < rule.max_hits);
  if (!in_turn || !draws.Chance(rule.ppm, step.name, attempt, "fault:" + rule.id)) return false;
  ++count.hits;
  return true;
}

absl::Status CheckRule(const FaultRule& rule, const Policy& policy, const FlowBook& flows) {
  TT_RETURN_IF_ERROR(CheckFault(rule.fault, "rule.fault"));
  TT_RETURN_IF_ERROR(CheckCounts(rule));
  const FaultMatch& match = rule.match;
  if (match.attempt < 0 || match.attempt > kMaxAttempt) {
    return BadField("rule.match.attempt", absl::StrCat("must be 0 to ", kMaxAttempt));
  }
  if (!match.payer.empty() && match.payer == match.payee) {
    return BadField("rule.match.payee", "can never match: nobody pays themselves");
  }
  if (match.amount) TT_RETURN_IF_ERROR(CheckAmountRange(*match.amount, policy.amount_limits));
  return CheckStep(rule, flows);
}

std::vector<PreviewMatch> Preview(const FaultRule& rule, uint64_t seed, const FlowBook& flows,
                                  const std::vector<Transaction>& transactions) {
  std::vector<PreviewMatch> matches;
  FaultCount count;
  for (Transaction transaction : transactions) {
    const Flow* flow = flows.Find(transaction.flow);
    if (flow == nullptr) continue;
    transaction.attempt = std::max(1, rule.match.attempt);
    const Draws draws = DrawsOf(seed, transaction);
    for (const Step& step : flow->steps) {
      if (!Fits(rule, transaction, step)) continue;
      const bool hit = Hits(rule, draws, step, transaction.attempt, count);
      matches.push_back({transaction.id, step.name, hit});
      if (hit && EndsAttempt(rule.fault, step, draws, transaction.attempt)) break;
    }
  }
  return matches;
}

}  // namespace tracktrove::domain
