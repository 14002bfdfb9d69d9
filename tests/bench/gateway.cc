// The same initiate as JSON through the gateway, by wrk, against gRPC with as
// many in flight.
#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::bench {
namespace {

constexpr int kConnections = 64;

// As load.cc's Tip, with an id of its own each, as the SDK sends one.
constexpr char kScript[] = R"lua(
local threads = 0
function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end
function init(args)
  number = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  run = args[1]
end
function request()
  number = number + 1
  local payer, payee = number % 10000, number * 7 % 10000
  return wrk.format(nil, nil, nil, string.format(
    '{"requestId":"bench-%s-%03d-%022d","kind":"TIP","amount":{"currencyCode":"INR","minorUnits":"2550"},' ..
    '"payer":"asha-%05d","payee":"ravi-%05d","channel":"ios",' ..
    '"payload":{"orderId":"ord-%08d","restaurant":"Dosa Corner"}}', run, id, number, payer, payee, number))
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("requests %d seconds %f failed %d\n", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
)lua";

class Gateway {
 public:
  explicit Gateway(const std::string& server)
      : process_({TRACKTROVE_GATEWAY_BIN, "--server", server, "--http-port", "0"}) {
    std::ofstream(folder_.path() + "/initiate.lua") << kScript;
    const std::optional<std::string> ready = process_.started() ? process_.ReadLine() : std::nullopt;
    if (!ready) throw std::runtime_error("the gateway did not start; script/build builds it");
    address_ = ready->substr(ready->rfind(' ') + 1);
  }

  double InitiateFor(absl::Duration span, int run) {
    const auto seconds = std::max<int64_t>(1, absl::ToInt64Seconds(span));  // it takes whole ones
    testing::ChildProcess wrk({"wrk", "--threads", "2", "--connections", std::to_string(kConnections),
                               "--duration", absl::StrCat(seconds, "s"), "--timeout", "30s", "--script",
                               folder_.path() + "/initiate.lua",
                               absl::StrCat("http://", address_, "/v1/sandboxes/json/transactions:initiate"),
                               "--", std::to_string(run)});
    if (!wrk.started()) throw std::runtime_error("wrk is missing; run script/bootstrap --bench");
    const std::string output = wrk.ReadAll();
    static const std::regex pattern("requests ([0-9]+) seconds ([0-9.]+) failed 0\n");
    std::smatch parts;
    double requests = 0, took = 0;
    if (wrk.Wait() != 0 || !std::regex_search(output, parts, pattern) ||
        !absl::SimpleAtod(parts[1].str(), &requests) || !absl::SimpleAtod(parts[2].str(), &took)) {
      throw std::runtime_error("wrk failed: " + output);
    }
    return requests / took;
  }

 private:
  testing::TempFolder folder_;
  testing::ChildProcess process_;
  std::string address_;
};

}  // namespace

void MeasureGateway(Bench& bench) {
  const Database database("gateway");
  testing::ServerProcess server({}, database.ForServer());
  const Client client = server.client();
  CreateSandbox(client, "grpc", v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
  CreateSandbox(client, "json", v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT);
  Gateway gateway(server.endpoint());
  for (int round = 0; round < bench.scale.rounds; ++round) {
    const double json = gateway.InitiateFor(bench.scale.span, round);
    const double grpc =
        Initiate(
            client, kConnections, [](int64_t i) { return Tip("grpc", i); }, For(bench.scale.span))
            .PerSecond();
    bench.report.Add("gateway/json", json, "tx/s");
    bench.report.Add("gateway/grpc", grpc, "tx/s");
    bench.report.Add("gateway_vs_grpc", json / grpc, "x", AtLeast(0.5));
  }
}

}  // namespace tracktrove::bench
