#include "tests/domain/random_commands.h"

namespace tracktrove::domain {

int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

Fault AnyFault(Random& random) {
  constexpr FaultKind kNarrow[] = {FaultKind::kPartialCapture, FaultKind::kWebhookMiss,
                                   FaultKind::kWebhookDelay,   FaultKind::kWebhookDuplicate,
                                   FaultKind::kWebhookReorder, FaultKind::kWebhookBadSignature};
  Fault fault;
  fault.kind =
      Below(random, 2) == 0 ? kNarrow[Below(random, 6)] : static_cast<FaultKind>(1 + Below(random, 15));
  const bool late = fault.kind == FaultKind::kAddedLatency || fault.kind == FaultKind::kCacheOutage ||
                    fault.kind == FaultKind::kWebhookDelay;
  const bool hold = fault.kind == FaultKind::kHoldExpiry && Below(random, 2) == 0;
  if (late || hold) fault.duration = absl::Milliseconds(1 + Below(random, 3000));
  if (fault.kind == FaultKind::kPartialCapture) fault.capture_ppm = 1 + Below(random, kPpm - 1);
  return fault;
}

InitiateTransaction AnyTransaction(Random& random) {
  InitiateTransaction command = Tip();
  command.kind = static_cast<Kind>(1 + Below(random, 5));
  const bool yen = Below(random, 4) == 0;
  command.amount = {yen ? "JPY" : "INR", yen ? 1 + Below(random, 500) : 100 + Below(random, 49'900)};
  command.capture = Below(random, 2) == 0 ? Capture::kAutomatic : Capture::kManual;
  // Short enough to end now and then between two steps.
  if (Below(random, 3) == 0) command.hold_ttl = absl::Milliseconds(1 + Below(random, 400));
  command.simulation.success_ppm = Below(random, 3) == 0 ? 500'000 : kPpm;
  command.simulation.transient_ppm = Below(random, 3) == 0 ? 400'000 : 0;
  command.simulation.fail_first_attempts = static_cast<int>(Below(random, 3));
  if (Below(random, 4) == 0) {
    PlannedFault planned;
    planned.id = "inline:0";
    do {
      planned.fault = AnyFault(random);
    } while (!CheckReach(planned.fault.kind, "", FlowOf(command.kind), "", "").ok());
    planned.remaining = static_cast<int>(1 + Below(random, 3));
    command.simulation.faults = {planned};
  }
  return command;
}

FaultRule AnyRule(Random& random) {
  FaultRule rule;
  rule.fault = AnyFault(random);
  if (Below(random, 2) == 0) rule.match.kinds = {static_cast<Kind>(1 + Below(random, 5))};
  rule.ppm = 1 + Below(random, 600'000);
  if (Below(random, 3) == 0) rule.max_hits = 1 + Below(random, 5);
  if (Below(random, 4) == 0) rule.nth = 1 + Below(random, 9);
  return rule;
}

SettlementPolicy AnySettlement(Random& random) {
  constexpr const char* kZones[] = {"Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Apia"};
  SettlementPolicy policy;
  policy.cut_off_minute = static_cast<int>(Below(random, 24 * 60));
  policy.time_zone = kZones[Below(random, 4)];
  policy.business_days = static_cast<int>(Below(random, 3));
  if (Below(random, 2) == 0) policy.weekend.clear();
  return policy;
}

CreateSandbox AnySandbox(Random& random) {
  CreateSandbox create = ManualSandbox(Below(random, 2) == 0 ? Pace::kInstant : Pace::kPaced, random());
  create.policy.fee = {Below(random, 2) == 0 ? 20'000 : Below(random, kPpm + 1), Below(random, 200)};
  create.policy.retry.max_attempts = static_cast<int>(1 + Below(random, 5));
  create.policy.settlement = AnySettlement(random);
  create.policy.dispute_deadline = absl::Minutes(1 + Below(random, 3 * 24 * 60));
  return create;
}

}  // namespace tracktrove::domain
