// What flows, faults and explanations look like.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"
#include "sdk/cli/render.h"
#include "sdk/cli/text.h"

namespace tracktrove::cli {
namespace {

std::string FaultText(const v1::Fault& fault) {
  std::string text = EnumName(v1::Fault::Kind_descriptor(), fault.kind());
  if (!fault.code().empty()) absl::StrAppend(&text, " ", fault.code());
  if (fault.has_duration()) absl::StrAppend(&text, " ", FormatDuration(fault.duration()));
  if (fault.capture_ppm() > 0) absl::StrAppend(&text, " ", fault.capture_ppm() / 1e6);
  return text;
}

std::string AmountText(const v1::FaultMatch::AmountRange& range) {
  const auto money = [&](int64_t minor_units) {
    v1::Money amount;
    amount.set_currency_code(range.currency_code());
    amount.set_minor_units(minor_units);
    return FormatMoney(amount);
  };
  if (range.max_minor_units() == INT64_MAX) return absl::StrCat("from ", money(range.min_minor_units()));
  return absl::StrCat(money(range.min_minor_units()), " to ", money(range.max_minor_units()));
}

// `step capture-tip, payer asha`, or `everywhere`.
std::string MatchText(const v1::FaultMatch& match) {
  std::vector<std::string> parts;
  const auto add = [&parts](absl::string_view name, const std::string& value) {
    if (!value.empty()) parts.push_back(absl::StrCat(name, " ", value));
  };
  std::vector<std::string> kinds;
  for (const int kind : match.kinds()) kinds.push_back(EnumName(v1::Transaction::Kind_descriptor(), kind));
  add("kind", absl::StrJoin(kinds, "|"));
  add("flow", match.flow());
  add("step", match.step());
  add("channel", match.channel());
  add("payer", match.payer());
  add("payee", match.payee());
  add("label", match.label());
  if (match.has_amount()) add("amount", AmountText(match.amount()));
  if (match.attempt() > 0) add("attempt", absl::StrCat(match.attempt()));
  return parts.empty() ? "everywhere" : absl::StrJoin(parts, ", ");
}

std::string HowOften(const v1::FaultRule& rule) {
  std::vector<std::string> parts;
  if (rule.probability_ppm() < 1'000'000) {
    parts.push_back(absl::StrCat("with probability ", rule.probability_ppm() / 1e6));
  }
  if (rule.first_n() > 0) parts.push_back(absl::StrCat("the first ", rule.first_n()));
  if (rule.nth() > 0) parts.push_back(absl::StrCat("only number ", rule.nth()));
  if (rule.max_hits() > 0)
    parts.push_back(absl::StrCat("at most ", rule.max_hits(), rule.max_hits() == 1 ? " hit" : " hits"));
  return parts.empty() ? "always" : absl::StrJoin(parts, ", ");
}

std::string StepText(const v1::Flow::Step& step) {
  const v1::Flow::Step::Latency& latency = step.latency();
  const std::string effect = step.effect() == v1::Flow::Step::NONE
                                 ? ""
                                 : EnumName(v1::Flow::Step::Effect_descriptor(), step.effect());
  std::vector<std::string> codes;
  for (const v1::Flow::Step::Failure& failure : step.failures()) codes.push_back(failure.code());
  return Trimmed(
      absl::StrCat(Left(absl::StrCat(step.service(), "/", step.name()), 30), "  ", Left(effect, 7), "  ",
                   Left(absl::StrCat(FormatDuration(latency.p50()), " / ", FormatDuration(latency.p99()),
                                     " / ", FormatDuration(latency.max())),
                        24),
                   "  ", absl::StrJoin(codes, " ")));
}

}  // namespace

std::string RenderFlow(const v1::Flow& flow) {
  const bool manual = flow.capture() == v1::Transaction::MANUAL;
  std::string text = Fields({{"flow", flow.id()},
                             {"title", flow.title()},
                             {"kind", EnumName(v1::Transaction::Kind_descriptor(), flow.kind())},
                             {"capture", manual ? "manual" : "automatic"},
                             {"steps", "latency p50 / p99 / max, and what it fails with"}});
  for (const v1::Flow::Step& step : flow.steps()) absl::StrAppend(&text, "\n  ", StepText(step));
  return text;
}

std::string RenderFlowLine(const v1::Flow& flow) {
  return Trimmed(absl::StrCat(Left(flow.id(), 28), "  ",
                              Left(EnumName(v1::Transaction::Kind_descriptor(), flow.kind()), 14), "  ",
                              Right(absl::StrCat(flow.steps_size()), 2), " ",
                              Left(Noun(flow.steps_size(), "step"), 5), "  ", flow.title()));
}

std::string RenderFaultRule(const v1::FaultRule& rule) {
  return Fields({{"rule", rule.id()},
                 {"fault", FaultText(rule.fault())},
                 {"where", MatchText(rule.match())},
                 {"how often", HowOften(rule)},
                 {"enabled", rule.enabled() ? "yes" : "no"},
                 {"counted", absl::StrCat(rule.seen(), " seen, ", rule.hits(), " hit")},
                 {"created", FormatTime(rule.create_time())},
                 {"updated", FormatTime(rule.update_time())}});
}

std::string RenderFaultRuleLine(const v1::FaultRule& rule) {
  return absl::StrCat(Left(rule.id(), 16), "  ", Left(rule.enabled() ? "on" : "off", 3), "  ",
                      Left(FaultText(rule.fault()), 28), "  ",
                      Right(absl::StrCat(rule.hits(), "/", rule.seen()), 9), "  ", MatchText(rule.match()),
                      "; ", HowOften(rule));
}

std::string RenderPreview(const v1::PreviewFaultRuleResponse& response) {
  std::vector<std::string> lines;
  for (const v1::PreviewFaultRuleResponse::Match& match : response.matches()) {
    lines.push_back(absl::StrCat("  ", match.transaction_id(), "  ", match.hit() ? "hit   " : "missed", "  ",
                                 match.step()));
  }
  if (response.seen() > response.matches_size()) {
    lines.push_back(absl::StrCat("  … ", response.seen() - response.matches_size(), " more"));
  }
  lines.push_back(absl::StrCat("would have hit ", response.hits(), " of ", Counted(response.seen(), "step"),
                               response.seen() == 1 ? " that fits" : " that fit", ", in ",
                               Counted(response.transactions(), "transaction")));
  return absl::StrJoin(lines, "\n");
}

std::string RenderExplanation(const v1::ExplainTransactionResponse& response) {
  std::vector<std::string> lines = {response.summary()};
  for (const v1::Cause& cause : response.causes()) {
    const std::string sequence = cause.sequence() > 0 ? absl::StrCat(cause.sequence()) : "";
    lines.push_back(absl::StrCat(Right(sequence, 6), "  ",
                                 Left(EnumName(v1::Cause::Kind_descriptor(), cause.kind()), 14), "  ",
                                 cause.sentence()));
  }
  if (!response.complete()) lines.push_back("  … its later records were not read");
  return absl::StrJoin(lines, "\n");
}

}  // namespace tracktrove::cli
