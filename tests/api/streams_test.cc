#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "domain/errors.h"
#include "tests/support/reader_decorator.h"
#include "tests/support/requests.h"
#include "tests/support/store_decorator.h"
#include "tests/support/test_app.h"
#include "tracktrove/v1/transaction.grpc.pb.h"

namespace tracktrove::testing {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

TEST(Streams, ATransactionsTraceEndsWithTheRecordThatEndsIt) {
  TestApp app;
  const Client client = app.client();
  const auto transaction = client.InitiateTransaction(Tip());
  ASSERT_TRUE(transaction.ok()) << transaction.status();
  v1::StreamTraceRequest request;
  request.set_transaction(transaction->id());
  request.set_stop_at_final(true);
  auto stream = client.StreamTrace(request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  std::vector<v1::TraceRecord> records;
  while (true) {
    auto next = (*stream)->Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (!*next) break;
    records.push_back(**next);
  }
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records.back().to_state(), v1::Transaction::COMPLETED);
  for (size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].index(), static_cast<int>(i));

  // Resumed after the last record it has nothing to wait for.
  request.set_resume_after(records.back().sequence());
  auto again = client.StreamTrace(request);
  ASSERT_TRUE(again.ok()) << again.status();
  const auto end = (*again)->Next();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->has_value());
}

TEST(Streams, CutAndResumedFiftyTimesGiveEachRecordOnceAndInOrder) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  constexpr int kTransactions = 100;
  std::thread load([&] {
    for (int i = 0; i < kTransactions; ++i) EXPECT_TRUE(client.InitiateTransaction(Tip("s")).ok());
  });
  int64_t seen = 0;
  constexpr int64_t kAll = 1 + 7 * kTransactions;
  for (int cut = 0; cut < 50 || seen < kAll; ++cut) {
    v1::StreamTraceRequest request;
    request.set_sandbox("s");
    request.set_resume_after(seen);
    auto stream = client.StreamTrace(request);
    ASSERT_TRUE(stream.ok()) << stream.status();
    const int64_t until = cut < 49 ? std::min<int64_t>(seen + 14, kAll) : kAll;
    while (seen < until) {
      const auto next = (*stream)->Next();
      ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
      ASSERT_EQ((*next)->sequence(), seen + 1);
      ++seen;
    }
  }
  load.join();
}

TEST(Streams, AWatchSeesOnlyChangesAndOnlyThoseAskedFor) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  v1::WatchTransactionsRequest request;
  request.set_sandbox("s");
  request.add_states(v1::Transaction::COMPLETED);
  auto stream = client.WatchTransactions(request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  for (int i = 0; i < 3; ++i) {
    const auto transaction = client.InitiateTransaction(Tip("s"));
    ASSERT_TRUE(transaction.ok());
    const auto next = (*stream)->Next();
    ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
    EXPECT_EQ((*next)->transaction_id(), transaction->id());
    EXPECT_EQ((*next)->from_state(), v1::Transaction::ESCROW);
    EXPECT_EQ((*next)->amount().minor_units(), 2550);
  }
}

// What a watch from the beginning says first, message by message.
std::vector<v1::WatchTransactionsResponse> WatchMessages(const TestApp& app, int max_changes, int changes) {
  const auto channel = grpc::CreateChannel(app.ClientOptions().endpoint, grpc::InsecureChannelCredentials());
  const auto stub = v1::TransactionService::NewStub(channel);
  grpc::ClientContext context;
  v1::WatchTransactionsRequest request;
  request.set_sandbox("s");
  request.set_resume_after(0);
  request.set_max_changes(max_changes);
  const auto reader = stub->WatchTransactions(&context, request);
  std::vector<v1::WatchTransactionsResponse> messages;
  v1::WatchTransactionsResponse message;
  for (int seen = 0; seen < changes && reader->Read(&message);) {
    seen += message.has_changes() ? message.changes().changes_size() : 1;
    messages.push_back(message);
  }
  context.TryCancel();
  reader->Finish();
  return messages;
}

TEST(Streams, AWatchCarriesAsManyChangesInAMessageAsItWasAskedTo) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  constexpr int kTransactions = 20;
  for (int i = 0; i < kTransactions; ++i) ASSERT_TRUE(client.InitiateTransaction(Tip("s")).ok());
  constexpr int kChanges = 3 * kTransactions;

  const auto single = WatchMessages(app, 0, kChanges);
  ASSERT_EQ(single.size(), kChanges);
  const auto many = WatchMessages(app, 7, kChanges);
  ASSERT_EQ(many.size(), (kChanges + 6) / 7);
  auto expected = single.begin();
  for (const auto& message : many) {
    const auto& changes = message.changes().changes();
    EXPECT_EQ(changes.size(), std::min<int>(7, static_cast<int>(single.end() - expected)));
    for (const auto& change : changes) {
      EXPECT_TRUE(expected->has_change());
      EXPECT_EQ(change.DebugString(), (expected++)->change().DebugString());
    }
    EXPECT_EQ(message.changes().sequence(), changes.rbegin()->sequence());
  }
}

TEST(Streams, AWatchRefusesMoreChangesInAMessageThanAreAllowed) {
  TestApp app;
  v1::WatchTransactionsRequest request;
  request.set_max_changes(257);
  auto stream = app.client().WatchTransactions(request);
  ASSERT_TRUE(stream.ok());
  const absl::Status status = (*stream)->Next().status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(GetFieldViolations(status).at(0).field, "max_changes");
}

TEST(Streams, ACursorBeyondTheHeadIsOutOfRange) {
  TestApp app;
  v1::StreamTraceRequest request;
  request.set_resume_after(1000);
  auto stream = app.client().StreamTrace(request);
  ASSERT_TRUE(stream.ok());
  const auto next = (*stream)->Next();
  EXPECT_TRUE(absl::IsOutOfRange(next.status())) << next.status();
  EXPECT_EQ(GetErrorInfo(next.status())->metadata.at("newest_sequence"), "1");
}

// Fails, as the database or the queue of reads may, what is asked of sandbox "s".
class FailingReader : public ReaderDecorator {
 public:
  FailingReader(std::unique_ptr<store::Reader> reader, absl::Status failure)
      : ReaderDecorator(std::move(reader)), failure_(std::move(failure)) {}
  Maybe<store::SandboxSnapshot> GetSandbox(const std::string& name) override {
    if (name == "s") return failure_;
    return ReaderDecorator::GetSandbox(name);
  }

 private:
  const absl::Status failure_;
};

TEST(Streams, OneThatFailsBeforeItsFirstMessageGoesOnWhereItWasToldToBegin) {
  for (const absl::Status& failure :
       {domain::DatabaseUnavailable("gone"), domain::QueryTooLong("gone"), domain::QueueFull()}) {
    app::Extras extras;
    extras.wrap_store = [&](std::unique_ptr<store::Store> store) {
      return std::make_unique<StoreDecorator>(
          std::move(store), nullptr, [&](std::unique_ptr<store::Reader> reader) {
            return std::make_unique<FailingReader>(std::move(reader), failure);
          });
    };
    TestApp app(config::Options(), extras);
    Options options = app.ClientOptions();
    options.retry.max_attempts = 1;
    const auto ends_with = [&](std::optional<int64_t> resume_after) {
      v1::StreamTraceRequest request;
      request.set_sandbox("s");
      if (resume_after) request.set_resume_after(*resume_after);
      const auto stream = Client(options).StreamTrace(request);
      const absl::Status status = stream.ok() ? (*stream)->Next().status() : stream.status();
      EXPECT_EQ(status.code(), failure.code()) << status;
      return GetErrorInfo(status).value_or(ErrorInfo()).metadata;
    };
    EXPECT_THAT(ends_with(42), Contains(Pair("resume_after", "42"))) << failure;
    EXPECT_THAT(ends_with(0), Contains(Pair("resume_after", "0"))) << failure;
    EXPECT_THAT(ends_with(std::nullopt), Not(Contains(Key("resume_after")))) << failure;
  }
}

TEST(Streams, ADeletedSandboxEndsItsStreams) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  v1::StreamTraceRequest request;
  request.set_sandbox("s");
  auto stream = client.StreamTrace(request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  v1::DeleteSandboxRequest remove;
  remove.set_sandbox("s");
  ASSERT_TRUE(client.DeleteSandbox(remove).ok());
  EXPECT_EQ(ReasonOf((*stream)->Next().status()), "SANDBOX_NOT_FOUND");
}

TEST(Streams, ASubscriberThatStopsReadingDelaysNobody) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  v1::StreamTraceRequest request;
  request.set_sandbox("s");
  request.set_resume_after(0);
  auto stalled = client.StreamTrace(request);  // never read before the load is over
  ASSERT_TRUE(stalled.ok());
  v1::InitiateTransactionRequest heavy = Tip("s");
  (*heavy.mutable_payload()->mutable_fields())["note"].set_string_value(std::string(20'000, 'n'));
  constexpr int kTransactions = 60;  // 8 MB of records: far beyond what the connection buffers
  for (int i = 0; i < kTransactions; ++i) ASSERT_TRUE(client.InitiateTransaction(heavy).ok());
  v1::GetSandboxRequest get;
  get.set_sandbox("s");
  EXPECT_EQ(client.GetSandbox(get)->head_sequence(), 1 + 7 * kTransactions);
  for (int64_t sequence = 1; sequence <= 1 + 7 * kTransactions; ++sequence) {
    const auto next = (*stalled)->Next();
    ASSERT_TRUE(next.ok() && next->has_value()) << next.status();
    ASSERT_EQ((*next)->sequence(), sequence);
  }
}

}  // namespace
}  // namespace tracktrove::testing
