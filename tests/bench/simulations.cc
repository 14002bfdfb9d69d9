// INSTANT lifecycles a second by a simulation, against multi-row inserts of the
// same rows; and decisions a second of the domain alone.
#include <optional>
#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "domain/decide.h"
#include "domain/json.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/bench/row_copies.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

// Runs one of so many to its end; transactions a second of wall time, as it reports.
double RunSimulation(const Client& client, const std::string& sandbox, int count) {
  CreateSandbox(client, sandbox, v1::Sandbox::Clock::MANUAL, v1::Sandbox::INSTANT);
  v1::RunSimulationRequest request;
  request.set_sandbox(sandbox);
  v1::SimulationSpec& spec = *request.mutable_spec();
  spec.set_count(count);
  spec.set_seed(7);
  spec.set_payers(kAccounts);
  spec.set_payees(kAccounts);
  const auto stream = Must(client.RunSimulation(request), "a simulation");
  v1::Simulation newest;
  while (auto next = Must(stream->Next(), "a simulation")) newest = *std::move(next);
  const v1::SimulationReport& report = newest.report();
  if (newest.state() != v1::Simulation::FINISHED || !report.ledger().ok() || !report.trail().ok())
    throw std::runtime_error("a simulation did not end well: " + newest.ShortDebugString());
  return report.throughput();
}

// Decides transactions of tips to their end, in memory, for `span`.
double DecisionsPerSecond(absl::Duration span) {
  const domain::Stamp stamp{.now = absl::FromUnixSeconds(1'767'340'800), .wall = absl::UnixEpoch()};
  domain::Facts facts;
  facts.sandbox_name = "lab";
  domain::CreateSandbox create;
  create.clock_mode = domain::ClockMode::kManual;
  create.start_time = stamp.now;
  create.pace = domain::Pace::kInstant;
  domain::Sandbox sandbox = *Must(domain::Decide(facts, create, stamp), "a sandbox").sandbox;
  facts.sandbox = &sandbox;

  domain::InitiateTransaction tip;
  tip.amount = {"INR", 2550};
  tip.payer = "asha";
  tip.payee = "ravi";
  tip.payload = domain::CanonicalText({{"order", {{"id", "FD-10234"}, {"items", 2}}}, {"rating", 5}});
  int64_t decided = 0;
  const absl::Time start = absl::Now();
  while (absl::Now() < start + span) {
    domain::Decision decision = Must(domain::Decide(facts, tip, stamp), "a tip");
    if (decision.transaction->state != domain::State::kCompleted) throw std::runtime_error("a tip failed");
    sandbox = *decision.sandbox;
    domain::Seal(decision, sandbox, stamp.wall);
    ++decided;
  }
  return static_cast<double>(decided) / absl::ToDoubleSeconds(absl::Now() - start);
}

}  // namespace

void MeasureSimulations(Bench& bench) {
  const Scale& scale = bench.scale;
  std::optional<RowCopies> copies;
  for (int round = 0; round < scale.rounds; ++round) {
    bench.report.Add("domain/instant", DecisionsPerSecond(scale.span), "decisions/s");
    const Database database("simulations");
    testing::ServerProcess server({}, database.ForServer());
    const double simulated = RunSimulation(server.client(), "lab", scale.simulated);
    server.Stop();
    if (!copies) {
      copies.emplace(database);
      bench.report.Note(absl::StrCat("a simulation of ", scale.simulated, " left ", copies->Describe()));
    }
    const double inserted = copies->Write("simulated_rows");
    bench.report.Add("simulate/instant", simulated, "tx/s");
    bench.report.Add("inserts/same_rows", inserted, "tx/s");
    bench.report.Add("simulate_vs_inserts", simulated / inserted, "x", AtLeast(0.6));
  }
}

}  // namespace tracktrove::bench
