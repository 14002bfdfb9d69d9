#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

// `print` each event until the stream ends.
template <typename Event, typename Print>
absl::Status PrintStream(StreamOr<Event> stream, Print print) {
  if (!stream.ok()) return stream.status();
  while (true) {
    const absl::StatusOr<std::optional<Event>> event = (*stream)->Next();
    if (!event.ok()) return event.status();
    if (!*event) return absl::OkStatus();
    print(**event);
  }
}

// Prints the records of one transaction, each with the document before it.
class RecordPrinter {
 public:
  explicit RecordPrinter(const Context& context) : context_(context) {}

  void operator()(const v1::TraceRecord& record) {
    context_.Print(record, RenderRecord(record, before_, context_.style));
    before_ = record.dto();
  }

 private:
  const Context& context_;
  google::protobuf::Struct before_;
};

struct WatchFlags {
  std::optional<int64_t> resume_after;
  std::vector<std::string> states, kinds;
};

void AddTraceWatch(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("watch", "Show state changes as they happen, from now on");
  const auto flags = std::make_shared<WatchFlags>();
  command.add_option("--resume-after", flags->resume_after, "Start after this sequence; 0 is the beginning");
  command.add_option("--state", flags->states, "Only changes to this state; may be repeated")
      ->default_str("")
      ->check(OneOf(v1::Transaction::State_descriptor()));
  command.add_option("--kind", flags->kinds, "Only transactions of this kind; may be repeated")
      ->default_str("")
      ->check(OneOf(v1::Transaction::Kind_descriptor()));
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::WatchTransactionsRequest request;
    request.set_sandbox(context.sandbox);
    if (flags->resume_after) request.set_resume_after(*flags->resume_after);
    for (const std::string& state : flags->states) {
      request.add_states(static_cast<v1::Transaction::State>(
          ValueOf(ParseEnum(v1::Transaction::State_descriptor(), state), "--state")));
    }
    for (const std::string& kind : flags->kinds) {
      request.add_kinds(static_cast<v1::Transaction::Kind>(
          ValueOf(ParseEnum(v1::Transaction::Kind_descriptor(), kind), "--kind")));
    }
    return PrintStream(client.WatchTransactions(request), [&context](const v1::TransactionChange& change) {
      context.Print(change, RenderChange(change, context.style));
    });
  });
}

struct TraceFlags {
  std::string transaction;
  bool diff = false;
  bool follow = false;
};

absl::Status Trace(const Client& client, const Context& context, const TraceFlags& flags) {
  if (!context.json()) {
    v1::GetTransactionRequest get;
    get.set_sandbox(context.sandbox);
    get.set_transaction(flags.transaction);
    const absl::StatusOr<v1::Transaction> transaction = client.GetTransaction(get);
    if (!transaction.ok()) return transaction.status();
    context.Print(*transaction, RenderTransactionLine(*transaction, context.style));
  }
  if (flags.follow) return FollowTrace(client, context, flags.transaction, flags.diff);
  v1::GetTraceRequest request;
  request.set_sandbox(context.sandbox);
  request.set_transaction(flags.transaction);
  request.set_include_diff(flags.diff);
  return PrintAll(client.GetTrace(request), /*limit=*/0, RecordPrinter(context));
}

void AddTrace(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("trace", "Show everything that happened to a transaction");
  const auto flags = std::make_shared<TraceFlags>();
  command.add_option("transaction", flags->transaction, "The transaction's id")->required();
  command.add_flag("--diff", flags->diff, "Show how each record changed the document");
  command.add_flag("--follow", flags->follow, "Go on with what comes, until the transaction is over");
  OnRun(command, context, [&context, flags](const Client& client) { return Trace(client, context, *flags); });
}

void AddExplain(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("explain", "Say why a transaction is where it is");
  const auto transaction = std::make_shared<std::string>();
  command.add_option("transaction", *transaction, "The transaction's id")->required();
  OnRun(command, context, [&context, transaction](const Client& client) -> absl::Status {
    v1::ExplainTransactionRequest request;
    request.set_sandbox(context.sandbox);
    request.set_transaction(*transaction);
    const auto response = client.ExplainTransaction(request);
    if (!response.ok()) return response.status();
    context.Print(*response, RenderExplanation(*response));
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status FollowTrace(const Client& client, const Context& context, const std::string& transaction,
                         bool diff) {
  v1::StreamTraceRequest request;
  request.set_sandbox(context.sandbox);
  request.set_transaction(transaction);
  request.set_include_diff(diff);
  request.set_stop_at_final(true);
  return PrintStream(client.StreamTrace(request), RecordPrinter(context));
}

void AddTraceCommands(CLI::App& app, Context& context) {
  AddTraceWatch(app, context);
  AddTrace(app, context);
  AddExplain(app, context);
}

}  // namespace tracktrove::cli
