// Disputes, and the operator's last resort.
#include <memory>
#include <string>

#include "sdk/cli/command.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

absl::Status PrintDispute(const Context& context, const absl::StatusOr<v1::Dispute>& dispute) {
  if (!dispute.ok()) return dispute.status();
  context.Print(*dispute, RenderDispute(*dispute));
  return absl::OkStatus();
}

struct OpenFlags {
  std::string transaction, reason, amount, currency = "INR", text, request_id;
};

void AddOpen(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("open", "Dispute a completed or settled transaction");
  const auto flags = std::make_shared<OpenFlags>();
  command.add_option("transaction", flags->transaction, "The transaction's id")->required();
  command.add_option("--reason", flags->reason, "What the payer says")
      ->required()
      ->check(OneOf(v1::Dispute::Reason_descriptor()));
  command.add_option("--amount", flags->amount, "Only this much, like 25.50 [all that is left]");
  command.add_option("--currency", flags->currency, "ISO 4217 code of --amount");
  command.add_option("--text", flags->text, "The payer's words, up to 1000 bytes");
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::OpenDisputeRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(flags->transaction);
    request.set_request_id(flags->request_id);
    request.set_reason(static_cast<v1::Dispute::Reason>(
        ValueOf(ParseEnum(v1::Dispute::Reason_descriptor(), flags->reason), "--reason")));
    if (!flags->amount.empty()) {
      *request.mutable_amount() = ValueOf(ParseMoney(flags->amount, flags->currency), "--amount");
    }
    request.set_text(flags->text);
    return PrintDispute(context, client.OpenDispute(request));
  });
}

struct EvidenceFlags {
  std::string dispute, title, text, document, request_id;
};

void AddEvidence(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("evidence", "Submit a piece of evidence for the payee");
  const auto flags = std::make_shared<EvidenceFlags>();
  command.add_option("dispute", flags->dispute, "The dispute's id")->required();
  command.add_option("--title", flags->title, "What it is, up to 100 bytes")->required();
  command.add_option("--text", flags->text, "Up to 4096 bytes");
  command.add_option("--document", flags->document, "A JSON object of up to 16 KiB, or @FILE");
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::SubmitEvidenceRequest request;
    request.set_sandbox(context.sandbox);
    request.set_dispute(flags->dispute);
    request.set_request_id(flags->request_id);
    v1::Evidence& evidence = *request.add_evidence();
    evidence.set_title(flags->title);
    evidence.set_text(flags->text);
    if (!flags->document.empty()) {
      *evidence.mutable_document() = ValueOf(ParseDocument(flags->document), "--document");
    }
    return PrintDispute(context, client.SubmitEvidence(request));
  });
}

struct ResolveFlags {
  std::string dispute, outcome, reason, request_id;
};

void AddResolve(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("resolve", "End a dispute");
  const auto flags = std::make_shared<ResolveFlags>();
  command.add_option("dispute", flags->dispute, "The dispute's id")->required();
  command
      .add_option("outcome", flags->outcome, "won: the payee keeps the money; lost: the payer gets it back")
      ->required()
      ->check(CLI::IsMember({"won", "lost"}));
  command.add_option("--reason", flags->reason, "For the trace, up to 255 bytes");
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::ResolveDisputeRequest request;
    request.set_sandbox(context.sandbox);
    request.set_dispute(flags->dispute);
    request.set_request_id(flags->request_id);
    request.set_outcome(flags->outcome == "won" ? v1::Dispute::WON : v1::Dispute::LOST);
    request.set_reason(flags->reason);
    return PrintDispute(context, client.ResolveDispute(request));
  });
}

void AddDisputeGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show a dispute");
  const auto dispute = std::make_shared<std::string>();
  command.add_option("dispute", *dispute, "The dispute's id")->required();
  OnRun(command, context, [&context, dispute](const Client& client) {
    v1::GetDisputeRequest request;
    request.set_sandbox(context.sandbox);
    request.set_dispute(*dispute);
    return PrintDispute(context, client.GetDispute(request));
  });
}

struct DisputeListFlags {
  std::string transaction, state;
  int limit = 50;
};

void AddDisputeList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List disputes, the newest first");
  const auto flags = std::make_shared<DisputeListFlags>();
  command.add_option("--transaction", flags->transaction, "Only this transaction's");
  command.add_option("--state", flags->state, "Only in this state")
      ->check(OneOf(v1::Dispute::State_descriptor()));
  command.add_option("--limit", flags->limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::ListDisputesRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(flags->transaction);
    if (!flags->state.empty()) {
      request.set_state(static_cast<v1::Dispute::State>(
          ValueOf(ParseEnum(v1::Dispute::State_descriptor(), flags->state), "--state")));
    }
    return PrintAll(client.ListDisputes(request), flags->limit, [&context](const v1::Dispute& dispute) {
      context.Print(dispute, RenderDisputeLine(dispute));
    });
  });
}

struct OverrideFlags {
  std::string transaction, state, actor, reason, request_id;
};

}  // namespace

void AddDisputeCommands(CLI::App& app, Context& context) {
  CLI::App& dispute = *app.add_subcommand("dispute", "Open, answer and end disputes");
  dispute.require_subcommand(1);
  AddOpen(dispute, context);
  AddEvidence(dispute, context);
  AddResolve(dispute, context);
  AddDisputeList(dispute, context);
  AddDisputeGet(dispute, context);
}

void AddOverrideCommand(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("override", "Put a transaction into another state, past all rules; it is recorded");
  const auto flags = std::make_shared<OverrideFlags>();
  command.add_option("transaction", flags->transaction, "The transaction's id")->required();
  command.add_option("state", flags->state, "Where to")
      ->required()
      ->check(OneOf(v1::Transaction::State_descriptor()));
  command.add_option("--actor", flags->actor, "Who does it, up to 128 letters, digits and -_.@")->required();
  command.add_option("--reason", flags->reason, "Why, up to 255 bytes")->required();
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::OverrideStateRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(flags->transaction);
    request.set_request_id(flags->request_id);
    request.set_state(static_cast<v1::Transaction::State>(
        ValueOf(ParseEnum(v1::Transaction::State_descriptor(), flags->state), "state")));
    request.set_actor(flags->actor);
    request.set_reason(flags->reason);
    return PrintTransaction(context, client.OverrideState(request));
  });
}

}  // namespace tracktrove::cli
