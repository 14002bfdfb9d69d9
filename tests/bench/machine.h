// What a run was made on; no names of hosts.
#ifndef TRACKTROVE_TESTS_BENCH_MACHINE_H_
#define TRACKTROVE_TESTS_BENCH_MACHINE_H_

#include <nlohmann/json.hpp>

namespace tracktrove::bench {

// CPU, cores, memory, kernel and the versions of what takes part.
nlohmann::ordered_json DescribeMachine();

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_MACHINE_H_
