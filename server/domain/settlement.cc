#include "domain/settlement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/calendar.h"
#include "domain/errors.h"
#include "domain/ledger.h"

namespace tracktrove::domain {
namespace {

// The batch as the decision has it by now, to be changed.
SettlementBatch& Touch(const Facts& facts, const BatchId& id, Decision& decision) {
  const auto touched = std::find_if(decision.batches.begin(), decision.batches.end(),
                                    [&](const SettlementBatch& batch) { return batch.id == id; });
  if (touched != decision.batches.end()) return *touched;
  return decision.batches.emplace_back(facts.batches->at(id));
}

// The batch for what completes at `now`: that of the business day, or a new one
// where that has other times or is closed already.
SettlementBatch BatchAt(const Facts& facts, absl::Time now) {
  const Calendar calendar(facts.sandbox->policy.settlement, facts.zone);
  const std::optional<BatchId>& closed = facts.sandbox->closed_batch;
  SettlementBatch batch;
  BatchId& id = batch.id;
  id.day = calendar.BusinessDayOf(now);
  // No day comes again, even where a new policy has it begin later.
  if (closed && id.day <= closed->day) id = {closed->day, closed->number + 1};
  batch.cut_off = calendar.CutOffOf(id.day);
  batch.pay_time = calendar.PayTimeOf(id.day);
  const OpenBatches& open = *facts.batches;
  for (auto it = open.lower_bound(id); it != open.end() && it->first.day == id.day; ++it) {
    if (it->second.cut_off == batch.cut_off && it->second.pay_time == batch.pay_time) return it->second;
    id.number = it->first.number + 1;
  }
  if (open.size() < kMaxOpenBatches) return batch;
  const auto last = std::max_element(open.begin(), open.end(), [](const auto& a, const auto& b) {
    return a.second.pay_time < b.second.pay_time;
  });
  return last->second;
}

void Join(const Facts& facts, absl::Time now, Decision& decision) {
  Transaction& transaction = *decision.transaction;
  const SettlementBatch found = BatchAt(facts, now);
  const bool is_new = !facts.batches->contains(found.id);
  SettlementBatch& batch = is_new ? decision.batches.emplace_back(found) : Touch(facts, found.id, decision);
  ++batch.awaiting;
  transaction.settlement_batch = batch.id;
  decision.armed.push_back({.kind = TimerKind::kSettlement,
                            .transaction_id = transaction.id,
                            .due = batch.pay_time,
                            .sequence = static_cast<int64_t>(decision.records.size()) - 1});
}

void Leave(const Facts& facts, Decision& decision) {
  Transaction& transaction = *decision.transaction;
  --Touch(facts, *transaction.settlement_batch, decision).awaiting;
  transaction.settlement_batch.reset();
  decision.disarmed.push_back(TimerKind::kSettlement);
}

absl::StatusOr<Decision> Close(const Facts& facts, SettlementBatch batch, const Stamp& stamp,
                               const char* actor) {
  if (batch.awaiting != 0) {
    return BrokenInvariant(absl::StrCat("batch ", batch.id.ToString(), " was to close before it had paid ",
                                        batch.awaiting, " transactions"));
  }
  batch.close_time = stamp.now;
  Record record = Happening(RecordType::kSettlementClosed, actor,
                            absl::StrCat("batch ", batch.id.ToString(), ": ", batch.paid, " payments"));
  record.time = stamp.now;
  for (const auto& [currency, total] : batch.totals) {
    absl::StrAppend(&record.detail, ", net ", total.net(), " minor units ", currency);
  }
  Decision decision;
  decision.records.push_back(std::move(record));
  decision.sandbox = *facts.sandbox;
  std::optional<BatchId>& closed = decision.sandbox->closed_batch;
  if (!closed || *closed < batch.id) closed = batch.id;
  decision.batches.push_back(std::move(batch));
  return decision;
}

}  // namespace

Payout PayoutOf(const Amounts& amounts) {
  Payout payout{.gross = amounts.captured,
                .fees = FeeKept(amounts),
                .refunds = amounts.refunded + amounts.lost,
                .held = 0};
  payout.held = std::min(amounts.disputed, payout.net());
  return payout;
}

bool AwaitsSettlement(const Transaction& transaction) {
  switch (transaction.state) {
    case State::kCompleted:
      return Refundable(transaction.amounts) > 0;
    case State::kSettled:
    case State::kRefunded:
      return PayoutOf(transaction.amounts).net() != transaction.amounts.settled;
    case State::kNone:
    case State::kInitiated:
    case State::kEscrow:
    case State::kFailed:
      return false;
  }
  return false;
}

Timer CutOffOf(const SettlementBatch& batch) {
  return {.kind = TimerKind::kCutOff,
          .transaction_id = batch.id.TimerId(),
          .due = batch.pay_time,
          .sequence = Timer::kLast};
}

void FollowSettlement(const Facts& facts, const Stamp& stamp, Decision& decision) {
  if (!decision.transaction) return;
  const Transaction& transaction = *decision.transaction;
  const bool awaits = AwaitsSettlement(transaction);
  // One that an operator sent through the flow again has completed anew.
  const bool anew = facts.transaction != nullptr && facts.transaction->attempt != transaction.attempt;
  if (transaction.settlement_batch && (!awaits || anew)) Leave(facts, decision);
  if (awaits && !transaction.settlement_batch) Join(facts, stamp.now, decision);
}

absl::StatusOr<Decision> DecideSettle(const Facts& facts, const Stamp& stamp) {
  if (!facts.transaction->settlement_batch || !facts.batches->contains(*facts.transaction->settlement_batch))
    return BrokenInvariant("a transaction is to be paid that is in no open batch");
  SettlementBatch batch = facts.batches->at(*facts.transaction->settlement_batch);
  const Payout paid = PayoutOf(facts.transaction->amounts);
  const Payout change = paid - facts.transaction->paid.value_or(Payout{});
  Payout& total = batch.totals[facts.transaction->amount.currency];
  const std::optional<Payout> sum = CheckedAdd(total, change);
  if (!sum) return BrokenInvariant(absl::StrCat("batch ", batch.id.ToString(), " overflows"));

  Draft draft(*facts.transaction, stamp.now);
  Transaction& transaction = draft.transaction();
  transaction.paid = paid;
  transaction.amounts.settled = paid.net();
  transaction.settlement_batch.reset();
  if (transaction.state == State::kCompleted) transaction.state = State::kSettled;
  draft.Disarm(TimerKind::kSettlement);
  draft.Emit(Happening(RecordType::kTransactionSettled, "timer",
                       absl::StrCat("batch ", batch.id.ToString(), ": ", change.net(), " minor units")));

  absl::StatusOr<Decision> decision = draft.Finish();
  if (!decision.ok()) return decision;
  total = *sum;
  --batch.awaiting;
  ++batch.paid;
  decision->payout =
      PayoutLine{batch.id, facts.transaction->payee, facts.transaction->amount.currency, change};
  decision->batches.push_back(std::move(batch));
  return decision;
}

absl::StatusOr<Decision> DecideCutOff(const Facts& facts, const Timer& timer, const Stamp& stamp) {
  for (const auto& [id, batch] : *facts.batches) {
    if (id.TimerId() == timer.transaction_id) return Close(facts, batch, stamp, "timer");
  }
  return BrokenInvariant("a cut-off came of no open batch");
}

absl::StatusOr<Decision> DecideRunSettlement(const Facts& facts, const RunSettlement& command,
                                             const Stamp& stamp) {
  const OpenBatches& open = *facts.batches;
  const auto first = std::min_element(open.begin(), open.end(), [](const auto& a, const auto& b) {
    return a.second.pay_time < b.second.pay_time;
  });
  if (first == open.end()) return NothingToSettle();
  Decision decision;
  decision.sandbox = *facts.sandbox;
  decision.sandbox->advance = Advance{.target = stamp.now,
                                      .request_id = command.request_id,
                                      .fingerprint = command.fingerprint,
                                      .first_sequence = facts.sandbox->head_sequence + 1,
                                      .counts = {},
                                      .fired = {},
                                      .run = SettlementRun{first->first, first->second.pay_time}};
  return decision;
}

absl::StatusOr<Decision> DecideFinishRun(const Facts& facts, const Stamp& stamp) {
  const auto batch = facts.batches->find(facts.sandbox->advance->run->batch);
  if (batch == facts.batches->end()) return BrokenInvariant("a settlement ran that has no open batch");
  absl::StatusOr<Decision> decision = Close(facts, batch->second, stamp, "client");
  if (decision.ok()) decision->sandbox->advance.reset();
  return decision;
}

}  // namespace tracktrove::domain
