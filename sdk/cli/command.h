// What the commands share. Each group of commands is one file, which adds its
// subcommands to the parser.
#ifndef TRACKTROVE_SDK_CLI_COMMAND_H_
#define TRACKTROVE_SDK_CLI_COMMAND_H_

#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sdk/cli/render.h"
#include "tracktrove/client.h"

namespace tracktrove::cli {

// The global flags, and how the command went.
struct Context {
  std::string server = "localhost:50051";
  std::string token_file;
  std::string sandbox = "default";
  std::string output = "text";
  std::string user_agent;
  Style style;
  absl::Status status;

  bool json() const { return output == "json"; }

  // Reads the token.
  absl::StatusOr<Client> MakeClient() const;

  // One message: a line of JSON, or else `text`. Flushed, for who reads along.
  void Print(const google::protobuf::Message& message, const std::string& text) const;
};

// What to do once the flags are parsed; it throws (ValueOf) for values that
// are wrong in themselves.
using Run = std::function<absl::Status(const Client&)>;
void OnRun(CLI::App& command, Context& context, Run run);

// A flag's value, or a usage error (exit code 2) that names the flag.
template <typename T>
T ValueOf(absl::StatusOr<T> value, const std::string& flag) {
  if (!value.ok()) throw CLI::ValidationError(flag, std::string(value.status().message()));
  return *std::move(value);
}

// One of an enum's names, in either case.
CLI::IsMember OneOf(const google::protobuf::EnumDescriptor* type);

// `show` prints one element; at most `limit` of them, 0 for all. That there is
// none is said beside the output, which stays empty for who counts its lines.
template <typename T, typename Show>
absl::Status PrintAll(Range<T> range, int limit, Show show) {
  int shown = 0;
  for (const absl::StatusOr<T>& element : range) {
    if (!element.ok()) return element.status();
    show(*element);
    if (++shown == limit) break;
  }
  if (shown == 0) std::cerr << "none\n";
  return absl::OkStatus();
}

absl::Status PrintTransaction(const Context& context, const absl::StatusOr<v1::Transaction>& transaction);

// Prints a transaction's records as they come, until it is over.
absl::Status FollowTrace(const Client& client, const Context& context, const std::string& transaction,
                         bool diff);

void AddInitiateCommand(CLI::App& app, Context& context);
void AddTransactionCommands(CLI::App& app, Context& context);
void AddTraceCommands(CLI::App& app, Context& context);
void AddFlowCommands(CLI::App& app, Context& context);
void AddFaultCommands(CLI::App& app, Context& context);
void AddClockCommands(CLI::App& app, Context& context);
void AddSandboxCommands(CLI::App& app, Context& context);
void AddLedgerCommands(CLI::App& app, Context& context);
void AddSettlementCommands(CLI::App& app, Context& context);
void AddDisputeCommands(CLI::App& app, Context& context);
void AddOverrideCommand(CLI::App& app, Context& context);
void AddStatsCommand(CLI::App& app, Context& context);
void AddSimulationCommands(CLI::App& app, Context& context);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_COMMAND_H_
