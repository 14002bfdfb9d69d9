// What is paid when, and what it is made of.
#include "domain/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const absl::CivilDay kThisFriday(2026, 1, 2), kNextMonday(2026, 1, 5);

Money Inr(int64_t minor_units) { return {"INR", minor_units}; }

class SettlementTest : public testing::Test {
 protected:
  void AdvanceTo(absl::Time time) { world_.AdvanceBy(time - world_.now()); }
  void Refund(const std::string& id, std::optional<Money> amount) {
    const auto decision = world_.Do(RefundTransaction{id, amount, ""});
    ASSERT_TRUE(decision.ok()) << decision.status();
  }
  void SetPolicy(const SettlementPolicy& policy) {
    UpdateSandbox update;
    update.settlement = policy;
    ASSERT_TRUE(world_.Do(update).ok());
  }

  World world_{ManualSandbox(Pace::kInstant)};
};

TEST(BatchId, HasOneSpelling) {
  EXPECT_EQ((BatchId{kThisFriday, 1}).ToString(), "2026-01-02");
  EXPECT_EQ((BatchId{kThisFriday, 12}).ToString(), "2026-01-02.12");
  EXPECT_EQ((BatchId{kThisFriday, 2}).TimerId(), "00000002-0000-0000-0000-000020260102");
  EXPECT_EQ(ParseBatchId("2026-01-02"), (BatchId{kThisFriday, 1}));
  EXPECT_EQ(ParseBatchId("2026-01-02.12"), (BatchId{kThisFriday, 12}));
  for (const char* bad : {"", "today", "2026-1-2", "2026-02-30", "2026-01-02.1", "2026-01-02.0",
                          "2026-01-02.-1", "2026-01-02.02", "2026-01-02.", "2026-01-02.2.3", " 2026-01-02"}) {
    EXPECT_EQ(ParseBatchId(bad), std::nullopt) << bad;
  }
}

TEST(PayoutOf, KeepsBackWhatIsInDisputeButNeverAsksForMore) {
  const struct {
    Amounts amounts;
    Payout expected;
    int64_t net;
  } cases[] = {
      {{.captured = 1000, .fee = 20}, {1000, 20, 0, 0}, 980},
      {{.captured = 1000, .fee = 20, .refunded = 250}, {1000, 15, 250, 0}, 735},
      {{.captured = 1000, .fee = 20, .disputed = 300}, {1000, 20, 0, 300}, 680},
      {{.captured = 1000, .fee = 20, .disputed = 1000}, {1000, 20, 0, 980}, 0},
      {{.captured = 1000, .fee = 1000, .disputed = 300}, {1000, 1000, 0, 0}, 0},
      {{.captured = 1000, .fee = 20, .refunded = 250, .lost = 250}, {1000, 10, 500, 0}, 490},
      {{.captured = 1000, .fee = 20, .refunded = 600, .lost = 400}, {1000, 0, 1000, 0}, 0},
      {{.captured = 1000, .fee = 20, .settled = 980}, {1000, 20, 0, 0}, 980},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(PayoutOf(c.amounts), c.expected);
    EXPECT_EQ(PayoutOf(c.amounts).net(), c.net);
  }
}

// The worked example: completed on Friday at 14:30, paid on Monday at 18:00.
TEST_F(SettlementTest, ATipOfFridayAfternoonIsPaidOnMondayAtSix) {
  AdvanceTo(kStart + absl::Hours(1));
  const std::string id = world_.Initiate(Tip()).id;
  EXPECT_EQ(world_.Get(id).settlement_batch, (BatchId{kThisFriday, 1}));
  AdvanceTo(kMondayCutOff - absl::Microseconds(1));
  EXPECT_EQ(world_.Get(id).state, State::kCompleted);
  AdvanceTo(kMondayCutOff);
  const Transaction& t = world_.Get(id);
  EXPECT_EQ(t.state, State::kSettled);
  EXPECT_EQ(t.amounts.settled, 2499);
  EXPECT_EQ(t.paid, (Payout{2550, 51, 0, 0}));
  EXPECT_EQ(t.settlement_batch, std::nullopt);
  EXPECT_EQ(world_.posted.at(id),
            (Position{{"payer:asha", -2550}, {"fees", 51}, {"payee:ravi:settled", 2499}}));
  const Record record = world_.RecordsOf(id).back();
  EXPECT_EQ(record.type, RecordType::kTransactionSettled);
  EXPECT_EQ(record.record_class, RecordClass::kDecided);
  EXPECT_EQ(record.time, kMondayCutOff);
  EXPECT_EQ(record.actor, "timer");
  EXPECT_EQ(record.detail, "batch 2026-01-02: 2499 minor units");

  ASSERT_THAT(world_.closed, SizeIs(1));
  const SettlementBatch& batch = world_.closed.front();
  EXPECT_EQ(batch.cut_off, kFridayCutOff);
  EXPECT_EQ(batch.pay_time, kMondayCutOff);
  EXPECT_EQ(batch.close_time, kMondayCutOff);
  EXPECT_EQ(batch.paid, 1);
  EXPECT_EQ(batch.totals, (std::map<std::string, Payout>{{"INR", {2550, 51, 0, 0}}}));
  EXPECT_THAT(world_.timers, IsEmpty());
  EXPECT_THAT(world_.batches, IsEmpty());
}

TEST_F(SettlementTest, TheBatchClosesAfterAllOfItIsPaid) {
  for (int i = 0; i < 3; ++i) world_.Initiate(Tip());
  const size_t before = world_.records.size();
  AdvanceTo(kMondayCutOff);
  std::vector<RecordType> types;
  for (size_t i = before; i < world_.records.size(); ++i) types.push_back(world_.records[i].type);
  EXPECT_THAT(types, ElementsAre(RecordType::kTransactionSettled, RecordType::kTransactionSettled,
                                 RecordType::kTransactionSettled, RecordType::kSettlementClosed,
                                 RecordType::kClockAdvanced));
  const Record& closed = world_.records[before + 3];
  EXPECT_EQ(closed.transaction_id, "");
  EXPECT_EQ(closed.detail, "batch 2026-01-02: 3 payments, net 7497 minor units INR");
  EXPECT_EQ(closed.record_class, RecordClass::kDecided);
}

TEST_F(SettlementTest, EachCurrencyAddsUpByItself) {
  world_.Initiate(Tip());
  InitiateTransaction yen = Tip();
  yen.amount = {"JPY", 300};
  world_.Initiate(yen);
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.closed.front().totals,
            (std::map<std::string, Payout>{{"INR", {2550, 51, 0, 0}}, {"JPY", {300, 6, 0, 0}}}));
}

TEST_F(SettlementTest, WhatCompletesAfterTheCutOffIsInTheNextBatch) {
  const std::string early = world_.Initiate(Tip()).id;
  AdvanceTo(kFridayCutOff);
  const std::string at = world_.Initiate(Tip()).id;
  AdvanceTo(kFridayCutOff + absl::Microseconds(1));
  const std::string late = world_.Initiate(Tip()).id;
  EXPECT_THAT(world_.batches, SizeIs(2));
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.Get(early).state, State::kSettled);
  EXPECT_EQ(world_.Get(at).state, State::kSettled);
  EXPECT_EQ(world_.Get(late).state, State::kCompleted);
  EXPECT_EQ(world_.Get(late).settlement_batch, (BatchId{kNextMonday, 1}));
  AdvanceTo(kMondayCutOff + absl::Hours(24));
  EXPECT_EQ(world_.Get(late).state, State::kSettled);
}

TEST_F(SettlementTest, ACutOffIsArmedOnlyWhileSomethingAwaitsIt) {
  EXPECT_THAT(world_.timers, IsEmpty());
  const std::string id = world_.Initiate(Tip()).id;
  EXPECT_THAT(world_.timers, SizeIs(2));
  EXPECT_EQ(world_.timers.rbegin()->kind, TimerKind::kCutOff);
  Refund(id, {});
  EXPECT_THAT(world_.timers, IsEmpty());
  EXPECT_THAT(world_.batches, IsEmpty()) << "as if it had never been there";
  AdvanceTo(kMondayCutOff + absl::Hours(24));
  EXPECT_THAT(world_.closed, IsEmpty());
}

TEST_F(SettlementTest, ARefundBeforeThePaymentIsPaidLess) {
  const std::string id = world_.Initiate(Tip()).id;
  Refund(id, Inr(550));
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.Get(id).amounts.settled, 1960);
  EXPECT_EQ(world_.closed.front().totals.at("INR"), (Payout{2550, 40, 550, 0}));
}

TEST_F(SettlementTest, ARefundOfSettledMoneyIsNettedByTheNextBatch) {
  const std::string id = world_.Initiate(Tip()).id;
  AdvanceTo(kMondayCutOff + absl::Hours(1));
  Refund(id, Inr(1000));
  EXPECT_EQ(world_.Get(id).state, State::kSettled);
  EXPECT_EQ(world_.posted.at(id).at("payee:ravi:pending"), -980);
  EXPECT_EQ(world_.Get(id).settlement_batch, (BatchId{absl::CivilDay(2026, 1, 6), 1}));
  AdvanceTo(kMondayCutOff + absl::Hours(48));
  EXPECT_EQ(world_.Get(id).amounts.settled, 1519);
  EXPECT_EQ(world_.posted.at(id),
            (Position{{"payer:asha", -1550}, {"fees", 31}, {"payee:ravi:settled", 1519}}));
  EXPECT_EQ(world_.closed.back().totals.at("INR"), (Payout{0, -20, 1000, 0}));
  EXPECT_EQ(world_.RecordsOf(id).back().detail, "batch 2026-01-06: -980 minor units");

  Refund(id, {});
  EXPECT_EQ(world_.Get(id).state, State::kRefunded);
  AdvanceTo(kMondayCutOff + absl::Hours(72));
  EXPECT_EQ(world_.Get(id).state, State::kRefunded);
  EXPECT_THAT(world_.posted.at(id), IsEmpty()) << "nobody owes anybody anything";
  EXPECT_THAT(world_.timers, IsEmpty());
}

TEST_F(SettlementTest, AFeeOfEverythingStillSettles) {
  UpdateSandbox update;
  update.fee = FeePolicy{kPpm, 0};
  ASSERT_TRUE(world_.Do(update).ok());
  const std::string id = world_.Initiate(Tip()).id;
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.Get(id).state, State::kSettled);
  EXPECT_EQ(world_.Get(id).amounts.settled, 0);
}

TEST_F(SettlementTest, APolicyHoldsForWhatCompletesFromThenOn) {
  const std::string before = world_.Initiate(Tip()).id;
  SettlementPolicy tokyo;
  tokyo.time_zone = "Asia/Tokyo";
  tokyo.cut_off_minute = 22 * 60;
  tokyo.business_days = 2;
  SetPolicy(tokyo);
  const std::string after = world_.Initiate(Tip()).id;
  EXPECT_EQ(world_.Get(before).settlement_batch, (BatchId{kThisFriday, 1}));
  EXPECT_EQ(world_.Get(after).settlement_batch, (BatchId{kThisFriday, 2})) << "the same day, other times";
  EXPECT_EQ(world_.Get(world_.Initiate(Tip()).id).settlement_batch, (BatchId{kThisFriday, 2}));
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.Get(before).state, State::kSettled);
  EXPECT_EQ(world_.Get(after).state, State::kCompleted);
  AdvanceTo(kStart + absl::Hours(24 * 4 + 5));  // Tuesday 13:00 UTC
  EXPECT_EQ(world_.Get(after).state, State::kSettled);
  EXPECT_EQ(world_.RecordsOf(after).back().time, kStart + absl::Hours(24 * 4 + 5));
}

TEST_F(SettlementTest, ABatchOfAnEarlierDayIsNotReopenedByAPolicy) {
  const std::string id = world_.Initiate(Tip()).id;
  AdvanceTo(kMondayCutOff);  // closes Friday's
  SettlementPolicy back;
  back.time_zone = "America/New_York";  // where it is still Monday morning
  SetPolicy(back);
  ASSERT_TRUE(world_.Settle().status().code() == absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(world_.Get(world_.Initiate(Tip()).id).settlement_batch, (BatchId{kNextMonday, 1}));
  ASSERT_TRUE(world_.Settle().ok());
  back.holidays = {kNextMonday};
  back.weekend.clear();
  SetPolicy(back);
  const std::string again = world_.Initiate(Tip()).id;
  EXPECT_EQ(world_.Get(again).settlement_batch, (BatchId{absl::CivilDay(2026, 1, 6), 1}));
  EXPECT_EQ(world_.Get(id).state, State::kSettled);
}

TEST_F(SettlementTest, PolicyChangesWithoutEndDoNotOpenBatchesWithoutEnd) {
  for (int minute = 0; minute < kMaxOpenBatches + 20; ++minute) {
    SettlementPolicy policy;
    policy.cut_off_minute = 18 * 60 + minute;
    SetPolicy(policy);
    world_.Initiate(Tip());
  }
  EXPECT_THAT(world_.batches, SizeIs(kMaxOpenBatches));
  EXPECT_EQ(world_.batches.rbegin()->second.awaiting, 21);
  AdvanceTo(kMondayCutOff + absl::Hours(3));
  for (const auto& [id, t] : world_.transactions) EXPECT_EQ(t.state, State::kSettled);
}

TEST_F(SettlementTest, WithoutDelayWhatCompletesAtTheCutOffIsPaidAtOnce) {
  SettlementPolicy policy;
  policy.business_days = 0;
  SetPolicy(policy);
  const std::string early = world_.Initiate(Tip()).id;
  AdvanceTo(kFridayCutOff);
  EXPECT_EQ(world_.Get(early).state, State::kSettled);
  const std::string at = world_.Initiate(Tip()).id;  // the clock stands at the cut-off, whose batch is closed
  EXPECT_EQ(world_.Get(at).settlement_batch, (BatchId{kThisFriday, 2}));
  AdvanceTo(kFridayCutOff);
  EXPECT_EQ(world_.Get(at).state, State::kSettled);
  EXPECT_THAT(world_.closed, SizeIs(2));
}

TEST_F(SettlementTest, RunNowPaysTheNextBatchAndLeavesTheClock) {
  const std::string id = world_.Initiate(Tip()).id;
  AdvanceTo(kFridayCutOff + absl::Hours(1));
  const std::string later = world_.Initiate(Tip()).id;
  const absl::StatusOr<SettlementBatch> batch = world_.Settle();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->id, (BatchId{kThisFriday, 1}));
  EXPECT_EQ(batch->close_time, kFridayCutOff + absl::Hours(1));
  EXPECT_EQ(batch->pay_time, kMondayCutOff);
  EXPECT_EQ(batch->totals.at("INR").net(), 2499);
  EXPECT_EQ(world_.Get(id).state, State::kSettled);
  EXPECT_EQ(world_.Get(later).state, State::kCompleted);
  EXPECT_EQ(world_.now(), kFridayCutOff + absl::Hours(1));
  EXPECT_EQ(world_.records.back().actor, "client");
  EXPECT_EQ(world_.sandbox.advance.has_value(), false);
}

TEST_F(SettlementTest, RunNowWithNothingOpenIsRefused) {
  EXPECT_EQ(Reason(world_.Settle()), "NOTHING_TO_SETTLE");
  Refund(world_.Initiate(Tip()).id, {});
  EXPECT_EQ(Reason(world_.Settle()), "NOTHING_TO_SETTLE");
}

TEST_F(SettlementTest, AfterARunTheDayHasAnotherBatch) {
  for (int run = 1; run <= 3; ++run) {
    const std::string id = world_.Initiate(Tip()).id;
    EXPECT_EQ(world_.Get(id).settlement_batch, (BatchId{kThisFriday, run}));
    ASSERT_TRUE(world_.Settle().ok());
  }
  const std::string id = world_.Initiate(Tip()).id;
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(world_.Get(id).state, State::kSettled);
  EXPECT_THAT(world_.closed, SizeIs(4));
}

TEST_F(SettlementTest, AResetForgetsWhatWasClosed) {
  world_.Initiate(Tip());
  ASSERT_TRUE(world_.Settle().ok());
  EXPECT_TRUE(world_.sandbox.closed_batch.has_value());
  ASSERT_TRUE(world_.Do(ResetSandbox{2}).ok());
  EXPECT_FALSE(world_.sandbox.closed_batch.has_value());
}

TEST_F(SettlementTest, TwoBatchesOfOneInstantBothClose) {
  world_.Initiate(Tip());  // Friday's, paid on Monday
  SettlementPolicy policy;
  policy.business_days = 0;
  SetPolicy(policy);
  AdvanceTo(kFridayCutOff + absl::Hours(1));
  world_.Initiate(Tip());  // Monday's, paid on Monday
  AdvanceTo(kMondayCutOff);
  EXPECT_THAT(world_.closed, SizeIs(2));
  EXPECT_THAT(world_.timers, IsEmpty());
}

TEST_F(SettlementTest, ATimerWithoutABatchIsABugOfOurs) {
  const std::string id = world_.Initiate(Tip()).id;
  world_.batches.clear();
  const Timer settlement = *world_.timers.begin(), cut_off = *world_.timers.rbegin();
  EXPECT_EQ(Reason(world_.Do(FireTimer{settlement})), "BROKEN_INVARIANT");
  EXPECT_EQ(Reason(world_.Do(FireTimer{cut_off})), "BROKEN_INVARIANT");
}

TEST_F(SettlementTest, ABatchDoesNotCloseOverSomebodyWhoWaits) {
  world_.Initiate(Tip());
  EXPECT_EQ(Reason(world_.Do(FireTimer{*world_.timers.rbegin()})), "BROKEN_INVARIANT");
}

TEST(CaptureFee, IsWhatTheCaptureStepToldWhateverThePolicyDoesThen) {
  World world(ManualSandbox(Pace::kPaced));
  const std::string id = world.Initiate(Tip()).id;
  while (!world.Get(id).capture_fee) world.FireNext();
  EXPECT_EQ(world.Get(id).capture_fee, 51);
  UpdateSandbox update;
  update.fee = FeePolicy{0, 100};
  ASSERT_TRUE(world.Do(update).ok());
  world.FireAll();
  EXPECT_EQ(world.Get(id).amounts.fee, 51);
  EXPECT_NE(world.Get(id).dto->find("\"feeMinor\":51"), std::string::npos) << *world.Get(id).dto;
}

}  // namespace
}  // namespace tracktrove::domain
