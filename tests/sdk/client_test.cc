#include "tracktrove/client.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace tracktrove {
namespace {

// Remembers requests and answers from scripted pages.
class FakeConnection final : public Connection {
 public:
  absl::StatusOr<v1::Transaction> InitiateTransaction(const v1::InitiateTransactionRequest& request,
                                                      const CallOptions& options) override {
    request_ids.push_back(request.request_id());
    timeouts.push_back(options.timeout);
    return v1::Transaction();
  }
  absl::StatusOr<v1::ListTransactionsResponse> ListTransactions(const v1::ListTransactionsRequest& request,
                                                                const CallOptions&) override {
    page_tokens.push_back(request.page_token());
    return NextPage(transaction_pages);
  }
  absl::StatusOr<v1::CheckLedgerResponse> CheckLedger(const v1::CheckLedgerRequest& request,
                                                      const CallOptions&) override {
    page_tokens.push_back(request.page_token());
    return NextPage(check_pages);
  }
  absl::StatusOr<v1::VerifyTrailResponse> VerifyTrail(const v1::VerifyTrailRequest& request,
                                                      const CallOptions&) override {
    cursors.push_back(request.after_sequence());
    return NextPage(trail_pages);
  }
  absl::StatusOr<v1::Sandbox> GetSandbox(const v1::GetSandboxRequest& request, const CallOptions&) override {
    v1::Sandbox sandbox;
    sandbox.set_id(request.sandbox());
    sandbox.set_head_sequence(41);
    return sandbox;
  }
  StreamOr<v1::TransactionChange> WatchTransactions(const v1::WatchTransactionsRequest& request) override {
    cursors.push_back(request.resume_after());
    return absl::UnimplementedError("");
  }
  StreamOr<v1::TraceRecord> StreamTrace(const v1::StreamTraceRequest& request) override {
    cursors.push_back(request.has_resume_after() ? request.resume_after() : -1);
    return absl::UnimplementedError("");
  }

  StreamOr<v1::Simulation> RunSimulation(const v1::RunSimulationRequest& request) override {
    request_ids.push_back(request.request_id());
    return absl::UnimplementedError("");
  }

  std::vector<std::string> request_ids, page_tokens;
  std::vector<std::optional<absl::Duration>> timeouts;
  std::vector<int64_t> cursors;
  std::vector<absl::StatusOr<v1::ListTransactionsResponse>> transaction_pages;
  std::vector<absl::StatusOr<v1::CheckLedgerResponse>> check_pages;
  std::vector<absl::StatusOr<v1::VerifyTrailResponse>> trail_pages;

 private:
  template <typename Response>
  static absl::StatusOr<Response> NextPage(std::vector<absl::StatusOr<Response>>& pages) {
    if (pages.empty()) return absl::InternalError("asked for more pages than there are");
    absl::StatusOr<Response> page = std::move(pages.front());
    pages.erase(pages.begin());
    return page;
  }
};

class ClientTest : public testing::Test {
 protected:
  static v1::ListTransactionsResponse TransactionPage(const std::vector<std::string>& ids,
                                                      const std::string& next) {
    v1::ListTransactionsResponse page;
    for (const std::string& id : ids) page.add_transactions()->set_id(id);
    page.set_next_page_token(next);
    return page;
  }

  // The ids of a list, and the code of the error that ended it.
  std::vector<std::string> List(const v1::ListTransactionsRequest& request = {}) {
    std::vector<std::string> ids;
    for (const absl::StatusOr<v1::Transaction>& transaction : client_.ListTransactions(request)) {
      ids.push_back(transaction.ok() ? transaction->id()
                                     : absl::StatusCodeToString(transaction.status().code()));
    }
    return ids;
  }

  std::shared_ptr<FakeConnection> connection_ = std::make_shared<FakeConnection>();
  Client client_{connection_};
};

TEST_F(ClientTest, GivesEveryWriteWithoutARequestIdOneOfItsOwn) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client_.InitiateTransaction({}).ok());
  const std::set<std::string> distinct(connection_->request_ids.begin(), connection_->request_ids.end());
  EXPECT_EQ(distinct.size(), 100);
  // A UUID of version 4: 8-4-4-4-12 digits, version and variant in their places.
  const std::string& id = *distinct.begin();
  EXPECT_EQ(id.size(), 36);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST_F(ClientTest, KeepsTheRequestIdOfTheCaller) {
  v1::InitiateTransactionRequest request;
  request.set_request_id("mine");
  ASSERT_TRUE(client_.InitiateTransaction(request).ok());
  EXPECT_EQ(connection_->request_ids, std::vector<std::string>{"mine"});
}

TEST_F(ClientTest, WithTimeoutMakesAnotherClientAndLeavesThisOneAlone) {
  ASSERT_TRUE(client_.WithTimeout(absl::Seconds(3)).InitiateTransaction({}).ok());
  ASSERT_TRUE(client_.InitiateTransaction({}).ok());
  EXPECT_EQ(connection_->timeouts[0], absl::Seconds(3));
  EXPECT_EQ(connection_->timeouts[1], std::nullopt);
}

TEST_F(ClientTest, AListWalksAllPagesEmptyOnesToo) {
  connection_->transaction_pages = {TransactionPage({"a", "b"}, "2"), TransactionPage({}, "3"),
                                    TransactionPage({"c"}, "")};
  EXPECT_EQ(List(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(connection_->page_tokens, (std::vector<std::string>{"", "2", "3"}));
}

TEST_F(ClientTest, AListOfNothingIsEmpty) {
  connection_->transaction_pages = {TransactionPage({}, "")};
  EXPECT_TRUE(List().empty());
}

TEST_F(ClientTest, AListStartsAtTheTokenOfTheCaller) {
  connection_->transaction_pages = {TransactionPage({"z"}, "")};
  v1::ListTransactionsRequest request;
  request.set_page_token("7");
  EXPECT_EQ(List(request), std::vector<std::string>{"z"});
  EXPECT_EQ(connection_->page_tokens, std::vector<std::string>{"7"});
}

TEST_F(ClientTest, AListEndsWithItsError) {
  connection_->transaction_pages = {TransactionPage({"a"}, "2"), absl::UnavailableError("gone")};
  EXPECT_EQ(List(), (std::vector<std::string>{"a", "UNAVAILABLE"}));
}

TEST_F(ClientTest, AListRefusesATokenThatStandsStill) {
  connection_->transaction_pages = {TransactionPage({"a"}, "2"), TransactionPage({"b"}, "2")};
  EXPECT_EQ(List(), (std::vector<std::string>{"a", "INTERNAL"}));
}

TEST_F(ClientTest, AListReadsNoFurtherThanItIsWalked) {
  connection_->transaction_pages = {TransactionPage({"a"}, "2"), TransactionPage({"b"}, "")};
  for (const absl::StatusOr<v1::Transaction>& transaction : client_.ListTransactions({})) {
    EXPECT_EQ(transaction->id(), "a");
    break;
  }
  EXPECT_EQ(connection_->page_tokens.size(), 1);
}

TEST_F(ClientTest, CheckLedgerMergesItsPages) {
  const auto page = [](int checked, int problems, const std::string& next) {
    v1::CheckLedgerResponse response;
    response.set_ok(problems == 0);
    response.set_checked_transactions(checked);
    for (int i = 0; i < problems; ++i) response.add_problems()->set_account("escrow");
    response.set_next_page_token(next);
    return response;
  };
  connection_->check_pages = {page(10, 0, "2"), page(10, 70, "3"), page(5, 70, "")};
  const absl::StatusOr<v1::CheckLedgerResponse> whole = client_.CheckLedger({});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_FALSE(whole->ok());
  EXPECT_EQ(whole->checked_transactions(), 25);
  EXPECT_EQ(whole->problems_size(), 100);
  EXPECT_EQ(whole->next_page_token(), "");
  EXPECT_EQ(connection_->page_tokens, (std::vector<std::string>{"", "2", "3"}));
}

v1::VerifyTrailResponse Verified(int64_t checked, int64_t last, bool complete) {
  v1::VerifyTrailResponse response;
  response.set_ok(true);
  response.set_checked_records(checked);
  response.set_last_sequence(last);
  response.set_complete(complete);
  return response;
}

TEST_F(ClientTest, VerifyTrailGoesOnToTheHead) {
  connection_->trail_pages = {Verified(100, 100, false), Verified(50, 150, true)};
  const absl::StatusOr<v1::VerifyTrailResponse> whole = client_.VerifyTrail({});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->checked_records(), 150);
  EXPECT_EQ(whole->last_sequence(), 150);
  EXPECT_EQ(connection_->cursors, (std::vector<int64_t>{0, 100}));
}

TEST_F(ClientTest, VerifyTrailStopsAtTheFirstBadRecord) {
  v1::VerifyTrailResponse bad = Verified(7, 107, false);
  bad.set_ok(false);
  bad.set_bad_sequence(107);
  connection_->trail_pages = {Verified(100, 100, false), bad};
  const absl::StatusOr<v1::VerifyTrailResponse> whole = client_.VerifyTrail({});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_FALSE(whole->ok());
  EXPECT_EQ(whole->bad_sequence(), 107);
  EXPECT_EQ(whole->checked_records(), 107);
}

TEST_F(ClientTest, VerifyTrailRefusesAServerThatStandsStill) {
  connection_->trail_pages = {Verified(100, 100, false), Verified(0, 100, false)};
  EXPECT_EQ(client_.VerifyTrail({}).status().code(), absl::StatusCode::kInternal);
}

TEST_F(ClientTest, AStreamFromNowStartsAtTheHeadOfTheMomentItWasAskedFor) {
  (void)client_.WatchTransactions({});
  (void)client_.StreamTrace({});
  EXPECT_EQ(connection_->cursors, (std::vector<int64_t>{41, 41}));
}

TEST_F(ClientTest, AStreamStartsWhereTheCallerSays) {
  v1::WatchTransactionsRequest watch;
  watch.set_resume_after(0);
  (void)client_.WatchTransactions(watch);
  EXPECT_EQ(connection_->cursors, std::vector<int64_t>{0});
}

TEST_F(ClientTest, AStreamOfOneTransactionStartsAtItsBeginning) {
  v1::StreamTraceRequest request;
  request.set_transaction("t");
  (void)client_.StreamTrace(request);
  EXPECT_EQ(connection_->cursors, std::vector<int64_t>{-1});
}

TEST_F(ClientTest, ARunGetsARequestIdAndOneThatOnlyWatchesGetsNone) {
  v1::RunSimulationRequest request;
  EXPECT_FALSE(client_.RunSimulation(request).ok());
  request.set_simulation("sim-1");
  EXPECT_FALSE(client_.RunSimulation(request).ok());
  ASSERT_EQ(connection_->request_ids.size(), 2u);
  EXPECT_EQ(connection_->request_ids[0].size(), 36u);
  EXPECT_EQ(connection_->request_ids[1], "");
}

}  // namespace
}  // namespace tracktrove
