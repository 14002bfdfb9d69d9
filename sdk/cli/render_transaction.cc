#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "sdk/cli/money.h"
#include "sdk/cli/parse.h"
#include "sdk/cli/render.h"
#include "sdk/cli/text.h"

namespace tracktrove::cli {
namespace {

using State = v1::Transaction::State;

// The longest name of a state and of a kind.
constexpr size_t kStateWidth = 9;
constexpr size_t kKindWidth = 14;
constexpr size_t kAmountWidth = 10;

Color ColorOf(State state) {
  switch (state) {
    case v1::Transaction::COMPLETED:
    case v1::Transaction::SETTLED:
      return Color::kGreen;
    case v1::Transaction::FAILED:
      return Color::kRed;
    case v1::Transaction::ESCROW:
      return Color::kYellow;
    case v1::Transaction::REFUNDED:
      return Color::kMagenta;
    default:
      return Color::kCyan;
  }
}

// Padded before it is painted: colours have no width.
std::string StateText(State state, Style style, size_t width = 0) {
  if (state == v1::Transaction::STATE_UNSPECIFIED) return Left("–", width);
  return Paint(style, ColorOf(state), Left(v1::Transaction::State_Name(state), width));
}

std::string KindText(v1::Transaction::Kind kind) {
  return EnumName(v1::Transaction::Kind_descriptor(), kind);
}

std::string FailureText(const v1::Transaction::Failure& failure) {
  std::string text = absl::StrCat(failure.code(), failure.message().empty() ? "" : ": ", failure.message());
  if (!failure.step().empty()) absl::StrAppend(&text, " at ", failure.step());
  if (!failure.fault_rule_id().empty()) absl::StrAppend(&text, ", by fault ", failure.fault_rule_id());
  if (failure.final()) return absl::StrCat(text, ", final");
  return absl::StrCat(text, ", next attempt ", FormatTime(failure.next_retry_time()));
}

std::string MoneyText(bool present, const v1::Money& money) { return present ? FormatMoney(money) : ""; }

// The value at an RFC 6901 pointer, if there is one.
const google::protobuf::Value* Find(const google::protobuf::Struct& document, const std::string& pointer) {
  const google::protobuf::Struct* fields = &document;
  const google::protobuf::Value* value = nullptr;
  std::vector<std::string> tokens = absl::StrSplit(pointer, '/');
  for (size_t i = 1; i < tokens.size(); ++i) {
    const std::string token = absl::StrReplaceAll(tokens[i], {{"~1", "/"}, {"~0", "~"}});
    if (value != nullptr && value->has_list_value()) {
      int index;
      if (!absl::SimpleAtoi(token, &index) || index < 0 || index >= value->list_value().values_size())
        return nullptr;
      value = &value->list_value().values(index);
    } else {
      if (fields == nullptr || !fields->fields().contains(token)) return nullptr;
      value = &fields->fields().at(token);
    }
    fields = value->has_struct_value() ? &value->struct_value() : nullptr;
  }
  return value;
}

std::string OperationText(const v1::PatchOperation& operation, const google::protobuf::Struct& before,
                          Style style) {
  if (operation.op() == "remove") return Paint(style, Color::kRed, absl::StrCat("- ", operation.path()));
  const std::string value = RenderJson(operation.value());
  if (operation.op() == "add")
    return Paint(style, Color::kGreen, absl::StrCat("+ ", operation.path(), " ", value));
  const google::protobuf::Value* old = Find(before, operation.path());
  return Paint(
      style, Color::kYellow,
      absl::StrCat("~ ", operation.path(), " ", old ? RenderJson(*old) : "", old ? " -> " : "-> ", value));
}

// What a fault was and whose: `fault inline:0: added latency 2s`.
std::string FaultNote(const v1::TraceRecord& record) {
  std::string note = absl::StrCat(
      "fault ", record.fault_rule_id(), ": ",
      absl::StrReplaceAll(EnumName(v1::Fault::Kind_descriptor(), record.fault_kind()), {{"-", " "}}));
  if (record.has_fault_duration()) absl::StrAppend(&note, " ", FormatDuration(record.fault_duration()));
  return note;
}

// What happened: a step by its service and name, anything else by its type too.
std::string RecordSubject(const v1::TraceRecord& record) {
  std::vector<std::string> parts;
  if (!record.service().empty()) parts.push_back(record.service());
  if (!record.step().empty()) parts.push_back(record.step());
  std::string subject = absl::StrJoin(parts, "/");
  if (record.type() == v1::TraceRecord::STEP_FINISHED) return subject;
  const std::string type =
      absl::StrReplaceAll(EnumName(v1::TraceRecord::Type_descriptor(), record.type()), {{"-", " "}});
  return absl::StrCat(type, subject.empty() ? "" : " ", subject);
}

}  // namespace

std::string RenderTransaction(const v1::Transaction& transaction, Style style) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : transaction.labels()) labels.push_back(absl::StrCat(key, ":", value));
  std::sort(labels.begin(), labels.end());
  const v1::Transaction::Hold& hold = transaction.hold();
  return Fields({
      {"transaction", transaction.id()},
      {"state", StateText(transaction.state(), style)},
      {"kind", KindText(transaction.kind())},
      {"amount", FormatMoney(transaction.amount())},
      {"captured", MoneyText(transaction.has_captured_amount(), transaction.captured_amount())},
      {"refunded", MoneyText(transaction.has_refunded_amount(), transaction.refunded_amount())},
      {"disputed", MoneyText(transaction.has_disputed_amount(), transaction.disputed_amount())},
      {"fee", MoneyText(transaction.has_fee(), transaction.fee())},
      {"settled", MoneyText(transaction.has_settled_amount(), transaction.settled_amount())},
      {"pays in", transaction.settlement_batch()},
      {"dispute", transaction.open_dispute()},
      {"payer", transaction.payer()},
      {"payee", transaction.payee()},
      {"channel", transaction.channel()},
      {"labels", absl::StrJoin(labels, " ")},
      {"flow", transaction.flow()},
      {"step", transaction.step()},
      {"attempt", absl::StrCat(transaction.attempt())},
      {"hold", transaction.has_hold() ? absl::StrCat("until ", FormatTime(hold.expire_time()), ", ",
                                                     FormatDuration(hold.remaining()), " left")
                                      : ""},
      {"failure", transaction.has_failure() ? FailureText(transaction.failure()) : ""},
      {"request id", transaction.request_id()},
      {"created", FormatTime(transaction.create_time())},
      {"updated", FormatTime(transaction.update_time())},
      {"sequence", absl::StrCat(transaction.sequence())},
      {"document", transaction.has_dto() ? RenderJson(transaction.dto()) : ""},
  });
}

std::string RenderTransactionLine(const v1::Transaction& transaction, Style style) {
  return absl::StrCat(FormatTime(transaction.create_time()), "  ", transaction.id(), "  ",
                      Left(KindText(transaction.kind()), kKindWidth), "  ",
                      Right(FormatMoney(transaction.amount()), kAmountWidth), "  ",
                      StateText(transaction.state(), style, kStateWidth), "  ", transaction.payer(), " → ",
                      transaction.payee());
}

std::string RenderChange(const v1::TransactionChange& change, Style style) {
  const std::string reason = change.has_failure() ? FailureText(change.failure()) : change.step();
  return Trimmed(absl::StrCat(FormatTime(change.time()), "  ", ShortId(change.transaction_id()), "  ",
                              Left(KindText(change.kind()), kKindWidth), "  ",
                              Right(FormatMoney(change.amount()), kAmountWidth), "  ",
                              StateText(change.from_state(), style, kStateWidth), " → ",
                              StateText(change.to_state(), style, kStateWidth), "  ", reason));
}

std::string RenderRecord(const v1::TraceRecord& record, const google::protobuf::Struct& before, Style style) {
  const bool moved = record.from_state() != record.to_state();
  std::vector<std::string> notes;
  if (moved) {
    notes.push_back(
        absl::StrCat(StateText(record.from_state(), style), " → ", StateText(record.to_state(), style)));
  }
  if (record.has_error()) {
    notes.push_back(
        Paint(style, Color::kRed, absl::StrCat(record.error().code(), ": ", record.error().message())));
  }
  if (record.fault_kind() != v1::Fault::KIND_UNSPECIFIED) notes.push_back(FaultNote(record));
  if (!record.detail().empty()) notes.push_back(absl::StrCat("(", record.detail(), ")"));

  const std::string duration =
      record.has_duration() ? absl::StrCat("+", FormatDuration(record.duration())) : std::string();
  std::string text = Trimmed(absl::StrCat(Right(absl::StrCat(record.index()), 4), "  ",
                                          FormatTime(record.time()), "  ", Right(duration, 10), "  ",
                                          Left(RecordSubject(record), 28), "  ", absl::StrJoin(notes, "  ")));
  for (const v1::PatchOperation& operation : record.diff()) {
    absl::StrAppend(&text, "\n        ", OperationText(operation, before, style));
  }
  return text;
}

}  // namespace tracktrove::cli
