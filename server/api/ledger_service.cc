#include "api/ledger_service.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "api/check.h"
#include "api/convert.h"
#include "api/page.h"
#include "domain/ledger.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kDefaultCheck = 1000;
constexpr int kMaxCheck = 10'000;
constexpr int kMaxProblems = 100;

absl::Status ListEntries(store::Reader& reader, const v1::ListLedgerEntriesRequest& request,
                         v1::ListLedgerEntriesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  std::optional<std::string> transaction;
  if (!request.transaction().empty()) {
    TT_ASSIGN_OR_RETURN(transaction, CheckTransactionId(request.transaction()));
  }
  int64_t sequence = 0;
  int line = 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, sequence, line));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows,
                      reader.ListEntries(snapshot.sandbox.world, transaction, sequence, line, size + 1));
  const auto convert = [](const domain::LedgerEntry& entry) { return ToProto(entry); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_entries()))
    reply->set_next_page_token(MakePageToken(request, last->sequence, last->line));
  return absl::OkStatus();
}

absl::Status ListBalances(store::Reader& reader, const v1::ListBalancesRequest& request,
                          v1::ListBalancesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  std::string account, currency;
  TT_RETURN_IF_ERROR(ReadPageToken(request, account, currency));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  TT_ASSIGN_OR_RETURN(const auto rows,
                      reader.ListBalances(snapshot.sandbox.world, account, currency, size + 1));
  const auto convert = [](const store::Balance& balance) { return ToProto(balance); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_balances()))
    reply->set_next_page_token(MakePageToken(request, last->account, last->currency));
  return absl::OkStatus();
}

// By account and currency; absent is zero.
using Sums = std::map<std::pair<std::string, std::string>, int64_t>;

void AddProblem(v1::CheckLedgerResponse* reply, const std::string& transaction, const std::string& account,
                const std::string& currency, int64_t expected, int64_t actual) {
  reply->set_ok(false);
  if (reply->problems_size() >= kMaxProblems) return;
  v1::CheckLedgerResponse::Problem& problem = *reply->add_problems();
  problem.set_transaction_id(transaction);
  problem.set_account(account);
  problem.set_currency_code(currency);
  problem.set_expected_minor_units(expected);
  problem.set_actual_minor_units(actual);
}

// Reports every account at which the two differ.
void Compare(const Sums& expected, const Sums& actual, const std::string& transaction,
             v1::CheckLedgerResponse* reply) {
  std::set<Sums::key_type> keys;
  for (const auto* sums : {&expected, &actual}) {
    for (const auto& [key, amount] : *sums) keys.insert(key);
  }
  for (const auto& key : keys) {
    const auto at = [&key](const Sums& sums) {
      const auto it = sums.find(key);
      return it == sums.end() ? int64_t{0} : it->second;
    };
    if (at(expected) != at(actual))
      AddProblem(reply, transaction, key.first, key.second, at(expected), at(actual));
  }
}

Sums ToSums(const std::vector<store::Balance>& balances) {
  Sums sums;
  for (const store::Balance& balance : balances)
    sums[{balance.account, balance.currency}] = balance.minor_units;
  return sums;
}

Sums ToSums(const domain::Position& position, const std::string& currency) {
  Sums sums;
  for (const auto& [account, amount] : position) sums[{account, currency}] = amount;
  return sums;
}

// Balances against entries, and those of settled accounts against the payouts.
absl::Status CheckAccounts(store::Reader& reader, domain::WorldId world, v1::CheckLedgerResponse* reply) {
  TT_ASSIGN_OR_RETURN(const auto both, reader.EntrySumsAndBalances(world));
  Compare(ToSums(both.first), ToSums(both.second), "", reply);
  std::map<std::string, int64_t> totals;
  for (const store::Balance& balance : both.second) totals[balance.currency] += balance.minor_units;
  for (const auto& [currency, total] : totals) {
    if (total != 0) AddProblem(reply, "", "(all accounts)", currency, 0, total);
  }
  TT_ASSIGN_OR_RETURN(const auto settled, reader.SettledAndPayouts(world));
  Compare(ToSums(settled.second), ToSums(settled.first), "", reply);
  return absl::OkStatus();
}

// The range of ordinals that a request asks for, and where its page begins.
struct OrdinalRange {
  int64_t after = 0;
  int64_t until = INT64_MAX;
  bool from_start = false;  // this page is the first of a check of all
};

absl::StatusOr<OrdinalRange> ToRange(const v1::CheckLedgerRequest& request) {
  TT_RETURN_IF_ERROR(CheckRange(request.from_ordinal(), "from_ordinal", 0, INT64_MAX));
  OrdinalRange range;
  if (request.until_ordinal() != 0) {
    TT_RETURN_IF_ERROR(
        CheckRange(request.until_ordinal(), "until_ordinal", request.from_ordinal(), INT64_MAX));
    range.until = request.until_ordinal();
  }
  range.after = std::max<int64_t>(request.from_ordinal(), 1) - 1;
  range.from_start = request.page_token().empty() && range.after == 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, range.after));
  return range;
}

// A page of them.
absl::Status CheckTransactions(store::Reader& reader, domain::WorldId world, const OrdinalRange& range,
                               int size, const v1::CheckLedgerRequest& request,
                               v1::CheckLedgerResponse* reply) {
  TT_ASSIGN_OR_RETURN(auto page, reader.SumTransactions(world, range.after, size + 1));
  while (!page.empty() && page.back().transaction.ordinal > range.until) page.pop_back();
  const bool more = static_cast<int>(page.size()) > size;
  if (more) page.pop_back();
  for (const store::TransactionSums& sums : page) {
    const std::string& currency = sums.transaction.amount.currency;
    const Sums expected = ToSums(domain::PositionOf(sums.transaction), currency);
    const Sums actual = ToSums(sums.sums, currency);
    Compare(expected, actual, sums.transaction.id, reply);
    if (expected != actual && reply->bad_transaction().empty())
      reply->set_bad_transaction(sums.transaction.id);
  }
  reply->set_checked_transactions(static_cast<int64_t>(page.size()));
  if (more) reply->set_next_page_token(MakePageToken(request, page.back().transaction.ordinal));
  return absl::OkStatus();
}

absl::Status Check(store::Reader& reader, const v1::CheckLedgerRequest& request,
                   v1::CheckLedgerResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size(), kDefaultCheck, kMaxCheck));
  TT_ASSIGN_OR_RETURN(const OrdinalRange range, ToRange(request));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const domain::WorldId world = snapshot.sandbox.world;
  reply->set_ok(true);
  if (range.from_start) TT_RETURN_IF_ERROR(CheckAccounts(reader, world, reply));
  TT_RETURN_IF_ERROR(CheckTransactions(reader, world, range, size, request, reply));
  return StillThere(reader, snapshot.sandbox);
}

}  // namespace

grpc::ServerUnaryReactor* LedgerService::ListLedgerEntries(grpc::CallbackServerContext* context,
                                                           const v1::ListLedgerEntriesRequest* request,
                                                           v1::ListLedgerEntriesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return ListEntries(reader, *request, reply); });
}

grpc::ServerUnaryReactor* LedgerService::ListBalances(grpc::CallbackServerContext* context,
                                                      const v1::ListBalancesRequest* request,
                                                      v1::ListBalancesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return api::ListBalances(reader, *request, reply); });
}

grpc::ServerUnaryReactor* LedgerService::CheckLedger(grpc::CallbackServerContext* context,
                                                     const v1::CheckLedgerRequest* request,
                                                     v1::CheckLedgerResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Check(reader, *request, reply); });
}

}  // namespace tracktrove::api
