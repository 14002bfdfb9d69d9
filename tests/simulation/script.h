// What the clients of a random walk ask for: everything that follows from the
// seed, and nothing that depends on how it is batched.
#ifndef TRACKTROVE_TESTS_SIMULATION_SCRIPT_H_
#define TRACKTROVE_TESTS_SIMULATION_SCRIPT_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "domain/command.h"

namespace tracktrove::simulation {

using Random = std::mt19937_64;

// Uniform in [0, bound); std's distributions differ between libraries.
inline int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

// A command; the transaction it names is told by the place of its initiation
// in the script, because its id is not known yet.
struct Op {
  std::string request_id;  // empty: not idempotent
  domain::Command command;
  std::optional<size_t> target;
};

class Script {
 public:
  explicit Script(uint64_t seed) : random_(seed) {}

  // How the walk's sandbox is made; call it first.
  domain::CreateSandbox Sandbox(domain::ClockMode mode);
  // The next op. `place` of an InitiateTransaction is how many came before it.
  Op Next();

 private:
  domain::InitiateTransaction AnyTransaction();
  domain::StartSimulation AnySimulation();
  domain::UpdateSandbox AnyUpdate();
  domain::SettlementPolicy AnySettlement();
  domain::Fault AnyFault();
  // One that can act on a step of this kind's flow.
  domain::Fault AnyFaultOf(domain::Kind kind);
  domain::FaultRule AnyRule();
  domain::Command AnyRuleChange();
  domain::Command AnyDeed(size_t target);
  Op AnyDisputeMove(size_t target);
  std::optional<domain::Money> PartOf(size_t target);

  Random random_;
  int64_t ops_ = 0;
  int64_t rules_ = 0;                   // made so far
  std::vector<domain::Money> amounts_;  // of the transactions so far
  std::vector<domain::Kind> kinds_;     // likewise
  std::vector<size_t> disputed_;        // transactions that somebody tried to dispute
};

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_SCRIPT_H_
