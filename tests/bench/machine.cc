#include "tests/bench/machine.h"

#include <grpcpp/grpcpp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace tracktrove::bench {
namespace {

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string Kernel() {
  utsname names;
  return ::uname(&names) == 0 ? std::string(names.sysname) + " " + names.release : "unknown";
}

int64_t MemoryMebibytes() { return int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGE_SIZE) >> 20; }

}  // namespace

nlohmann::ordered_json DescribeMachine(const Services& services) {
  return {{"cpu", CpuModel()},
          {"cores", std::thread::hardware_concurrency()},
          {"memory_mib", MemoryMebibytes()},
          {"kernel", Kernel()},
          {"tracktrove", TRACKTROVE_VERSION},
          {"postgresql", services.PostgresVersion()},
          {"redis", services.RedisVersion()},
          {"grpc", grpc::Version()}};
}

}  // namespace tracktrove::bench
