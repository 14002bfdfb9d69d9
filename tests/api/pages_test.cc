// Lists page by page: how large a page is, and which tokens are taken.
#include <gmock/gmock.h>

#include <functional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/api/money.h"
#include "tests/support/postgres.h"
#include "tests/support/simulations.h"

namespace tracktrove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// What a client of gRPC takes that was told nothing.
constexpr size_t kMessage = 4 << 20;

// One page of a list: how many items it has, and the next one's token.
struct Listed {
  int64_t items = 0;
  std::string next;
};

// A list with more than one item in the sandbox "s", and how to get a page of one.
struct List {
  std::string name;
  std::function<absl::StatusOr<Listed>(const std::string& token)> page;
};

class Pages : public MoneyTest {
 protected:
  template <typename Request, typename Response, typename Items>
  List ListOf(const std::string& name,
              absl::StatusOr<Response> (Connection::*list)(const Request&, const CallOptions&),
              Items (Response::*items)() const, const std::function<void(Request&)>& fill = {}) {
    return {name, [this, list, items, fill](const std::string& token) -> absl::StatusOr<Listed> {
              Request request;
              if constexpr (requires { request.set_sandbox(""); }) request.set_sandbox("s");
              if (fill) fill(request);
              request.set_page_size(1);
              request.set_page_token(token);
              const absl::StatusOr<Response> page = ((*connection_).*list)(request, {});
              if (!page.ok()) return page.status();
              return Listed{((*page).*items)(), page->next_page_token()};
            }};
  }

  std::vector<List> Everything() {
    return {
        ListOf("transactions", &Connection::ListTransactions,
               &v1::ListTransactionsResponse::transactions_size),
        ListOf<v1::GetTraceRequest>("a trace", &Connection::GetTrace, &v1::GetTraceResponse::records_size,
                                    [this](auto& r) { r.set_transaction(transaction_); }),
        ListOf("sandboxes", &Connection::ListSandboxes, &v1::ListSandboxesResponse::sandboxes_size),
        ListOf("entries", &Connection::ListLedgerEntries, &v1::ListLedgerEntriesResponse::entries_size),
        ListOf("balances", &Connection::ListBalances, &v1::ListBalancesResponse::balances_size),
        ListOf("a check", &Connection::CheckLedger, &v1::CheckLedgerResponse::checked_transactions),
        ListOf("batches", &Connection::ListSettlementBatches,
               &v1::ListSettlementBatchesResponse::batches_size),
        ListOf<v1::ListPayoutsRequest>("payouts", &Connection::ListPayouts,
                                       &v1::ListPayoutsResponse::payouts_size,
                                       [](auto& r) { r.set_batch("2026-01-02"); }),
        ListOf("disputes", &Connection::ListDisputes, &v1::ListDisputesResponse::disputes_size),
        ListOf("flows", &Connection::ListFlows, &v1::ListFlowsResponse::flows_size),
        ListOf("rules", &Connection::ListFaultRules, &v1::ListFaultRulesResponse::rules_size),
        ListOf("simulations", &Connection::ListSimulations, &v1::ListSimulationsResponse::simulations_size),
    };
  }

  // Two or more of all there is.
  void FillEverything() {
    Create();
    transaction_ = Initiate().id();
    for (const std::string& id : {transaction_, Initiate("meera").id()}) {
      auto open = About<v1::OpenDisputeRequest>(id);
      open.set_reason(v1::Dispute::OTHER);
      open.mutable_amount()->set_currency_code("INR");
      open.mutable_amount()->set_minor_units(1);
      ASSERT_TRUE(client_.OpenDispute(open).ok());
    }
    AdvanceTo(kMonday1800);
    Initiate();
    AdvanceTo(kMonday1800 + 86400);
    for (int i = 0; i < 2; ++i) {
      v1::CreateFaultRuleRequest rule;
      rule.set_sandbox("s");
      rule.mutable_rule()->mutable_fault()->set_kind(v1::Fault::ADDED_LATENCY);
      rule.mutable_rule()->mutable_fault()->mutable_duration()->set_seconds(1);
      ASSERT_TRUE(client_.CreateFaultRule(rule).ok());
      RunToEnd(client_, Simulate("s", 1));
    }
  }

  const std::shared_ptr<Connection> connection_ = MakeConnection(app_.ClientOptions());
  std::string transaction_;
};

TRACKTROVE_ON_EVERY_DATABASE(Pages);

// `token` with its place replaced.
std::vector<std::string> Forged(const std::string& token) {
  std::string text;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(token, &text));
  const std::vector<std::string> parts = absl::StrSplit(text, '\n');
  EXPECT_GE(parts.size(), 2u);
  std::vector<std::vector<std::string>> forged = {parts, parts, parts};
  forged[0].pop_back();
  forged[1].push_back("1");
  forged[2][0] = std::string(16, '0');
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    for (const std::string& other :
         {std::string(), std::string(" "), part + " ", "\t" + part, part + std::string(1, '\0'),
          std::string("\xff\xfe"), std::string("\xc3\xa9"), std::string(300, '1')}) {
      forged.push_back(parts);
      forged.back()[i] = other;
    }
    if (part.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const char* other : {"-1", "x", "+1", "01", "1e3", "9223372036854775808", "' or 1 = 1 --"}) {
      forged.push_back(parts);
      forged.back()[i] = other;
    }
  }
  std::vector<std::string> tokens = {"%%%", "bm9uc2Vuc2U", token + "=", token + " ",
                                     std::string(10'000, 'A')};
  for (const auto& each : forged) tokens.push_back(absl::WebSafeBase64Escape(absl::StrJoin(each, "\n")));
  return tokens;
}

TEST_P(Pages, NoListTakesATokenThatItDidNotMakeForIt) {
  FillEverything();
  const std::vector<List> lists = Everything();
  std::map<std::string, std::string> tokens;
  for (const List& list : lists) {
    const auto first = list.page("");
    ASSERT_TRUE(first.ok()) << list.name << first.status();
    ASSERT_THAT(first->next, Not(IsEmpty())) << list.name;
    const auto second = list.page(first->next);
    ASSERT_TRUE(second.ok()) << list.name << second.status();
    EXPECT_EQ(second->items, 1) << list.name;
    tokens[list.name] = first->next;
  }
  for (const List& list : lists) {
    std::vector<std::string> others = Forged(tokens.at(list.name));
    for (const auto& [name, token] : tokens) {
      if (name != list.name) others.push_back(token);
    }
    for (const std::string& token : others) {
      const absl::Status status = list.page(token).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << list.name << " " << token << " " << status;
      EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_INVALID") << list.name << " " << token << " " << status;
      const auto violations = GetFieldViolations(status);
      ASSERT_EQ(violations.size(), 1u) << list.name << " " << token;
      EXPECT_EQ(violations[0].field, "page_token");
    }
  }
}

TEST_P(Pages, APageEndsBeforeItIsTooLargeForAMessage) {
  Create();
  constexpr int kLarge = 90;  // of 60 KB each
  v1::InitiateTransactionRequest large = Tip("s");
  (*large.mutable_payload()->mutable_fields())["note"].set_string_value(std::string(60'000, 'n'));
  std::vector<std::string> ids;
  for (int i = 0; i < kLarge; ++i) {
    const auto transaction = client_.InitiateTransaction(large);
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    ids.insert(ids.begin(), transaction->id());
  }
  v1::ListTransactionsRequest list;
  list.set_sandbox("s");
  list.set_page_size(1000);
  std::vector<std::string> listed;
  int pages = 0;
  do {
    const auto page = connection_->ListTransactions(list, {});
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LT(page->ByteSizeLong(), kMessage);
    for (const auto& transaction : page->transactions()) listed.push_back(transaction.id());
    list.set_page_token(page->next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, ids);
  EXPECT_EQ(pages, 2);
}

// Three transactions, with as good as 30,000 between one and the next.
TEST(TransactionPages, APageLooksAtSoManyTransactionsAndItsTokenGoesOnBehindThem) {
  TestApp app(Database::kPostgres);
  const auto connection = MakeConnection(app.ClientOptions());
  // Nothing moves in it by itself.
  ASSERT_TRUE(app.client().CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.insert(ids.begin(), app.client().InitiateTransaction(Tip("s"))->id());
  PostgresQuery(app.database_url(),
                "update sandboxes set transaction_count = 75001 where name = 's';"
                "update transactions set ordinal = 1 + (ordinal - 1) * 30000");
  v1::ListTransactionsRequest list;
  list.set_sandbox("s");
  list.set_payer("asha");
  std::vector<std::string> listed;
  std::vector<int> sizes;
  do {
    const auto page = connection->ListTransactions(list, {});
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& transaction : page->transactions()) listed.push_back(transaction.id());
    sizes.push_back(page->transactions_size());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, ids);
  EXPECT_THAT(sizes, ElementsAre(1, 0, 1, 1));
  list.clear_page_token();
  listed.clear();
  for (const auto& transaction : app.client().ListTransactions(list)) listed.push_back(transaction->id());
  EXPECT_EQ(listed, ids) << "the SDK's range walks over an empty page";
}

TEST_P(Pages, APageOfATraceEndsBeforeItIsTooLargeForAMessage) {
  Create();
  const std::string id = Initiate().id();
  constexpr int kLarge = 50;  // of 60 KB each; with the difference, twice and thrice that
  auto snapshot = About<v1::RecordSnapshotRequest>(id);
  snapshot.set_service("ledger");
  for (int i = 0; i < kLarge; ++i) {
    (*snapshot.mutable_dto()->mutable_fields())["note"].set_string_value(std::string(60'000, 'a' + i % 26));
    ASSERT_TRUE(client_.RecordSnapshot(snapshot).ok());
  }
  auto get = About<v1::GetTraceRequest>(id);
  get.set_page_size(1000);
  get.set_include_diff(true);
  int snapshots = 0;
  int64_t sequence = 0;
  do {
    const auto page = connection_->GetTrace(get, {});
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LT(page->ByteSizeLong(), kMessage);
    for (const v1::TraceRecord& record : page->records()) {
      EXPECT_GT(record.sequence(), sequence);
      sequence = record.sequence();
      snapshots += record.has_dto() && record.dto().fields().contains("note");
    }
    get.set_page_token(page->next_page_token());
  } while (!get.page_token().empty());
  EXPECT_EQ(snapshots, kLarge);
}

}  // namespace
}  // namespace tracktrove::testing
