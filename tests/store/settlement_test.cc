// Batches, payouts, disputes and counters: written, loaded, read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/database.h"
#include "tests/store/describe.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using domain::BatchId;
using domain::DisputeState;
using domain::State;
using domain::TimerKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::CivilDay kDay(2026, 1, 2);

class SettlementStoreTest : public StoreTest {
 protected:
  std::vector<std::string> Batches(const std::optional<BatchId>& before, int limit) {
    std::vector<std::string> ids;
    for (const auto& batch : Must(reader_->ListBatches(kWorld, before, limit)))
      ids.push_back(batch.id.ToString());
    return ids;
  }
  std::vector<std::string> Payouts(const BatchId& batch, const std::string& payee = "",
                                   const std::string& currency = "", int limit = 100) {
    std::vector<std::string> payouts;
    for (const auto& payout : Must(reader_->ListPayouts(kWorld, batch, payee, currency, limit))) {
      payouts.push_back(Describe(payout));
    }
    return payouts;
  }
  std::vector<std::string> Disputes(const DisputeFilter& filter, int64_t before = 0, int limit = 100) {
    std::vector<std::string> ids;
    for (const auto& dispute : Must(reader_->ListDisputes(kWorld, filter, before, limit)))
      ids.push_back(dispute.id);
    return ids;
  }
};

TRACKTROVE_ON_EVERY_DATABASE(SettlementStoreTest);

TEST_P(SettlementStoreTest, ABatchComesBackInEveryFieldAndIsReplaced) {
  Commit({.batches = {{kWorld, OpenBatch(kDay, 2)}}});
  EXPECT_EQ(Describe(*Must(reader_->GetBatch(kWorld, {kDay, 2}))), Describe(OpenBatch(kDay, 2)));
  Commit({.batches = {{kWorld, ClosedBatch(kDay, 2)}}});
  EXPECT_EQ(Describe(*Must(reader_->GetBatch(kWorld, {kDay, 2}))), Describe(ClosedBatch(kDay, 2)));
  EXPECT_FALSE(Must(reader_->GetBatch(kWorld, {kDay, 1})).has_value());
  EXPECT_FALSE(Must(reader_->GetBatch(kWorld + 1, {kDay, 2})).has_value());
}

TEST_P(SettlementStoreTest, OnlyOpenBatchesOfTheAskedWorldsAreLoaded) {
  Commit({.batches = {{kWorld, OpenBatch(kDay, 1)},
                      {kWorld, ClosedBatch(kDay, 2)},
                      {kWorld, OpenBatch(kDay + 1, 1)},
                      {kWorld + 1, OpenBatch(kDay, 1)}}});
  std::vector<std::string> loaded;
  for (const auto& [world, batch] : Load({.open_batches = {kWorld}}).batches) {
    EXPECT_EQ(world, kWorld);
    loaded.push_back(Describe(batch));
  }
  EXPECT_THAT(loaded, UnorderedElementsAre(Describe(OpenBatch(kDay, 1)), Describe(OpenBatch(kDay + 1, 1))));
}

TEST_P(SettlementStoreTest, ADroppedBatchIsGone) {
  Commit({.batches = {{kWorld, OpenBatch(kDay, 1)}, {kWorld, OpenBatch(kDay, 2)}}});
  Commit({.dropped_batches = {{kWorld, BatchId{kDay, 1}}}});
  EXPECT_THAT(Batches(std::nullopt, 10), ElementsAre("2026-01-02.2"));
}

TEST_P(SettlementStoreTest, BatchesAreListedTheNewestFirstFromACursor) {
  Commit({.batches = {{kWorld, ClosedBatch(kDay, 2)},
                      {kWorld, ClosedBatch(kDay, 10)},
                      {kWorld, OpenBatch(kDay + 3, 1)},
                      {kWorld, ClosedBatch(kDay, 1)}}});
  EXPECT_THAT(Batches(std::nullopt, 10),
              ElementsAre("2026-01-05", "2026-01-02.10", "2026-01-02.2", "2026-01-02"));
  EXPECT_THAT(Batches(BatchId{kDay, 10}, 1), ElementsAre("2026-01-02.2"));
}

TEST_P(SettlementStoreTest, PayoutsAddUpWithinABatchAndOverBatches) {
  const BatchId batch{kDay, 1};
  domain::PayoutLine yen = Line(batch, "ravi", 5);
  yen.currency = "JPY";
  Commit({.payouts = {{kWorld, Line(batch, "ravi", 10)},
                      {kWorld, Line(batch, "ravi", 20)},
                      {kWorld, yen},
                      {kWorld, Line(batch, "asha", 1)},
                      {kWorld, Line({kDay, 2}, "ravi", 7)}}});
  Commit({.payouts = {{kWorld, Line(batch, "ravi", -100)}}});
  EXPECT_THAT(Payouts(batch), ElementsAre("asha 1 1 - 1 - 2 - -3 INR", "ravi 3 -70 - 3 - 6 - -9 INR",
                                          "ravi 1 5 - 1 - 2 - -3 JPY"));
  EXPECT_THAT(Payouts(batch, "asha", "INR", 1), ElementsAre("ravi 3 -70 - 3 - 6 - -9 INR"));
  EXPECT_THAT(Payouts({kDay, 3}), IsEmpty());
}

TEST_P(SettlementStoreTest, SettledAccountsAreReadBesideAllPayoutsToThem) {
  Changes changes;
  changes.entries = {{kWorld, Entry(1, 0, 1, {"payee:ravi:pending", "payee:ravi:settled", 100})},
                     {kWorld, Entry(2, 0, 1, {"payee:ravi:settled", "payee:ravi:pending", 30})},
                     {kWorld, Entry(3, 0, 1, {"payee:asha:pending", "payee:asha:settled", 5})},
                     {kWorld, Entry(4, 0, 1, {"payee:asha:settled", "payee:asha:pending", 5})},
                     {kWorld + 1, Entry(1, 0, 1, {"payee:ravi:pending", "payee:ravi:settled", 9})}};
  changes.payouts = {{kWorld, {BatchId{kDay, 1}, "ravi", "INR", {75, 1, 2, 2}}},
                     {kWorld, {BatchId{kDay, 2}, "ravi", "INR", {20, 0, 0, 0}}},
                     {kWorld, {std::nullopt, "ravi", "INR", {-20, 0, 0, 0}}},
                     {kWorld, {BatchId{kDay, 1}, "asha", "INR", {}}}};
  Commit(changes);
  const auto [settled, payouts] = Must(reader_->SettledAndPayouts(kWorld));
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(Describe(settled[0]), "payee:ravi:settled 70 INR");
  ASSERT_EQ(payouts.size(), 1u);
  EXPECT_EQ(Describe(payouts[0]), "payee:ravi:settled 70 INR");
}

TEST_P(SettlementStoreTest, BatchTimersAreThoseOfTransactionsThatAwaitTheBatch) {
  const BatchId batch{kDay, 1};
  Changes changes;
  for (int ordinal = 1; ordinal <= 5; ++ordinal) {
    domain::Transaction t = PlainTransaction(ordinal);
    if (ordinal != 4) t.settlement_batch = ordinal == 3 ? BatchId{kDay, 2} : batch;
    changes.transactions.emplace_back(kWorld, t);
    changes.armed.emplace_back(kWorld, TimerAt(50, ordinal, TimerKind::kSettlement, 10 - ordinal));
  }
  changes.armed.emplace_back(kWorld, TimerAt(50, 1, TimerKind::kDisputeDeadline, 1));
  Commit(changes);
  const auto ordinals = [&](int limit) {
    Must(writer_->Begin());
    std::vector<int64_t> sequences;
    for (const auto& timer : Must(writer_->BatchTimers(kWorld, {batch, At(50)}, limit))) {
      sequences.push_back(10 - timer.sequence);
    }
    writer_->Rollback();
    return sequences;
  };
  EXPECT_THAT(ordinals(10), ElementsAre(5, 2, 1));
  EXPECT_THAT(ordinals(2), ElementsAre(5, 2));
}

TEST_P(SettlementStoreTest, TimersOfOneInstantAndSequenceFireByTheirIds) {
  Changes changes;
  for (const int number : {3, 1, 2}) {
    domain::Timer timer = TimerAt(5, number, TimerKind::kCutOff, domain::Timer::kLast);
    changes.armed.emplace_back(kWorld, timer);
  }
  changes.armed.emplace_back(kWorld, TimerAt(5, 9, TimerKind::kSettlement, 7));
  Commit(changes);
  Must(writer_->Begin());
  std::vector<std::string> ids;
  for (const auto& timer : Must(writer_->DueTimers(kWorld, At(5), 10))) ids.push_back(timer.transaction_id);
  EXPECT_THAT(ids, ElementsAre(Id(9), Id(1), Id(2), Id(3)));
  writer_->Rollback();
}

TEST_P(SettlementStoreTest, ADisputeComesBackInEveryFieldAndIsReplaced) {
  int number = 0;
  for (const DisputeState state :
       {DisputeState::kOpen, DisputeState::kUnderReview, DisputeState::kWon, DisputeState::kLost}) {
    ++number;
    const domain::Dispute dispute = FullDispute(number, number, state);
    Commit({.disputes = {{kWorld, dispute}}});
    EXPECT_EQ(Describe(*Must(reader_->GetDispute(kWorld, dispute.id))), Describe(dispute));
  }
  Commit({.disputes = {{kWorld, PlainDispute(1, 1)}}});
  EXPECT_EQ(Describe(*Must(reader_->GetDispute(kWorld, Id(1)))), Describe(PlainDispute(1, 1)));
  EXPECT_FALSE(Must(reader_->GetDispute(kWorld, Id(77))).has_value());
}

TEST_P(SettlementStoreTest, ADisputeIsLoadedWithItsTransactionById) {
  Commit({.transactions = {{kWorld, PlainTransaction(1)}, {kWorld, PlainTransaction(2)}},
          .disputes = {{kWorld, FullDispute(11, 1, DisputeState::kWon)}, {kWorld, PlainDispute(12, 2)}}});
  const Found found = Load({.disputes = {{kWorld, Id(11)}, {kWorld, Id(99)}}});
  ASSERT_EQ(found.disputes.size(), 1u);
  EXPECT_EQ(Describe(found.disputes.at({kWorld, Id(11)})), Describe(FullDispute(11, 1, DisputeState::kWon)));
  ASSERT_EQ(found.transactions.size(), 1u);
  EXPECT_EQ(found.transactions.begin()->second.ordinal, 1);
}

TEST_P(SettlementStoreTest, AnOpenDisputeIsLoadedByItsTransaction) {
  Commit({.disputes = {{kWorld, FullDispute(11, 1, DisputeState::kLost)},
                       {kWorld, FullDispute(12, 1, DisputeState::kUnderReview)},
                       {kWorld, PlainDispute(13, 2)},
                       {kWorld, FullDispute(14, 3, DisputeState::kWon)}}});
  const Found found = Load({.open_disputes = {{kWorld, Id(1)}, {kWorld, Id(3)}}});
  ASSERT_EQ(found.disputes.size(), 1u);
  EXPECT_EQ(found.disputes.begin()->second.id, Id(12));
}

TEST_P(SettlementStoreTest, DisputesAreListedTheOneOpenedLastFirstByTransactionAndState) {
  Commit({.disputes = {{kWorld, FullDispute(11, 1, DisputeState::kLost)},
                       {kWorld, FullDispute(12, 1, DisputeState::kUnderReview)},
                       {kWorld, FullDispute(13, 2, DisputeState::kLost)},
                       {kWorld + 1, PlainDispute(14, 1)}}});
  EXPECT_THAT(Disputes({}), ElementsAre(Id(11), Id(12), Id(13)));
  EXPECT_THAT(Disputes({}, PlainDispute(11, 1).sequence, 1), ElementsAre(Id(12)));
  EXPECT_THAT(Disputes({.transaction_id = Id(1)}), ElementsAre(Id(11), Id(12)));
  EXPECT_THAT(Disputes({.transaction_id = Id(1)}, PlainDispute(11, 1).sequence), ElementsAre(Id(12)));
  EXPECT_THAT(Disputes({.state = DisputeState::kLost}), ElementsAre(Id(11), Id(13)));
  EXPECT_THAT(Disputes({.transaction_id = Id(2), .state = DisputeState::kOpen}), IsEmpty());
}

TEST_P(SettlementStoreTest, CountersAddUpAndAreForgotten) {
  const auto key = [](int hour, State state, const std::string& code = "", bool final = false) {
    return domain::StatisticsKey{.bucket = At(0) + absl::Hours(hour),
                                 .state = state,
                                 .kind = domain::Kind::kTip,
                                 .failure_code = code,
                                 .final = final};
  };
  const auto counted = [&](int from_hour) {
    std::vector<std::string> lines;
    for (const auto& [k, count] : Must(reader_->CountStatistics(kWorld, At(0) + absl::Hours(from_hour)))) {
      lines.push_back(std::string(Name(k.state)) + " " + k.failure_code + (k.final ? "!" : "") + " " +
                      std::to_string(count));
    }
    return lines;
  };
  Commit({.statistics = {{kWorld, key(1, State::kInitiated)},
                         {kWorld, key(1, State::kInitiated)},
                         {kWorld, key(1, State::kFailed, "DECLINED")},
                         {kWorld, key(1, State::kFailed, "DECLINED", true)},
                         {kWorld + 1, key(1, State::kInitiated)}}});
  Commit({.statistics = {{kWorld, key(1, State::kInitiated)}, {kWorld, key(2, State::kInitiated)}}});
  EXPECT_THAT(counted(0), ElementsAre("INITIATED  4", "FAILED DECLINED 1", "FAILED DECLINED! 1"));
  EXPECT_THAT(counted(2), ElementsAre("INITIATED  1"));
  Commit({.forgotten_statistics = {{kWorld, At(0) + absl::Hours(2)}}});
  EXPECT_THAT(counted(0), ElementsAre("INITIATED  1"));
}

TEST_P(SettlementStoreTest, APurgeTakesThemAlong) {
  Commit({.disputes = {{kWorld, PlainDispute(1, 1)}},
          .batches = {{kWorld, OpenBatch(kDay, 1)}, {kWorld + 1, OpenBatch(kDay, 1)}},
          .payouts = {{kWorld, Line({kDay, 1}, "ravi", 1)}},
          .statistics = {{kWorld, {.bucket = At(0), .state = State::kEscrow, .failure_code = {}}}},
          .retired_worlds = {kWorld}});
  while (Must(writer_->Purge(2)) > 0) {
  }
  EXPECT_THAT(Batches(std::nullopt, 10), IsEmpty());
  EXPECT_THAT(Payouts({kDay, 1}), IsEmpty());
  EXPECT_THAT(Disputes({}), IsEmpty());
  EXPECT_THAT(Must(reader_->CountStatistics(kWorld, At(-10'000))), IsEmpty());
  EXPECT_TRUE(Must(reader_->GetBatch(kWorld + 1, {kDay, 1})).has_value());
}

TEST_P(SettlementStoreTest, ChecksCatchWhatABugCouldBreak) {
  const auto refused = [this](const Changes& changes) {
    Must(writer_->Begin());
    const auto written = writer_->Write(changes);
    writer_->Rollback();
    return written.status().code() == absl::StatusCode::kInternal;
  };
  domain::SettlementBatch waiting = ClosedBatch(kDay, 1);
  waiting.awaiting = 1;
  EXPECT_TRUE(refused({.batches = {{kWorld, waiting}}})) << "a closed batch that somebody awaits";
  EXPECT_TRUE(refused({.disputes = {{kWorld, PlainDispute(1, 1)}, {kWorld, PlainDispute(2, 1)}}}))
      << "two open disputes of one transaction";
  domain::Dispute unclosed = FullDispute(1, 1, DisputeState::kWon);
  unclosed.close_time.reset();
  EXPECT_TRUE(refused({.disputes = {{kWorld, unclosed}}})) << "a dispute won at no time";
  domain::Transaction t = PlainTransaction(1);
  t.capture_fee = -1;
  EXPECT_TRUE(refused({.transactions = {{kWorld, t}}})) << "a negative fee";
}

}  // namespace
}  // namespace tracktrove::store
