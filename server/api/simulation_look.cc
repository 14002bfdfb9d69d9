#include "api/simulation_look.h"

#include <utility>

#include "api/simulation_convert.h"
#include "domain/status_macros.h"
#include "engine/report_maker.h"

namespace tracktrove::api {
namespace {

struct Look {
  store::SandboxSnapshot sandbox;
  store::StoredSimulation simulation;
};

absl::StatusOr<Look> Read(store::Reader& reader, const std::string& sandbox, int64_t number) {
  Look look;
  TT_ASSIGN_OR_RETURN(look.sandbox, FindSandbox(reader, sandbox));
  TT_ASSIGN_OR_RETURN(auto found, reader.GetSimulation(look.sandbox.sandbox.world, number));
  if (!found) return domain::SimulationNotFound(domain::SimulationId(number));
  look.simulation = *std::move(found);
  return look;
}

// The first to be kept is the one; a second one is made of the same records.
void KeepReport(const Edge& edge, const std::string& sandbox, domain::WorldId world, int64_t number,
                const v1::SimulationReport& report) {
  engine::Call call;
  call.sandbox = sandbox;
  call.command = domain::KeepReport{world, number, ReportToText(report)};
  call.done = [](const absl::StatusOr<std::string>&) {};  // the next one to ask makes it again
  edge.engine.Submit(std::move(call));
}

void MakeReport(const Edge& edge, const std::string& sandbox, const Look& look, v1::Simulation simulation,
                SimulationDeliver deliver) {
  const domain::WorldId world = look.sandbox.sandbox.world;
  const domain::SimulationRun& run = look.simulation.run;
  engine::ReportMaker::Start(
      edge.engine, world, run,
      [&edge, sandbox, world, run, simulation = std::move(simulation),
       deliver = std::move(deliver)](absl::StatusOr<domain::SimulationReport> report) mutable {
        if (!report.ok()) return deliver(report.status());
        *simulation.mutable_report() = ToProto(*report, run);
        KeepReport(edge, sandbox, world, run.number, simulation.report());
        deliver(std::move(simulation));
      });
}

}  // namespace

void LookAtSimulation(const Edge& edge, const std::string& sandbox, int64_t number,
                      SimulationDeliver deliver) {
  const absl::Status status =
      edge.engine.Read([&edge, sandbox, number, deliver](store::Reader& reader) mutable {
        const absl::StatusOr<Look> look = Read(reader, sandbox, number);
        if (!look.ok()) return deliver(look.status());
        const store::StoredSimulation& stored = look->simulation;
        v1::Simulation simulation = ToProto(stored.run, sandbox, look->sandbox.wall);
        if (stored.report) {
          absl::StatusOr<v1::SimulationReport> report = ReportFromText(*stored.report);
          if (!report.ok()) return deliver(report.status());
          *simulation.mutable_report() = *std::move(report);
        } else if (stored.run.state != domain::RunState::kRunning) {
          return MakeReport(edge, sandbox, *look, std::move(simulation), std::move(deliver));
        }
        deliver(std::move(simulation));
      });
  if (!status.ok()) deliver(status);
}

}  // namespace tracktrove::api
