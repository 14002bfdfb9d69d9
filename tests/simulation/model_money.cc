// The model of captured money: fees, refunds, disputes, settlement, overrides.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/numeric/int128.h"
#include "tests/simulation/model.h"

namespace tracktrove::simulation {

using domain::DisputeState;
using domain::Record;
using domain::RecordType;
using domain::State;

int64_t NearestEven(int64_t amount, int64_t part, int64_t whole) {
  const absl::int128 product = absl::int128(amount) * part;
  const absl::int128 down = product / whole;
  const absl::int128 twice = 2 * (product - down * whole);
  const bool up = twice > whole || (twice == whole && down % 2 == 1);
  return static_cast<int64_t>(down) + (up ? 1 : 0);
}

namespace {

std::string PendingOf(const domain::InitiateTransaction& asked) {
  return "payee:" + asked.payee + ":pending";
}
std::string SettledOf(const domain::InitiateTransaction& asked) {
  return "payee:" + asked.payee + ":settled";
}

bool IsPaidFor(State state) { return state == State::kCompleted || state == State::kSettled; }

}  // namespace

int64_t Model::FeeOf(int64_t captured) const {
  const int64_t fee = NearestEven(captured, policy_.fee.ppm, 1'000'000) + policy_.fee.fixed_minor_units;
  return std::min(fee, captured);
}

void Model::TellFee(Subject& subject) const {
  subject.fee_told = FeeOf(subject.capture.value_or(subject.asked.amount.minor_units));
}

// What of the fee the payee bears, so much having gone back.
int64_t Model::FeeLeft(const Subject& subject) {
  if (subject.captured == 0) return 0;
  return subject.fee - NearestEven(subject.fee, subject.refunded + subject.lost, subject.captured);
}

int64_t Model::DueToPayee(const Subject& subject) {
  return std::max<int64_t>(0, subject.Left() - FeeLeft(subject) - subject.disputed);
}

bool Model::Awaits(const Subject& subject) {
  if (subject.state == State::kCompleted) return subject.Left() > subject.disputed;
  const bool was_paid = subject.state == State::kSettled || subject.state == State::kRefunded;
  return was_paid && subject.settled != DueToPayee(subject);
}

// By hand, for zones that never change their clocks: days are counted from a
// Thursday, and Sunday is 0.
absl::Time Model::PayTime(absl::Time now) const {
  const domain::SettlementPolicy& policy = policy_.settlement;
  const absl::Duration east = absl::Minutes(policy.time_zone == "Asia/Kolkata" ? 330 : 0);
  const auto is_off = [&policy](int64_t day) {
    constexpr absl::Weekday kFromSunday[] = {
        absl::Weekday::sunday,   absl::Weekday::monday, absl::Weekday::tuesday, absl::Weekday::wednesday,
        absl::Weekday::thursday, absl::Weekday::friday, absl::Weekday::saturday};
    const auto& off = policy.weekend;
    return std::find(off.begin(), off.end(), kFromSunday[(day + 4) % 7]) != off.end();
  };
  const auto cut_off = [&](int64_t day) {
    return absl::UnixEpoch() + absl::Hours(24) * day + absl::Minutes(policy.cut_off_minute) - east;
  };
  int64_t day = absl::ToInt64Hours(now - absl::UnixEpoch() + east) / 24;
  while (is_off(day) || cut_off(day) < now) ++day;
  for (int left = policy.business_days; left > 0; --left) {
    do {
      ++day;
    } while (is_off(day));
  }
  return cut_off(day);
}

void Model::FollowSettlement(absl::Time now, Subject& subject) {
  if (!Awaits(subject)) {
    subject.paid_at.reset();
  } else if (!subject.paid_at) {
    subject.paid_at = PayTime(now);
  }
}

void Model::Complete(Subject& subject, Delta& delta) {
  subject.captured = subject.capture.value_or(subject.asked.amount.minor_units);
  subject.fee = subject.fee_told.value_or(FeeOf(subject.captured));
  Release(subject, delta);
  Move(delta, "payer:" + subject.asked.payer, -subject.captured);
  Move(delta, "fees", subject.fee);
  Move(delta, PendingOf(subject.asked), subject.captured - subject.fee);
  subject.state = State::kCompleted;
}

// Captured money returns to the payer, and a part of the fee to the payee.
void Model::GiveBack(int64_t amount, int64_t& counter, Subject& subject, Delta& delta) {
  const int64_t fee_before = FeeLeft(subject);
  counter += amount;
  ASSERT_GE(subject.Left(), subject.disputed) << "more went back than was there";
  const int64_t fee_back = fee_before - FeeLeft(subject);
  Move(delta, "payer:" + subject.asked.payer, amount);
  Move(delta, "fees", -fee_back);
  Move(delta, PendingOf(subject.asked), fee_back - amount);
  if (subject.Left() == 0) subject.state = State::kRefunded;
}

void Model::ObserveRefund(const domain::Command* command, Subject& subject, Delta& delta) {
  ASSERT_TRUE(IsPaidFor(subject.state));
  const auto& refund = std::get<domain::RefundTransaction>(*command);
  const int64_t amount = refund.amount ? refund.amount->minor_units : subject.Left() - subject.disputed;
  GiveBack(amount, subject.refunded, subject, delta);
}

void Model::ObserveOpening(const domain::Command* command, const Record& record, Subject& subject,
                           Delta& delta) {
  ASSERT_TRUE(IsPaidFor(subject.state) && subject.dispute.empty());
  const auto& open = std::get<domain::OpenDispute>(*command);
  // `dispute ID, ...`
  const std::string id = record.detail.substr(8, 36);
  const int64_t amount = open.amount ? open.amount->minor_units : subject.Left() - subject.disputed;
  ASSERT_TRUE(disputes_
                  .try_emplace(id, Dispute{.subject = record.transaction_id,
                                           .amount = amount,
                                           .state = DisputeState::kOpen,
                                           .evidence = 0,
                                           .deadline = record.time + policy_.dispute_deadline})
                  .second)
      << "an id came twice";
  subject.dispute = id;
  subject.disputed = amount;
  ASSERT_LE(subject.disputed, subject.Left());
  Move(delta, "dispute_reserve", amount);
  Move(delta, PendingOf(subject.asked), -amount);
}

void Model::ObserveEvidence(const domain::Command* command, const Subject& subject) {
  const auto& submit = std::get<domain::SubmitEvidence>(*command);
  ASSERT_EQ(submit.dispute_id, subject.dispute);
  Dispute& dispute = disputes_.at(subject.dispute);
  dispute.evidence += submit.evidence.size();
  dispute.state = DisputeState::kUnderReview;
}

void Model::ObserveResolution(const domain::Command* command, const Record& record, Subject& subject,
                              Delta& delta) {
  ASSERT_FALSE(subject.dispute.empty());
  Dispute& dispute = disputes_.at(subject.dispute);
  const bool won = record.type == RecordType::kDisputeWon;
  if (command == nullptr) {
    ASSERT_FALSE(won) << "a deadline decides for the payer";
    ASSERT_EQ(record.time, dispute.deadline) << "a deadline passed early or late";
  } else {
    ASSERT_EQ(std::get<domain::ResolveDispute>(*command).won, won);
    ASSERT_LT(record.time, dispute.deadline);
  }
  dispute.state = won ? DisputeState::kWon : DisputeState::kLost;
  subject.dispute.clear();
  subject.disputed = 0;
  Move(delta, "dispute_reserve", -dispute.amount);
  Move(delta, PendingOf(subject.asked), dispute.amount);
  if (!won) GiveBack(dispute.amount, subject.lost, subject, delta);
}

void Model::ObservePayment(const Record& record, Subject& subject, Delta& delta) {
  ASSERT_TRUE(subject.paid_at) << "paid, but in no batch";
  if (!paying_) {
    ASSERT_EQ(record.time, *subject.paid_at) << "paid early or late";
  } else {
    ASSERT_EQ(*subject.paid_at, *paying_) << "paid with another batch";
  }
  const int64_t change = DueToPayee(subject) - subject.settled;
  subject.settled += change;
  Move(delta, PendingOf(subject.asked), -change);
  Move(delta, SettledOf(subject.asked), change);
  if (subject.state == State::kCompleted) subject.state = State::kSettled;
}

void Model::ObserveClosing(const Record& record) {
  const absl::Time closed = paying_.value_or(record.time);
  ASSERT_EQ(record.actor, paying_ ? "client" : "timer");
  paying_.reset();
  for (const auto& [id, subject] : subjects_) {
    ASSERT_NE(subject.paid_at.value_or(absl::InfiniteFuture()), closed) << id << " was not paid";
  }
}

// Where the money is of one that is in its state.
Model::Delta Model::StandOf(const Subject& subject) const {
  Delta stand;
  if (subject.state == State::kInitiated || subject.state == State::kFailed) return stand;
  const std::string payer = "payer:" + subject.asked.payer;
  if (subject.state == State::kEscrow) {
    Move(stand, payer, -subject.asked.amount.minor_units);
    Move(stand, "escrow", subject.asked.amount.minor_units);
    return stand;
  }
  const int64_t fee = FeeLeft(subject);
  Move(stand, payer, -subject.Left());
  Move(stand, "fees", fee);
  Move(stand, "dispute_reserve", subject.disputed);
  Move(stand, SettledOf(subject.asked), subject.settled);
  Move(stand, PendingOf(subject.asked), subject.Left() - fee - subject.disputed - subject.settled);
  return stand;
}

void Model::ObserveOverride(const domain::Command* command, const Record& record, Subject& subject,
                            Delta& delta) {
  ASSERT_EQ(record.record_class, domain::RecordClass::kObserved);
  const State from = subject.state, to = std::get<domain::OverrideState>(*command).state;
  subject.retry_at.reset();
  subject.lost_at.reset();
  subject.hold_ends.reset();
  subject.final = to == State::kFailed;
  const bool undone = to == State::kInitiated || to == State::kEscrow || to == State::kFailed;
  const bool dispute_ends = !subject.dispute.empty() && !(IsPaidFor(from) && IsPaidFor(to));
  if (dispute_ends) disputes_.at(std::exchange(subject.dispute, "")).state = DisputeState::kLost;
  if (undone) {
    subject.captured = subject.refunded = subject.lost = subject.disputed = subject.settled = subject.fee = 0;
    subject.capture.reset();
    subject.fee_told.reset();
    subject.done.clear();
  }
  if (to == State::kRefunded) {
    subject.disputed = 0;
    subject.refunded = subject.captured - subject.lost;
  }
  if (IsPaidFor(to)) {
    if (subject.captured == 0) {
      subject.captured = subject.asked.amount.minor_units;
      subject.fee = FeeOf(subject.captured);
    }
    if (from == State::kRefunded) subject.refunded = subject.lost = 0;
    subject.settled = to == State::kSettled ? DueToPayee(subject) : 0;
  }
  subject.state = to;
  if (to == State::kEscrow) {
    subject.manual = true;
    subject.skipped = true;
    subject.instant_run = false;
    subject.steps_done = FlowOf(subject).IndexOf(domain::StepEffect::kCapture);
    subject.hold_ends = record.time + subject.asked.hold_ttl.value_or(policy_.hold_ttl);
  }
  if (to == State::kInitiated) {
    BeginAttempt(subject);
    ASSERT_EQ(*record.dto, *subject.asked.payload);
  }
  BeginStep(subject, record.time);
  delta = StandOf(subject);
  for (const auto& [account, amount] : subject.money) Move(delta, account, -amount);
}

}  // namespace tracktrove::simulation
