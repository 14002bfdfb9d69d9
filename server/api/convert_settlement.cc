// Settlement, disputes and statistics, from the domain to the wire.
#include <map>
#include <string>

#include "api/convert.h"

namespace tracktrove::api {
namespace {

v1::Payout PayoutToProto(const std::string& currency, const domain::Payout& payout) {
  const auto money = [&](int64_t minor_units) { return ToProto(domain::Money{currency, minor_units}); };
  v1::Payout out;
  *out.mutable_gross() = money(payout.gross);
  *out.mutable_fees() = money(payout.fees);
  *out.mutable_refunds() = money(payout.refunds);
  *out.mutable_held() = money(payout.held);
  *out.mutable_net() = money(payout.net());
  return out;
}

using Counts = google::protobuf::RepeatedPtrField<v1::GetStatisticsResponse::Count>;

void Fill(const std::map<std::string, int64_t>& counts, double hours, Counts& out) {
  for (const auto& [name, count] : counts) {
    v1::GetStatisticsResponse::Count& one = *out.Add();
    one.set_name(name);
    one.set_count(count);
    one.set_per_hour(hours > 0 ? static_cast<double>(count) / hours : 0);
  }
}

}  // namespace

v1::SettlementBatch ToProto(const domain::SettlementBatch& batch) {
  v1::SettlementBatch out;
  out.set_id(batch.id.ToString());
  out.set_state(batch.close_time ? v1::SettlementBatch::CLOSED : v1::SettlementBatch::OPEN);
  *out.mutable_cut_off_time() = ToProto(batch.cut_off);
  *out.mutable_pay_time() = ToProto(batch.pay_time);
  if (batch.close_time) *out.mutable_close_time() = ToProto(*batch.close_time);
  out.set_awaiting_count(batch.awaiting);
  out.set_payment_count(batch.paid);
  for (const auto& [currency, total] : batch.totals) {
    *out.add_totals() = PayoutToProto(currency, total);
  }
  return out;
}

v1::Payout ToProto(const store::PayeePayout& payout) {
  v1::Payout out = PayoutToProto(payout.currency, payout.payout);
  out.set_payee(payout.payee);
  out.set_payment_count(payout.payments);
  return out;
}

v1::Dispute ToProto(const domain::Dispute& dispute) {
  v1::Dispute out;
  out.set_id(dispute.id);
  out.set_transaction_id(dispute.transaction_id);
  out.set_state(static_cast<v1::Dispute::State>(dispute.state));
  out.set_reason(static_cast<v1::Dispute::Reason>(dispute.reason));
  out.set_text(dispute.text);
  *out.mutable_amount() = ToProto(dispute.amount);
  for (const domain::Evidence& evidence : dispute.evidence) {
    v1::Evidence& piece = *out.add_evidence();
    piece.set_title(evidence.title);
    piece.set_text(evidence.text);
    *piece.mutable_document() = DocumentToProto(*evidence.document);
    *piece.mutable_time() = ToProto(evidence.time);
  }
  *out.mutable_deadline() = ToProto(dispute.deadline);
  *out.mutable_create_time() = ToProto(dispute.create_time);
  if (dispute.close_time) *out.mutable_close_time() = ToProto(*dispute.close_time);
  out.set_resolution(dispute.resolution);
  out.set_sequence(dispute.sequence);
  return out;
}

v1::GetStatisticsResponse ToProto(const std::vector<store::StatisticsCount>& counts, absl::Time from,
                                  absl::Time now) {
  std::map<std::string, int64_t> states, kinds, codes;
  int64_t completed = 0, failed = 0;
  for (const auto& [key, count] : counts) {
    states[domain::Name(key.state)] += count;
    if (key.state == domain::State::kInitiated) kinds[domain::Name(key.kind)] += count;
    if (key.state == domain::State::kFailed) codes[key.failure_code] += count;
    if (key.state == domain::State::kCompleted) completed += count;
    if (key.state == domain::State::kFailed && key.final) failed += count;
  }
  v1::GetStatisticsResponse out;
  *out.mutable_from_time() = ToProto(from);
  *out.mutable_to_time() = ToProto(now);
  const double hours = absl::ToDoubleHours(now - from);
  Fill(states, hours, *out.mutable_by_state());
  Fill(kinds, hours, *out.mutable_by_kind());
  Fill(codes, hours, *out.mutable_by_failure_code());
  const int64_t ended = completed + failed;
  if (ended > 0) out.set_completion_rate(static_cast<double>(completed) / static_cast<double>(ended));
  return out;
}

}  // namespace tracktrove::api
