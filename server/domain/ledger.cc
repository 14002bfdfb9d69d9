#include "domain/ledger.h"

#include <algorithm>

namespace tracktrove::domain {
namespace {

struct Share {
  std::string account;
  int64_t amount;
};

void Credit(Position& position, const std::string& account, int64_t amount) {
  if (amount == 0) return;
  const auto it = position.try_emplace(account, 0).first;
  it->second += amount;
  if (it->second == 0) position.erase(it);
}

Position CapturedPosition(const Transaction& transaction) {
  const Amounts& a = transaction.amounts;
  const int64_t fee = FeeKept(a);
  const int64_t out = a.refunded + a.lost;  // has gone back to the payer
  Position position;
  Credit(position, "payer:" + transaction.payer, out - a.captured);
  Credit(position, "fees", fee);
  Credit(position, "dispute_reserve", a.disputed);
  Credit(position, "payee:" + transaction.payee + ":settled", a.settled);
  Credit(position, "payee:" + transaction.payee + ":pending",
         a.captured - out - fee - a.disputed - a.settled);
  return position;
}

}  // namespace

int64_t FeeOn(const FeePolicy& policy, int64_t captured) {
  const int64_t proportional = Proportion(captured, policy.ppm, kPpm);
  return std::min(captured, CheckedAdd(proportional, policy.fixed_minor_units).value_or(captured));
}

int64_t FeeKept(const Amounts& amounts) {
  if (amounts.captured == 0) return 0;
  return amounts.fee - Proportion(amounts.fee, amounts.refunded + amounts.lost, amounts.captured);
}

int64_t Refundable(const Amounts& amounts) {
  return amounts.captured - amounts.refunded - amounts.lost - amounts.disputed;
}

Position PositionOf(const Transaction& transaction) {
  switch (transaction.state) {
    case State::kNone:
    case State::kInitiated:
    case State::kFailed:
      return {};
    case State::kEscrow: {
      Position position;
      Credit(position, "payer:" + transaction.payer, -transaction.amount.minor_units);
      Credit(position, "escrow", transaction.amount.minor_units);
      return position;
    }
    case State::kCompleted:
    case State::kSettled:
    case State::kRefunded:  // nothing captured: an expired or cancelled hold, so all shares are zero
      return CapturedPosition(transaction);
  }
  return {};
}

std::vector<Posting> PostingsBetween(const Position& before, const Position& after) {
  Position change = after;
  for (const auto& [account, amount] : before) Credit(change, account, -amount);
  std::vector<Share> givers, takers;
  for (const auto& [account, amount] : change) {
    if (amount < 0) givers.push_back({account, -amount});
    if (amount > 0) takers.push_back({account, amount});
  }
  std::vector<Posting> postings;
  auto giver = givers.begin();
  auto taker = takers.begin();
  while (giver != givers.end() && taker != takers.end()) {
    const int64_t amount = std::min(giver->amount, taker->amount);
    postings.push_back({giver->account, taker->account, amount});
    if ((giver->amount -= amount) == 0) ++giver;
    if ((taker->amount -= amount) == 0) ++taker;
  }
  return postings;
}

}  // namespace tracktrove::domain
