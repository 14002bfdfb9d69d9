#include "sdk/cli/render.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"
#include "sdk/cli/text.h"
#include "tracktrove/error.h"

namespace tracktrove::cli {

namespace {

std::string SettlementText(const v1::Policy::Settlement& settlement) {
  std::vector<std::string> weekend;
  for (const int day : settlement.weekend().days()) {
    weekend.push_back(EnumName(v1::Policy::Settlement::Weekday_descriptor(), day));
  }
  return absl::StrCat(settlement.cut_off(), " ", settlement.time_zone(), ", T+", settlement.business_days(),
                      ", weekend ", weekend.empty() ? "none" : absl::StrJoin(weekend, " "), ", ",
                      Counted(settlement.holidays_size(), "holiday"));
}

}  // namespace

std::string FormatTime(const google::protobuf::Timestamp& time) {
  const absl::Time value = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3SZ", value, absl::UTCTimeZone());
}

std::string FormatDuration(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos()));
}

std::string ShortId(const std::string& id) { return id.size() <= 8 ? id : id.substr(id.size() - 8); }

std::string RenderJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return absl::StrCat("{\"error\":\"", std::string(status.message()), "\"}");
  // Protobuf writes maps, and so documents, in an order that changes by the run.
  return nlohmann::json::parse(json).dump();
}

std::string RenderClock(const v1::Sandbox::Clock& clock) {
  return absl::StrCat(FormatTime(clock.time()), "  ",
                      EnumName(v1::Sandbox::Clock::Mode_descriptor(), clock.mode()));
}

std::string RenderAdvance(const v1::AdvanceClockResponse& response) {
  // A map has no order of its own.
  const std::map<std::string, int64_t> counts(response.fired_counts().begin(), response.fired_counts().end());
  std::vector<std::string> lines = {RenderClock(response.clock())};
  for (const v1::AdvanceClockResponse::Fired& fired : response.fired()) {
    lines.push_back(Trimmed(
        absl::StrCat("  ", FormatTime(fired.due_time()), "  ",
                     Left(EnumName(v1::AdvanceClockResponse::Fired::Kind_descriptor(), fired.kind()), 12),
                     "  ", fired.transaction_id())));
  }
  int64_t total = 0;
  for (const auto& [kind, count] : counts) total += count;
  if (total > response.fired_size())
    lines.push_back(absl::StrCat("  … ", total - response.fired_size(), " more"));
  lines.push_back(absl::StrCat("fired ", total, counts.empty() ? "" : " (",
                               absl::StrJoin(counts, ", ", absl::PairFormatter(" ")),
                               counts.empty() ? "" : ")", ", sequences ", response.first_sequence(), " to ",
                               response.last_sequence()));
  return absl::StrJoin(lines, "\n");
}

std::string RenderSandbox(const v1::Sandbox& sandbox) {
  const v1::Policy& policy = sandbox.policy();
  const v1::Policy::AmountLimits& limits = policy.amount_limits();
  const v1::Policy::Retry& retry = policy.retry();
  return Fields({
      {"sandbox", sandbox.id()},
      {"world", absl::StrCat(sandbox.world_id())},
      {"seed", absl::StrCat(sandbox.seed())},
      {"clock", RenderClock(sandbox.clock())},
      {"pace", EnumName(v1::Sandbox::Pace_descriptor(), sandbox.pace())},
      {"amounts", absl::StrCat(limits.min_major_units(), " to ", limits.max_major_units(), " major units")},
      {"hold", FormatDuration(policy.hold_ttl())},
      {"retry",
       absl::StrCat(Counted(retry.max_attempts(), "attempt"), ", ", FormatDuration(retry.initial_backoff()),
                    " to ", FormatDuration(retry.max_backoff()))},
      {"fee", absl::StrCat(policy.fee().ppm(), " ppm + ", policy.fee().fixed_minor_units(), " minor units")},
      {"settlement", SettlementText(policy.settlement())},
      {"disputes", absl::StrCat("lost after ", FormatDuration(policy.dispute_deadline()))},
      {"transactions", absl::StrCat(sandbox.transaction_count())},
      {"log", absl::StrCat("sequences ", sandbox.oldest_sequence(), " to ", sandbox.head_sequence())},
      {"head hash", sandbox.head_hash()},
      {"created", FormatTime(sandbox.create_time())},
  });
}

std::string RenderSandboxLine(const v1::Sandbox& sandbox) {
  return absl::StrCat(Left(sandbox.id(), 24), "  ", Left(RenderClock(sandbox.clock()), 34), "  ",
                      Left(EnumName(v1::Sandbox::Pace_descriptor(), sandbox.pace()), 7), "  ",
                      Counted(sandbox.transaction_count(), "transaction"));
}

std::string RenderBalance(const v1::Balance& balance) {
  return absl::StrCat(Left(balance.account(), 40), "  ", Right(FormatMoney(balance.amount()), 16));
}

std::string RenderEntry(const v1::LedgerEntry& entry) {
  return absl::StrCat(Right(absl::StrCat(entry.sequence(), ".", entry.line()), 8), "  ",
                      FormatTime(entry.time()), "  ", ShortId(entry.transaction_id()), "  ",
                      Right(FormatMoney(entry.amount()), 12), "  ", entry.debit_account(), " → ",
                      entry.credit_account());
}

std::string RenderCheck(const v1::CheckLedgerResponse& response) {
  std::vector<std::string> lines = {absl::StrCat(response.ok() ? "ledger ok: " : "ledger BROKEN: ",
                                                 Counted(response.checked_transactions(), "transaction"),
                                                 " checked")};
  for (const v1::CheckLedgerResponse::Problem& problem : response.problems()) {
    v1::Money expected, actual;
    expected.set_currency_code(problem.currency_code());
    expected.set_minor_units(problem.expected_minor_units());
    actual.set_currency_code(problem.currency_code());
    actual.set_minor_units(problem.actual_minor_units());
    lines.push_back(absl::StrCat("  ", problem.account(), problem.transaction_id().empty() ? "" : " of ",
                                 problem.transaction_id(), ": ", FormatMoney(actual), " in place of ",
                                 FormatMoney(expected)));
  }
  return absl::StrJoin(lines, "\n");
}

std::string RenderTrail(const v1::VerifyTrailResponse& response) {
  if (response.ok()) {
    return absl::StrCat("trail ok: ", Counted(response.checked_records(), "record"), ", up to sequence ",
                        response.last_sequence());
  }
  return absl::StrCat("trail BROKEN at sequence ", response.bad_sequence(), ": ", response.problem());
}

std::string RenderError(const absl::Status& status) {
  const std::optional<ErrorInfo> info = GetErrorInfo(status);
  std::string text = absl::StrCat("error: ", absl::StatusCodeToString(status.code()),
                                  info ? absl::StrCat(" (", info->reason, ")") : "", ": ", status.message());
  for (const FieldViolation& violation : GetFieldViolations(status)) {
    if (violation.description != status.message()) {
      absl::StrAppend(&text, "\n  ", violation.field, ": ", violation.description);
    }
  }
  return text;
}

}  // namespace tracktrove::cli
