#include "api/simulation_convert.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "api/base_call.h"
#include "api/check.h"
#include "api/convert.h"
#include "api/fault_commands.h"
#include "api/fault_convert.h"
#include "domain/errors.h"
#include "domain/flow.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;
using domain::SimulationReport;
using domain::SimulationRun;
using domain::SimulationSpec;

constexpr int kMaxTransactions = 1'000'000;
constexpr int kMaxWeight = 1'000'000;
constexpr int kMaxPool = 10'000;
constexpr int64_t kMaxMinorUnits = 1'000'000'000;
constexpr double kMinRate = 0.001, kMaxRate = 100'000;
constexpr absl::Duration kMaxHorizon = absl::Hours(400 * 24);
constexpr int kAccountsTold = 20;

// 0 stands for the default.
absl::StatusOr<int> CheckPool(int32_t size, absl::string_view field, int default_size) {
  if (size == 0) return default_size;
  TT_RETURN_IF_ERROR(CheckRange(size, field, 1, kMaxPool));
  return size;
}

absl::StatusOr<int64_t> CheckArrivalRate(double rate) {
  if (rate == 0) return 0;
  if (!(rate >= kMinRate && rate <= kMaxRate))
    return BadField("spec.rate", "must be 0.001 to 100000 transactions a second, or 0 for all at once");
  return std::llround(rate * 1'000'000);
}

absl::StatusOr<std::map<domain::Kind, int64_t>> CheckKinds(const v1::SimulationSpec& spec) {
  std::map<domain::Kind, int64_t> weights;
  for (const v1::SimulationSpec::Kind& each : spec.kinds()) {
    const auto kind = static_cast<domain::Kind>(each.kind());
    if (each.kind() == v1::Transaction::KIND_UNSPECIFIED || !v1::Transaction::Kind_IsValid(each.kind()))
      return BadField("spec.kinds", "must name kinds that this server knows");
    if (each.weight() != 0) TT_RETURN_IF_ERROR(CheckRange(each.weight(), "spec.kinds.weight", 1, kMaxWeight));
    const int64_t weight = each.weight() == 0 ? 1 : each.weight();
    if (!weights.emplace(kind, weight).second) return BadField("spec.kinds", "must name each kind once");
  }
  return weights;
}

absl::StatusOr<domain::AmountDistribution> CheckAmounts(const v1::SimulationSpec::Amount& amount) {
  domain::AmountDistribution out;
  if (!amount.currency_code().empty()) out.currency = amount.currency_code();
  const bool bounded = amount.min_minor_units() != 0 || amount.max_minor_units() != 0;
  if (!bounded && out.currency != "INR")
    return BadField("spec.amount.max_minor_units", "is required for other currencies than INR");
  out.min_minor_units = bounded ? amount.min_minor_units() : 1'000;
  out.max_minor_units = bounded ? amount.max_minor_units() : 10'000;
  TT_RETURN_IF_ERROR(CheckRange(out.min_minor_units, "spec.amount.min_minor_units", 1, kMaxMinorUnits));
  TT_RETURN_IF_ERROR(
      CheckRange(out.max_minor_units, "spec.amount.max_minor_units", out.min_minor_units, kMaxMinorUnits));
  if (!v1::SimulationSpec::Amount::Shape_IsValid(amount.shape()))
    return BadField("spec.amount.shape", "must be UNIFORM or LOW_HEAVY");
  if (amount.shape() == v1::SimulationSpec::Amount::LOW_HEAVY) out.shape = domain::AmountShape::kLowHeavy;
  return out;
}

absl::StatusOr<domain::Simulation> CheckChances(const v1::SimulationSpec& spec) {
  domain::Simulation chances;
  if (spec.has_success_rate()) {
    TT_ASSIGN_OR_RETURN(chances.success_ppm, CheckRate(spec.success_rate(), "spec.success_rate"));
  }
  TT_ASSIGN_OR_RETURN(chances.transient_ppm,
                      CheckRate(spec.transient_failure_rate(), "spec.transient_failure_rate"));
  TT_RETURN_IF_ERROR(CheckRange(spec.fail_first_attempts(), "spec.fail_first_attempts", 0, 20));
  chances.fail_first_attempts = spec.fail_first_attempts();
  return chances;
}

absl::StatusOr<std::vector<domain::FaultRule>> CheckFaultRules(const v1::SimulationSpec& spec) {
  if (spec.fault_rules_size() > domain::kMaxRunRules)
    return BadField("spec.fault_rules", absl::StrCat("must be at most ", domain::kMaxRunRules));
  std::vector<domain::FaultRule> rules;
  for (int i = 0; i < spec.fault_rules_size(); ++i) {
    absl::StatusOr<domain::FaultRule> rule = ToDomain(spec.fault_rules(i));
    if (!rule.ok())
      return domain::FieldMoved(rule.status(), "rule", absl::StrCat("spec.fault_rules[", i, "]"));
    rules.push_back(*std::move(rule));
  }
  return rules;
}

absl::StatusOr<SimulationSpec> ToSpec(const v1::SimulationSpec& spec) {
  SimulationSpec out;
  TT_RETURN_IF_ERROR(CheckRange(spec.count(), "spec.count", 1, kMaxTransactions));
  out.count = spec.count();
  TT_ASSIGN_OR_RETURN(out.rate_micros, CheckArrivalRate(spec.rate()));
  out.jitter = spec.jitter();
  if (spec.has_seed()) out.seed = spec.seed();
  TT_ASSIGN_OR_RETURN(out.weights, CheckKinds(spec));
  TT_ASSIGN_OR_RETURN(out.amount, CheckAmounts(spec.amount()));
  TT_ASSIGN_OR_RETURN(out.payers, CheckPool(spec.payers(), "spec.payers", 100));
  TT_ASSIGN_OR_RETURN(out.payees, CheckPool(spec.payees(), "spec.payees", 20));
  TT_RETURN_IF_ERROR(CheckText(spec.flow(), "spec.flow", kMaxKey));
  out.flow = spec.flow();
  TT_ASSIGN_OR_RETURN(out.chances, CheckChances(spec));
  if (spec.has_hold_ttl()) {
    TT_ASSIGN_OR_RETURN(out.hold_ttl, CheckDuration(spec.hold_ttl(), "spec.hold_ttl", absl::Milliseconds(1),
                                                    absl::Hours(30 * 24)));
  }
  TT_ASSIGN_OR_RETURN(out.fault_rules, CheckFaultRules(spec));
  out.horizon = kMaxHorizon;
  if (spec.has_horizon()) {
    TT_ASSIGN_OR_RETURN(out.horizon,
                        CheckDuration(spec.horizon(), "spec.horizon", absl::Milliseconds(1), kMaxHorizon));
  }
  return out;
}

v1::SimulationSpec SpecToProto(const SimulationSpec& spec) {
  v1::SimulationSpec out;
  out.set_count(static_cast<int32_t>(spec.count));
  out.set_rate(static_cast<double>(spec.rate_micros) / 1'000'000);
  out.set_jitter(spec.jitter);
  if (spec.seed) out.set_seed(*spec.seed);
  for (const auto& [kind, weight] : spec.weights) {
    v1::SimulationSpec::Kind& each = *out.add_kinds();
    each.set_kind(static_cast<v1::Transaction::Kind>(kind));
    each.set_weight(static_cast<int32_t>(weight));
  }
  out.mutable_amount()->set_currency_code(spec.amount.currency);
  out.mutable_amount()->set_min_minor_units(spec.amount.min_minor_units);
  out.mutable_amount()->set_max_minor_units(spec.amount.max_minor_units);
  out.mutable_amount()->set_shape(static_cast<v1::SimulationSpec::Amount::Shape>(spec.amount.shape));
  out.set_payers(spec.payers);
  out.set_payees(spec.payees);
  out.set_flow(spec.flow);
  out.set_success_rate(static_cast<double>(spec.chances.success_ppm) / domain::kPpm);
  out.set_transient_failure_rate(static_cast<double>(spec.chances.transient_ppm) / domain::kPpm);
  out.set_fail_first_attempts(spec.chances.fail_first_attempts);
  if (spec.hold_ttl) *out.mutable_hold_ttl() = ToProto(*spec.hold_ttl);
  *out.mutable_horizon() = ToProto(spec.horizon);
  for (const domain::FaultRule& rule : spec.fault_rules) {
    v1::FaultRule& each = *out.add_fault_rules();
    each = ToProto(rule);
    each.clear_create_time();  // as the simulation's
    each.clear_update_time();
  }
  return out;
}

void FillVerdict(const domain::Verdict& verdict, v1::SimulationReport::Verdict& out) {
  out.set_ok(verdict.problem.empty());
  out.set_checked(verdict.checked);
  out.set_problem(verdict.problem);
}

// Accounts of many owners together.
std::string RoleOf(const std::string& account) {
  if (absl::StartsWith(account, "payer:")) return "payers";
  if (absl::EndsWith(account, ":pending")) return "payees:pending";
  if (absl::EndsWith(account, ":settled")) return "payees:settled";
  return account;
}

void FillMoney(const domain::Position& money, const std::string& currency, v1::SimulationReport& out) {
  const auto fill = [&](v1::SimulationReport::Account& to, const std::string& account, int64_t amount) {
    to.set_account(account);
    *to.mutable_amount() = ToProto(domain::Money{currency, amount});
  };
  domain::Position roles;
  for (const auto& [account, amount] : money) roles[RoleOf(account)] += amount;
  for (const auto& [role, amount] : roles) fill(*out.add_money(), role, amount);

  std::vector<std::pair<std::string, int64_t>> accounts(money.begin(), money.end());
  std::stable_sort(accounts.begin(), accounts.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  if (accounts.size() > kAccountsTold) accounts.resize(kAccountsTold);
  for (const auto& [account, amount] : accounts) fill(*out.add_accounts(), account, amount);
}

void FillOutcomes(const SimulationReport& report, v1::SimulationReport& out) {
  std::map<domain::Kind, int64_t> totals;
  for (const auto& [outcome, count] : report.outcomes) totals[std::get<0>(outcome)] += count;
  for (const auto& [outcome, count] : report.outcomes) {
    const auto& [kind, state, over] = outcome;
    v1::SimulationReport::Outcome& each = *out.add_outcomes();
    each.set_kind(static_cast<v1::Transaction::Kind>(kind));
    each.set_state(static_cast<v1::Transaction::State>(state));
    each.set_over(over);
    each.set_count(count);
    each.set_rate(static_cast<double>(count) / static_cast<double>(totals[kind]));
    if (!over) out.set_pending(out.pending() + count);
  }
  for (const auto& [cause, count] : report.failures) {
    v1::SimulationReport::Failure& each = *out.add_failures();
    each.set_step(cause.first);
    each.set_code(cause.second);
    each.set_count(count);
  }
  for (const auto& [touch, count] : report.faults) {
    const auto& [id, kind, code] = touch;
    v1::SimulationReport::Touch& each = *out.add_faults();
    each.set_fault_rule_id(id);
    each.set_kind(static_cast<v1::Fault::Kind>(kind));
    each.set_code(code);
    each.set_count(count);
  }
}

void FillSteps(const SimulationReport& report, v1::SimulationReport& out) {
  for (const auto& [step, runs] : report.steps) {
    v1::SimulationReport::Step& each = *out.add_steps();
    each.set_flow(std::get<0>(step));
    each.set_step(std::get<1>(step));
    each.set_service(std::get<2>(step));
    each.set_count(runs.durations.count());
    each.set_failed(runs.failed);
    *each.mutable_p50() = ToProto(runs.durations.Quantile(500'000));
    *each.mutable_p95() = ToProto(runs.durations.Quantile(950'000));
    *each.mutable_p99() = ToProto(runs.durations.Quantile(990'000));
    *each.mutable_max() = ToProto(runs.durations.max());
  }
}

}  // namespace

absl::StatusOr<int64_t> CheckSimulationId(const std::string& id, absl::string_view field) {
  absl::string_view digits = id;
  int64_t number = 0;
  const bool sound = absl::ConsumePrefix(&digits, "sim-") && absl::SimpleAtoi(digits, &number) &&
                     number > 0 && absl::StrCat(number) == digits;
  if (!sound) return BadField(field, "must be a simulation's id, such as sim-1");
  return number;
}

absl::StatusOr<engine::Call> ToCall(const v1::RunSimulationRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  if (!request.has_spec()) return BadField("spec", "is required");
  domain::StartSimulation command;
  TT_ASSIGN_OR_RETURN(command.spec, ToSpec(request.spec()));
  call.command = std::move(command);
  return call;
}

absl::StatusOr<engine::Call> ToCall(const v1::CancelSimulationRequest& request) {
  TT_ASSIGN_OR_RETURN(engine::Call call, BaseCall(request, request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int64_t number, CheckSimulationId(request.simulation()));
  TT_RETURN_IF_ERROR(CheckText(request.reason(), "reason", kMaxKey));
  call.command = domain::CancelSimulation{number, request.reason()};
  return call;
}

v1::Simulation ToProto(const SimulationRun& run, const std::string& sandbox, absl::Time wall) {
  v1::Simulation out;
  out.set_id(run.Id());
  out.set_sandbox(sandbox);
  out.set_state(static_cast<v1::Simulation::State>(run.state));
  *out.mutable_spec() = SpecToProto(*run.spec);
  for (size_t i = 0; i < run.rule_counts.size(); ++i) {
    v1::FaultRule& rule = *out.mutable_spec()->mutable_fault_rules(static_cast<int>(i));
    rule.set_seen(run.rule_counts[i].seen);
    rule.set_hits(run.rule_counts[i].hits);
  }
  *out.mutable_start_time() = ToProto(run.start_time);
  if (run.end_time) *out.mutable_end_time() = ToProto(*run.end_time);
  out.set_arrived(run.arrived());
  out.set_refused(run.refused);
  out.set_over(run.over);
  for (size_t state = 1; state < run.states.size(); ++state) {
    if (run.states[state] > 0)
      (*out.mutable_states())[domain::Name(static_cast<domain::State>(state))] = run.states[state];
  }
  *out.mutable_wall_duration() = ToProto(run.end_wall_time.value_or(wall) - run.start_wall_time);
  out.set_first_sequence(run.first_sequence);
  out.set_last_sequence(run.last_sequence);
  return out;
}

v1::SimulationReport ToProto(const SimulationReport& report, const SimulationRun& run) {
  v1::SimulationReport out;
  FillOutcomes(report, out);
  FillSteps(report, out);
  FillMoney(report.money, run.spec->amount.currency, out);
  FillVerdict(report.ledger, *out.mutable_ledger());
  FillVerdict(report.trail, *out.mutable_trail());
  out.set_retries(report.retries);
  out.set_records(report.records);
  out.set_decided_records(report.decided_records);
  const double seconds = absl::ToDoubleSeconds(*run.end_wall_time - run.start_wall_time);
  if (seconds > 0) out.set_throughput(static_cast<double>(run.arrived()) / seconds);
  out.set_digest(report.digest);
  return out;
}

std::string ReportToText(const v1::SimulationReport& report) {
  return absl::Base64Escape(report.SerializeAsString());
}

absl::StatusOr<v1::SimulationReport> ReportFromText(const std::string& text) {
  std::string bytes;
  v1::SimulationReport report;
  if (!absl::Base64Unescape(text, &bytes) || !report.ParseFromString(bytes))
    return domain::BrokenInvariant("a stored report is damaged");
  return report;
}

}  // namespace tracktrove::api
