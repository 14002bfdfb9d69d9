// The proofs: the ledger's and the trail's.
#include <memory>
#include <string>

#include "sdk/cli/command.h"

namespace tracktrove::cli {
namespace {

struct LedgerFlags {
  std::string transaction;
  int limit = 50;
};

// Numbers of transactions or records; 0: no bound.
struct RangeFlags {
  int64_t from = 0, until = 0;
};

void AddCheck(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("check", "Prove that the books add up; exit code 1 if they do not");
  const auto range = std::make_shared<RangeFlags>();
  command.add_option("--from", range->from, "Only transactions from this ordinal on; 0 for all")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--until", range->until, "Only transactions up to this ordinal; 0 for all")
      ->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, range](const Client& client) -> absl::Status {
    v1::CheckLedgerRequest request;
    request.set_sandbox(context.sandbox);
    request.set_from_ordinal(range->from);
    request.set_until_ordinal(range->until);
    const absl::StatusOr<v1::CheckLedgerResponse> response = client.CheckLedger(request);
    if (!response.ok()) return response.status();
    context.Print(*response, RenderCheck(*response));
    return response->ok() ? absl::OkStatus() : absl::DataLossError("the ledger does not add up");
  });
}

void AddBalances(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("balances", "List what every account stands at");
  const auto flags = std::make_shared<LedgerFlags>();
  flags->limit = 0;
  command.add_option("--limit", flags->limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::ListBalancesRequest request;
    request.set_sandbox(context.sandbox);
    return PrintAll(client.ListBalances(request), flags->limit, [&context](const v1::Balance& balance) {
      context.Print(balance, RenderBalance(balance));
    });
  });
}

void AddEntries(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("entries", "List postings, the newest first");
  const auto flags = std::make_shared<LedgerFlags>();
  command.add_option("--transaction", flags->transaction, "Only this transaction's");
  command.add_option("--limit", flags->limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::ListLedgerEntriesRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(flags->transaction);
    return PrintAll(client.ListLedgerEntries(request), flags->limit,
                    [&context](const v1::LedgerEntry& entry) { context.Print(entry, RenderEntry(entry)); });
  });
}

void AddVerify(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "verify", "Prove that the log is whole and as it was written; exit code 1 if it is not");
  const auto range = std::make_shared<RangeFlags>();
  command.add_option("--after", range->from, "Start after this sequence; 0 for the beginning")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--until", range->until, "Stop at this sequence; 0 for the head")
      ->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, range](const Client& client) -> absl::Status {
    v1::VerifyTrailRequest request;
    request.set_sandbox(context.sandbox);
    request.set_after_sequence(range->from);
    request.set_until_sequence(range->until);
    const absl::StatusOr<v1::VerifyTrailResponse> response = client.VerifyTrail(request);
    if (!response.ok()) return response.status();
    context.Print(*response, RenderTrail(*response));
    return response->ok() ? absl::OkStatus() : absl::DataLossError("the trail is broken");
  });
}

}  // namespace

void AddLedgerCommands(CLI::App& app, Context& context) {
  CLI::App& ledger = *app.add_subcommand("ledger", "Look at the books and check them");
  ledger.require_subcommand(1);
  AddCheck(ledger, context);
  AddBalances(ledger, context);
  AddEntries(ledger, context);
  CLI::App& trail = *app.add_subcommand("trail", "Check the log");
  trail.require_subcommand(1);
  AddVerify(trail, context);
}

}  // namespace tracktrove::cli
