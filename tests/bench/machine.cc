#include "tests/bench/machine.h"

#include <grpcpp/grpcpp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <string>
#include <thread>

#include "tests/support/child_process.h"
#include "tests/support/postgres.h"

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

std::string RedisVersion() {
  const std::string text = testing::ChildProcess({"redis-server", "--version"}).ReadAll();
  static const std::regex pattern("v=([0-9.]+)");
  std::smatch parts;
  return std::regex_search(text, parts, pattern) ? parts[1].str() : "unknown";
}

int64_t MemoryMebibytes() { return int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGE_SIZE) >> 20; }

}  // namespace

nlohmann::ordered_json DescribeMachine() {
  return {{"cpu", CpuModel()},
          {"cores", std::thread::hardware_concurrency()},
          {"memory_mib", MemoryMebibytes()},
          {"kernel", Kernel()},
          {"tracktrove", TRACKTROVE_VERSION},
          {"postgresql", testing::PostgresQuery(testing::PostgresUrl(), "show server_version").at(0)},
          {"redis", RedisVersion()},
          {"grpc", grpc::Version()}};
}

}  // namespace tracktrove::bench
