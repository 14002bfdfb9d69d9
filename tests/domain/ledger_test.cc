#include "domain/ledger.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

Transaction InState(State state, const Amounts& amounts = {}) {
  Transaction transaction;
  transaction.state = state;
  transaction.amount = {"INR", 1000};
  transaction.amounts = amounts;
  transaction.payer = "asha";
  transaction.payee = "ravi";
  return transaction;
}

int64_t Total(const Position& position) {
  int64_t total = 0;
  for (const auto& [account, amount] : position) total += amount;
  return total;
}

// Moves a position by postings, dropping accounts at zero.
Position Posted(Position position, const std::vector<Posting>& postings) {
  for (const Posting& posting : postings) {
    position[posting.debit] -= posting.amount;
    position[posting.credit] += posting.amount;
  }
  std::erase_if(position, [](const auto& share) { return share.second == 0; });
  return position;
}

TEST(Position, SaysWhereTheMoneyStandsInEachState) {
  const struct {
    const char* what;
    State state;
    Amounts amounts;
    Position expected;
  } cases[] = {
      {"nothing yet", State::kNone, {}, {}},
      {"nothing held", State::kInitiated, {}, {}},
      {"held", State::kEscrow, {}, {{"payer:asha", -1000}, {"escrow", 1000}}},
      {"failed", State::kFailed, {}, {}},
      {"hold given back", State::kRefunded, {}, {}},
      {"completed",
       State::kCompleted,
       {.captured = 1000, .fee = 20},
       {{"payer:asha", -1000}, {"fees", 20}, {"payee:ravi:pending", 980}}},
      {"captured in part",
       State::kCompleted,
       {.captured = 400, .fee = 8},
       {{"payer:asha", -400}, {"fees", 8}, {"payee:ravi:pending", 392}}},
      {"refunded in part",
       State::kCompleted,
       {.captured = 1000, .fee = 20, .refunded = 250},
       {{"payer:asha", -750}, {"fees", 15}, {"payee:ravi:pending", 735}}},
      {"disputed in part",
       State::kCompleted,
       {.captured = 1000, .fee = 20, .disputed = 300},
       {{"payer:asha", -1000}, {"fees", 20}, {"dispute_reserve", 300}, {"payee:ravi:pending", 680}}},
      {"a dispute lost",
       State::kCompleted,
       {.captured = 1000, .fee = 20, .lost = 300},
       {{"payer:asha", -700}, {"fees", 14}, {"payee:ravi:pending", 686}}},
      {"settled",
       State::kSettled,
       {.captured = 1000, .fee = 20, .settled = 980},
       {{"payer:asha", -1000}, {"fees", 20}, {"payee:ravi:settled", 980}}},
      {"settled, then refunded in part: the payee owes it",
       State::kSettled,
       {.captured = 1000, .fee = 20, .refunded = 250, .settled = 980},
       {{"payer:asha", -750}, {"fees", 15}, {"payee:ravi:settled", 980}, {"payee:ravi:pending", -245}}},
      {"settled, then refunded",
       State::kRefunded,
       {.captured = 1000, .fee = 20, .refunded = 1000, .settled = 980},
       {{"payee:ravi:settled", 980}, {"payee:ravi:pending", -980}}},
      {"refunded", State::kRefunded, {.captured = 1000, .fee = 20, .refunded = 1000}, {}},
  };
  for (const auto& c : cases) EXPECT_EQ(PositionOf(InState(c.state, c.amounts)), c.expected) << c.what;
}

TEST(Position, SumsToZeroWhateverTheAmounts) {
  int64_t checked = 0;
  for (const State state : kStatesAndNone) {
    for (int64_t captured : {0, 1, 333, 1000}) {
      for (int64_t fee : {int64_t{0}, captured / 50, captured}) {
        for (int64_t refunded = 0; refunded <= captured; refunded += 111) {
          for (int64_t disputed = 0; refunded + disputed <= captured; disputed += 222) {
            for (int64_t settled : {int64_t{0}, captured - fee}) {
              const Amounts amounts{captured, fee, refunded, disputed, 0, settled};
              ASSERT_EQ(Total(PositionOf(InState(state, amounts))), 0);
              ++checked;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(checked, 1000);
}

TEST(Fee, IsProportionalPlusFixedAndNeverAboveWhatWasCaptured) {
  const struct {
    FeePolicy policy;
    int64_t captured, expected;
  } cases[] = {
      {{20'000, 0}, 2550, 51},
      {{20'000, 0}, 2525, 50},  // 50.5 goes to the even neighbour
      {{20'000, 0}, 2575, 52},  // 51.5 likewise
      {{20'000, 300}, 2550, 351},
      {{0, 0}, 2550, 0},
      {{kPpm, 0}, 2550, 2550},
      {{kPpm, 1}, 2550, 2550},
      {{20'000, 300}, 200, 200},
      {{20'000, 300}, 0, 0},
      {{kPpm, std::numeric_limits<int64_t>::max()}, 2550, 2550},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FeeOn(c.policy, c.captured), c.expected)
        << c.policy.ppm << " ppm + " << c.policy.fixed_minor_units << " on " << c.captured;
  }
}

TEST(Fee, IsGivenBackByCumulativeProportion) {
  Amounts amounts{.captured = 1000, .fee = 25};
  const struct {
    int64_t refunded, kept;
  } cases[] = {
      {0, 25}, {20, 25} /* 0.5 back: even */, {60, 23} /* 1.5 back */, {500, 13} /* 12.5 back */, {1000, 0}};
  for (const auto& c : cases) {
    amounts.refunded = c.refunded;
    EXPECT_EQ(FeeKept(amounts), c.kept) << c.refunded;
  }
  amounts.refunded = 400, amounts.lost = 600;
  EXPECT_EQ(FeeKept(amounts), 0);
}

// For every captured amount up to 40, every fee and every way to refund it in two parts.
TEST(Fee, ComesBackWholeHoweverTheRefundIsSplitAndNeverOverdrawsThePayee) {
  for (int64_t captured = 1; captured <= 40; ++captured) {
    for (int64_t fee = 0; fee <= captured; ++fee) {
      Amounts amounts{.captured = captured, .fee = fee};
      int64_t kept_before = fee;
      for (amounts.refunded = 0; amounts.refunded <= captured; ++amounts.refunded) {
        const int64_t kept = FeeKept(amounts);
        ASSERT_LE(kept, kept_before) << "a refund raised the fee";
        ASSERT_GE(kept, 0);
        ASSERT_GE(captured - amounts.refunded - kept, 0)
            << "the payee would owe money that was never settled";
        kept_before = kept;
      }
      ASSERT_EQ(kept_before, 0) << captured << " captured, fee " << fee;
    }
  }
}

TEST(Refundable, IsWhatIsNeitherRefundedNorLostNorDisputed) {
  EXPECT_EQ(Refundable({.captured = 1000, .fee = 20, .refunded = 100, .disputed = 200, .lost = 300}), 400);
  EXPECT_EQ(Refundable({}), 0);
}

TEST(Postings, LeadFromOnePositionToTheOtherInAccountOrder) {
  const Position held = PositionOf(InState(State::kEscrow));
  const Position completed = PositionOf(InState(State::kCompleted, {.captured = 600, .fee = 12}));
  EXPECT_EQ(PostingsBetween({}, held), (std::vector<Posting>{{"payer:asha", "escrow", 1000}}));
  EXPECT_EQ(PostingsBetween(held, completed), (std::vector<Posting>{{"escrow", "fees", 12},
                                                                    {"escrow", "payee:ravi:pending", 588},
                                                                    {"escrow", "payer:asha", 400}}));
  EXPECT_EQ(PostingsBetween(held, {}), (std::vector<Posting>{{"escrow", "payer:asha", 1000}}));
  EXPECT_TRUE(PostingsBetween(held, held).empty());
}

TEST(Postings, ArePositiveAndReachEveryPositionFromEveryOther) {
  std::vector<Position> positions;
  for (const State state : kStatesAndNone) {
    for (const Amounts& amounts :
         {Amounts{}, Amounts{1000, 20, 0, 0, 0, 0}, Amounts{700, 14, 250, 100, 50, 0},
          Amounts{1000, 20, 1000, 0, 0, 980}, Amounts{1000, 1000, 500, 0, 0, 0}}) {
      positions.push_back(PositionOf(InState(state, amounts)));
    }
  }
  for (const Position& before : positions) {
    for (const Position& after : positions) {
      const std::vector<Posting> postings = PostingsBetween(before, after);
      for (const Posting& posting : postings) {
        EXPECT_GT(posting.amount, 0);
        EXPECT_NE(posting.debit, posting.credit);
      }
      EXPECT_EQ(Posted(before, postings), after);
      EXPECT_EQ(PostingsBetween(before, after), postings);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
