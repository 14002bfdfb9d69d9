#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"
#include "sdk/cli/render.h"
#include "sdk/cli/text.h"

namespace tracktrove::cli {
namespace {

using Report = v1::SimulationReport;

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// `1.234s`, `56.7ms`: three digits that matter, so that columns can be compared.
std::string Short(const google::protobuf::Duration& duration) {
  const double ms = absl::ToDoubleMilliseconds(ToAbsl(duration));
  return ms < 1000 ? absl::StrFormat("%.1fms", ms) : absl::StrFormat("%.2fs", ms / 1000);
}

std::string StatesOf(const v1::Simulation& simulation) {
  const std::map<std::string, int64_t> states(simulation.states().begin(), simulation.states().end());
  return absl::StrJoin(states, ", ", [](std::string* out, const auto& state) {
    absl::StrAppend(out, state.second, " ", state.first);
  });
}

std::string StateOf(const v1::Simulation& simulation) {
  return v1::Simulation::State_Name(simulation.state());
}

void AddOutcomes(const Report& report, std::vector<std::string>& lines) {
  lines.push_back(
      absl::StrCat("  ", Left("kind", 16), Left("state", 12), Right("count", 9), Right("share", 9)));
  for (const Report::Outcome& outcome : report.outcomes()) {
    const std::string state =
        absl::StrCat(v1::Transaction::State_Name(outcome.state()), outcome.over() ? "" : " …");
    lines.push_back(absl::StrCat("  ", Left(v1::Transaction::Kind_Name(outcome.kind()), 16), Left(state, 12),
                                 Right(absl::StrCat(outcome.count()), 9),
                                 Right(absl::StrFormat("%.1f%%", 100 * outcome.rate()), 9)));
  }
  if (report.pending() > 0) lines.push_back(absl::StrCat("  … ", report.pending(), " can still move"));
}

void AddSteps(const Report& report, std::vector<std::string>& lines) {
  lines.push_back(absl::StrCat("  ", Left("step", 44), Right("runs", 9), Right("failed", 9), Right("p50", 10),
                               Right("p95", 10), Right("p99", 10), Right("max", 10)));
  for (const Report::Step& step : report.steps()) {
    lines.push_back(absl::StrCat("  ", Left(absl::StrCat(step.flow(), "/", step.step()), 44),
                                 Right(absl::StrCat(step.count()), 9), Right(absl::StrCat(step.failed()), 9),
                                 Right(Short(step.p50()), 10), Right(Short(step.p95()), 10),
                                 Right(Short(step.p99()), 10), Right(Short(step.max()), 10)));
  }
}

std::string Verdict(const Report::Verdict& verdict, absl::string_view what) {
  if (verdict.ok()) return absl::StrCat("ok: ", Counted(verdict.checked(), what));
  return absl::StrCat("BROKEN: ", verdict.problem());
}

std::vector<std::string> ReportLines(const Report& report) {
  std::vector<std::string> lines;
  AddOutcomes(report, lines);
  for (const Report::Failure& failure : report.failures()) {
    lines.push_back(absl::StrCat("  ", Right(absl::StrCat(failure.count()), 8), " x ", failure.code(),
                                 failure.step().empty() ? "" : " at ", failure.step()));
  }
  for (const Report::Touch& fault : report.faults()) {
    lines.push_back(absl::StrCat("  ", Right(absl::StrCat(fault.count()), 8), " x ",
                                 v1::Fault::Kind_Name(fault.kind()), " by ", fault.fault_rule_id(),
                                 fault.code().empty() ? "" : ": ", fault.code()));
  }
  AddSteps(report, lines);
  for (const Report::Account& account : report.money()) {
    lines.push_back(
        absl::StrCat("  ", Left(account.account(), 28), Right(FormatMoney(account.amount()), 18)));
  }
  lines.push_back(Fields({
      {"retries", absl::StrCat(report.retries())},
      {"records", absl::StrCat(report.records(), ", ", report.decided_records(), " decided")},
      {"throughput", absl::StrFormat("%.0f transactions/s", report.throughput())},
      {"ledger", Verdict(report.ledger(), "transaction")},
      {"trail", Verdict(report.trail(), "record")},
      {"digest", report.digest()},
  }));
  return lines;
}

}  // namespace

std::string RenderProgress(const v1::Simulation& simulation, int bar_width) {
  const int64_t count = std::max<int64_t>(1, simulation.spec().count());
  const int64_t ended = simulation.over() + simulation.refused();
  std::string bar;
  if (bar_width > 0) {
    // What is over is full, what has arrived is half.
    const auto width = [&](int64_t part) { return static_cast<size_t>(part * bar_width / count); };
    const size_t full = width(ended);
    const size_t half = width(simulation.arrived() + simulation.refused()) - full;
    bar = absl::StrCat("[", std::string(full, '#'), std::string(half, '-'),
                       std::string(static_cast<size_t>(bar_width) - full - half, ' '), "] ");
  }
  const double seconds = absl::ToDoubleSeconds(ToAbsl(simulation.wall_duration()));
  const double rate = seconds > 0 ? static_cast<double>(ended) / seconds : 0;
  return absl::StrCat(simulation.id(), " ", bar, simulation.arrived(), " arrived, ", ended, " of ", count,
                      " over", absl::StrFormat(" (%.0f/s)", rate));
}

std::string RenderSimulation(const v1::Simulation& simulation) {
  std::vector<std::string> lines = {
      absl::StrCat(simulation.id(), " ", StateOf(simulation), ": ", simulation.arrived(), " of ",
                   simulation.spec().count(), " arrived, ", simulation.over(), " over",
                   simulation.refused() > 0 ? absl::StrCat(", ", simulation.refused(), " refused") : "",
                   " in ", Short(simulation.wall_duration()), "; seed ", simulation.spec().seed(),
                   ", sequences ", simulation.first_sequence(), " to ", simulation.last_sequence())};
  if (simulation.has_report()) {
    for (std::string& line : ReportLines(simulation.report())) lines.push_back(std::move(line));
  } else if (!simulation.states().empty()) {
    lines.push_back(absl::StrCat("  ", StatesOf(simulation)));
  }
  return absl::StrJoin(lines, "\n");
}

std::string RenderSimulationLine(const v1::Simulation& simulation) {
  return Trimmed(absl::StrCat(Left(simulation.id(), 10), Left(StateOf(simulation), 13),
                              FormatTime(simulation.start_time()), "  ", simulation.arrived(), " of ",
                              simulation.spec().count(), " arrived, ", simulation.over(), " over  ",
                              StatesOf(simulation)));
}

}  // namespace tracktrove::cli
