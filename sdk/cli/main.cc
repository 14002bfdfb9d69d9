// ttctl: TrackTrove from the command line. Exit codes: 0 done, 1 refused or
// failed, 2 wrong usage.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "sdk/cli/command.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// https://no-color.org: set and not empty means none.
bool WantsColor() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace

int main(int argc, char** argv) {
  tracktrove::cli::Context context;
  context.style.color = WantsColor();
  context.user_agent = "ttctl/" TRACKTROVE_VERSION;

  CLI::App app("Fires micro-transactions into a TrackTrove sandbox and shows what happens to them.", "ttctl");
  app.set_version_flag("--version", TRACKTROVE_VERSION);
  app.require_subcommand(1);
  // Global flags are understood after the command too.
  app.fallthrough();
  app.option_defaults()->always_capture_default();
  app.add_option("--server", context.server, "The server's gRPC address, host:port")
      ->envname("TRACKTROVE_SERVER");
  app.add_option("--token-file", context.token_file,
                 "A file that holds the bearer token; without one none is sent");
  app.add_option("--sandbox", context.sandbox, "The sandbox to work in")->envname("TRACKTROVE_SANDBOX");
  app.add_option("--output", context.output, "text, or json: one message a line")
      ->check(CLI::IsMember({"text", "json"}));

  AddInitiateCommand(app, context);
  AddTransactionCommands(app, context);
  AddTraceCommands(app, context);
  AddFlowCommands(app, context);
  AddFaultCommands(app, context);
  AddClockCommands(app, context);
  AddSandboxCommands(app, context);
  AddLedgerCommands(app, context);
  AddSettlementCommands(app, context);
  AddDisputeCommands(app, context);
  AddOverrideCommand(app, context);
  AddStatsCommand(app, context);
  AddSimulationCommands(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  if (context.status.ok()) return EXIT_SUCCESS;
  std::cerr << tracktrove::cli::RenderError(context.status) << '\n';
  return kFailed;
}
