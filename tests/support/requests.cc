#include "tests/support/requests.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_format.h"

namespace tracktrove::testing {

v1::InitiateTransactionRequest Tip(const std::string& sandbox) {
  v1::InitiateTransactionRequest request;
  request.set_sandbox(sandbox);
  request.set_kind(v1::Transaction::TIP);
  request.mutable_amount()->set_currency_code("INR");
  request.mutable_amount()->set_minor_units(2550);
  request.set_payer("asha");
  request.set_payee("ravi");
  (*request.mutable_payload()->mutable_fields())["orderId"].set_string_value("ord-1");
  return request;
}

v1::CreateSandboxRequest ManualSandbox(const std::string& id, v1::Sandbox::Pace pace, uint64_t seed) {
  v1::CreateSandboxRequest request;
  request.set_sandbox_id(id);
  request.set_seed(seed);
  request.set_clock_mode(v1::Sandbox::Clock::MANUAL);
  request.mutable_start_time()->set_seconds(1767344400);
  request.set_pace(pace);
  return request;
}

std::vector<v1::TraceRecord> TraceOf(const Client& client, const std::string& sandbox,
                                     const std::string& id) {
  v1::GetTraceRequest request;
  request.set_sandbox(sandbox);
  request.set_transaction(id);
  std::vector<v1::TraceRecord> records;
  for (auto& record : client.GetTrace(request)) {
    EXPECT_TRUE(record.ok()) << record.status();
    if (record.ok()) records.push_back(*record);
  }
  return records;
}

std::vector<v1::TraceRecord> LogOf(const Client& client, const std::string& sandbox) {
  v1::GetSandboxRequest get;
  get.set_sandbox(sandbox);
  const auto row = client.GetSandbox(get);
  EXPECT_TRUE(row.ok()) << row.status();
  v1::StreamTraceRequest request;
  request.set_sandbox(sandbox);
  request.set_resume_after(0);
  auto stream = client.StreamTrace(request);
  EXPECT_TRUE(stream.ok()) << stream.status();
  std::vector<v1::TraceRecord> records;
  while (row.ok() && stream.ok() && (records.empty() || records.back().sequence() < row->head_sequence())) {
    auto next = (*stream)->Next();
    if (!next.ok() || !*next) {
      ADD_FAILURE() << "the log broke off: " << next.status();
      break;
    }
    records.push_back(**next);
  }
  return records;
}

std::vector<std::string> DecidedRecords(const Client& client, const std::string& sandbox) {
  std::map<std::string, std::string> keys;
  v1::ListTransactionsRequest list;
  list.set_sandbox(sandbox);
  list.set_page_size(1000);
  for (auto& transaction : client.ListTransactions(list)) {
    EXPECT_TRUE(transaction.ok()) << transaction.status();
    if (!transaction.ok()) break;
    std::string& key = keys[transaction->id()];
    key = transaction->draw_key();
    if (!transaction->simulation().empty()) {
      key = absl::StrFormat("%s/%08d", transaction->simulation(), transaction->arrival());
    } else if (key.empty()) {
      key = absl::StrFormat("#%08d", transaction->ordinal());
    }
  }
  std::vector<std::tuple<std::string, int, std::string>> records;
  for (v1::TraceRecord& record : LogOf(client, sandbox)) {
    if (record.class_() != v1::TraceRecord::DECIDED) continue;
    const std::string key = keys[record.transaction_id()];
    const int index = record.index();
    record.clear_sequence();
    record.clear_index();
    record.clear_hash();
    record.clear_wall_time();
    records.emplace_back(key, index, record.DebugString());
  }
  std::sort(records.begin(), records.end());
  std::vector<std::string> texts;
  for (auto& [key, index, text] : records) texts.push_back(key + "\n" + text);
  return texts;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

void ExpectSound(const Client& client, const std::string& sandbox) {
  v1::VerifyTrailRequest verify;
  verify.set_sandbox(sandbox);
  const auto trail = client.VerifyTrail(verify);
  ASSERT_TRUE(trail.ok()) << trail.status();
  EXPECT_TRUE(trail->ok() && trail->complete()) << trail->DebugString();
  v1::CheckLedgerRequest check;
  check.set_sandbox(sandbox);
  const auto ledger = client.CheckLedger(check);
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_TRUE(ledger->ok()) << ledger->DebugString();
}

}  // namespace tracktrove::testing
