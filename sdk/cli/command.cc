#include "sdk/cli/command.h"

#include <iostream>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {

absl::StatusOr<Client> Context::MakeClient() const {
  Options options;
  options.endpoint = server;
  options.user_agent = user_agent;
  // A server that is being started is worth waiting for, but not in silence.
  options.retry.on_retry = [endpoint = server,
                            told = std::make_shared<std::once_flag>()](const absl::Status& failure) {
    std::call_once(*told, [&] {
      std::cerr << "ttctl: " << endpoint << ": " << RenderError(failure) << "; trying again\n";
    });
  };
  if (!token_file.empty()) {
    const absl::StatusOr<std::string> token = ReadFile(token_file);
    if (!token.ok()) return token.status();
    options.bearer_token = std::string(absl::StripAsciiWhitespace(*token));
  }
  return Client(std::move(options));
}

void Context::Print(const google::protobuf::Message& message, const std::string& text) const {
  std::cout << (json() ? RenderJson(message) : text) << std::endl;
}

void OnRun(CLI::App& command, Context& context, Run run) {
  command.callback([&context, run = std::move(run)] {
    const Client client = ValueOf(context.MakeClient(), "--token-file");
    context.status = run(client);
  });
}

CLI::IsMember OneOf(const google::protobuf::EnumDescriptor* type) {
  return CLI::IsMember(EnumNames(type), CLI::ignore_case);
}

absl::Status PrintTransaction(const Context& context, const absl::StatusOr<v1::Transaction>& transaction) {
  if (!transaction.ok()) return transaction.status();
  context.Print(*transaction, RenderTransaction(*transaction, context.style));
  return absl::OkStatus();
}

}  // namespace tracktrove::cli
