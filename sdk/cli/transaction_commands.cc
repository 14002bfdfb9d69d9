#include <memory>
#include <string>
#include <vector>

#include "sdk/cli/command.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

// What complete, cancel and refund share.
struct MoveFlags {
  std::string transaction, amount, currency = "INR", reason, request_id;
};

std::shared_ptr<MoveFlags> AddMoveFlags(CLI::App& command) {
  auto flags = std::make_shared<MoveFlags>();
  command.add_option("transaction", flags->transaction, "The transaction's id")->required();
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  return flags;
}

void AddAmountFlags(CLI::App& command, MoveFlags& flags, const std::string& text) {
  command.add_option("--amount", flags.amount, text);
  command.add_option("--currency", flags.currency, "ISO 4217 code of --amount");
}

template <typename Request>
Request RequestOf(const MoveFlags& flags, const Context& context) {
  Request request;
  request.set_sandbox(context.sandbox);
  request.set_transaction(flags.transaction);
  request.set_request_id(flags.request_id);
  if constexpr (requires { request.mutable_amount(); }) {
    if (!flags.amount.empty()) {
      *request.mutable_amount() = ValueOf(ParseMoney(flags.amount, flags.currency), "--amount");
    }
  }
  if constexpr (requires { request.mutable_reason(); }) request.set_reason(flags.reason);
  return request;
}

void AddTransactionGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show a transaction");
  const auto transaction = std::make_shared<std::string>();
  command.add_option("transaction", *transaction, "The transaction's id")->required();
  OnRun(command, context, [&context, transaction](const Client& client) {
    v1::GetTransactionRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(*transaction);
    return PrintTransaction(context, client.GetTransaction(request));
  });
}

struct TransactionListFlags {
  std::string state, kind, payer, payee, channel, label, from, to;
  int limit = 50;
};

v1::ListTransactionsRequest RequestOf(const TransactionListFlags& flags, const Context& context) {
  v1::ListTransactionsRequest request;
  request.set_sandbox(context.sandbox);
  if (!flags.state.empty()) {
    request.set_state(static_cast<v1::Transaction::State>(
        ValueOf(ParseEnum(v1::Transaction::State_descriptor(), flags.state), "--state")));
  }
  if (!flags.kind.empty()) {
    request.set_kind(static_cast<v1::Transaction::Kind>(
        ValueOf(ParseEnum(v1::Transaction::Kind_descriptor(), flags.kind), "--kind")));
  }
  request.set_payer(flags.payer);
  request.set_payee(flags.payee);
  request.set_channel(flags.channel);
  request.set_label(flags.label);
  if (!flags.from.empty()) *request.mutable_create_time_from() = ValueOf(ParseTime(flags.from), "--from");
  if (!flags.to.empty()) *request.mutable_create_time_to() = ValueOf(ParseTime(flags.to), "--to");
  return request;
}

void AddTransactionList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List transactions, the newest first");
  const auto flags = std::make_shared<TransactionListFlags>();
  command.add_option("--state", flags->state, "Only in this state")
      ->check(OneOf(v1::Transaction::State_descriptor()));
  command.add_option("--kind", flags->kind, "Only of this kind")
      ->check(OneOf(v1::Transaction::Kind_descriptor()));
  command.add_option("--payer", flags->payer, "Only paid by");
  command.add_option("--payee", flags->payee, "Only paid to");
  command.add_option("--channel", flags->channel, "Only from this channel");
  command.add_option("--label", flags->label, "Only with this key:value");
  command.add_option("--from", flags->from, "Created at or after this sandbox time, RFC 3339");
  command.add_option("--to", flags->to, "Created before this sandbox time, RFC 3339");
  command.add_option("--limit", flags->limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, flags](const Client& client) {
    return PrintAll(client.ListTransactions(RequestOf(*flags, context)), flags->limit,
                    [&context](const v1::Transaction& transaction) {
                      context.Print(transaction, RenderTransactionLine(transaction, context.style));
                    });
  });
}

void AddComplete(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("complete", "Capture a held transaction of --capture manual");
  const auto flags = AddMoveFlags(command);
  AddAmountFlags(command, *flags, "Capture only this much, like 25.50; the rest is released [all]");
  OnRun(command, context, [&context, flags](const Client& client) {
    const auto request = RequestOf<v1::CompleteTransactionRequest>(*flags, context);
    return PrintTransaction(context, client.CompleteTransaction(request));
  });
}

void AddTransactionCancel(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("cancel", "End a transaction that has not completed");
  const auto flags = AddMoveFlags(command);
  command.add_option("--reason", flags->reason, "For the trace, up to 255 bytes");
  OnRun(command, context, [&context, flags](const Client& client) {
    const auto request = RequestOf<v1::CancelTransactionRequest>(*flags, context);
    return PrintTransaction(context, client.CancelTransaction(request));
  });
}

void AddRefund(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("refund", "Give captured money back");
  const auto flags = AddMoveFlags(command);
  AddAmountFlags(command, *flags, "Give back only this much, like 25.50 [all that is left]");
  command.add_option("--reason", flags->reason, "For the trace, up to 255 bytes");
  OnRun(command, context, [&context, flags](const Client& client) {
    const auto request = RequestOf<v1::RefundTransactionRequest>(*flags, context);
    return PrintTransaction(context, client.RefundTransaction(request));
  });
}

}  // namespace

void AddTransactionCommands(CLI::App& app, Context& context) {
  AddTransactionGet(app, context);
  AddTransactionList(app, context);
  AddComplete(app, context);
  AddTransactionCancel(app, context);
  AddRefund(app, context);
}

}  // namespace tracktrove::cli
