#include "domain/record.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "domain/decision.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

Text Shared(const char* text) { return std::make_shared<const std::string>(text); }

Record FailedHold() {
  Record record;
  record.sequence = 7;
  record.transaction_id = "tx-1";
  record.index = 3;
  record.time = kStart;
  record.wall_time = kWall;
  record.type = RecordType::kStepFinished;
  record.service = "escrow";
  record.step = "hold-funds";
  record.attempt = 2;
  record.from_state = State::kInitiated;
  record.to_state = State::kFailed;
  record.dto = Shared(R"({"a":1})");
  record.failure =
      Failure{"ESCROW_UNAVAILABLE", "locked", "hold-funds", false, kStart + absl::Milliseconds(1500)};
  record.fault_rule_id = "rule-9";
  record.actor = "flow";
  record.duration = absl::Milliseconds(15);
  record.detail = "why";
  return record;
}

// Computed by an independent implementation: stored chains and digests never change.
TEST(Record, HasTheSameHashesForEver) {
  EXPECT_EQ(ChainHash("00ff", FailedHold()),
            "df2f167ae19ea73d187d0071f0fa077406234e8320653a42748efd13d88bb397");
  EXPECT_EQ(ContentHash(FailedHold()), "b20ad563b27a87147539f20a8e0142909c3a0009fb1c0a4e7073128332159a01");
}

TEST(ChainHash, CoversEveryFieldButWallTime) {
  const std::function<void(Record&)> changes[] = {
      [](Record& r) { r.sequence = 8; },
      [](Record& r) { r.transaction_id = "tx-2"; },
      [](Record& r) { r.index = 4; },
      [](Record& r) { r.time += absl::Microseconds(1); },
      [](Record& r) { r.type = RecordType::kHoldExpired; },
      [](Record& r) { r.record_class = RecordClass::kObserved; },
      [](Record& r) { r.service = "bank"; },
      [](Record& r) { r.step = "hold"; },
      [](Record& r) { r.attempt = 3; },
      [](Record& r) { r.from_state = State::kEscrow; },
      [](Record& r) { r.to_state = State::kRefunded; },
      [](Record& r) { r.dto = Shared(R"({"a":2})"); },
      [](Record& r) { r.failure.reset(); },
      [](Record& r) { r.failure->code = "OTHER"; },
      [](Record& r) { r.failure->message = "other"; },
      [](Record& r) { r.failure->final = true; },
      [](Record& r) { r.failure->next_retry_time.reset(); },
      [](Record& r) { r.fault_rule_id = ""; },
      [](Record& r) { r.actor = "client"; },
      [](Record& r) { r.duration += absl::Microseconds(1); },
      [](Record& r) { r.detail = ""; },
      [](Record& r) { r.service = "escrowhold-", r.step = "funds"; },
  };
  std::set<std::string> hashes = {ChainHash("00ff", FailedHold()), ChainHash("00fe", FailedHold())};
  for (const auto& change : changes) {
    Record record = FailedHold();
    change(record);
    hashes.insert(ChainHash("00ff", record));
  }
  EXPECT_EQ(hashes.size(), 2 + std::size(changes));

  Record later = FailedHold();
  later.wall_time += absl::Hours(1);
  EXPECT_EQ(ChainHash("00ff", later), ChainHash("00ff", FailedHold()));
}

TEST(ContentHash, LeavesOutWhatDependsOnTheOrderOfArrival) {
  Record elsewhere = FailedHold();
  elsewhere.sequence = 900;
  elsewhere.index = 12;
  elsewhere.hash = "abc";
  elsewhere.wall_time += absl::Hours(1);
  EXPECT_EQ(ContentHash(elsewhere), ContentHash(FailedHold()));

  Record other = FailedHold();
  other.dto = Shared(R"({"a":2})");
  EXPECT_NE(ContentHash(other), ContentHash(FailedHold()));
}

TEST(Record, IsAChangeWhenItMovesOrCancels) {
  Record record = FailedHold();
  EXPECT_TRUE(record.IsChange());
  record.from_state = record.to_state;
  EXPECT_FALSE(record.IsChange());
  record.type = RecordType::kTransactionCancelled;
  EXPECT_TRUE(record.IsChange());
}

TEST(Record, IsFinalWhenTheFlowCanMoveTheTransactionNoMore) {
  const struct {
    State to;
    bool failed_for_good;
    bool expected;
  } cases[] = {{State::kNone, false, false},   {State::kInitiated, false, false},
               {State::kEscrow, false, false}, {State::kCompleted, false, true},
               {State::kSettled, false, true}, {State::kRefunded, false, true},
               {State::kFailed, false, false}, {State::kFailed, true, true}};
  for (const auto& c : cases) {
    Record record = FailedHold();
    record.to_state = c.to;
    record.failure->final = c.failed_for_good;
    EXPECT_EQ(record.IsFinal(), c.expected) << Name(c.to);
  }
}

class SealTest : public testing::Test {
 protected:
  SealTest() {
    sandbox_.head_sequence = 40;
    sandbox_.head_hash = "00ff";
    decision_.transaction = Transaction();
    decision_.records = {FailedHold(), FailedHold(), FailedHold()};
    decision_.entries = {
        {.sequence = 1, .line = 0, .transaction_id = "tx-1", .posting = {}, .currency = {}, .time = {}},
        {.sequence = 1, .line = 1, .transaction_id = "tx-1", .posting = {}, .currency = {}, .time = {}},
        {.sequence = 2, .line = 0, .transaction_id = "tx-1", .posting = {}, .currency = {}, .time = {}}};
    decision_.armed = {
        {.kind = TimerKind::kHoldExpiry, .transaction_id = "tx-1", .due = kStart, .sequence = 0},
        {.kind = TimerKind::kStep, .transaction_id = "tx-1", .due = kStart, .sequence = 2}};
  }

  Sandbox sandbox_;
  Decision decision_;
};

TEST_F(SealTest, NumbersRecordsOnAfterTheHeadAndMovesIt) {
  Seal(decision_, sandbox_, kWall);
  EXPECT_EQ(decision_.records[0].sequence, 41);
  EXPECT_EQ(decision_.records[1].sequence, 42);
  EXPECT_EQ(decision_.records[2].sequence, 43);
  EXPECT_EQ(sandbox_.head_sequence, 43);
  EXPECT_EQ(decision_.transaction->sequence, 43);
  for (const Record& record : decision_.records) EXPECT_EQ(record.wall_time, kWall);
}

TEST_F(SealTest, ChainsEachRecordToTheOneBefore) {
  Seal(decision_, sandbox_, kWall);
  std::string previous = "00ff";
  for (const Record& record : decision_.records) {
    EXPECT_EQ(record.hash, ChainHash(previous, record));
    previous = record.hash;
  }
  EXPECT_EQ(sandbox_.head_hash, previous);
}

TEST_F(SealTest, PointsEntriesAndTimersToTheirRecords) {
  Seal(decision_, sandbox_, kWall);
  EXPECT_EQ(decision_.entries[0].sequence, 42);
  EXPECT_EQ(decision_.entries[1].sequence, 42);
  EXPECT_EQ(decision_.entries[1].line, 1);
  EXPECT_EQ(decision_.entries[2].sequence, 43);
  EXPECT_EQ(decision_.armed[0].sequence, 41);
  EXPECT_EQ(decision_.armed[1].sequence, 43);
}

TEST_F(SealTest, LeavesTheHeadWhereItIsWithoutRecords) {
  Decision empty;
  Seal(empty, sandbox_, kWall);
  EXPECT_EQ(sandbox_.head_sequence, 40);
  EXPECT_EQ(sandbox_.head_hash, "00ff");
}

TEST(Timer, IsOrderedByDueTimeThenByTheRecordThatArmedIt) {
  const auto timer = [](int seconds, int64_t sequence, TimerKind kind) {
    return Timer{
        .kind = kind, .transaction_id = "t", .due = kStart + absl::Seconds(seconds), .sequence = sequence};
  };
  const Timer sorted[] = {timer(1, 9, TimerKind::kRetry), timer(2, 3, TimerKind::kHoldExpiry),
                          timer(2, 4, TimerKind::kStep), timer(2, 4, TimerKind::kHoldExpiry)};
  for (size_t a = 0; a < std::size(sorted); ++a) {
    for (size_t b = 0; b < std::size(sorted); ++b) EXPECT_EQ(sorted[a] < sorted[b], a < b) << a << " " << b;
  }
}

}  // namespace
}  // namespace tracktrove::domain
