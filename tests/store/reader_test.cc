// Queries: filters, cursors, sums, and one consistent state for each call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "domain/record.h"
#include "tests/store/database.h"
#include "tests/store/describe.h"
#include "tests/store/examples.h"

namespace tracktrove::store {
namespace {

using domain::Kind;
using domain::LogEntry;
using domain::Record;
using domain::State;
using domain::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ReaderTest : public StoreTest {
 protected:
  std::vector<int64_t> Ordinals(const TransactionFilter& filter, int64_t before = 0, int limit = 100) {
    std::vector<int64_t> ordinals;
    for (const Transaction& t : Must(reader_->ListTransactions(kWorld, filter, before, limit))) {
      ordinals.push_back(t.ordinal);
    }
    return ordinals;
  }

  std::vector<int64_t> Sequences(const RecordQuery& query) {
    std::vector<int64_t> sequences;
    for (const LogEntry& entry : Must(reader_->ReadRecords(kWorld, query))) {
      sequences.push_back(entry.record.sequence);
    }
    return sequences;
  }

  std::vector<std::string> Entries(const std::optional<std::string>& id, int64_t sequence, int line,
                                   int limit) {
    std::vector<std::string> entries;
    for (const domain::LedgerEntry& e : Must(reader_->ListEntries(kWorld, id, sequence, line, limit))) {
      entries.push_back(std::to_string(e.sequence) + "." + std::to_string(e.line));
    }
    return entries;
  }

  static std::vector<std::string> Described(const std::vector<Balance>& balances) {
    std::vector<std::string> described;
    for (const Balance& balance : balances) described.push_back(Describe(balance));
    return described;
  }
};

TRACKTROVE_ON_EVERY_DATABASE(ReaderTest);

TEST_P(ReaderTest, AnEmptyWorldAnswersNothing) {
  EXPECT_EQ(Must(reader_->GetSandbox("a")).has_value(), false);
  EXPECT_THAT(Must(reader_->ListSandboxes("", 10)), IsEmpty());
  EXPECT_EQ(Must(reader_->GetTransaction(kWorld, Id(1))), std::nullopt);
  EXPECT_THAT(Ordinals({}), IsEmpty());
  EXPECT_THAT(Sequences({.transaction_id = std::nullopt, .limit = 10}), IsEmpty());
  EXPECT_THAT(Entries(std::nullopt, 0, 0, 10), IsEmpty());
  EXPECT_THAT(Must(reader_->ListBalances(kWorld, "", "", 10)), IsEmpty());
  EXPECT_THAT(Must(reader_->SumTransactions(kWorld, 0, 10)), IsEmpty());
}

TEST_P(ReaderTest, ATransactionIsFoundInItsWorldOnly) {
  Commit({.transactions = {{kWorld, FullTransaction(1, State::kEscrow)}}});
  EXPECT_EQ(Describe(*Must(reader_->GetTransaction(kWorld, Id(1)))),
            Describe(FullTransaction(1, State::kEscrow)));
  EXPECT_EQ(Must(reader_->GetTransaction(kWorld + 1, Id(1))), std::nullopt);
}

TEST_P(ReaderTest, TransactionsAreListedTheNewestFirstFromACursor) {
  Changes changes;
  for (int i = 1; i <= 5; ++i) changes.transactions.emplace_back(kWorld, PlainTransaction(i));
  changes.transactions.emplace_back(kWorld + 1, PlainTransaction(6));
  Commit(changes);
  EXPECT_THAT(Ordinals({}), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(Ordinals({}, 0, 2), ElementsAre(5, 4));
  EXPECT_THAT(Ordinals({}, 4, 2), ElementsAre(3, 2));
  EXPECT_THAT(Ordinals({}, 1, 2), IsEmpty());
  EXPECT_THAT(Ordinals({.from_ordinal = 3}), ElementsAre(5, 4, 3));
  EXPECT_THAT(Ordinals({.from_ordinal = 2}, 4, 10), ElementsAre(3, 2));
}

TEST_P(ReaderTest, EveryFilterMatchesAndSeveralMustAllMatch) {
  Transaction other = PlainTransaction(2);
  other.kind = Kind::kPurchase;
  other.payer = "priya";
  other.payee = "meera";
  other.channel = "web";
  other.labels = {{"a", "b"}};
  Transaction failed = FullTransaction(3, State::kFailed);
  Commit({.transactions = {{kWorld, PlainTransaction(1)}, {kWorld, other}, {kWorld, failed}}});
  EXPECT_THAT(Ordinals({.state = State::kInitiated}), ElementsAre(2, 1));
  EXPECT_THAT(Ordinals({.kind = Kind::kPurchase}), ElementsAre(3, 2));
  EXPECT_THAT(Ordinals({.payer = "priya"}), ElementsAre(2));
  EXPECT_THAT(Ordinals({.payer = failed.payer}), ElementsAre(3));
  EXPECT_THAT(Ordinals({.payee = "meera"}), ElementsAre(2));
  EXPECT_THAT(Ordinals({.channel = "web"}), ElementsAre(2));
  EXPECT_THAT(Ordinals({.channel = ""}), ElementsAre(1));
  EXPECT_THAT(Ordinals({.create_time_from = At(2)}), ElementsAre(3, 2));
  EXPECT_THAT(Ordinals({.create_time_to = At(2)}), ElementsAre(1));
  EXPECT_THAT(Ordinals({.kind = Kind::kPurchase, .label = {{"a", "b"}}}), ElementsAre(2));
  EXPECT_THAT(Ordinals({.state = State::kFailed, .payer = "priya"}), IsEmpty());
}

TEST_P(ReaderTest, LabelsMatchByKeyAndValueWhateverIsInThem) {
  Changes changes;
  const std::vector<std::string> awkward = {"plain",      "$",    "$.plain", "[0]",   "a.b",
                                            "\"quoted\"", "null", "1",       kAwkward};
  for (size_t i = 0; i < awkward.size(); ++i) {
    Transaction transaction = PlainTransaction(static_cast<int>(i) + 1);
    transaction.labels = {{awkward[i], awkward[awkward.size() - 1 - i]}, {"other", ""}};
    changes.transactions.emplace_back(kWorld, transaction);
  }
  Commit(changes);
  for (size_t i = 0; i < awkward.size(); ++i) {
    SCOPED_TRACE(awkward[i]);
    EXPECT_THAT(Ordinals({.label = {{awkward[i], awkward[awkward.size() - 1 - i]}}}),
                ElementsAre(static_cast<int64_t>(i) + 1));
    EXPECT_THAT(Ordinals({.label = {{awkward[i], "another value"}}}), IsEmpty());
  }
  EXPECT_EQ(Ordinals({.label = {{"other", ""}}}).size(), awkward.size());
  EXPECT_THAT(Ordinals({.label = {{"absent", ""}}}), IsEmpty());
}

TEST_P(ReaderTest, ARecordComesBackInEveryField) {
  const Record records[] = {SandboxRecord(1), PlainRecord(2, 1, 0), FullRecord(3, 1, 1)};
  Changes changes;
  for (const Record& record : records) changes.records.emplace_back(kWorld, record);
  Commit(changes);
  const auto entries = Must(reader_->ReadRecords(kWorld, {.transaction_id = std::nullopt, .limit = 10}));
  ASSERT_EQ(entries.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Describe(entries[i].record), Describe(records[i]));
}

TEST_P(ReaderTest, RecordsAreReadInOrderFromACursor) {
  Changes changes;
  changes.records.emplace_back(kWorld, SandboxRecord(1));
  for (int i = 2; i <= 9; ++i) changes.records.emplace_back(kWorld, PlainRecord(i, i % 2, i / 2));
  changes.records.emplace_back(kWorld + 1, PlainRecord(10, 1, 0));
  Commit(changes);
  EXPECT_THAT(Sequences({.transaction_id = std::nullopt, .limit = 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Sequences({.transaction_id = std::nullopt, .after_sequence = 7, .limit = 3}),
              ElementsAre(8, 9));
  EXPECT_THAT(Sequences({.transaction_id = Id(1), .limit = 10}), ElementsAre(3, 5, 7, 9));
  EXPECT_THAT(Sequences({.transaction_id = Id(1), .after_sequence = 3, .limit = 2}), ElementsAre(5, 7));
  EXPECT_THAT(Sequences({.transaction_id = Id(7), .limit = 2}), IsEmpty());
}

TEST_P(ReaderTest, ARecordComesWithItsTransactionsFactsAndThePreviousDto) {
  const Transaction transaction = FullTransaction(1, State::kEscrow);
  Commit({.transactions = {{kWorld, transaction}},
          .records = {
              {kWorld, SandboxRecord(1)}, {kWorld, PlainRecord(2, 1, 0)}, {kWorld, PlainRecord(5, 1, 1)}}});
  const auto entries = Must(
      reader_->ReadRecords(kWorld, {.transaction_id = std::nullopt, .limit = 10, .with_previous_dto = true}));
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].payer, "");
  EXPECT_EQ(entries[0].previous_dto, nullptr);
  EXPECT_EQ(entries[1].kind, transaction.kind);
  EXPECT_EQ(entries[1].amount, transaction.amount);
  EXPECT_EQ(entries[1].payer, transaction.payer);
  EXPECT_EQ(entries[1].payee, transaction.payee);
  EXPECT_EQ(entries[1].previous_dto, nullptr);
  EXPECT_EQ(*entries[2].previous_dto, *entries[1].record.dto);
  EXPECT_EQ(Must(reader_->ReadRecords(kWorld, {.transaction_id = Id(1), .after_sequence = 2, .limit = 1}))[0]
                .previous_dto,
            nullptr);
}

TEST_P(ReaderTest, TheHashChainCanBeRecomputedFromWhatIsRead) {
  Changes changes;
  std::string head;
  for (int i = 1; i <= 20; ++i) {
    Record record = i == 1 ? SandboxRecord(i) : i % 3 == 0 ? FullRecord(i, 1, i) : PlainRecord(i, 1, i);
    record.hash = head = domain::ChainHash(head, record);
    changes.records.emplace_back(kWorld, record);
  }
  Commit(changes);
  std::string recomputed;
  for (const LogEntry& entry :
       Must(reader_->ReadRecords(kWorld, {.transaction_id = std::nullopt, .limit = 100}))) {
    recomputed = domain::ChainHash(recomputed, entry.record);
    EXPECT_EQ(recomputed, entry.record.hash) << "record " << entry.record.sequence;
  }
  EXPECT_EQ(recomputed, head);
}

TEST_P(ReaderTest, EntriesComeBackInEveryFieldTheNewestFirstFromACursor) {
  const domain::Posting posting = {"payer:" + std::string(kAwkward), "escrow",
                                   std::numeric_limits<int64_t>::max()};
  Commit({.entries = {{kWorld, Entry(1, 0, 1, {"a", "b", 1})},
                      {kWorld, Entry(2, 0, 2, {"a", "b", 1})},
                      {kWorld, Entry(2, 1, 2, {"b", "a", 2})},
                      {kWorld, Entry(3, 0, 1, posting)}}});
  EXPECT_EQ(Describe(Must(reader_->ListEntries(kWorld, std::nullopt, 0, 0, 1))[0]),
            Describe(Entry(3, 0, 1, posting)));
  EXPECT_THAT(Entries(std::nullopt, 0, 0, 10), ElementsAre("3.0", "2.1", "2.0", "1.0"));
  EXPECT_THAT(Entries(std::nullopt, 2, 1, 10), ElementsAre("2.0", "1.0"));
  EXPECT_THAT(Entries(std::nullopt, 3, 0, 1), ElementsAre("2.1"));
  EXPECT_THAT(Entries(Id(1), 0, 0, 10), ElementsAre("3.0", "1.0"));
  EXPECT_THAT(Entries(Id(1), 3, 0, 10), ElementsAre("1.0"));
}

TEST_P(ReaderTest, BalancesGatherOverBatchesAndAreListedFromACursor) {
  Commit({.entries = {{kWorld, Entry(1, 0, 1, {"payer:a", "escrow", 500})},
                      {kWorld + 1, Entry(1, 0, 1, {"payer:a", "escrow", 7})}}});
  domain::LedgerEntry dollars = Entry(2, 2, 1, {"payer:a", "escrow", 3});
  dollars.currency = "USD";
  Commit({.entries = {{kWorld, Entry(2, 0, 1, {"escrow", "payee:b:pending", 490})},
                      {kWorld, Entry(2, 1, 1, {"escrow", "fees", 10})},
                      {kWorld, dollars}}});
  const std::vector<std::string> all = {"escrow 0 INR",     "escrow 3 USD",
                                        "fees 10 INR",      "payee:b:pending 490 INR",
                                        "payer:a -500 INR", "payer:a -3 USD"};
  EXPECT_EQ(Described(Must(reader_->ListBalances(kWorld, "", "", 10))), all);
  EXPECT_THAT(Described(Must(reader_->ListBalances(kWorld, "escrow", "INR", 2))),
              ElementsAre("escrow 3 USD", "fees 10 INR"));
  const auto [sums, balances] = Must(reader_->EntrySumsAndBalances(kWorld));
  EXPECT_EQ(Described(sums), all);
  EXPECT_EQ(Described(balances), all);
}

TEST_P(ReaderTest, TransactionsComeByOrdinalWithTheSumsOfTheirEntries) {
  Commit({.transactions = {{kWorld, PlainTransaction(2)},
                           {kWorld, PlainTransaction(1)},
                           {kWorld, PlainTransaction(3)}},
          .entries = {{kWorld, Entry(1, 0, 1, {"payer:a", "escrow", 500})},
                      {kWorld, Entry(2, 0, 1, {"escrow", "payee:b:pending", 490})},
                      {kWorld, Entry(2, 1, 1, {"escrow", "fees", 10})},
                      {kWorld, Entry(3, 0, 3, {"payer:a", "escrow", 5})}}});
  const auto sums = Must(reader_->SumTransactions(kWorld, 0, 2));
  ASSERT_EQ(sums.size(), 2u);
  EXPECT_EQ(Describe(sums[0].transaction), Describe(PlainTransaction(1)));
  EXPECT_THAT(sums[0].sums,
              ElementsAre(Pair("fees", 10), Pair("payee:b:pending", 490), Pair("payer:a", -500)));
  EXPECT_EQ(sums[1].transaction.ordinal, 2);
  EXPECT_THAT(sums[1].sums, IsEmpty());
  const auto rest = Must(reader_->SumTransactions(kWorld, 2, 2));
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_THAT(rest[0].sums, ElementsAre(Pair("escrow", 5), Pair("payer:a", -5)));
}

TEST_P(ReaderTest, SumsAndBalancesAreOfTheSameStateWhileBatchesAreCommitted) {
  // Many entries, so that batches are committed while the reader sums.
  constexpr int kEntries = 5000;
  constexpr int kReads = 40;
  constexpr int kMostBatches = 20'000;
  Changes before;
  for (int i = 1; i <= kEntries; ++i) before.entries.emplace_back(kWorld, Entry(i, 0, 1, {"a", "b", 1}));
  Commit(before);

  std::atomic<bool> done = false;
  int batches = 0;
  std::thread writing([&] {
    for (; batches < kMostBatches && !done; ++batches) {
      Commit({.entries = {{kWorld, Entry(kEntries + 1 + batches, 0, 1, {"a", "b", 1})}}});
    }
  });
  for (int i = 0; i < kReads; ++i) {
    const auto [sums, balances] = Must(reader_->EntrySumsAndBalances(kWorld));
    EXPECT_EQ(Described(sums), Described(balances)) << "at read " << i;
  }
  done = true;
  writing.join();
  EXPECT_GT(batches, 0);
  const int64_t total = kEntries + batches;
  EXPECT_THAT(Described(Must(reader_->ListBalances(kWorld, "", "", 10))),
              ElementsAre("a -" + std::to_string(total) + " INR", "b " + std::to_string(total) + " INR"));
}

TEST_P(ReaderTest, FlowsAreReadByIdAndListedFromACursor) {
  Commit({.flows = {{kWorld, OwnFlow("c")},
                    {kWorld, OwnFlow("a")},
                    {kWorld, OwnFlow("b")},
                    {kWorld + 1, OwnFlow("d")}}});
  std::vector<std::string> ids;
  for (const domain::Flow& flow : Must(reader_->ListFlows(kWorld, "a", 10))) ids.push_back(flow.id);
  EXPECT_THAT(ids, ElementsAre("b", "c"));
  EXPECT_EQ(Must(reader_->ListFlows(kWorld, "", 2)).size(), 2u);
  EXPECT_EQ(Describe(*Must(reader_->GetFlow(kWorld, "b"))), Describe(OwnFlow("b")));
  EXPECT_FALSE(Must(reader_->GetFlow(kWorld, "d")).has_value());
}

TEST_P(ReaderTest, RulesAreReadByIdAndListedInOrderOfCreation) {
  Commit({.fault_rules = {{kWorld, FullRule(3)},
                          {kWorld, PlainRule(1)},
                          {kWorld, PlainRule(2)},
                          {kWorld + 1, PlainRule(4)}}});
  std::vector<int64_t> ordinals;
  for (const domain::FaultRule& rule : Must(reader_->ListFaultRules(kWorld, 1, 10)))
    ordinals.push_back(rule.ordinal);
  EXPECT_THAT(ordinals, ElementsAre(2, 3));
  EXPECT_EQ(Must(reader_->ListFaultRules(kWorld, 0, 2)).size(), 2u);
  EXPECT_EQ(Describe(*Must(reader_->GetFaultRule(kWorld, "rule-3"))), Describe(FullRule(3)));
  EXPECT_FALSE(Must(reader_->GetFaultRule(kWorld, "rule-4")).has_value());
}

TEST_P(ReaderTest, ARecordNamesTheFaultOfItsFailureOnlyWhereThatMadeItFail) {
  Record by_fault = FullRecord(1, 1, 0), by_fate = FullRecord(2, 1, 1);
  by_fault.fault_kind = domain::FaultKind::kDatabaseError;
  by_fate.fault_kind = domain::FaultKind::kAddedLatency;
  Commit(
      {.transactions = {{kWorld, PlainTransaction(1)}}, .records = {{kWorld, by_fault}, {kWorld, by_fate}}});
  const auto entries = Must(reader_->ReadRecords(kWorld, {.transaction_id = Id(1), .limit = 10}));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.failure->fault_rule_id, "rule-1");
  EXPECT_EQ(entries[1].record.failure->fault_rule_id, "");
}

}  // namespace
}  // namespace tracktrove::store
