#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/errors.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

using testing::IsEmpty;

class RefundTest : public testing::Test {
 protected:
  absl::StatusOr<Decision> Refund(std::optional<Money> amount) {
    return world_.Do(RefundTransaction{id_, amount, ""});
  }

  World world_{ManualSandbox(Pace::kInstant)};
  std::string id_ = world_.Initiate(Tip()).id;  // completed: 25.50, of which 0.51 are fees
};

TEST_F(RefundTest, OfAllGivesEverythingBackAndMovesToRefunded) {
  const absl::StatusOr<Decision> decision = Refund({});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(world_.Get(id_).state, State::kRefunded);
  EXPECT_EQ(world_.Get(id_).amounts.refunded, 2550);
  EXPECT_EQ(decision->records.back().type, RecordType::kTransactionRefunded);
  EXPECT_EQ(decision->records.back().detail, "refund 2550 minor units");
  EXPECT_THAT(world_.posted.at(id_), IsEmpty());
}

TEST_F(RefundTest, OfAPartKeepsTheStateUntilNothingIsLeft) {
  ASSERT_TRUE(Refund(Money{"INR", 550}).ok());
  EXPECT_EQ(world_.Get(id_).state, State::kCompleted);
  EXPECT_EQ(world_.posted.at(id_),
            (Position{{"payer:asha", -2000}, {"fees", 40}, {"payee:ravi:pending", 1960}}));
  ASSERT_TRUE(Refund(Money{"INR", 1999}).ok());
  EXPECT_EQ(world_.Get(id_).state, State::kCompleted);
  ASSERT_TRUE(Refund({}).ok());
  EXPECT_EQ(world_.Get(id_).state, State::kRefunded);
  EXPECT_THAT(world_.posted.at(id_), IsEmpty());
}

TEST_F(RefundTest, SaysWhyInTheTrace) {
  const absl::StatusOr<Decision> decision = world_.Do(RefundTransaction{id_, Money{"INR", 1}, "cold food"});
  EXPECT_EQ(decision->records.back().detail, "refund 1 minor units: cold food");
}

TEST_F(RefundTest, OfMoreThanIsLeftIsForbidden) {
  ASSERT_TRUE(Refund(Money{"INR", 2000}).ok());
  const absl::StatusOr<Decision> decision = Refund(Money{"INR", 551});
  EXPECT_EQ(Reason(decision), "AMOUNT_EXCEEDS_REFUNDABLE");
  EXPECT_EQ(DetailsOf(decision.status()).metadata.at("refundable_minor_units"), "550");
  EXPECT_TRUE(Refund(Money{"INR", 550}).ok());
}

TEST_F(RefundTest, OfWhatIsInDisputeIsForbidden) {
  world_.transactions.at(id_).amounts.disputed = 2550;
  EXPECT_EQ(Reason(Refund({})), "AMOUNT_EXCEEDS_REFUNDABLE");
  world_.transactions.at(id_).amounts.disputed = 2000;
  EXPECT_EQ(Reason(Refund(Money{"INR", 551})), "AMOUNT_EXCEEDS_REFUNDABLE");
}

TEST_F(RefundTest, ChecksItsGuardsInOrder) {
  EXPECT_EQ(Reason(world_.Do(RefundTransaction{"nobody", {}, ""})), "TRANSACTION_NOT_FOUND");
  EXPECT_EQ(DetailsOf(Refund(Money{"USD", 0}).status()).field, "amount.currency_code");
  EXPECT_EQ(DetailsOf(Refund(Money{"INR", 0}).status()).field, "amount.minor_units");
  EXPECT_EQ(DetailsOf(Refund(Money{"INR", -5}).status()).field, "amount.minor_units");
}

TEST_F(RefundTest, NeedsACompletedOrSettledTransaction) {
  const struct {
    State state;
    bool allowed;
  } cases[] = {{State::kInitiated, false}, {State::kEscrow, false},   {State::kFailed, false},
               {State::kRefunded, false},  {State::kCompleted, true}, {State::kSettled, true}};
  for (const auto& c : cases) {
    world_.transactions.at(id_).state = c.state;
    EXPECT_EQ(Reason(Refund(Money{"USD", 1})), c.allowed ? "BAD_REQUEST" : "STATE_FORBIDS") << Name(c.state);
  }
}

TEST_F(RefundTest, OfSettledMoneyLeavesThePayeeOwingIt) {
  Transaction& t = world_.transactions.at(id_);
  t.state = State::kSettled;
  t.amounts.settled = 2499;
  const absl::StatusOr<Decision> decision = Refund({});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(world_.Get(id_).state, State::kRefunded);
  EXPECT_EQ(PositionOf(world_.Get(id_)),
            (Position{{"payee:ravi:settled", 2499}, {"payee:ravi:pending", -2499}}));
}

}  // namespace
}  // namespace tracktrove::domain
