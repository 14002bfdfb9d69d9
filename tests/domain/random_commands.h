// Commands drawn at random, sound but of all sorts.
#ifndef TRACKTROVE_TESTS_DOMAIN_RANDOM_COMMANDS_H_
#define TRACKTROVE_TESTS_DOMAIN_RANDOM_COMMANDS_H_

#include <cstdint>
#include <random>

#include "tests/domain/world.h"

namespace tracktrove::domain {

using Random = std::mt19937_64;

// Uniform in [0, bound); std's distributions differ between libraries.
int64_t Below(Random& random, int64_t bound);

// A fault that is sound, of any kind; half of them of one that a single step of a flow can suffer.
Fault AnyFault(Random& random);

// A transaction with chances of all sorts.
InitiateTransaction AnyTransaction(Random& random);

// A rule that can match, with limits of all sorts.
FaultRule AnyRule(Random& random);

SettlementPolicy AnySettlement(Random& random);
CreateSandbox AnySandbox(Random& random);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_TESTS_DOMAIN_RANDOM_COMMANDS_H_
