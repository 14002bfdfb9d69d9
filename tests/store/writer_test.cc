// What a batch writes comes back as it went in, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/store/database.h"
#include "tests/store/describe.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using domain::State;
using domain::Transaction;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class WriterTest : public StoreTest {
 protected:
  // The transaction after it went through the database.
  std::string Stored(const Transaction& transaction) {
    Commit({.transactions = {{kWorld, transaction}}});
    return Describe(
        Load({.transactions = {{kWorld, transaction.id}}}).transactions.at({kWorld, transaction.id}));
  }
};

TRACKTROVE_ON_EVERY_DATABASE(WriterTest);

TEST_P(WriterTest, TheTimeOfATransactionIsInWholeMicroseconds) {
  const absl::Time time = Must(writer_->Begin());
  EXPECT_EQ(time, absl::FromUnixMicros(absl::ToUnixMicros(time)));
  EXPECT_GT(time, At(-100'000'000));
}

TEST_P(WriterTest, ATransactionOfEveryStateComesBackInEveryField) {
  int ordinal = 0;
  for (const State state : {State::kInitiated, State::kEscrow, State::kCompleted, State::kFailed,
                            State::kRefunded, State::kSettled}) {
    const Transaction transaction = FullTransaction(++ordinal, state);
    EXPECT_EQ(Stored(transaction), Describe(transaction));
  }
}

TEST_P(WriterTest, ATransactionWithNothingOptionalComesBackWithout) {
  EXPECT_EQ(Stored(PlainTransaction(1)), Describe(PlainTransaction(1)));
}

// What comes with its first record is new, and is written without a look at what is there.
TEST_P(WriterTest, ANewTransactionAndItsTimersComeBackInEveryField) {
  const Transaction transaction = FullTransaction(1, State::kEscrow);
  const domain::Timer timer = TimerAt(60, 1, domain::TimerKind::kHoldExpiry, 1);
  Commit({.transactions = {{kWorld, transaction}, {kWorld, PlainTransaction(2)}},
          .records = {{kWorld, FullRecord(1, 1, 0)}, {kWorld, PlainRecord(2, 1, 1)}},
          .disarmed = {{kWorld, {transaction.id, domain::TimerKind::kStep}}},
          .armed = {{kWorld, timer}, {kWorld, TimerAt(61, 2, domain::TimerKind::kStep, 2)}}});
  const auto stored = Load({.transactions = {{kWorld, Id(1)}, {kWorld, Id(2)}}}).transactions;
  EXPECT_EQ(Describe(stored.at({kWorld, Id(1)})), Describe(transaction));
  EXPECT_EQ(Describe(stored.at({kWorld, Id(2)})), Describe(PlainTransaction(2)));
  Must(writer_->Begin());
  const auto timers = Must(writer_->DueTimers(kWorld, At(100), 10));
  writer_->Rollback();
  ASSERT_EQ(timers.size(), 2u);
  EXPECT_EQ(Describe(timers[0]), Describe(timer));
}

TEST_P(WriterTest, ATransactionThatIsNewButThereIsRefused) {
  Commit({.transactions = {{kWorld, PlainTransaction(1)}}, .records = {{kWorld, PlainRecord(1, 1, 0)}}});
  Must(writer_->Begin());
  const auto written = writer_->Write(
      {.transactions = {{kWorld, PlainTransaction(1)}}, .records = {{kWorld, PlainRecord(2, 1, 0)}}});
  EXPECT_TRUE(absl::IsInternal(written.status())) << written.status();
}

TEST_P(WriterTest, AFinalFailureComesBackWithoutARetryTime) {
  Transaction transaction = FullTransaction(1, State::kFailed);
  transaction.failure = domain::Failure{"CANCELLED", "", "", true, std::nullopt};
  EXPECT_EQ(Stored(transaction), Describe(transaction));
}

TEST_P(WriterTest, ATransactionThatIsWrittenAgainIsReplacedInEveryField) {
  Stored(FullTransaction(1, State::kFailed));
  EXPECT_EQ(Stored(PlainTransaction(1)), Describe(PlainTransaction(1)));
  EXPECT_EQ(Stored(FullTransaction(1, State::kEscrow)), Describe(FullTransaction(1, State::kEscrow)));
}

TEST_P(WriterTest, ADtoOf64KiBComesBackByteByByte) {
  Transaction transaction = PlainTransaction(1);
  std::string dto = "{\"text\":\"";
  while (dto.size() < 64 * 1024 - 8) dto += "\\\"\\\\₹😀";
  dto += "\"}";
  transaction.dto = SharedText(dto);
  EXPECT_EQ(Stored(transaction), Describe(transaction));
}

TEST_P(WriterTest, ABatchOfSeveralMegabytesIsWrittenWhole) {
  Changes changes;
  for (int i = 1; i <= 100; ++i) {
    domain::Record record = PlainRecord(i, 1, i - 1);
    record.dto = SharedText("{\"text\":\"" + std::string(60 * 1024, static_cast<char>('a' + i % 26)) + "\"}");
    changes.records.emplace_back(kWorld, record);
  }
  Commit(changes);
  const auto entries = Must(reader_->ReadRecords(kWorld, {.transaction_id = std::nullopt, .limit = 1000}));
  ASSERT_EQ(entries.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*entries[i].record.dto, *changes.records[i].second.dto);
}

TEST_P(WriterTest, LoadAnswersOnlyWhatIsThereAndOnlyOfTheAskedWorld) {
  Commit({.transactions = {{kWorld, PlainTransaction(1)}, {kWorld + 1, PlainTransaction(2)}},
          .requests = {{kWorld, "a", "f", "r"}, {kWorld + 1, "b", "f", "r"}}});
  const Found found = Load({.transactions = {{kWorld, Id(1)}, {kWorld, Id(2)}, {kWorld, Id(3)}},
                            .requests = {{kWorld, "a"}, {kWorld, "b"}, {kWorld, "c"}}});
  EXPECT_EQ(found.transactions.size(), 1u);
  EXPECT_TRUE(found.transactions.contains({kWorld, Id(1)}));
  EXPECT_EQ(found.requests.size(), 1u);
  EXPECT_TRUE(found.requests.contains({kWorld, "a"}));
}

TEST_P(WriterTest, LoadOfNothingAnswersNothing) {
  const Found found = Load({});
  EXPECT_TRUE(found.transactions.empty() && found.requests.empty() && found.draw_keys.empty());
}

TEST_P(WriterTest, ARequestComesBackWithItsFingerprintAndReply) {
  Commit({.requests = {{kWorld, kAwkward, "f00d", std::string(100'000, 'x') + kAwkward}}});
  const StoredRequest request = Load({.requests = {{kWorld, kAwkward}}}).requests.at({kWorld, kAwkward});
  EXPECT_EQ(request.world, kWorld);
  EXPECT_EQ(request.request_id, kAwkward);
  EXPECT_EQ(request.fingerprint, "f00d");
  EXPECT_EQ(request.reply, std::string(100'000, 'x') + kAwkward);
}

TEST_P(WriterTest, DrawKeysInUseAreFoundAndOthersAreNot) {
  Transaction keyed = PlainTransaction(1);
  keyed.draw_key = kAwkward;
  Commit({.transactions = {{kWorld, keyed}, {kWorld, PlainTransaction(2)}, {kWorld, PlainTransaction(3)}}});
  EXPECT_THAT(Load({.draw_keys = {{kWorld, kAwkward}, {kWorld, "free"}, {kWorld + 1, kAwkward}}}).draw_keys,
              UnorderedElementsAre(WorldKey(kWorld, kAwkward)));
}

TEST_P(WriterTest, FlowsAndRulesComeBackAsTheyWereAndOnlyOfTheAskedWorld) {
  Commit({.flows = {{kWorld, OwnFlow("a")}, {kWorld, OwnFlow("b")}, {kWorld + 1, OwnFlow("a")}},
          .fault_rules = {{kWorld, FullRule(2)}, {kWorld, PlainRule(1)}, {kWorld + 1, PlainRule(3)}}});
  const Found one = Load({.flows = {{kWorld, "b"}, {kWorld, "c"}}});
  ASSERT_EQ(one.flows.size(), 1u);
  EXPECT_EQ(one.flows[0].first, kWorld);
  EXPECT_EQ(Describe(one.flows[0].second), Describe(OwnFlow("b")));
  EXPECT_TRUE(one.fault_rules.empty());
  const Found all = Load({.all_flows = {kWorld}, .fault_rules = {kWorld, kWorld + 2}});
  EXPECT_EQ(all.flows.size(), 2u);
  ASSERT_EQ(all.fault_rules.size(), 1u);
  ASSERT_EQ(all.fault_rules.at(kWorld).size(), 2u);
  EXPECT_EQ(Describe(all.fault_rules.at(kWorld)[0]), Describe(PlainRule(1))) << "in order of creation";
  EXPECT_EQ(Describe(all.fault_rules.at(kWorld)[1]), Describe(FullRule(2)));
}

TEST_P(WriterTest, ARuleIsReplacedInEveryFieldOrDeleted) {
  Commit({.fault_rules = {{kWorld, PlainRule(1)}, {kWorld, PlainRule(2)}}});
  domain::FaultRule changed = FullRule(1);
  Commit({.fault_rules = {{kWorld, changed}}, .deleted_rules = {{kWorld, "rule-2"}, {kWorld + 1, "rule-1"}}});
  const Found found = Load({.fault_rules = {kWorld}});
  ASSERT_EQ(found.fault_rules.at(kWorld).size(), 1u);
  EXPECT_EQ(Describe(found.fault_rules.at(kWorld)[0]), Describe(changed));
}

TEST_P(WriterTest, WhatIsRolledBackWasNeverThere) {
  Must(writer_->Begin());
  Must(writer_->Write({.transactions = {{kWorld, PlainTransaction(1)}}}));
  writer_->Rollback();
  EXPECT_THAT(Load({.transactions = {{kWorld, Id(1)}}}).transactions, IsEmpty());
}

TEST_P(WriterTest, AWriterThatGoesAwayLeavesNothingOfAnOpenTransaction) {
  Must(writer_->Begin());
  Must(writer_->Write({.transactions = {{kWorld, PlainTransaction(1)}}}));
  writer_ = Must(store_->NewWriter());
  EXPECT_THAT(Load({.transactions = {{kWorld, Id(1)}}}).transactions, IsEmpty());
}

TEST_P(WriterTest, ReadersSeeABatchOnlyOnceItIsCommitted) {
  Must(writer_->Begin());
  Must(writer_->Write({.transactions = {{kWorld, PlainTransaction(1)}}}));
  EXPECT_EQ(Must(reader_->GetTransaction(kWorld, Id(1))), std::nullopt);
  Must(writer_->Commit());
  EXPECT_NE(Must(reader_->GetTransaction(kWorld, Id(1))), std::nullopt);
}

TEST_P(WriterTest, OutsideATransactionNothingIsReadOrWritten) {
  EXPECT_EQ(writer_->Write({}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->Load({}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->DueTimers(kWorld, absl::InfiniteFuture(), 1).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(writer_->Commit().code(), absl::StatusCode::kInternal);
}

TEST_P(WriterTest, ABatchThatFailedCannotBeCommittedAndTheWriterGoesOn) {
  Commit({.requests = {{kWorld, "a", "f", "r"}}});
  Must(writer_->Begin());
  // The records are fine, the request is not: none of it may stay.
  const auto written = writer_->Write({.records = {{kWorld, PlainRecord(1, 1, 0)}},
                                       .requests = {{kWorld, "b", "f", "r"}, {kWorld, "a", "f", "r"}}});
  EXPECT_EQ(written.status().code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(writer_->Commit().ok());
  writer_->Rollback();
  EXPECT_EQ(Load({.requests = {{kWorld, "a"}, {kWorld, "b"}}}).requests.size(), 1u);
  Commit({.requests = {{kWorld, "c", "f", "r"}}});
  EXPECT_EQ(Load({.requests = {{kWorld, "c"}}}).requests.size(), 1u);
}

// A batch that hurts an invariant, and what it is.
struct Violation {
  std::string what;
  void (*hurt)(Changes& changes);
};

Transaction& OnlyTransaction(Changes& changes) {
  return changes.transactions.emplace_back(kWorld, FullTransaction(1, State::kCompleted)).second;
}
Transaction& NothingCaptured(Changes& changes) {
  Transaction& transaction = OnlyTransaction(changes);
  transaction.amounts = {};
  transaction.capture_requested.reset();
  return transaction;
}
domain::Record& OnlyRecord(Changes& changes) {
  return changes.records.emplace_back(kWorld, PlainRecord(1, 1, 0)).second;
}
void OnlyEntry(Changes& changes, const domain::Posting& posting) {
  changes.entries.emplace_back(kWorld, Entry(1, 0, 1, posting));
}

const Violation kViolations[] = {
    {"an amount of zero", [](Changes& c) { NothingCaptured(c).amount.minor_units = 0; }},
    {"an amount without bounds",
     [](Changes& c) { OnlyTransaction(c).amount.minor_units = 1'000'000'000'000'001; }},
    {"more captured than the amount",
     [](Changes& c) { OnlyTransaction(c).amounts.captured = 1'000'000'000'000'001; }},
    {"more taken back than captured", [](Changes& c) { OnlyTransaction(c).amounts.refunded = 601; }},
    {"a negative refund", [](Changes& c) { OnlyTransaction(c).amounts.refunded = -1; }},
    {"a negative dispute", [](Changes& c) { OnlyTransaction(c).amounts.disputed = -1; }},
    {"a negative loss", [](Changes& c) { OnlyTransaction(c).amounts.lost = -1; }},
    {"a negative fee", [](Changes& c) { OnlyTransaction(c).amounts.fee = -1; }},
    {"a fee above what was captured", [](Changes& c) { OnlyTransaction(c).amounts.fee = 901; }},
    {"more settled than captured", [](Changes& c) { OnlyTransaction(c).amounts.settled = 901; }},
    {"a hold outside ESCROW", [](Changes& c) { OnlyTransaction(c).hold_expire_time = At(1); }},
    {"ESCROW without a hold", [](Changes& c) { OnlyTransaction(c).state = State::kEscrow; }},
    {"FAILED without a failure", [](Changes& c) { OnlyTransaction(c).state = State::kFailed; }},
    {"a transaction without a state", [](Changes& c) { OnlyTransaction(c).state = State::kNone; }},
    {"an unknown kind", [](Changes& c) { OnlyTransaction(c).kind = static_cast<domain::Kind>(6); }},
    {"two transactions with one ordinal",
     [](Changes& c) {
       OnlyTransaction(c).draw_key = "";
       c.transactions.emplace_back(kWorld, PlainTransaction(2)).second.ordinal = 1;
     }},
    {"two transactions with one draw key",
     [](Changes& c) {
       OnlyTransaction(c).draw_key = "key";
       c.transactions.emplace_back(kWorld, PlainTransaction(2)).second.draw_key = "key";
     }},
    {"a flow twice",
     [](Changes& c) {
       c.flows = {{kWorld, OwnFlow("a")}, {kWorld, OwnFlow("a")}};
     }},
    {"more hits than steps seen",
     [](Changes& c) {
       c.fault_rules.emplace_back(kWorld, PlainRule(1)).second.count = {.seen = 1, .hits = 2};
     }},
    {"two rules with one ordinal",
     [](Changes& c) {
       c.fault_rules = {{kWorld, PlainRule(1)}, {kWorld, PlainRule(2)}};
       c.fault_rules[1].second.ordinal = 1;
     }},
    {"more rules enabled than made",
     [](Changes& c) { c.sandboxes.emplace_back(PlainSandbox("a", kWorld)).fault_rules_enabled = 1; }},
    {"a fault of no known kind",
     [](Changes& c) { OnlyRecord(c).fault_kind = static_cast<domain::FaultKind>(16); }},
    {"a sequence of zero", [](Changes& c) { OnlyRecord(c).sequence = 0; }},
    {"a negative index", [](Changes& c) { OnlyRecord(c).index = -1; }},
    {"a hash cut short", [](Changes& c) { OnlyRecord(c).hash.pop_back(); }},
    {"two records with one sequence",
     [](Changes& c) {
       OnlyRecord(c);
       c.records.emplace_back(kWorld, PlainRecord(1, 2, 0));
     }},
    {"two records with one index",
     [](Changes& c) {
       OnlyRecord(c);
       c.records.emplace_back(kWorld, PlainRecord(2, 1, 0));
     }},
    {"a posting of nothing",
     [](Changes& c) {
       OnlyEntry(c, {"escrow", "fees", 0});
     }},
    {"a negative posting",
     [](Changes& c) {
       OnlyEntry(c, {"escrow", "fees", -1});
     }},
    {"a posting to its own account",
     [](Changes& c) {
       OnlyEntry(c, {"fees", "fees", 1});
     }},
    {"a balance that overflows",
     [](Changes& c) {
       OnlyEntry(c, {"a", "b", std::numeric_limits<int64_t>::max()});
       c.entries.emplace_back(kWorld, Entry(1, 1, 1, {"a", "b", 1}));
     }},
    {"a request without an id",
     [](Changes& c) {
       c.requests.push_back({kWorld, "", "f", "r"});
     }},
    {"two sandboxes in one world",
     [](Changes& c) {
       c.sandboxes = {PlainSandbox("a", kWorld), PlainSandbox("b", kWorld)};
     }},
    {"a head without a hash",
     [](Changes& c) { c.sandboxes.emplace_back(PlainSandbox("a", kWorld)).head_sequence = 1; }},
};

TEST_P(WriterTest, WhatHurtsAnInvariantIsRefused) {
  for (const Violation& violation : kViolations) {
    SCOPED_TRACE(violation.what);
    Changes changes;
    violation.hurt(changes);
    Must(writer_->Begin());
    EXPECT_EQ(writer_->Write(changes).status().code(), absl::StatusCode::kInternal);
    writer_->Rollback();
  }
}

TEST_P(WriterTest, ABalanceThatOverflowsOverTwoBatchesIsRefused) {
  Commit({.entries = {{kWorld, Entry(1, 0, 1, {"a", "b", std::numeric_limits<int64_t>::max()})}}});
  Must(writer_->Begin());
  EXPECT_EQ(writer_->Write({.entries = {{kWorld, Entry(2, 0, 1, {"c", "b", 1})}}}).status().code(),
            absl::StatusCode::kInternal);
}

TEST_P(WriterTest, PurgeDeletesARetiredWorldInBoundedStepsAndNothingElse) {
  Changes changes;
  for (const WorldId world : {kWorld, kWorld + 1}) {
    for (int i = 1; i <= 5; ++i) {
      changes.transactions.emplace_back(world, PlainTransaction(i));
      changes.records.emplace_back(world, PlainRecord(i, i, 0));
      changes.entries.emplace_back(world, Entry(i, 0, i, {"payer:asha", "escrow", 10}));
      changes.armed.emplace_back(world, TimerAt(i, i, domain::TimerKind::kStep, i));
      changes.requests.push_back({world, Id(i), "f", "r"});
      changes.flows.emplace_back(world, OwnFlow("flow-" + std::to_string(i)));
      changes.fault_rules.emplace_back(world, PlainRule(i));
      changes.simulations.emplace_back(world, FullSimulation(i));
      changes.reports.push_back({world, i, "report"});
    }
  }
  changes.retired_worlds = {kWorld};
  Commit(changes);

  constexpr int kRows = 5 * 9 + 2 + 1;  // with two balances, and the note that the world is retired
  int64_t purged = 0;
  for (int step = 0; step < kRows && purged < kRows; ++step) {
    const int64_t rows = Must(writer_->Purge(4));
    EXPECT_GT(rows, 0);
    EXPECT_LE(rows, 4);
    purged += rows;
  }
  EXPECT_EQ(purged, kRows);
  EXPECT_EQ(Must(writer_->Purge(4)), 0);

  EXPECT_EQ(Must(reader_->GetTransaction(kWorld, Id(1))), std::nullopt);
  EXPECT_THAT(Must(reader_->ReadRecords(kWorld, {.transaction_id = std::nullopt, .limit = 10})), IsEmpty());
  EXPECT_EQ(Must(reader_->GetSimulation(kWorld, 1)), std::nullopt);
  EXPECT_EQ(Must(reader_->GetSimulation(kWorld + 1, 1))->report, "report");
  EXPECT_THAT(Must(reader_->EntrySumsAndBalances(kWorld)).first, IsEmpty());
  EXPECT_THAT(Must(reader_->EntrySumsAndBalances(kWorld)).second, IsEmpty());
  EXPECT_EQ(Must(reader_->ListTransactions(kWorld + 1, {}, 0, 10)).size(), 5u);
  EXPECT_EQ(Must(reader_->ReadRecords(kWorld + 1, {.transaction_id = std::nullopt, .limit = 10})).size(), 5u);
  EXPECT_EQ(Must(reader_->ListEntries(kWorld + 1, std::nullopt, 0, 0, 10)).size(), 5u);
  EXPECT_EQ(Must(reader_->ListBalances(kWorld + 1, "", "", 10)).size(), 2u);
  EXPECT_EQ(Load({.requests = {{kWorld, Id(1)}, {kWorld + 1, Id(1)}}}).requests.size(), 1u);
  EXPECT_EQ(Load({.all_flows = {kWorld, kWorld + 1}}).flows.size(), 5u);
  EXPECT_EQ(Load({.fault_rules = {kWorld, kWorld + 1}}).fault_rules.size(), 1u);
}

TEST_P(WriterTest, AWorldMayBeRetiredTwice) {
  Commit({.retired_worlds = {kWorld}});
  Commit({.retired_worlds = {kWorld}});
  EXPECT_EQ(Must(writer_->Purge(10)), 1);
  EXPECT_EQ(Must(writer_->Purge(10)), 0);
}

}  // namespace
}  // namespace tracktrove::store
