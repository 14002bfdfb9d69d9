// Simulations that tests start from.
#ifndef TRACKTROVE_TESTS_DOMAIN_SIMULATION_SPEC_H_
#define TRACKTROVE_TESTS_DOMAIN_SIMULATION_SPEC_H_

#include <memory>

#include "domain/simulation_run.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {

// Three tips to a refund, all at once, of 10.00 to 100.00 INR.
inline SimulationSpec TipsAndRefunds(int64_t count) {
  SimulationSpec spec;
  spec.count = count;
  spec.seed = 7;
  spec.weights = {{Kind::kTip, 3}, {Kind::kRefund, 1}};
  spec.amount = {"INR", 1'000, 10'000, AmountShape::kUniform};
  spec.payers = 10;
  spec.payees = 4;
  spec.horizon = absl::Hours(24);
  return spec;
}

inline SimulationRun RunOf(const SimulationSpec& spec) {
  SimulationRun run;
  run.number = 1;
  run.spec = std::make_shared<SimulationSpec>(spec);
  run.start_time = kStart;
  run.start_wall_time = kWall;
  return run;
}

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_TESTS_DOMAIN_SIMULATION_SPEC_H_
