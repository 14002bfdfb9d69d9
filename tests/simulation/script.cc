#include "tests/simulation/script.h"

#include <algorithm>
#include <utility>

#include "domain/json.h"

namespace tracktrove::simulation {

using domain::Fault;
using domain::FaultKind;
using domain::FaultRule;
using domain::Kind;
using domain::Money;
using domain::Pace;

domain::CreateSandbox Script::Sandbox(domain::ClockMode mode) {
  domain::CreateSandbox create;
  create.seed = random_();
  create.world = 1;
  create.clock_mode = mode;
  create.start_time = absl::FromUnixSeconds(1'767'340'800);
  create.pace = Below(random_, 3) == 0 ? Pace::kInstant : Pace::kPaced;
  create.policy.fee = {Below(random_, 2) == 0 ? 20'000 : Below(random_, domain::kPpm + 1),
                       Below(random_, 200)};
  create.policy.retry.max_attempts = static_cast<int>(1 + Below(random_, 5));
  create.policy.settlement = AnySettlement();
  create.policy.dispute_deadline = absl::Minutes(1 + Below(random_, 3 * 24 * 60));
  return create;
}

domain::SettlementPolicy Script::AnySettlement() {
  domain::SettlementPolicy policy;
  policy.cut_off_minute = static_cast<int>(Below(random_, 24 * 60));
  policy.time_zone = Below(random_, 2) == 0 ? "Asia/Kolkata" : "UTC";
  policy.business_days = static_cast<int>(Below(random_, 3));
  if (Below(random_, 2) == 0) policy.weekend.clear();
  return policy;
}

Fault Script::AnyFault() {
  Fault fault;
  fault.kind = static_cast<FaultKind>(1 + Below(random_, 15));
  const bool late = fault.kind == FaultKind::kAddedLatency || fault.kind == FaultKind::kCacheOutage ||
                    fault.kind == FaultKind::kWebhookDelay;
  const bool hold = fault.kind == FaultKind::kHoldExpiry && Below(random_, 2) == 0;
  if (late || hold) fault.duration = absl::Milliseconds(1 + Below(random_, 3000));
  // The least part of a small amount comes to nothing.
  if (fault.kind == FaultKind::kPartialCapture)
    fault.capture_ppm = Below(random_, 4) == 0 ? 1 : 1 + Below(random_, domain::kPpm - 1);
  if (fault.kind == FaultKind::kStepError && Below(random_, 2) == 0) fault.code = "BROKEN_ON_PURPOSE";
  return fault;
}

Fault Script::AnyFaultOf(Kind kind) {
  for (;;) {
    const Fault fault = AnyFault();
    if (domain::CheckReach(fault.kind, "", domain::FlowOf(kind), "", "").ok()) return fault;
  }
}

FaultRule Script::AnyRule() {
  FaultRule rule;
  rule.fault = AnyFault();
  if (Below(random_, 2) == 0) rule.match.kinds = {static_cast<Kind>(1 + Below(random_, 5))};
  rule.ppm = Below(random_, 8) == 0 ? domain::kPpm : 1 + Below(random_, 200'000);
  const int64_t limit = Below(random_, 5);
  if (limit == 0) rule.max_hits = 1 + Below(random_, 5);
  if (limit == 1) rule.nth = 1 + Below(random_, 9);
  if (limit == 2) rule.first_n = 1 + Below(random_, 9);
  return rule;
}

domain::Command Script::AnyRuleChange() {
  // The first is never deleted, so that no id comes twice.
  const auto known = [this] { return "rule-" + std::to_string(1 + Below(random_, rules_ + 1)); };
  const int64_t choice = Below(random_, 10);
  if (choice < 5) {
    FaultRule rule = AnyRule();
    rule.id = "rule-" + std::to_string(rules_ > 0 && Below(random_, 8) == 0 ? 0 : rules_++);
    return domain::CreateFaultRule{rule};
  }
  if (choice < 8) return domain::DeleteFaultRule{known(), false};
  domain::UpdateFaultRule update;
  update.id = known();
  update.enabled = Below(random_, 2) == 0;
  update.reset_counts = Below(random_, 4) == 0;
  return update;
}

// What an operator does to a transaction.
domain::Command Script::AnyDeed(size_t target) {
  switch (Below(random_, 5)) {
    case 0:
      return domain::OverrideState{"", static_cast<domain::State>(1 + Below(random_, 6)), "walker",
                                   "because"};
    case 1:
      return domain::ForceRetry{"", "walker", "walk"};
    default: {
      domain::PlannedFault planned;
      planned.fault = AnyFaultOf(kinds_[target]);
      return domain::InjectFailure{"", planned, "walker", ""};
    }
  }
}

// A new dispute about `target`, or a move in one of the newest, if they were opened.
Op Script::AnyDisputeMove(size_t target) {
  Op op;
  const int64_t choice = disputed_.empty() ? 0 : Below(random_, 6);
  if (choice < 3) {
    disputed_.push_back(target);
    op.target = target;
    op.command = domain::OpenDispute{"", PartOf(target), domain::DisputeReason::kOther, ""};
    return op;
  }
  const auto count = static_cast<int64_t>(disputed_.size());
  op.target = disputed_[static_cast<size_t>(count - 1 - Below(random_, std::min<int64_t>(count, 4)))];
  if (choice < 5) {
    op.command = domain::SubmitEvidence{"", {domain::Evidence{"photo", "", domain::CanonicalText({}), {}}}};
  } else {
    op.command = domain::ResolveDispute{"", Below(random_, 4) > 0, ""};
  }
  return op;
}

domain::InitiateTransaction Script::AnyTransaction() {
  domain::InitiateTransaction command;
  command.kind = static_cast<Kind>(1 + Below(random_, 5));
  const bool yen = Below(random_, 4) == 0;
  command.amount = {yen ? "JPY" : "INR", yen ? 1 + Below(random_, 500) : 100 + Below(random_, 49'900)};
  command.payer = "payer-" + std::to_string(Below(random_, 3));
  command.payee = "payee-" + std::to_string(Below(random_, 3));
  command.payload = domain::CanonicalText({{"op", ops_}});
  if (Below(random_, 2) == 0) command.draw_key = "key-" + std::to_string(ops_);
  if (Below(random_, 3) == 0) command.capture = domain::Capture::kManual;
  // Short enough to end now and then between two steps.
  if (Below(random_, 3) == 0) command.hold_ttl = absl::Milliseconds(1 + Below(random_, 400));
  command.simulation.success_ppm = Below(random_, 3) == 0 ? 500'000 * Below(random_, 2) : domain::kPpm;
  command.simulation.transient_ppm = Below(random_, 3) == 0 ? 400'000 : 0;
  command.simulation.fail_first_attempts = static_cast<int>(std::max<int64_t>(0, Below(random_, 6) - 3));
  if (Below(random_, 6) == 0) {
    domain::PlannedFault planned;
    planned.id = "inline:0";
    planned.fault = AnyFaultOf(command.kind);
    planned.remaining = static_cast<int>(1 + Below(random_, 3));
    command.simulation.faults = {planned};
  }
  amounts_.push_back(command.amount);
  kinds_.push_back(command.kind);
  return command;
}

domain::StartSimulation Script::AnySimulation() {
  domain::SimulationSpec spec;
  spec.count = 1 + Below(random_, 25);
  spec.rate_micros = Below(random_, 2) == 0 ? 0 : (1 + Below(random_, 200)) * 1'000'000;
  spec.seed = random_();
  spec.weights = {{Kind::kTip, 2}, {Kind::kPurchase, 1}};
  spec.amount = {"INR", 100, 50'000, domain::AmountShape::kUniform};
  spec.payers = spec.payees = 3;
  spec.chances.success_ppm = 800'000;
  spec.chances.transient_ppm = 100'000;
  for (int64_t left = Below(random_, 3); left > 0; --left) spec.fault_rules.push_back(AnyRule());
  spec.horizon = Below(random_, 3) == 0 ? absl::Milliseconds(1 + Below(random_, 2000)) : absl::Hours(48);
  return {spec};
}

domain::UpdateSandbox Script::AnyUpdate() {
  domain::UpdateSandbox update;
  if (Below(random_, 2) == 0) update.pace = static_cast<Pace>(1 + Below(random_, 2));
  if (Below(random_, 2) == 0)
    update.fee = domain::FeePolicy{Below(random_, domain::kPpm + 1), Below(random_, 100)};
  return update;
}

std::optional<Money> Script::PartOf(size_t target) {
  const int64_t choice = Below(random_, 8);
  if (choice < 4) return std::nullopt;
  const auto& [currency, whole] = amounts_[target];
  if (choice < 6) return Money{currency, choice == 4 ? whole : whole + 1};  // all there is, and one too much
  return Money{currency, 1 + Below(random_, whole)};
}

Op Script::Next() {
  Op op;
  if (Below(random_, 2) == 0) op.request_id = "op-" + std::to_string(ops_);
  const int64_t choice = amounts_.empty() ? 99 : Below(random_, 100);
  // Mostly one of the newest, which are still under way.
  const auto count = static_cast<int64_t>(amounts_.size());
  const auto any = [&] {
    return static_cast<size_t>(count - 1 - Below(random_, std::min<int64_t>(count, 12)));
  };
  if (choice < 12) {
    op.target = any();
    op.command = domain::CompleteTransaction{"", PartOf(*op.target)};
  } else if (choice < 16) {
    op.target = any();
    op.command = domain::CancelTransaction{"", "walk"};
  } else if (choice < 24) {
    op.target = any();
    op.command = domain::RefundTransaction{"", PartOf(*op.target), ""};
  } else if (choice < 26) {
    op.target = any();
    op.command = domain::RecordSnapshot{"", "walker", "look", domain::CanonicalText({{"seen", ops_}})};
  } else if (choice < 36) {
    op.target = any();
    op.command = AnyDeed(*op.target);
  } else if (choice < 47) {
    Op move = AnyDisputeMove(any());
    move.request_id = op.request_id;
    op = std::move(move);
  } else if (choice < 48) {
    op.command = AnyUpdate();
  } else if (choice < 51) {
    op.command = AnyRuleChange();
  } else if (choice < 52) {
    op.command = domain::RunSettlement{.request_id = op.request_id, .fingerprint = "f"};
  } else if (choice < 66) {
    // Seldom over days, where batches are paid and deadlines pass.
    const absl::Duration most = Below(random_, 12) == 0 ? absl::Hours(80) : absl::Milliseconds(1'500);
    op.command =
        domain::AdvanceClock{.target = absl::Microseconds(Below(random_, absl::ToInt64Microseconds(most))),
                             .request_id = op.request_id,
                             .fingerprint = "f"};
  } else if (choice < 68) {
    op.command = AnySimulation();
  } else if (choice < 73) {
    op.command = domain::CancelSimulation{1 + Below(random_, 4), "walk"};
  } else {
    op.target = amounts_.size();  // its own place
    op.command = AnyTransaction();
  }
  ++ops_;
  return op;
}

}  // namespace tracktrove::simulation
