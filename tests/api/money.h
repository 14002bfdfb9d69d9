// What tests of settlement, disputes and overrides start from: a server of their
// own with one sandbox "s", whose clock they move.
#ifndef TRACKTROVE_TESTS_API_MONEY_H_
#define TRACKTROVE_TESTS_API_MONEY_H_

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {

// 2026-01-02 14:30 in Kolkata, a Friday, and what follows from that.
inline constexpr int64_t kFriday1430 = 1767344400;
inline constexpr int64_t kMonday1800 = kFriday1430 + 3 * 86400 + 12'600;

class MoneyTest : public ::testing::TestWithParam<Database> {
 protected:
  void Create(v1::Sandbox::Pace pace = v1::Sandbox::INSTANT) {
    const auto sandbox = client_.CreateSandbox(ManualSandbox("s", pace));
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  }
  v1::Transaction Initiate(const std::string& payee = "ravi") {
    v1::InitiateTransactionRequest request = Tip("s");
    request.set_payee(payee);
    const auto answer = client_.InitiateTransaction(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::Transaction());
  }
  v1::AdvanceClockResponse AdvanceTo(int64_t seconds) {
    v1::AdvanceClockRequest request;
    request.set_sandbox("s");
    request.mutable_to()->set_seconds(seconds);
    const auto answer = client_.AdvanceClock(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::AdvanceClockResponse());
  }
  v1::Transaction Get(const std::string& id) {
    const auto answer = client_.GetTransaction(About<v1::GetTransactionRequest>(id));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::Transaction());
  }
  v1::SettlementBatch GetBatch(const std::string& id) {
    v1::GetSettlementBatchRequest request;
    request.set_sandbox("s");
    request.set_batch(id);
    const auto answer = client_.GetSettlementBatch(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::SettlementBatch());
  }
  std::vector<v1::Payout> PayoutsOf(const std::string& batch, int page_size = 0) {
    v1::ListPayoutsRequest request;
    request.set_sandbox("s");
    request.set_batch(batch);
    request.set_page_size(page_size);
    std::vector<v1::Payout> payouts;
    for (auto& payout : client_.ListPayouts(request)) {
      EXPECT_TRUE(payout.ok()) << payout.status();
      if (payout.ok()) payouts.push_back(*payout);
    }
    return payouts;
  }
  v1::RunSettlementRequest Run(const std::string& request_id = "") {
    v1::RunSettlementRequest request;
    request.set_sandbox("s");
    request.set_request_id(request_id);
    return request;
  }
  v1::OverrideStateRequest Override(const std::string& id, v1::Transaction::State state) {
    auto request = About<v1::OverrideStateRequest>(id);
    request.set_state(state);
    request.set_actor("meera");
    request.set_reason("ticket 7");
    return request;
  }
  template <typename Request>
  Request About(const std::string& id) {
    Request request;
    request.set_sandbox("s");
    request.set_transaction(id);
    return request;
  }

  // What records of a batch posted to settled accounts, by payee.
  std::map<std::string, int64_t> PostedBy(const std::string& batch) {
    std::map<int64_t, bool> mine;
    for (const v1::TraceRecord& record : LogOf(client_, "s")) {
      if (record.type() != v1::TraceRecord::TRANSACTION_SETTLED) continue;
      if (record.detail().rfind("batch " + batch + ":", 0) == 0) mine[record.sequence()] = true;
    }
    std::map<std::string, int64_t> posted;
    v1::ListLedgerEntriesRequest list;
    list.set_sandbox("s");
    list.set_page_size(1000);
    for (auto& entry : client_.ListLedgerEntries(list)) {
      EXPECT_TRUE(entry.ok()) << entry.status();
      if (!entry.ok() || !mine.contains(entry->sequence())) continue;
      const auto add = [&](const std::string& account, int64_t amount) {
        if (account.ends_with(":settled")) posted[account.substr(6, account.size() - 14)] += amount;
      };
      add(entry->credit_account(), entry->amount().minor_units());
      add(entry->debit_account(), -entry->amount().minor_units());
    }
    return posted;
  }

  // Payouts are what was posted, and add up to the batch's totals.
  void ExpectPaidAsPosted(const std::string& batch) {
    std::map<std::string, int64_t> paid;
    int64_t net = 0, payments = 0;
    for (const v1::Payout& payout : PayoutsOf(batch, 100)) {
      paid[payout.payee()] = payout.net().minor_units();
      net += payout.net().minor_units();
      payments += payout.payment_count();
      EXPECT_EQ(payout.net().minor_units(), payout.gross().minor_units() - payout.fees().minor_units() -
                                                payout.refunds().minor_units() - payout.held().minor_units());
    }
    EXPECT_EQ(paid, PostedBy(batch));
    const v1::SettlementBatch whole = GetBatch(batch);
    ASSERT_THAT(whole.totals(), ::testing::SizeIs(1));
    EXPECT_EQ(whole.totals(0).net().minor_units(), net);
    EXPECT_EQ(whole.payment_count(), payments);
  }

  TestApp app_{GetParam()};
  Client client_ = app_.client();
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_API_MONEY_H_
