#include <unistd.h>

#include <iostream>
#include <map>
#include <mutex>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sdk/cli/command.h"
#include "sdk/cli/fault_flags.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::cli {
namespace {

struct InitiateFlags {
  std::string kind = "tip";
  std::string amount;
  std::string currency = "INR";
  std::string payer, payee, channel, payload, flow, hold_ttl, fail_at_step, request_id, draw_key;
  std::vector<std::string> labels, faults;
  std::string capture;
  std::optional<double> success_rate;
  double transient_rate = 0;
  int fail_first = 0;
  int count = 1;
  int in_flight = 64;
  bool watch = false;
};

v1::InitiateTransactionRequest RequestOf(const InitiateFlags& flags, const Context& context) {
  v1::InitiateTransactionRequest request;
  request.set_sandbox(context.sandbox);
  request.set_kind(static_cast<v1::Transaction::Kind>(
      ValueOf(ParseEnum(v1::Transaction::Kind_descriptor(), flags.kind), "--kind")));
  *request.mutable_amount() = ValueOf(ParseMoney(flags.amount, flags.currency), "--amount");
  request.set_payer(flags.payer);
  request.set_payee(flags.payee);
  request.set_channel(flags.channel);
  const auto labels = ValueOf(ParseLabels(flags.labels), "--label");
  request.mutable_labels()->insert(labels.begin(), labels.end());
  if (!flags.payload.empty()) *request.mutable_payload() = ValueOf(ParseDocument(flags.payload), "--payload");
  request.set_flow(flags.flow);
  if (!flags.capture.empty()) {
    request.set_capture(flags.capture == "manual" ? v1::Transaction::MANUAL : v1::Transaction::AUTOMATIC);
  }
  if (!flags.hold_ttl.empty())
    *request.mutable_hold_ttl() = ValueOf(ParseDuration(flags.hold_ttl), "--hold-ttl");
  v1::SimulationOptions simulation;
  if (flags.success_rate) simulation.set_success_rate(*flags.success_rate);
  simulation.set_transient_failure_rate(flags.transient_rate);
  simulation.set_fail_first_attempts(flags.fail_first);
  simulation.set_fail_at_step(flags.fail_at_step);
  for (const std::string& fault : flags.faults) {
    *simulation.add_faults() = ValueOf(ParsePlannedFault(fault), "--fault");
  }
  if (simulation.ByteSizeLong() > 0) *request.mutable_simulation() = simulation;
  request.set_request_id(flags.request_id);
  request.set_draw_key(flags.draw_key);
  return request;
}

// The answers of many initiates, counted as they come.
class Tally {
 public:
  explicit Tally(const Context& context) : context_(context) {}

  void Add(const absl::StatusOr<v1::Transaction>& transaction) {
    std::lock_guard lock(mutex_);
    ++answers_;
    if (!transaction.ok()) {
      if (first_error_.ok()) first_error_ = transaction.status();
      ++counts_["refused"];
      return;
    }
    ++counts_[v1::Transaction::State_Name(transaction->state())];
    if (context_.json()) context_.Print(*transaction, "");
  }

  // `1200 of 5000 (2400/s): 1100 COMPLETED, 100 FAILED`
  std::string Text(int of) {
    std::lock_guard lock(mutex_);
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start_);
    const auto count_first = [](std::string* out, const auto& count) {
      absl::StrAppend(out, count.second, " ", count.first);
    };
    return absl::StrFormat("%d of %d (%.0f/s): %s", answers_, of, answers_ / seconds,
                           absl::StrJoin(counts_, ", ", count_first));
  }

  absl::Status first_error() {
    std::lock_guard lock(mutex_);
    return first_error_;
  }

 private:
  const Context& context_;
  const absl::Time start_ = absl::Now();
  std::mutex mutex_;
  int answers_ = 0;
  std::map<std::string, int> counts_;
  absl::Status first_error_;
};

// Keys of many transactions must differ; those that are empty are made.
std::string Numbered(const std::string& key, int number) {
  return key.empty() ? key : absl::StrCat(key, "-", number);
}

absl::Status InitiateMany(const Client& client, const Context& context, const InitiateFlags& flags,
                          const v1::InitiateTransactionRequest& request) {
  constexpr absl::Duration kProgressPeriod = absl::Milliseconds(200);
  const bool shows_progress = isatty(STDERR_FILENO) != 0;
  Tally tally(context);
  Pipeline pipeline(client, flags.in_flight,
                    [&tally](const absl::StatusOr<v1::Transaction>& transaction) { tally.Add(transaction); });
  const auto numbered = [&](int number) {
    v1::InitiateTransactionRequest one = request;
    one.set_request_id(Numbered(flags.request_id, number));
    one.set_draw_key(Numbered(flags.draw_key, number));
    return one;
  };
  // They are all alike: what one is refused for, the others are too. So the
  // first goes alone.
  tally.Add(client.InitiateTransaction(numbered(1)));
  absl::Time next_progress = absl::Now() + kProgressPeriod;
  for (int i = 2; i <= flags.count && tally.first_error().ok(); ++i) {
    pipeline.Submit(numbered(i));
    if (shows_progress && absl::Now() >= next_progress) {
      std::cerr << '\r' << tally.Text(flags.count) << "\x1b[K" << std::flush;
      next_progress = absl::Now() + kProgressPeriod;
    }
  }
  pipeline.Drain();
  if (shows_progress) std::cerr << "\r\x1b[K" << std::flush;
  if (!context.json()) std::cout << tally.Text(flags.count) << std::endl;
  return tally.first_error();
}

absl::Status Initiate(const Client& client, const Context& context, const InitiateFlags& flags) {
  const v1::InitiateTransactionRequest request = RequestOf(flags, context);
  if (flags.count > 1) return InitiateMany(client, context, flags, request);
  const absl::StatusOr<v1::Transaction> transaction = client.InitiateTransaction(request);
  if (!transaction.ok()) return transaction.status();
  context.Print(*transaction, RenderTransaction(*transaction, context.style));
  if (flags.watch) return FollowTrace(client, context, transaction->id(), /*diff=*/false);
  return absl::OkStatus();
}

}  // namespace

void AddInitiateCommand(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("initiate", "Start a transaction, or many of them");
  const auto flags = std::make_shared<InitiateFlags>();
  command.add_option("--kind", flags->kind, "What it is")->check(OneOf(v1::Transaction::Kind_descriptor()));
  command
      .add_option("--amount", flags->amount,
                  "In major units, like 25.50; by default the sandbox takes 1 to 500")
      ->required();
  command.add_option("--currency", flags->currency, "ISO 4217 code");
  command.add_option("--payer", flags->payer, "Who pays, up to 128 letters, digits and -_.@")->required();
  command.add_option("--payee", flags->payee, "Who is paid, likewise")->required();
  command.add_option("--channel", flags->channel, "Where it came from, up to 64 characters");
  command.add_option("--label", flags->labels, "key:value, up to 50 times")->default_str("");
  command.add_option("--payload", flags->payload,
                     "The first version of the document: a JSON object, or @FILE");
  command.add_option("--flow", flags->flow, "A flow's id [the kind's own]");
  command
      .add_option("--capture", flags->capture,
                  "automatic, or manual: the flow waits for `complete` [the flow's]")
      ->transform(CLI::Transformer({{"auto", "automatic"}}))
      ->check(CLI::IsMember({"automatic", "manual"}));
  command.add_option("--hold-ttl", flags->hold_ttl,
                     "How long funds stay in escrow, 1ms to 30d [the sandbox's policy]");
  command.add_option("--success-rate", flags->success_rate, "Probability that it ends well [1]")
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--transient-rate", flags->transient_rate,
                  "Probability, for each attempt, of a failure that a retry may heal")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--fail-first", flags->fail_first, "This many attempts fail, 0 to 20")
      ->check(CLI::Range(0, 20));
  command.add_option("--fail-at-step", flags->fail_at_step, "The step at which it fails for good");
  command
      .add_option("--fault", flags->faults,
                  "KIND[@STEP][=VALUE] goes wrong once, like step-error@capture-tip=CARD_DECLINED,"
                  " added-latency=2s or partial-capture=0.4; up to 20 times")
      ->default_str("");
  command.add_option("--request-id", flags->request_id,
                     "Makes repeats harmless [random]; with --count, -1, -2 … is appended");
  command.add_option("--draw-key", flags->draw_key,
                     "Names its random draws [by arrival]; with --count likewise");
  command.add_option("--count", flags->count, "How many to start, 1 to 10000000; ends early at an error")
      ->check(CLI::Range(1, 10'000'000));
  command.add_option("--in-flight", flags->in_flight, "With --count: how many at once, 1 to 1024")
      ->check(CLI::Range(1, 1024));
  command.add_flag("--watch", flags->watch, "Follow its trace until it is over")->excludes("--count");
  OnRun(command, context,
        [&context, flags](const Client& client) { return Initiate(client, context, *flags); });
}

}  // namespace tracktrove::cli
