// The benchmark: `script/bench` starts what it needs and runs it.
#include <gtest/gtest.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/machine.h"
#include "tests/bench/measure.h"

namespace tracktrove::bench {
namespace {

const std::vector<std::pair<std::string, Measure>> kMeasures = {
    {"initiate", MeasureInitiate},       {"lifecycles", MeasureLifecycles}, {"gateway", MeasureGateway},
    {"fan_out", MeasureFanOut},          {"holds", MeasureHolds},           {"reads", MeasureReads},
    {"simulations", MeasureSimulations}, {"memory", MeasureMemory},
};

struct Options {
  std::string json;
  std::vector<std::string> only;
  int rounds = Scale().rounds;
  bool full = false;
  bool smoke = false;
};

Scale ScaleOf(const Options& options) {
  Scale scale;
  scale.rounds = options.rounds;
  if (options.full) {
    scale.holds = 1'000'000;
    scale.many_records = 10'000'000;
  }
  if (options.smoke) {
    scale = {.rounds = 1,
             .span = absl::Milliseconds(300),
             .holds = 200,
             .ending_holds = 50,
             .few_records = 700,
             .many_records = 1'400,
             .reads = 20,
             .subscribers = 5,
             .paced_rate = 200,
             .idle_streams = 20,
             .live = 50,
             .simulated = 600};
  }
  return scale;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [name, measure] : kMeasures) names.push_back(name);
  return names;
}

void Describe(CLI::App& app, Options& options) {
  app.description("Measures TrackTrove against what its users would write by hand; see script/bench --help.");
  app.add_option("--json", options.json, "File to write the figures to as well");
  app.add_option("--only", options.only, "Only this measure; repeatable")->check(CLI::IsMember(Names()));
  app.add_option("--rounds", options.rounds, "Rounds of each measure")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--full", options.full, "1,000,000 holds and 10,000,000 records");
  app.add_flag("--smoke", options.smoke, "Tiny sizes: whether it works, not how fast")->excludes("--full");
}

bool Wanted(const Options& options, const std::string& name) {
  return options.only.empty() ||
         std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

void Run(const Options& options) {
  const Scale scale = ScaleOf(options);
  Report report;
  for (const auto& [name, measure] : kMeasures) {
    if (!Wanted(options, name)) continue;
    report.Progress(name);
    Bench bench{scale, report};
    measure(bench);
  }
  nlohmann::ordered_json json = {{"machine", DescribeMachine()}, {"rounds", scale.rounds}};
  std::printf("%s\n\n%s", json.dump().c_str(), report.Table().c_str());
  if (options.json.empty()) return;
  json.update(report.ToJson());
  std::ofstream file(options.json);
  file << json.dump(2) << "\n";
  if (!file) throw std::runtime_error("cannot write " + options.json);
}

}  // namespace
}  // namespace tracktrove::bench

int main(int argc, char** argv) {
  // What the tests' support finds broken ends the run.
  testing::InitGoogleTest();
  GTEST_FLAG_SET(throw_on_failure, true);
  ::signal(SIGPIPE, SIG_IGN);
  tracktrove::bench::Options options;
  CLI::App app;
  Describe(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    Run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tracktrove_bench: %s\n", error.what());
    return 1;
  }
}
