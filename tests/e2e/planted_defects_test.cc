// The checkers see what a bug would leave behind: each defect of a long list is
// planted in an otherwise sound server, and the checker that is named for it
// must find it.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/checkers.h"
#include "tests/support/faulty_store.h"
#include "tests/support/requests.h"
#include "tests/support/subscriber.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

using domain::RecordType;
using domain::State;
using ::testing::IsEmpty;
using ::testing::Not;

// A bit of everything that a sandbox can do. Every request is sent twice, but for the last.
class Play {
 public:
  explicit Play(const Client& client) : client_(client) {
    v1::CreateSandboxRequest request = ManualSandbox(kSandbox, v1::Sandbox::PACED);
    // A retry comes so late that its timer is stored.
    request.mutable_policy()->mutable_retry()->mutable_initial_backoff()->set_seconds(3600);
    request.mutable_policy()->mutable_retry()->mutable_max_backoff()->set_seconds(3600);
    EXPECT_TRUE(client_.CreateSandbox(request).ok());
  }

  void Run() {
    std::vector<std::string> captured, held;
    for (const char* id : {"auto-1", "auto-2", "auto-3"})
      captured.push_back(Initiate(id, v1::Transaction::AUTOMATIC));
    for (const char* id : {"manual-1", "manual-2", "manual-3", "manual-4"})
      held.push_back(Initiate(id, v1::Transaction::MANUAL));
    Initiate("retried", v1::Transaction::AUTOMATIC, 1);
    Advance("minute", absl::Minutes(1));
    Capture(held[0]);
    Cancel("cancel", held[1]);
    Refund("part", captured[0], 50);
    Refund("rest", captured[0], 2500);
    Refund("some", captured[1], 100);
    Snapshot("seen", captured[2]);
    Advance("hours", absl::Hours(2));  // the other holds expire
    Snapshot("last", captured[2], 1);
  }

  const Journal& journal() const { return journal_; }

 private:
  std::string Initiate(const std::string& id, v1::Transaction::Capture capture, int failures = 0) {
    v1::InitiateTransactionRequest request = Tip(kSandbox);
    request.set_request_id(id);
    request.set_capture(capture);
    request.mutable_hold_ttl()->set_seconds(3600);
    request.mutable_simulation()->set_fail_first_attempts(failures);
    return Send(id, [&] { return client_.InitiateTransaction(request); });
  }

  void Capture(const std::string& transaction) {
    v1::CompleteTransactionRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(CaptureId(transaction));
    request.set_transaction(transaction);
    Send(request.request_id(), [&] { return client_.CompleteTransaction(request); });
  }

  void Cancel(const std::string& id, const std::string& transaction) {
    v1::CancelTransactionRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(id);
    request.set_transaction(transaction);
    request.set_reason(id);
    Send(id, [&] { return client_.CancelTransaction(request); });
  }

  void Refund(const std::string& id, const std::string& transaction, int64_t minor_units) {
    v1::RefundTransactionRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(id);
    request.set_transaction(transaction);
    request.mutable_amount()->set_currency_code("INR");
    request.mutable_amount()->set_minor_units(minor_units);
    request.set_reason(id);
    Send(id, [&] { return client_.RefundTransaction(request); });
  }

  void Snapshot(const std::string& id, const std::string& transaction, int times = 2) {
    v1::RecordSnapshotRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(id);
    request.set_transaction(transaction);
    request.set_service("ledger");
    request.set_step(id);
    (*request.mutable_dto()->mutable_fields())["seen"].set_bool_value(true);
    Send(
        id, [&] { return client_.RecordSnapshot(request); }, times);
  }

  void Advance(const std::string& id, absl::Duration by) {
    v1::AdvanceClockRequest request;
    request.set_sandbox(kSandbox);
    request.set_request_id(id);
    request.mutable_by()->set_seconds(absl::ToInt64Seconds(by));
    EXPECT_TRUE(client_.AdvanceClock(request).ok());
  }

  // Answers the transaction. What a defect makes of an answer is for the checkers to say.
  template <typename Call>
  std::string Send(const std::string& id, const Call& call, int times = 2) {
    std::string transaction;
    journal_.Ask(id);
    for (int i = 0; i < times; ++i) {
      const auto answer = call();
      if (!answer.ok()) continue;
      transaction = SubjectOf(*answer);
      journal_.Acknowledge(id, transaction);
    }
    return transaction;
  }

  static std::string SubjectOf(const v1::Transaction& transaction) { return transaction.id(); }
  static std::string SubjectOf(const v1::TraceRecord& record) { return record.transaction_id(); }

  const Client client_;
  Journal journal_;
};

using Checker = Problems (*)(const Evidence&, const Journal&);

template <Problems (*check)(const Evidence&)>
Problems Alone(const Evidence& evidence, const Journal&) {
  return check(evidence);
}
constexpr Checker kRequests = &CheckRequests;
constexpr Checker kMoney = &Alone<&CheckMoney>;
constexpr Checker kSequences = &Alone<&CheckSequences>;
constexpr Checker kChain = &Alone<&CheckChain>;
constexpr Checker kMoves = &Alone<&CheckMoves>;
constexpr Checker kHolds = &Alone<&CheckHolds>;
constexpr Checker kTimers = &Alone<&CheckTimers>;

// The finder's list is not empty, and tells the rest apart in a failure.
void ExpectFound(const TestApp& app, const Journal& journal, Checker finder) {
  const auto evidence = Gather(app.client(), kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_THAT(finder(*evidence, journal), Not(IsEmpty()))
      << "others found: " << ::testing::PrintToString(CheckAll(*evidence, journal));
}

struct PlantedDefect {
  const char* name;
  Defect defect;
  Checker finder;
};
std::ostream& operator<<(std::ostream& out, const PlantedDefect& planted) { return out << planted.name; }

bool DropAPosting(DoomedBatch& batch) {
  if (batch.changes().entries.empty()) return false;
  batch.changes().entries.pop_back();
  return true;
}

bool DoubleAPosting(DoomedBatch& batch) {
  auto& entries = batch.changes().entries;
  if (entries.empty()) return false;
  entries.push_back(entries.back());
  ++entries.back().second.line;
  return true;
}

bool ChangeAnAmount(DoomedBatch& batch) {
  if (batch.changes().entries.empty()) return false;
  ++batch.changes().entries.front().second.posting.amount;
  return true;
}

bool CreditAnother(DoomedBatch& batch) {
  if (batch.changes().entries.empty()) return false;
  batch.changes().entries.front().second.posting.credit = "payee:mallory:pending";
  return true;
}

// From the middle of its batch, so that no gap shows at its ends.
bool DropARecord(DoomedBatch& batch) {
  auto& records = batch.changes().records;
  if (records.size() < 3) return false;
  records.erase(records.begin() + 1);
  return true;
}

bool SwapTwoSequences(DoomedBatch& batch) {
  auto& records = batch.changes().records;
  if (records.size() < 2) return false;
  std::swap(records[0].second.sequence, records[1].second.sequence);
  return true;
}

bool AlterADocumentAfterHashing(DoomedBatch& batch) {
  domain::Record* const record = batch.RecordOf(RecordType::kStepFinished);
  if (record == nullptr) return false;
  record->dto = std::make_shared<const std::string>(R"({"altered":true})");
  return true;
}

bool AlterATimeAfterHashing(DoomedBatch& batch) {
  domain::Record* const record = batch.RecordOf(RecordType::kTransactionRefunded);
  if (record == nullptr) return false;
  record->time += absl::Microseconds(1);
  return true;
}

bool LetTimeFall(DoomedBatch& batch) {
  domain::Record* const record = batch.RecordOf(RecordType::kTransactionRefunded);
  if (record == nullptr) return false;
  record->time -= absl::Hours(1);
  batch.Rechain();
  return true;
}

bool SkipAnIndex(DoomedBatch& batch) {
  domain::Record* const record = batch.RecordOf(RecordType::kTransactionRefunded);
  if (record == nullptr) return false;
  ++record->index;
  ++batch.Transaction(record->transaction_id)->record_count;
  batch.Rechain();
  return true;
}

bool EndAHoldTwice(DoomedBatch& batch) {
  const domain::Record* const record = batch.RecordOf(RecordType::kHoldExpired);
  if (record == nullptr) return false;
  batch.Append(*record);
  return true;
}

bool EndAHoldEarly(DoomedBatch& batch) {
  for (auto& [world, timer] : batch.changes().armed) {
    if (timer.kind != domain::TimerKind::kHoldExpiry) continue;
    timer.due -= absl::Minutes(10);
    return true;
  }
  return false;
}

bool LoseATimer(DoomedBatch& batch, domain::TimerKind kind) {
  return std::erase_if(batch.changes().armed, [&](const auto& timer) { return timer.second.kind == kind; }) >
         0;
}

bool LoseAHoldsTimer(DoomedBatch& batch) { return LoseATimer(batch, domain::TimerKind::kHoldExpiry); }
bool LoseAStepsTimer(DoomedBatch& batch) { return LoseATimer(batch, domain::TimerKind::kStep); }
bool LoseARetrysTimer(DoomedBatch& batch) { return LoseATimer(batch, domain::TimerKind::kRetry); }

bool DropAStoredRequest(DoomedBatch& batch) {
  if (batch.RecordOf(RecordType::kTransactionInitiated) == nullptr) return false;
  batch.changes().requests.clear();
  return true;
}

bool ForgetTheRequestOfARefund(DoomedBatch& batch) {
  if (batch.RecordOf(RecordType::kTransactionRefunded) == nullptr) return false;
  batch.changes().requests.clear();
  return true;
}

// The only one that is not sent again, which would make good for it.
bool AcknowledgeWithoutWriting(DoomedBatch& batch) {
  const domain::Record* const record = batch.RecordOf(RecordType::kSnapshotRecorded);
  if (record == nullptr || record->step != "last") return false;
  batch.changes() = {};
  return true;
}

// Of two initiates the second one's repeat gets the first one's answer.
Defect MixUpTwoAnswers() {
  auto first = std::make_shared<std::string>();
  return [first](DoomedBatch& batch) {
    if (batch.RecordOf(RecordType::kTransactionInitiated) == nullptr) return false;
    std::string& reply = batch.changes().requests.front().reply;
    if (!first->empty()) reply = *first;
    return !std::exchange(*first, reply).empty();
  };
}

bool MakeAnIllegalMove(DoomedBatch& batch) {
  const domain::Record* const refund = batch.RecordOf(RecordType::kTransactionRefunded);
  if (refund == nullptr || refund->to_state != State::kCompleted) return false;
  domain::Record record = *refund;
  record.type = RecordType::kStepFinished;
  record.from_state = State::kCompleted;
  record.to_state = State::kInitiated;
  batch.Transaction(record.transaction_id)->state = State::kInitiated;
  batch.Append(record);
  return true;
}

bool LeaveATransactionAsItWas(DoomedBatch& batch) {
  const domain::Record* const record = batch.RecordOf(RecordType::kTransactionCancelled);
  if (record == nullptr) return false;
  batch.changes().transactions.clear();
  return true;
}

class Planted : public ::testing::TestWithParam<PlantedDefect> {};

TEST_P(Planted, IsFoundByItsChecker) {
  std::atomic<bool> planted = false;
  app::Extras extras;
  extras.wrap_store = [&](std::unique_ptr<store::Store> store) {
    return WithDefect(std::move(store), GetParam().defect, &planted);
  };
  TestApp app({}, extras);
  Play play(app.client());
  play.Run();
  EXPECT_TRUE(planted);
  app.Restart();  // so that what is stored is read, and nothing from memory
  ExpectFound(app, play.journal(), GetParam().finder);
}

INSTANTIATE_TEST_SUITE_P(
    Defect, Planted,
    ::testing::Values(PlantedDefect{"DropAPosting", DropAPosting, kMoney},
                      PlantedDefect{"DoubleAPosting", DoubleAPosting, kMoney},
                      PlantedDefect{"ChangeAnAmount", ChangeAnAmount, kMoney},
                      PlantedDefect{"CreditAnother", CreditAnother, kMoney},
                      PlantedDefect{"DropARecord", DropARecord, kSequences},
                      PlantedDefect{"DropARecordOfATransaction", DropARecord, kMoves},
                      PlantedDefect{"SwapTwoSequences", SwapTwoSequences, kChain},
                      PlantedDefect{"AlterADocumentAfterHashing", AlterADocumentAfterHashing, kChain},
                      PlantedDefect{"AlterATimeAfterHashing", AlterATimeAfterHashing, kChain},
                      PlantedDefect{"LetTimeFall", LetTimeFall, kSequences},
                      PlantedDefect{"SkipAnIndex", SkipAnIndex, kMoves},
                      PlantedDefect{"EndAHoldTwice", EndAHoldTwice, kHolds},
                      PlantedDefect{"EndAHoldEarly", EndAHoldEarly, kHolds},
                      PlantedDefect{"LoseAHoldsTimer", LoseAHoldsTimer, kTimers},
                      PlantedDefect{"LoseAStepsTimer", LoseAStepsTimer, kTimers},
                      PlantedDefect{"LoseARetrysTimer", LoseARetrysTimer, kTimers},
                      PlantedDefect{"DropAStoredRequest", DropAStoredRequest, kRequests},
                      PlantedDefect{"ForgetTheRequestOfARefund", ForgetTheRequestOfARefund, kRequests},
                      PlantedDefect{"MixUpTwoAnswers", MixUpTwoAnswers(), kRequests},
                      PlantedDefect{"AcknowledgeWithoutWriting", AcknowledgeWithoutWriting, kRequests},
                      PlantedDefect{"MakeAnIllegalMove", MakeAnIllegalMove, kMoves},
                      PlantedDefect{"LeaveATransactionAsItWas", LeaveATransactionAsItWas, kMoves}),
    [](const auto& planted) { return planted.param.name; });

// What befalls stored rows without any batch.
struct Damage {
  const char* name;
  const char* sql;
  Checker finder;
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.name; }

class Damaged : public ::testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsFoundByItsChecker) {
  TestApp app(Database::kPostgres);
  Play play(app.client());
  play.Run();
  PostgresQuery(app.database_url(), GetParam().sql);
  app.Restart();
  ExpectFound(app, play.journal(), GetParam().finder);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Damaged,
    ::testing::Values(
        Damage{"UnbalancedBalance",
               "update balances set minor_units = minor_units + 1 where account = 'escrow'", kMoney},
        Damage{"TailCutOff",
               "delete from traces t using sandboxes s"
               " where s.name = 's' and t.world_id = s.world_id and t.sequence = s.head_sequence",
               kChain},
        Damage{"TailCutOffAndTheHeadSetBack",
               "delete from traces t using sandboxes s"
               " where s.name = 's' and t.world_id = s.world_id and t.sequence = s.head_sequence;"
               "update sandboxes s set head_sequence = t.sequence, head_hash = t.hash from traces t"
               " where s.name = 's' and t.world_id = s.world_id and t.sequence = s.head_sequence - 1",
               kMoves},
        Damage{"ARecordsActor", "update traces set actor = 'nobody' where actor = 'timer'", kChain},
        Damage{"ALostTransaction", "delete from transactions where request_id = 'auto-3'", kMoves}),
    [](const auto& planted) { return planted.param.name; });

TEST(Checkers, FindNothingInASoundSandbox) {
  for (const Database database : {Database::kSqlite, Database::kPostgres}) {
    TestApp app(database);
    Play play(app.client());
    Subscriber subscriber(app.client(), kSandbox, 0);
    play.Run();
    const auto evidence = Gather(app.client(), kSandbox);
    ASSERT_TRUE(evidence.ok()) << evidence.status();
    EXPECT_THAT(CheckAll(*evidence, play.journal()), IsEmpty());
    const auto received = subscriber.ReceiveUpTo(evidence->sandbox.head_sequence(), absl::Seconds(30));
    EXPECT_THAT(CheckReceived(*evidence, received, 0), IsEmpty());
    EXPECT_GT(received.size(), 50u);
  }
}

TEST(Checkers, FindWhatASubscriberMissedOrGotTwiceOrInAnotherOrder) {
  TestApp app;
  Play play(app.client());
  play.Run();
  const auto evidence = Gather(app.client(), kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  const std::vector<v1::TraceRecord>& log = evidence->log;
  const auto found = [&](auto spoil) {
    std::vector<v1::TraceRecord> received = log;
    spoil(received);
    return CheckReceived(*evidence, received, 0);
  };
  EXPECT_THAT(found([](auto&) {}), IsEmpty());
  EXPECT_THAT(found([](auto& r) { r.erase(r.begin() + 7); }), Not(IsEmpty())) << "one is missing";
  EXPECT_THAT(found([](auto& r) { r.erase(r.begin()); }), Not(IsEmpty())) << "the first one is missing";
  EXPECT_THAT(found([](auto& r) { r.pop_back(); }), Not(IsEmpty())) << "the last one is missing";
  EXPECT_THAT(found([](auto& r) { r.insert(r.begin() + 7, r[7]); }), Not(IsEmpty())) << "one came twice";
  EXPECT_THAT(found([](auto& r) { std::swap(r[7], r[8]); }), Not(IsEmpty())) << "two changed places";
  EXPECT_THAT(found([](auto& r) { r[7].set_detail("another"); }), Not(IsEmpty())) << "one was another";
  EXPECT_THAT(CheckReceived(*evidence, {log.begin() + 10, log.end()}, 10), IsEmpty());
  EXPECT_THAT(CheckReceived(*evidence, log, 10), Not(IsEmpty())) << "it began too early";
}

TEST(Checkers, FindAnswersThatContradictEachOther) {
  TestApp app;
  Play play(app.client());
  play.Run();
  const auto evidence = Gather(app.client(), kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  const auto found = [&](auto spoil) {
    Journal journal = play.journal();
    spoil(journal);
    return CheckRequests(*evidence, journal);
  };
  const std::string other = evidence->transactions.back().id();
  EXPECT_THAT(found([](Journal& j) { j.Ask("never done"); }), IsEmpty()) << "its outcome is unknown";
  EXPECT_THAT(found([&](Journal& j) { j.Acknowledge("never done", other); }), Not(IsEmpty()));
  EXPECT_THAT(found([&](Journal& j) { j.Acknowledge("cancel", other); }), Not(IsEmpty()));
  EXPECT_THAT(found([](Journal& j) { j.Refuse("cancel"); }), Not(IsEmpty()));
  EXPECT_THAT(CheckRequests(*evidence, Journal()), Not(IsEmpty())) << "nobody asked for any of it";
}

}  // namespace
}  // namespace tracktrove::testing
