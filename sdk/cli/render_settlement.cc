#include <algorithm>
#include <cstdlib>
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

constexpr size_t kMoneyWidth = 12;

// `net = gross - fees - refunds - held`, parts that are nothing left out; of one
// that is negative, because less of it is kept than before, the sign is turned.
std::string PayoutText(const v1::Payout& payout) {
  std::string text =
      absl::StrCat(Right(FormatMoney(payout.net()), kMoneyWidth), " = ", FormatMoney(payout.gross()));
  const auto subtract = [&text](const v1::Money& money, const char* name) {
    if (money.minor_units() == 0) return;
    v1::Money size = money;
    size.set_minor_units(std::abs(money.minor_units()));
    absl::StrAppend(&text, money.minor_units() < 0 ? " + " : " - ", FormatMoney(size), " ", name);
  };
  subtract(payout.fees(), "fees");
  subtract(payout.refunds(), "refunds");
  subtract(payout.held(), "held");
  return text;
}

std::string BatchState(const v1::SettlementBatch& batch) {
  return EnumName(v1::SettlementBatch::State_descriptor(), batch.state());
}

std::string DisputeState(const v1::Dispute& dispute) {
  return EnumName(v1::Dispute::State_descriptor(), dispute.state());
}

std::string DisputeReason(const v1::Dispute& dispute) {
  return EnumName(v1::Dispute::Reason_descriptor(), dispute.reason());
}

using Counts = google::protobuf::RepeatedPtrField<v1::GetStatisticsResponse::Count>;

void AddCounts(const std::string& title, const Counts& counts, std::vector<std::string>& lines) {
  if (counts.empty()) return;
  lines.push_back(title);
  for (const auto& count : counts) {
    lines.push_back(absl::StrCat("  ", Left(count.name(), 24), "  ", Right(absl::StrCat(count.count()), 10),
                                 "  ", absl::StrFormat("%.2f", count.per_hour()), " an hour"));
  }
}

}  // namespace

std::string RenderBatch(const v1::SettlementBatch& batch) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"batch", batch.id()},
      {"state", BatchState(batch)},
      {"cut-off", FormatTime(batch.cut_off_time())},
      {"pays at", FormatTime(batch.pay_time())},
      {"closed", batch.has_close_time() ? FormatTime(batch.close_time()) : ""},
      {"awaiting", Counted(batch.awaiting_count(), "transaction")},
      {"paid", Counted(batch.payment_count(), "payment")},
  };
  for (const v1::Payout& total : batch.totals()) fields.emplace_back("net", PayoutText(total));
  return Fields(fields);
}

std::string RenderBatchLine(const v1::SettlementBatch& batch) {
  const std::string totals = absl::StrJoin(
      batch.totals(), ", ",
      [](std::string* out, const v1::Payout& total) { absl::StrAppend(out, FormatMoney(total.net())); });
  return Trimmed(absl::StrCat(Left(batch.id(), 14), "  ", Left(BatchState(batch), 6), "  pays at ",
                              FormatTime(batch.pay_time()), "  ",
                              Right(absl::StrCat(batch.awaiting_count()), 8), " awaiting  ",
                              Right(absl::StrCat(batch.payment_count()), 8), " paid  ", totals));
}

std::string RenderPayout(const v1::Payout& payout) {
  return absl::StrCat(Left(payout.payee(), 24), "  ", Right(absl::StrCat(payout.payment_count()), 8), " ",
                      Left(Noun(payout.payment_count(), "payment"), 8), "  ", PayoutText(payout));
}

std::string RenderDispute(const v1::Dispute& dispute) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"dispute", dispute.id()},
      {"transaction", dispute.transaction_id()},
      {"state", DisputeState(dispute)},
      {"amount", FormatMoney(dispute.amount())},
      {"reason", DisputeReason(dispute)},
      {"text", dispute.text()},
      {"opened", FormatTime(dispute.create_time())},
      {"deadline", FormatTime(dispute.deadline())},
      {"closed", dispute.has_close_time() ? FormatTime(dispute.close_time()) : ""},
      {"resolution", dispute.resolution()},
  };
  for (const v1::Evidence& evidence : dispute.evidence()) {
    std::string text = absl::StrCat(FormatTime(evidence.time()), "  ", evidence.title());
    if (!evidence.text().empty()) absl::StrAppend(&text, ": ", evidence.text());
    if (!evidence.document().fields().empty()) absl::StrAppend(&text, " ", RenderJson(evidence.document()));
    fields.emplace_back("evidence", text);
  }
  return Fields(fields);
}

std::string RenderDisputeLine(const v1::Dispute& dispute) {
  return absl::StrCat(FormatTime(dispute.create_time()), "  ", dispute.id(), "  ",
                      Left(DisputeState(dispute), 12), "  ",
                      Right(FormatMoney(dispute.amount()), kMoneyWidth), "  ",
                      Left(DisputeReason(dispute), 16), "  of ", dispute.transaction_id());
}

std::string RenderStatistics(const v1::GetStatisticsResponse& statistics) {
  std::vector<std::string> lines = {
      absl::StrCat(FormatTime(statistics.from_time()), " to ", FormatTime(statistics.to_time()))};
  AddCounts("states", statistics.by_state(), lines);
  AddCounts("kinds", statistics.by_kind(), lines);
  AddCounts("failures", statistics.by_failure_code(), lines);
  // Of flows that ended; a rate of zero says something only if one did.
  const bool any_ended = std::ranges::any_of(statistics.by_state(), [](const auto& count) {
    return count.name() == "COMPLETED" || count.name() == "FAILED";
  });
  lines.push_back(any_ended ? absl::StrFormat("completed  %.2f %%", statistics.completion_rate() * 100)
                            : "completed  –");
  return absl::StrJoin(lines, "\n");
}

}  // namespace tracktrove::cli
