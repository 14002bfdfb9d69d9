#include <memory>
#include <string>

#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

void AddShow(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("show", "Show the sandbox's time");
  OnRun(command, context, [&context](const Client& client) -> absl::Status {
    v1::GetSandboxRequest request;
    request.set_sandbox(context.sandbox);
    const absl::StatusOr<v1::Sandbox> sandbox = client.GetSandbox(request);
    if (!sandbox.ok()) return sandbox.status();
    context.Print(sandbox->clock(), RenderClock(sandbox->clock()));
    return absl::OkStatus();
  });
}

struct AdvanceFlags {
  std::string by, to, request_id;
  bool next = false;
};

void AddAdvance(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("advance", "Move the clock, at most 400 days, and fire what falls due on the way");
  const auto flags = std::make_shared<AdvanceFlags>();
  CLI::Option_group& target = *command.add_option_group("target");
  target.add_option("--by", flags->by, "By this much: 90s, 1h30m, 7d");
  target.add_option("--to", flags->to, "To this time, RFC 3339");
  target.add_flag("--next", flags->next, "To the earliest timer");
  target.require_option(1);
  command.add_option("--request-id", flags->request_id, "Joins an advance that is under way [random]");
  OnRun(command, context, [&context, flags](const Client& client) -> absl::Status {
    v1::AdvanceClockRequest request;
    request.set_sandbox(context.sandbox);
    request.set_request_id(flags->request_id);
    if (!flags->by.empty()) *request.mutable_by() = ValueOf(ParseDuration(flags->by), "--by");
    if (!flags->to.empty()) *request.mutable_to() = ValueOf(ParseTime(flags->to), "--to");
    if (flags->next) request.set_to_next_event(true);
    const absl::StatusOr<v1::AdvanceClockResponse> response = client.AdvanceClock(request);
    if (!response.ok()) return response.status();
    context.Print(*response, RenderAdvance(*response));
    return absl::OkStatus();
  });
}

}  // namespace

void AddClockCommands(CLI::App& app, Context& context) {
  CLI::App& clock = *app.add_subcommand("clock", "Read and move the sandbox's clock");
  clock.require_subcommand(1);
  AddShow(clock, context);
  AddAdvance(clock, context);
}

}  // namespace tracktrove::cli
