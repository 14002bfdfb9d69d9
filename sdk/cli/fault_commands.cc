#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sdk/cli/command.h"
#include "sdk/cli/fault_flags.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

// A rule without its id.
struct RuleFlags {
  FaultFlags fault;
  std::vector<std::string> kinds;
  std::string channel, payer, payee, label, flow, step, min_amount, max_amount, currency = "INR";
  int attempt = 0;
  std::optional<double> probability;
  std::optional<int64_t> first, nth, max_hits;
};

void AddMatchFlags(CLI::App& command, RuleFlags& flags) {
  command.add_option("--kind", flags.kinds, "Only transactions of this kind; may be repeated")
      ->default_str("")
      ->check(OneOf(v1::Transaction::Kind_descriptor()));
  command.add_option("--channel", flags.channel, "Only from this channel");
  command.add_option("--payer", flags.payer, "Only paid by");
  command.add_option("--payee", flags.payee, "Only paid to");
  command.add_option("--label", flags.label, "Only with this key:value");
  command.add_option("--flow", flags.flow, "Only in this flow");
  command.add_option("--step", flags.step, "Only at this step [all that the fault can act on]");
  command.add_option("--min-amount", flags.min_amount, "Only from this amount on, like 25.50");
  command.add_option("--max-amount", flags.max_amount, "Only up to this amount");
  command.add_option("--currency", flags.currency, "ISO 4217 code of the amounts");
  command.add_option("--attempt", flags.attempt, "Only in this attempt; 0 for any")
      ->check(CLI::Range(0, 1000));
}

void AddRuleFlags(CLI::App& command, RuleFlags& flags, bool required) {
  AddFaultFlags(command, flags.fault, required);
  AddMatchFlags(command, flags);
  command
      .add_option("--probability", flags.probability,
                  "The chance that it hits where it fits, above 0 to 1 [1]")
      ->check(CLI::Range(0.000001, 1.0));
  command.add_option("--first", flags.first, "Only the first so many steps that fit");
  command.add_option("--nth", flags.nth, "Only the one with this number, from 1, of those that fit");
  command.add_option("--max-hits", flags.max_hits, "Not more hits than this");
}

v1::FaultMatch MatchOf(const RuleFlags& flags) {
  v1::FaultMatch match;
  for (const std::string& kind : flags.kinds) {
    match.add_kinds(static_cast<v1::Transaction::Kind>(
        ValueOf(ParseEnum(v1::Transaction::Kind_descriptor(), kind), "--kind")));
  }
  match.set_channel(flags.channel);
  match.set_payer(flags.payer);
  match.set_payee(flags.payee);
  match.set_label(flags.label);
  match.set_flow(flags.flow);
  match.set_step(flags.step);
  match.set_attempt(flags.attempt);
  if (!flags.min_amount.empty() || !flags.max_amount.empty()) {
    v1::FaultMatch::AmountRange& range = *match.mutable_amount();
    range.set_currency_code(flags.currency);
    range.set_max_minor_units(INT64_MAX);
    if (!flags.min_amount.empty()) {
      range.set_min_minor_units(
          ValueOf(ParseMoney(flags.min_amount, flags.currency), "--min-amount").minor_units());
    }
    if (!flags.max_amount.empty()) {
      range.set_max_minor_units(
          ValueOf(ParseMoney(flags.max_amount, flags.currency), "--max-amount").minor_units());
    }
  }
  return match;
}

// What the flags say, and nothing else.
v1::FaultRule RuleOf(const RuleFlags& flags) {
  v1::FaultRule rule;
  if (!flags.fault.kind.empty()) *rule.mutable_fault() = FaultOf(flags.fault);
  const v1::FaultMatch match = MatchOf(flags);
  if (match.ByteSizeLong() > 0) *rule.mutable_match() = match;
  if (flags.probability) rule.set_probability_ppm(Ppm(*flags.probability));
  if (flags.first) rule.set_first_n(*flags.first);
  if (flags.nth) rule.set_nth(*flags.nth);
  if (flags.max_hits) rule.set_max_hits(*flags.max_hits);
  return rule;
}

absl::Status PrintRule(const Context& context, const absl::StatusOr<v1::FaultRule>& rule) {
  if (!rule.ok()) return rule.status();
  context.Print(*rule, RenderFaultRule(*rule));
  return absl::OkStatus();
}

struct FaultRuleCreateFlags {
  RuleFlags rule;
  std::string id, request_id;
  bool disabled = false;
};

void AddFaultRuleCreate(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("create", "Add a rule: what to break, where, for whom, how often");
  const auto flags = std::make_shared<FaultRuleCreateFlags>();
  AddRuleFlags(command, flags->rule, /*required=*/true);
  command.add_option("--id", flags->id, "Its id, up to 63 letters, digits and -_. [drawn from the seed]");
  command.add_flag("--disabled", flags->disabled, "Do not let it act yet");
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::CreateFaultRuleRequest request;
    request.set_sandbox(context.sandbox);
    request.set_request_id(flags->request_id);
    request.set_fault_rule_id(flags->id);
    *request.mutable_rule() = RuleOf(flags->rule);
    request.mutable_rule()->set_enabled(!flags->disabled);
    return PrintRule(context, client.CreateFaultRule(request));
  });
}

void AddFaultRuleList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List rules in the order in which they are looked at");
  OnRun(command, context, [&context](const Client& client) {
    v1::ListFaultRulesRequest request;
    request.set_sandbox(context.sandbox);
    return PrintAll(client.ListFaultRules(request), /*limit=*/0, [&context](const v1::FaultRule& rule) {
      context.Print(rule, RenderFaultRuleLine(rule));
    });
  });
}

void AddFaultRuleGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show a rule and what it has counted");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "Its id")->required();
  OnRun(command, context, [&context, id](const Client& client) {
    v1::GetFaultRuleRequest request;
    request.set_sandbox(context.sandbox);
    request.set_fault_rule(*id);
    return PrintRule(context, client.GetFaultRule(request));
  });
}

struct FaultRuleUpdateFlags {
  RuleFlags rule;
  std::string id, request_id;
  std::optional<bool> enabled;
  bool reset_counts = false;
};

void AddFaultRuleUpdate(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "update", "Change a rule from now on; flags of one part (fault, match) replace that part as a whole");
  const auto flags = std::make_shared<FaultRuleUpdateFlags>();
  command.add_option("id", flags->id, "Its id")->required();
  AddRuleFlags(command, flags->rule, /*required=*/false);
  command.add_option("--enabled", flags->enabled, "true or false");
  command.add_flag("--reset-counts", flags->reset_counts, "Let it count from zero again");
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::UpdateFaultRuleRequest request;
    request.set_sandbox(context.sandbox);
    request.set_request_id(flags->request_id);
    request.set_fault_rule(flags->id);
    *request.mutable_rule() = RuleOf(flags->rule);
    if (flags->enabled) request.mutable_rule()->set_enabled(*flags->enabled);
    request.set_reset_counts(flags->reset_counts);
    return PrintRule(context, client.UpdateFaultRule(request));
  });
}

void AddFaultRuleDelete(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("delete", "Remove a rule");
  const auto id = std::make_shared<std::string>();
  const auto allow_missing = std::make_shared<bool>(false);
  command.add_option("id", *id, "Its id")->required();
  command.add_flag("--allow-missing", *allow_missing, "One that is not there is no error");
  OnRun(command, context, [&context, id, allow_missing](const Client& client) {
    v1::DeleteFaultRuleRequest request;
    request.set_sandbox(context.sandbox);
    request.set_fault_rule(*id);
    request.set_allow_missing(*allow_missing);
    return client.DeleteFaultRule(request);
  });
}

struct PreviewFlags {
  RuleFlags rule;
  std::string id;
  int transactions = 100;
};

void AddPreview(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand(
      "preview", "Show what a rule would have done to the newest transactions; changes nothing");
  const auto flags = std::make_shared<PreviewFlags>();
  AddRuleFlags(command, flags->rule, /*required=*/true);
  command.add_option("--id", flags->id, "The id that its draws go by [the one that would be drawn next]");
  command.add_option("--transactions", flags->transactions, "The newest so many, 1 to 1000")
      ->check(CLI::Range(1, 1000));
  OnRun(command, context, [&context, flags](const Client& client) -> absl::Status {
    v1::PreviewFaultRuleRequest request;
    request.set_sandbox(context.sandbox);
    request.set_fault_rule_id(flags->id);
    *request.mutable_rule() = RuleOf(flags->rule);
    request.set_transactions(flags->transactions);
    const auto response = client.PreviewFaultRule(request);
    if (!response.ok()) return response.status();
    context.Print(*response, RenderPreview(*response));
    return absl::OkStatus();
  });
}

// What an operator's deeds share.
struct ActionFlags {
  std::string transaction, actor, reason, request_id;
};

void AddActionFlags(CLI::App& command, ActionFlags& flags, bool reason_required) {
  command.add_option("transaction", flags.transaction, "The transaction's id")->required();
  command
      .add_option("--actor", flags.actor, "Who does it, for the trace; up to 128 letters, digits and -_.@")
      ->required();
  command.add_option("--reason", flags.reason, "Why, for the trace; up to 255 bytes")
      ->required(reason_required);
  command.add_option("--request-id", flags.request_id, "Makes repeats harmless [random]");
}

template <typename Request>
Request RequestOf(const ActionFlags& flags, const Context& context) {
  Request request;
  request.set_sandbox(context.sandbox);
  request.set_transaction(flags.transaction);
  request.set_request_id(flags.request_id);
  request.set_actor(flags.actor);
  request.set_reason(flags.reason);
  return request;
}

struct InjectFlags {
  ActionFlags action;
  FaultFlags fault;
  std::string step;
};

void AddInject(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("inject", "Let a fault act once on a transaction in flight");
  const auto flags = std::make_shared<InjectFlags>();
  AddActionFlags(command, flags->action, /*reason_required=*/false);
  AddFaultFlags(command, flags->fault, /*required=*/true);
  command.add_option("--step", flags->step, "Only at this step [the next that the fault can act on]");
  OnRun(command, context, [&context, flags](const Client& client) {
    auto request = RequestOf<v1::InjectFailureRequest>(flags->action, context);
    *request.mutable_fault() = FaultOf(flags->fault);
    request.set_step(flags->step);
    return PrintTransaction(context, client.InjectFailure(request));
  });
}

void AddRetry(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("retry", "Start the next attempt of a failed transaction now, also of a final one");
  const auto flags = std::make_shared<ActionFlags>();
  AddActionFlags(command, *flags, /*reason_required=*/true);
  OnRun(command, context, [&context, flags](const Client& client) {
    return PrintTransaction(context, client.ForceRetry(RequestOf<v1::ForceRetryRequest>(*flags, context)));
  });
}

}  // namespace

void AddFaultCommands(CLI::App& app, Context& context) {
  CLI::App& fault = *app.add_subcommand("fault", "Break things on purpose, by rules");
  fault.require_subcommand(1);
  AddFaultRuleCreate(fault, context);
  AddFaultRuleList(fault, context);
  AddFaultRuleGet(fault, context);
  AddFaultRuleUpdate(fault, context);
  AddFaultRuleDelete(fault, context);
  AddPreview(fault, context);
  AddInject(app, context);
  AddRetry(app, context);
}

}  // namespace tracktrove::cli
