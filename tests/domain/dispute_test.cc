// Disputes: where the money waits, and who gets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "domain/json.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DisputeTest : public testing::Test {
 protected:
  absl::StatusOr<Decision> Open(std::optional<Money> amount = std::nullopt) {
    return world_.Do(OpenDispute{id_, amount, DisputeReason::kNotReceived, "it never came"});
  }
  absl::StatusOr<Decision> Submit(int count = 1) {
    return world_.Do(SubmitEvidence{
        Current().id,
        std::vector<Evidence>(count, Evidence{"photo", "see it", CanonicalText({{"a", 1}}), {}})});
  }
  absl::StatusOr<Decision> Resolve(bool won) {
    return world_.Do(ResolveDispute{Current().id, won, "seen by a person"});
  }
  const Dispute& Current() { return world_.DisputeOf(id_); }
  const Transaction& Disputed() { return world_.Get(id_); }
  void AdvanceTo(absl::Time time) { world_.AdvanceBy(time - world_.now()); }

  World world_{ManualSandbox(Pace::kInstant)};
  std::string id_ = world_.Initiate(Tip()).id;  // completed: 25.50, of which 0.51 are fees
};

TEST_F(DisputeTest, PutsItsPartIntoReserve) {
  const absl::StatusOr<Decision> decision = Open(Money{"INR", 1000});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(Disputed().state, State::kCompleted);
  EXPECT_EQ(Disputed().amounts.disputed, 1000);
  EXPECT_EQ(Disputed().open_dispute, Current().id);
  EXPECT_EQ(
      world_.posted.at(id_),
      (Position{
          {"payer:asha", -2550}, {"fees", 51}, {"dispute_reserve", 1000}, {"payee:ravi:pending", 1499}}));
  EXPECT_EQ(Current().state, DisputeState::kOpen);
  EXPECT_EQ(Current().amount, (Money{"INR", 1000}));
  EXPECT_EQ(Current().text, "it never came");
  EXPECT_EQ(Current().create_time, kStart);
  EXPECT_EQ(Current().deadline, kStart + absl::Hours(7 * 24));
  const Record& record = decision->records.back();
  EXPECT_EQ(record.type, RecordType::kDisputeOpened);
  EXPECT_EQ(record.actor, "client");
  EXPECT_EQ(record.detail, "dispute " + Current().id + ", 1000 minor units: NOT_RECEIVED");
  EXPECT_THAT(world_.TimerKindsOf(id_), ElementsAre(TimerKind::kSettlement, TimerKind::kDisputeDeadline));
}

TEST_F(DisputeTest, IsAboutAllThatIsLeftUnlessItSaysOtherwise) {
  ASSERT_TRUE(world_.Do(RefundTransaction{id_, Money{"INR", 550}, ""}).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Current().amount.minor_units, 2000);
  EXPECT_THAT(world_.TimerKindsOf(id_), ElementsAre(TimerKind::kDisputeDeadline))
      << "nothing is left to settle";
}

TEST_F(DisputeTest, HasAnIdThatFollowsFromSeedKeyAndCount) {
  ASSERT_TRUE(Open(Money{"INR", 100}).ok());
  const std::string first = Current().id;
  EXPECT_EQ(first, Draws(42, "ordinal:1").Uuid(kStart, "dispute:1"));
  ASSERT_TRUE(Resolve(false).ok());
  ASSERT_TRUE(Open(Money{"INR", 100}).ok());
  EXPECT_EQ(Disputed().open_dispute, Draws(42, "ordinal:1").Uuid(kStart, "dispute:2"));
  EXPECT_EQ(Disputed().dispute_count, 2);
}

TEST_F(DisputeTest, OneIsOpenAtATime) {
  ASSERT_TRUE(Open(Money{"INR", 100}).ok());
  EXPECT_EQ(Reason(Open(Money{"INR", 100})), "DISPUTE_OPEN");
  EXPECT_EQ(DetailsOf(Open().status()).metadata.at("dispute"), Current().id);
}

TEST_F(DisputeTest, ChecksItsGuardsInOrder) {
  EXPECT_EQ(Reason(world_.Do(OpenDispute{"nobody", {}, DisputeReason::kOther, ""})), "TRANSACTION_NOT_FOUND");
  EXPECT_EQ(DetailsOf(Open(Money{"USD", 5000}).status()).field, "amount.currency_code");
  EXPECT_EQ(DetailsOf(Open(Money{"INR", 0}).status()).field, "amount.minor_units");
  EXPECT_EQ(Reason(Open(Money{"INR", 2551})), "AMOUNT_EXCEEDS_REFUNDABLE");
  ASSERT_TRUE(world_.Do(RefundTransaction{id_, {}, ""}).ok());
  EXPECT_EQ(Reason(Open()), "STATE_FORBIDS");
  EXPECT_EQ(Reason(world_.Do(SubmitEvidence{"nobody", {}})), "DISPUTE_NOT_FOUND");
  EXPECT_EQ(Reason(world_.Do(ResolveDispute{"nobody", false, ""})), "DISPUTE_NOT_FOUND");
}

TEST_F(DisputeTest, ItsPartCanNeitherBeRefundedNorSettled) {
  ASSERT_TRUE(Open(Money{"INR", 2000}).ok());
  EXPECT_EQ(Reason(world_.Do(RefundTransaction{id_, Money{"INR", 551}, ""})), "AMOUNT_EXCEEDS_REFUNDABLE");
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(Disputed().state, State::kSettled) << "the rest is paid";
  EXPECT_EQ(Disputed().amounts.settled, 499);
  EXPECT_EQ(world_.closed.front().totals.at("INR"), (Payout{2550, 51, 0, 2000}));
}

TEST_F(DisputeTest, OneAboutEverythingWaitsWithItsTransaction) {
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(world_.batches, IsEmpty());
  AdvanceTo(kMondayCutOff);
  EXPECT_EQ(Disputed().state, State::kCompleted);
  ASSERT_TRUE(Submit().ok());
  ASSERT_TRUE(Resolve(true).ok());
  EXPECT_EQ(Disputed().state, State::kCompleted);
  EXPECT_EQ(Disputed().settlement_batch, (BatchId{absl::CivilDay(2026, 1, 5), 1}));
  AdvanceTo(kMondayCutOff + absl::Hours(24));
  EXPECT_EQ(Disputed().state, State::kSettled);
  EXPECT_EQ(Disputed().amounts.settled, 2499);
}

TEST_F(DisputeTest, EvidencePutsItUnderReview) {
  ASSERT_TRUE(Open().ok());
  world_.AdvanceBy(absl::Hours(1));
  const absl::StatusOr<Decision> decision = Submit(2);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(Current().state, DisputeState::kUnderReview);
  ASSERT_EQ(Current().evidence.size(), 2u);
  EXPECT_EQ(Current().evidence[0].title, "photo");
  EXPECT_EQ(Current().evidence[0].time, kStart + absl::Hours(1));
  EXPECT_EQ(decision->records.back().type, RecordType::kEvidenceSubmitted);
  EXPECT_THAT(decision->entries, IsEmpty());
  ASSERT_TRUE(Submit(Dispute::kMaxEvidence - 2).ok());
  EXPECT_EQ(Reason(Submit()), "TOO_MUCH_EVIDENCE");
}

TEST_F(DisputeTest, WonGoesBackToThePayee) {
  ASSERT_TRUE(Open(Money{"INR", 1000}).ok());
  AdvanceTo(kMondayCutOff);
  ASSERT_EQ(Disputed().amounts.settled, 1499);
  ASSERT_TRUE(Submit().ok());
  const absl::StatusOr<Decision> decision = Resolve(true);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->records.back().type, RecordType::kDisputeWon);
  EXPECT_EQ(Current().state, DisputeState::kWon);
  EXPECT_EQ(Current().close_time, kMondayCutOff);
  EXPECT_EQ(Current().resolution, "seen by a person");
  EXPECT_EQ(Disputed().open_dispute, "");
  EXPECT_EQ(world_.posted.at(id_).at("payee:ravi:pending"), 1000);
  AdvanceTo(kMondayCutOff + absl::Hours(24));
  EXPECT_EQ(Disputed().amounts.settled, 2499);
  EXPECT_EQ(world_.closed.back().totals.at("INR"), (Payout{0, 0, 0, -1000}));
  EXPECT_THAT(world_.timers, IsEmpty());
}

TEST_F(DisputeTest, LostGoesBackToThePayerWithItsShareOfTheFee) {
  ASSERT_TRUE(Open(Money{"INR", 1000}).ok());
  const absl::StatusOr<Decision> decision = Resolve(false);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->records.back().type, RecordType::kDisputeLost);
  EXPECT_EQ(Disputed().state, State::kCompleted);
  EXPECT_EQ(Disputed().amounts.lost, 1000);
  EXPECT_EQ(world_.posted.at(id_),
            (Position{{"payer:asha", -1550}, {"fees", 31}, {"payee:ravi:pending", 1519}}));
}

TEST_F(DisputeTest, LostWithAllThatWasLeftIsRefunded) {
  ASSERT_TRUE(world_.Do(RefundTransaction{id_, Money{"INR", 550}, ""}).ok());
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Resolve(false).ok());
  EXPECT_EQ(Disputed().state, State::kRefunded);
  EXPECT_THAT(world_.posted.at(id_), IsEmpty());
  EXPECT_THAT(world_.timers, IsEmpty());
}

TEST_F(DisputeTest, LostAfterThePaymentIsNettedByTheNextBatch) {
  AdvanceTo(kMondayCutOff);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(world_.posted.at(id_).at("payee:ravi:pending"), -2550);
  ASSERT_TRUE(Resolve(false).ok());
  EXPECT_EQ(Disputed().state, State::kRefunded);
  AdvanceTo(kMondayCutOff + absl::Hours(24));
  EXPECT_THAT(world_.posted.at(id_), IsEmpty());
}

TEST_F(DisputeTest, AtItsDeadlineItIsLostAndNotBefore) {
  for (const bool reviewed : {false, true}) {
    World world(ManualSandbox(Pace::kInstant));
    const std::string id = world.Initiate(Tip()).id;
    ASSERT_TRUE(world.Do(OpenDispute{id, {}, DisputeReason::kFraudulent, ""}).ok());
    const std::string dispute = world.DisputeOf(id).id;
    if (reviewed) {
      ASSERT_TRUE(world.Do(SubmitEvidence{dispute, {Evidence{"x", "", CanonicalText({}), {}}}}).ok());
    }
    world.AdvanceBy(absl::Hours(7 * 24) - absl::Microseconds(1));
    EXPECT_FALSE(world.DisputeOf(id).IsOver());
    world.AdvanceBy(absl::Microseconds(1));
    EXPECT_EQ(world.DisputeOf(id).state, DisputeState::kLost);
    EXPECT_EQ(world.DisputeOf(id).resolution, "the deadline passed");
    EXPECT_EQ(world.RecordsOf(id).back().actor, "timer");
    EXPECT_EQ(world.Get(id).state, State::kRefunded);
    EXPECT_THAT(world.timers, IsEmpty());
  }
}

TEST_F(DisputeTest, TheDeadlineIsThePolicys) {
  UpdateSandbox update;
  update.dispute_deadline = absl::Minutes(5);
  ASSERT_TRUE(world_.Do(update).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Current().deadline, kStart + absl::Minutes(5));
}

TEST_F(DisputeTest, NobodyWinsWithoutEvidenceAndNothingMovesOneThatIsOver) {
  ASSERT_TRUE(Open(Money{"INR", 10}).ok());
  EXPECT_EQ(Reason(Resolve(true)), "EVIDENCE_REQUIRED");
  ASSERT_TRUE(Submit().ok());
  ASSERT_TRUE(Resolve(true).ok());
  EXPECT_EQ(Reason(Resolve(true)), "DISPUTE_OVER");
  EXPECT_EQ(Reason(Resolve(false)), "DISPUTE_OVER");
  EXPECT_EQ(Reason(Submit()), "DISPUTE_OVER");
  EXPECT_EQ(DetailsOf(Submit().status()).metadata.at("state"), "WON");
}

}  // namespace
}  // namespace tracktrove::domain
