#include <memory>
#include <string>

#include "google/protobuf/util/json_util.h"
#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

absl::StatusOr<v1::Flow> ReadFlow(const std::string& path) {
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  v1::Flow flow;
  const auto status = google::protobuf::util::JsonStringToMessage(*json, &flow);
  if (status.ok()) return flow;
  return absl::InvalidArgumentError(path + ": not a flow: " + std::string(status.message()));
}

absl::Status PrintFlow(const Context& context, const absl::StatusOr<v1::Flow>& flow) {
  if (!flow.ok()) return flow.status();
  context.Print(*flow, RenderFlow(*flow));
  return absl::OkStatus();
}

void AddFlowList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List the sandbox's flows by id, built-in ones too");
  OnRun(command, context, [&context](const Client& client) {
    v1::ListFlowsRequest request;
    request.set_sandbox(context.sandbox);
    return PrintAll(client.ListFlows(request), /*limit=*/0,
                    [&context](const v1::Flow& flow) { context.Print(flow, RenderFlowLine(flow)); });
  });
}

void AddFlowGet(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("get", "Show a flow; with --output json as a file that `create` takes");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "Its id")->required();
  OnRun(command, context, [&context, id](const Client& client) {
    v1::GetFlowRequest request;
    request.set_sandbox(context.sandbox);
    request.set_flow(*id);
    return PrintFlow(context, client.GetFlow(request));
  });
}

struct FlowCreateFlags {
  std::string file, request_id;
};

void AddFlowCreate(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("create", "Add a flow to the sandbox; it never changes after that");
  const auto flags = std::make_shared<FlowCreateFlags>();
  command.add_option("file", flags->file, "A flow as JSON; see examples/flows")->required();
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::CreateFlowRequest request;
    request.set_sandbox(context.sandbox);
    request.set_request_id(flags->request_id);
    *request.mutable_flow() = ValueOf(ReadFlow(flags->file), "file");
    return PrintFlow(context, client.CreateFlow(request));
  });
}

}  // namespace

void AddFlowCommands(CLI::App& app, Context& context) {
  CLI::App& flow = *app.add_subcommand("flow", "Show the steps that transactions take, and add your own");
  flow.require_subcommand(1);
  AddFlowList(flow, context);
  AddFlowGet(flow, context);
  AddFlowCreate(flow, context);
}

}  // namespace tracktrove::cli
