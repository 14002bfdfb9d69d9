#include "domain/settlement_batch.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "domain/money.h"

namespace tracktrove::domain {

std::optional<Payout> CheckedAdd(const Payout& a, const Payout& b) {
  const auto gross = CheckedAdd(a.gross, b.gross), fees = CheckedAdd(a.fees, b.fees),
             refunds = CheckedAdd(a.refunds, b.refunds), held = CheckedAdd(a.held, b.held);
  if (!gross || !fees || !refunds || !held) return std::nullopt;
  return Payout{*gross, *fees, *refunds, *held};
}

Payout operator-(const Payout& a, const Payout& b) {
  return {a.gross - b.gross, a.fees - b.fees, a.refunds - b.refunds, a.held - b.held};
}

std::string BatchId::ToString() const {
  const std::string date = absl::FormatCivilTime(day);
  return number == 1 ? date : absl::StrCat(date, ".", number);
}

// Has the form of a UUID.
std::string BatchId::TimerId() const {
  return absl::StrFormat("%08x-0000-0000-0000-0000%04d%02d%02d", number, day.year(), day.month(), day.day());
}

std::optional<BatchId> ParseBatchId(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  BatchId id;
  if (parts.size() > 2 || !absl::ParseCivilTime(parts[0], &id.day)) return std::nullopt;
  if (parts.size() == 2 && !absl::SimpleAtoi(parts[1], &id.number)) return std::nullopt;
  if (id.number < 1 || id.ToString() != text) return std::nullopt;  // each has one spelling
  return id;
}

}  // namespace tracktrove::domain
