// How this run of the tests goes: how long, and by which chance.
#ifndef TRACKTROVE_TESTS_SUPPORT_RUN_H_
#define TRACKTROVE_TESTS_SUPPORT_RUN_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace tracktrove::testing {

// Whether $TRACKTROVE_LONG_TESTS asks for the long versions.
inline bool LongTests() { return std::getenv("TRACKTROVE_LONG_TESTS") != nullptr; }

// What a test's chance derives from, printed: $TRACKTROVE_TEST_SEED, or drawn.
inline uint64_t TestSeed() {
  const char* const given = std::getenv("TRACKTROVE_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "TRACKTROVE_TEST_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_RUN_H_
