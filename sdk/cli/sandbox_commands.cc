#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

struct PolicyFlags {
  std::optional<int64_t> min_amount, max_amount, fee_fixed;
  std::optional<int32_t> max_attempts, fee_ppm;
  std::string hold_ttl, initial_backoff, max_backoff;
  std::string cut_off, time_zone, weekend, dispute_deadline;
  std::optional<int32_t> business_days;
  std::vector<std::string> holidays;
};

void AddPolicyFlags(CLI::App& command, PolicyFlags& flags) {
  command.add_option("--min-amount", flags.min_amount, "Smallest amount in major units, 0 to 1000000 [1]");
  command.add_option("--max-amount", flags.max_amount, "Largest amount in major units, 1 to 1000000 [500]");
  command.add_option("--hold-ttl", flags.hold_ttl, "How long funds stay in escrow, 1ms to 30d [15m]");
  command.add_option("--max-attempts", flags.max_attempts, "Attempts of a transaction in all, 1 to 20 [3]");
  command.add_option("--initial-backoff", flags.initial_backoff, "Cap of the first wait, 1ms to 1h [500ms]");
  command.add_option("--max-backoff", flags.max_backoff, "Cap of all waits, 1ms to 24h [30s]");
  command.add_option("--fee-ppm", flags.fee_ppm, "Fee in parts per million, 0 to 1000000 [20000]");
  command.add_option("--fee-fixed", flags.fee_fixed, "Fee added to that in minor units, 0 to 1000000 [0]");
  command.add_option("--cut-off", flags.cut_off, "When a day's books close, HH:MM in --time-zone [18:00]");
  command.add_option("--time-zone", flags.time_zone, "IANA name [Asia/Kolkata]");
  command.add_option("--business-days", flags.business_days, "From cut-off to payment, 0 to 10 [1]");
  command.add_option("--weekend", flags.weekend, "Like saturday,sunday, or none [saturday,sunday]");
  command.add_option("--holiday", flags.holidays, "Also no business day, YYYY-MM-DD; repeatable, up to 400");
  command.add_option("--dispute-deadline", flags.dispute_deadline,
                     "When an unresolved dispute is lost, 1ms to 90d [7d]");
}

// The contract's defaults: a part is set as a whole, so that flags that are not
// given need a value.
v1::Policy DefaultPolicy() {
  v1::Policy policy;
  policy.mutable_amount_limits()->set_min_major_units(1);
  policy.mutable_amount_limits()->set_max_major_units(500);
  policy.mutable_retry()->set_max_attempts(3);
  policy.mutable_retry()->mutable_initial_backoff()->set_nanos(500'000'000);
  policy.mutable_retry()->mutable_max_backoff()->set_seconds(30);
  policy.mutable_fee()->set_ppm(20'000);
  return policy;
}

v1::Policy::Settlement::Weekend WeekendOf(const std::string& names) {
  v1::Policy::Settlement::Weekend weekend;
  if (names == "none") return weekend;
  for (const absl::string_view name : absl::StrSplit(names, ',')) {
    weekend.add_days(static_cast<v1::Policy::Settlement::Weekday>(
        ValueOf(ParseEnum(v1::Policy::Settlement::Weekday_descriptor(), name), "--weekend")));
  }
  return weekend;
}

v1::Policy::Settlement SettlementOf(const PolicyFlags& flags, const v1::Policy::Settlement& base) {
  v1::Policy::Settlement settlement = base;
  if (!flags.cut_off.empty()) settlement.set_cut_off(flags.cut_off);
  if (!flags.time_zone.empty()) settlement.set_time_zone(flags.time_zone);
  if (flags.business_days) settlement.set_business_days(*flags.business_days);
  if (!flags.weekend.empty()) *settlement.mutable_weekend() = WeekendOf(flags.weekend);
  if (!flags.holidays.empty()) {
    *settlement.mutable_holidays() = {flags.holidays.begin(), flags.holidays.end()};
  }
  return settlement;
}

// The parts that flags touch, on top of what `base` has in them.
v1::Policy PolicyOf(const PolicyFlags& flags, const v1::Policy& base) {
  v1::Policy policy;
  if (flags.min_amount || flags.max_amount) {
    v1::Policy::AmountLimits& limits = *policy.mutable_amount_limits();
    limits = base.amount_limits();
    if (flags.min_amount) limits.set_min_major_units(*flags.min_amount);
    if (flags.max_amount) limits.set_max_major_units(*flags.max_amount);
  }
  if (!flags.hold_ttl.empty())
    *policy.mutable_hold_ttl() = ValueOf(ParseDuration(flags.hold_ttl), "--hold-ttl");
  if (flags.max_attempts || !flags.initial_backoff.empty() || !flags.max_backoff.empty()) {
    v1::Policy::Retry& retry = *policy.mutable_retry();
    retry = base.retry();
    if (flags.max_attempts) retry.set_max_attempts(*flags.max_attempts);
    if (!flags.initial_backoff.empty()) {
      *retry.mutable_initial_backoff() = ValueOf(ParseDuration(flags.initial_backoff), "--initial-backoff");
    }
    if (!flags.max_backoff.empty()) {
      *retry.mutable_max_backoff() = ValueOf(ParseDuration(flags.max_backoff), "--max-backoff");
    }
  }
  if (flags.fee_ppm || flags.fee_fixed) {
    v1::Policy::Fee& fee = *policy.mutable_fee();
    fee = base.fee();
    if (flags.fee_ppm) fee.set_ppm(*flags.fee_ppm);
    if (flags.fee_fixed) fee.set_fixed_minor_units(*flags.fee_fixed);
  }
  if (!flags.cut_off.empty() || !flags.time_zone.empty() || flags.business_days || !flags.weekend.empty() ||
      !flags.holidays.empty()) {
    *policy.mutable_settlement() = SettlementOf(flags, base.settlement());
  }
  if (!flags.dispute_deadline.empty()) {
    *policy.mutable_dispute_deadline() = ValueOf(ParseDuration(flags.dispute_deadline), "--dispute-deadline");
  }
  return policy;
}

v1::Sandbox::Pace PaceOf(const std::string& pace) {
  if (pace.empty()) return v1::Sandbox::PACE_UNSPECIFIED;
  return static_cast<v1::Sandbox::Pace>(ValueOf(ParseEnum(v1::Sandbox::Pace_descriptor(), pace), "--pace"));
}

absl::Status PrintSandbox(const Context& context, const absl::StatusOr<v1::Sandbox>& sandbox) {
  if (!sandbox.ok()) return sandbox.status();
  context.Print(*sandbox, RenderSandbox(*sandbox));
  return absl::OkStatus();
}

v1::GetSandboxRequest GetRequest(const std::string& sandbox) {
  v1::GetSandboxRequest request;
  request.set_sandbox(sandbox);
  return request;
}

struct SandboxCreateFlags {
  std::string id, clock = "realtime", start_time, pace = "paced", request_id;
  std::optional<uint64_t> seed;
  PolicyFlags policy;
};

void AddSandboxCreate(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("create", "Create a sandbox");
  const auto flags = std::make_shared<SandboxCreateFlags>();
  command.add_option("id", flags->id, "Its id, up to 63 letters, digits and -_. [drawn]");
  command.add_option("--seed", flags->seed, "What every random draw derives from [drawn]");
  command.add_option("--clock", flags->clock, "realtime, or manual: it stands still until it is advanced")
      ->check(OneOf(v1::Sandbox::Clock::Mode_descriptor()));
  command.add_option("--start-time", flags->start_time, "Where its clock starts, RFC 3339 [now]");
  command.add_option("--pace", flags->pace, "paced: steps take their time; instant: they take none")
      ->check(OneOf(v1::Sandbox::Pace_descriptor()));
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  AddPolicyFlags(command, flags->policy);
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::CreateSandboxRequest request;
    request.set_sandbox_id(flags->id);
    request.set_request_id(flags->request_id);
    if (flags->seed) request.set_seed(*flags->seed);
    request.set_clock_mode(static_cast<v1::Sandbox::Clock::Mode>(
        ValueOf(ParseEnum(v1::Sandbox::Clock::Mode_descriptor(), flags->clock), "--clock")));
    if (!flags->start_time.empty()) {
      *request.mutable_start_time() = ValueOf(ParseTime(flags->start_time), "--start-time");
    }
    request.set_pace(PaceOf(flags->pace));
    *request.mutable_policy() = PolicyOf(flags->policy, DefaultPolicy());
    return PrintSandbox(context, client.CreateSandbox(request));
  });
}

void AddSandboxGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show a sandbox");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "Its id [that of --sandbox]");
  OnRun(command, context, [&context, id](const Client& client) {
    return PrintSandbox(context, client.GetSandbox(GetRequest(id->empty() ? context.sandbox : *id)));
  });
}

void AddSandboxList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List sandboxes by id");
  const auto limit = std::make_shared<int>(50);
  command.add_option("--limit", *limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, limit](const Client& client) {
    return PrintAll(client.ListSandboxes(), *limit, [&context](const v1::Sandbox& sandbox) {
      context.Print(sandbox, RenderSandboxLine(sandbox));
    });
  });
}

struct SandboxUpdateFlags {
  std::string id, pace, request_id;
  PolicyFlags policy;
};

void AddSandboxUpdate(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("update", "Change pace or policy from now on; what is not given stays as it is");
  const auto flags = std::make_shared<SandboxUpdateFlags>();
  command.add_option("id", flags->id, "Its id")->required();
  command.add_option("--pace", flags->pace, "paced: steps take their time; instant: they take none")
      ->check(OneOf(v1::Sandbox::Pace_descriptor()));
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  AddPolicyFlags(command, flags->policy);
  OnRun(command, context, [&context, flags](const Client& client) -> absl::Status {
    const absl::StatusOr<v1::Sandbox> current = client.GetSandbox(GetRequest(flags->id));
    if (!current.ok()) return current.status();
    v1::UpdateSandboxRequest request;
    request.set_sandbox(flags->id);
    request.set_request_id(flags->request_id);
    request.set_pace(PaceOf(flags->pace));
    *request.mutable_policy() = PolicyOf(flags->policy, current->policy());
    return PrintSandbox(context, client.UpdateSandbox(request));
  });
}

void AddSandboxDelete(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("delete", "Remove a sandbox and all that is in it");
  const auto id = std::make_shared<std::string>();
  const auto allow_missing = std::make_shared<bool>(false);
  command.add_option("id", *id, "Its id")->required();
  command.add_flag("--allow-missing", *allow_missing, "One that is not there is no error");
  OnRun(command, context, [id, allow_missing](const Client& client) {
    v1::DeleteSandboxRequest request;
    request.set_sandbox(*id);
    request.set_allow_missing(*allow_missing);
    return client.DeleteSandbox(request);
  });
}

struct ResetFlags {
  std::string id, request_id;
};

void AddReset(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("reset", "Start a sandbox afresh with the same seed, policy and clock mode");
  const auto flags = std::make_shared<ResetFlags>();
  command.add_option("id", flags->id, "Its id")->required();
  command.add_option("--request-id", flags->request_id, "Makes repeats harmless [random]");
  OnRun(command, context, [&context, flags](const Client& client) {
    v1::ResetSandboxRequest request;
    request.set_sandbox(flags->id);
    request.set_request_id(flags->request_id);
    return PrintSandbox(context, client.ResetSandbox(request));
  });
}

}  // namespace

void AddSandboxCommands(CLI::App& app, Context& context) {
  CLI::App& sandbox = *app.add_subcommand("sandbox", "Create, show, change and remove sandboxes");
  sandbox.require_subcommand(1);
  AddSandboxCreate(sandbox, context);
  AddSandboxGet(sandbox, context);
  AddSandboxList(sandbox, context);
  AddSandboxUpdate(sandbox, context);
  AddSandboxDelete(sandbox, context);
  AddReset(sandbox, context);
}

}  // namespace tracktrove::cli
