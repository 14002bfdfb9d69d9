#include "tests/simulation/script.h"

#include <algorithm>

#include "domain/json.h"

namespace tracktrove::simulation {

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
  return create;
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
  amounts_.push_back(command.amount);
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
  if (Below(random_, 2) == 0) return std::nullopt;
  const Money& whole = amounts_[target];
  return Money{whole.currency, 1 + Below(random_, whole.minor_units + 1)};  // one too much at times
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
  if (choice < 16) {
    op.target = any();
    op.command = domain::CompleteTransaction{"", PartOf(*op.target)};
  } else if (choice < 22) {
    op.target = any();
    op.command = domain::CancelTransaction{"", "walk"};
  } else if (choice < 34) {
    op.target = any();
    op.command = domain::RefundTransaction{"", PartOf(*op.target), ""};
  } else if (choice < 37) {
    op.target = any();
    op.command = domain::RecordSnapshot{"", "walker", "look", domain::CanonicalText({{"seen", ops_}})};
  } else if (choice < 39) {
    op.command = AnyUpdate();
  } else if (choice < 60) {
    op.command = domain::AdvanceClock{.target = absl::Microseconds(Below(random_, 1'500'000)),
                                      .request_id = op.request_id,
                                      .fingerprint = "f"};
  } else if (choice < 62) {
    op.command = AnySimulation();
  } else if (choice < 63) {
    op.command = domain::CancelSimulation{1 + Below(random_, 4), "walk"};
  } else {
    op.target = amounts_.size();  // its own place
    op.command = AnyTransaction();
  }
  ++ops_;
  return op;
}

}  // namespace tracktrove::simulation
