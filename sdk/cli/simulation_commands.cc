#include <unistd.h>

#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "sdk/cli/command.h"
#include "sdk/cli/fault_flags.h"
#include "sdk/cli/interrupt.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

using Spec = v1::SimulationSpec;

struct SimulateFlags {
  int count = 200;
  double rate = 0;
  bool jitter = false;
  std::optional<uint64_t> seed;
  std::vector<std::string> kinds;
  std::string amount, currency = "INR", shape = "uniform";
  int payers = 0, payees = 0;
  std::string flow, hold_ttl, horizon, request_id;
  std::optional<double> success_rate;
  double transient_rate = 0;
  int fail_first = 0;
  std::vector<std::string> faults;
};

// `tip=3`, or `tip` for a weight of 1.
absl::StatusOr<Spec::Kind> ParseKind(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  const absl::StatusOr<int> kind = ParseEnum(v1::Transaction::Kind_descriptor(), parts[0]);
  if (!kind.ok()) return kind.status();
  int weight = 1;
  if (parts.size() == 2 && (!absl::SimpleAtoi(parts[1], &weight) || weight < 1))
    return absl::InvalidArgumentError(absl::StrCat("`", text, "`: write it like tip=3"));
  Spec::Kind result;
  result.set_kind(static_cast<v1::Transaction::Kind>(*kind));
  result.set_weight(weight);
  return result;
}

// `1..500`, or `25` for always the same.
absl::StatusOr<Spec::Amount> ParseAmounts(const std::string& text, const std::string& currency) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits("..", 1));
  const absl::StatusOr<v1::Money> min = ParseMoney(parts.front(), currency);
  if (!min.ok()) return min.status();
  const absl::StatusOr<v1::Money> max = ParseMoney(parts.back(), currency);
  if (!max.ok()) return max.status();
  Spec::Amount amount;
  amount.set_min_minor_units(min->minor_units());
  amount.set_max_minor_units(max->minor_units());
  return amount;
}

v1::RunSimulationRequest RequestOf(const SimulateFlags& flags, const Context& context) {
  v1::RunSimulationRequest request;
  request.set_sandbox(context.sandbox);
  request.set_request_id(flags.request_id);
  Spec& spec = *request.mutable_spec();
  spec.set_count(flags.count);
  spec.set_rate(flags.rate);
  spec.set_jitter(flags.jitter);
  if (flags.seed) spec.set_seed(*flags.seed);
  for (const std::string& list : flags.kinds) {
    for (const auto kind : absl::StrSplit(list, ','))
      *spec.add_kinds() = ValueOf(ParseKind(std::string(kind)), "--kinds");
  }
  if (!flags.amount.empty())
    *spec.mutable_amount() = ValueOf(ParseAmounts(flags.amount, flags.currency), "--amount");
  spec.mutable_amount()->set_currency_code(flags.currency);
  spec.mutable_amount()->set_shape(flags.shape == "low-heavy" ? Spec::Amount::LOW_HEAVY
                                                              : Spec::Amount::UNIFORM);
  spec.set_payers(flags.payers);
  spec.set_payees(flags.payees);
  spec.set_flow(flags.flow);
  if (flags.success_rate) spec.set_success_rate(*flags.success_rate);
  spec.set_transient_failure_rate(flags.transient_rate);
  spec.set_fail_first_attempts(flags.fail_first);
  for (const std::string& fault : flags.faults)
    *spec.add_fault_rules() = ValueOf(ParseFaultRule(fault), "--fault");
  if (!flags.hold_ttl.empty())
    *spec.mutable_hold_ttl() = ValueOf(ParseDuration(flags.hold_ttl), "--hold-ttl");
  if (!flags.horizon.empty()) *spec.mutable_horizon() = ValueOf(ParseDuration(flags.horizon), "--horizon");
  return request;
}

// Shows how far a simulation is: a bar on a terminal, else a line now and then.
class ProgressView {
 public:
  explicit ProgressView(const Context& context) : context_(context) {}

  void Show(const v1::Simulation& simulation) {
    if (context_.json()) return context_.Print(simulation, "");
    if (is_terminal_) {
      std::cerr << '\r' << RenderProgress(simulation, kBarWidth) << "\x1b[K" << std::flush;
    } else if (absl::Now() >= next_line_) {
      std::cerr << RenderProgress(simulation, 0) << std::endl;
      next_line_ = absl::Now() + absl::Seconds(1);
    }
  }

  void End() const {
    if (is_terminal_ && !context_.json()) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  static constexpr int kBarWidth = 40;
  const Context& context_;
  const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
  absl::Time next_line_ = absl::InfinitePast();
};

// Whether all is as it should be, as an exit code tells it.
absl::Status VerdictOf(const v1::Simulation& simulation) {
  switch (simulation.state()) {
    case v1::Simulation::CANCELLED:
      return absl::CancelledError(absl::StrCat(simulation.id(), " was cancelled"));
    case v1::Simulation::INTERRUPTED:
      return absl::InternalError(
          absl::StrCat(simulation.id(), " was interrupted; the server's log says why"));
    default:
      break;
  }
  const v1::SimulationReport& report = simulation.report();
  if (!report.ledger().ok() || !report.trail().ok())
    return absl::DataLossError("the ledger or the trail is not sound");
  return absl::OkStatus();
}

// Shows a run to its end. Ctrl-C cancels it, and what it came to is still shown;
// of one that is only watched it ends the watching.
absl::Status Follow(const Client& client, const Context& context, const v1::RunSimulationRequest& request) {
  StreamOr<v1::Simulation> stream = client.RunSimulation(request);
  if (!stream.ok()) return stream.status();
  std::mutex mutex;
  v1::Simulation newest;
  const OnInterrupt on_interrupt([&] {
    v1::CancelSimulationRequest cancel;
    {
      std::lock_guard lock(mutex);
      cancel.set_simulation(newest.id());
    }
    if (cancel.simulation().empty() || !request.simulation().empty()) return (*stream)->Cancel();
    cancel.set_sandbox(request.sandbox());
    cancel.set_reason("interrupted at ttctl");
    (void)client.CancelSimulation(cancel);  // it may have ended by itself
  });
  ProgressView view(context);
  absl::Status status;
  while (status.ok()) {
    absl::StatusOr<std::optional<v1::Simulation>> next = (*stream)->Next();
    status = next.status();
    if (!next.ok() || !*next) break;
    view.Show(**next);
    std::lock_guard lock(mutex);
    newest = **std::move(next);
  }
  view.End();
  if (!status.ok()) return status;
  if (!context.json()) context.Print(newest, RenderSimulation(newest));
  return VerdictOf(newest);
}

void AddSimulationGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show one, with its report once it has ended");
  const auto id = std::make_shared<std::string>();
  command.add_option("simulation", *id, "Its id, such as sim-1")->required();
  OnRun(command, context, [&context, id](const Client& client) -> absl::Status {
    v1::GetSimulationRequest request;
    request.set_sandbox(context.sandbox);
    request.set_simulation(*id);
    const absl::StatusOr<v1::Simulation> simulation = client.GetSimulation(request);
    if (!simulation.ok()) return simulation.status();
    context.Print(*simulation, RenderSimulation(*simulation));
    return absl::OkStatus();
  });
}

void AddSimulationWatch(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("watch", "Watch one to its end");
  const auto id = std::make_shared<std::string>();
  command.add_option("simulation", *id, "Its id, such as sim-1")->required();
  OnRun(command, context, [&context, id](const Client& client) {
    v1::RunSimulationRequest request;
    request.set_sandbox(context.sandbox);
    request.set_simulation(*id);
    return Follow(client, context, request);
  });
}

void AddSimulationList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List them, the newest first");
  const auto limit = std::make_shared<int>(20);
  command.add_option("--limit", *limit, "At most this many, 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, limit](const Client& client) {
    v1::ListSimulationsRequest request;
    request.set_sandbox(context.sandbox);
    return PrintAll(client.ListSimulations(request), *limit, [&](const v1::Simulation& simulation) {
      context.Print(simulation, RenderSimulationLine(simulation));
    });
  });
}

void AddSimulationCancel(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("cancel", "End one: nothing arrives any more");
  const auto id = std::make_shared<std::string>();
  const auto reason = std::make_shared<std::string>();
  command.add_option("simulation", *id, "Its id, such as sim-1")->required();
  command.add_option("--reason", *reason, "For the log, up to 255 bytes");
  OnRun(command, context, [&context, id, reason](const Client& client) -> absl::Status {
    v1::CancelSimulationRequest request;
    request.set_sandbox(context.sandbox);
    request.set_simulation(*id);
    request.set_reason(*reason);
    const absl::StatusOr<v1::Simulation> simulation = client.CancelSimulation(request);
    if (!simulation.ok()) return simulation.status();
    context.Print(*simulation, RenderSimulationLine(*simulation));
    return absl::OkStatus();
  });
}

void AddSimulate(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("simulate", "Fire many transactions, watch them and report; Ctrl-C cancels");
  const auto flags = std::make_shared<SimulateFlags>();
  command.add_option("--count", flags->count, "How many, 1 to 1000000")->check(CLI::Range(1, 1'000'000));
  command.add_option("--rate", flags->rate,
                     "Arrivals in a second of the sandbox's time, 0.001 to 100000; 0: all at once");
  command.add_flag("--jitter", flags->jitter, "Arrivals at drawn moments in place of even ones");
  command.add_option("--seed", flags->seed, "What all draws derive from [the sandbox's]");
  command
      .add_option("--kinds", flags->kinds,
                  "Kinds and weights, like tip=3,refund=1 [the flow's, or all alike]")
      ->default_str("");
  command.add_option("--amount", flags->amount, "From and to in major units, like 1..500 [10..100]");
  command.add_option("--currency", flags->currency, "ISO 4217 code");
  command.add_option("--amount-shape", flags->shape, "uniform, or low-heavy: small amounts more often")
      ->check(CLI::IsMember({"uniform", "low-heavy"}));
  command.add_option("--payers", flags->payers, "How many different ones of each kind, 1 to 10000 [100]");
  command.add_option("--payees", flags->payees, "Likewise [20]");
  command.add_option("--flow", flags->flow, "The flow of all of them [each kind's own]");
  command.add_option("--success-rate", flags->success_rate, "Probability that one ends well [1]")
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--transient-rate", flags->transient_rate,
                  "Probability, for each attempt, of a failure that a retry may heal")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--fail-first", flags->fail_first, "This many attempts of each fail, 0 to 20")
      ->check(CLI::Range(0, 20));
  command
      .add_option("--fault", flags->faults,
                  "A rule for this run: KIND[@STEP][=VALUE][:CHANCE], like step-error@authorize-card:0.1 or"
                  " added-latency=2s:0.5, or a FaultRule as JSON; may be repeated, at most 20")
      ->default_str("");
  command.add_option("--hold-ttl", flags->hold_ttl,
                     "How long funds stay in escrow, 1ms to 30d [the sandbox's policy]");
  command.add_option("--horizon", flags->horizon,
                     "Sandbox time after which it ends whatever is pending, 1ms to 400d [400d]");
  command.add_option("--request-id", flags->request_id, "Joins the run that it started before [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    return Follow(client, context, RequestOf(*flags, context));
  });
}

}  // namespace

void AddSimulationCommands(CLI::App& app, Context& context) {
  AddSimulate(app, context);
  CLI::App& simulation = *app.add_subcommand("simulation", "Simulations of the sandbox");
  simulation.require_subcommand(1);
  AddSimulationList(simulation, context);
  AddSimulationGet(simulation, context);
  AddSimulationWatch(simulation, context);
  AddSimulationCancel(simulation, context);
}

}  // namespace tracktrove::cli
