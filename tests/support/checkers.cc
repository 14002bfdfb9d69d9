#include "tests/support/checkers.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/requests.h"
#include "tests/support/subscriber.h"

namespace tracktrove::testing {
namespace {

using State = v1::Transaction::State;

// A log that has stopped short of its head will not go on.
constexpr absl::Duration kReadPatience = absl::Seconds(5);
// No step of a flow takes longer.
constexpr absl::Duration kLongestStep = absl::Seconds(10);
// A REALTIME server may be that late without having forgotten anything.
constexpr absl::Duration kGrace = absl::Seconds(5);

// The legal moves, as the design has them. The server has a table of its own;
// this one must not be made from it.
const std::set<std::pair<State, State>>& LegalMoves() {
  using T = v1::Transaction;
  static const auto& moves = *new std::set<std::pair<State, State>>{
      {T::STATE_UNSPECIFIED, T::INITIATED},
      {T::INITIATED, T::ESCROW},
      {T::INITIATED, T::FAILED},
      {T::ESCROW, T::FAILED},
      {T::FAILED, T::INITIATED},
      {T::ESCROW, T::COMPLETED},
      {T::ESCROW, T::REFUNDED},
      {T::COMPLETED, T::SETTLED},
      {T::COMPLETED, T::REFUNDED},
      {T::SETTLED, T::REFUNDED},
  };
  return moves;
}

std::string NameOf(State state) {
  return state == v1::Transaction::STATE_UNSPECIFIED ? "nothing" : v1::Transaction::State_Name(state);
}

// Problems, the first of them in full.
class Findings {
 public:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    if (++count_ <= kKept) problems_.push_back(absl::StrCat(parts...));
  }

  Problems Finish() {
    if (count_ > kKept) problems_.push_back(absl::StrCat("... and ", count_ - kKept, " more"));
    return std::move(problems_);
  }

 private:
  static constexpr int kKept = 20;
  int count_ = 0;
  Problems problems_;
};

// The request that a record is the effect of; nothing where it is of none.
std::optional<std::string> RequestOf(const v1::TraceRecord& record,
                                     const std::map<std::string, std::string>& initiates) {
  switch (record.type()) {
    case v1::TraceRecord::TRANSACTION_INITIATED: {
      const auto it = initiates.find(record.transaction_id());
      return it == initiates.end() ? "" : it->second;
    }
    case v1::TraceRecord::CAPTURE_REQUESTED:
      return CaptureId(record.transaction_id());
    case v1::TraceRecord::TRANSACTION_CANCELLED:
      return record.detail();
    case v1::TraceRecord::TRANSACTION_REFUNDED:
      return record.detail().substr(record.detail().rfind(' ') + 1);  // "refund N minor units: REASON"
    case v1::TraceRecord::SNAPSHOT_RECORDED:
      return record.step();
    default:
      return std::nullopt;
  }
}

// When the hold that the record took expires.
std::optional<absl::Time> ExpireTimeIn(const v1::TraceRecord& record) {
  const auto& fields = record.dto().fields();
  const auto hold = fields.find("hold");
  if (hold == fields.end()) return std::nullopt;
  const auto& members = hold->second.struct_value().fields();
  const auto expire = members.find("expireTime");
  absl::Time time;
  if (expire == members.end() ||
      !absl::ParseTime(absl::RFC3339_full, expire->second.string_value(), &time, nullptr))
    return std::nullopt;
  return time;
}

// Follows the holds of a sandbox along its log.
class HoldWalk {
 public:
  explicit HoldWalk(bool wall_counts) : wall_counts_(wall_counts) {}

  void Step(const v1::TraceRecord& record) {
    if (record.type() == v1::TraceRecord::CLOCK_ADVANCED) wall_counts_ = false;
    const bool takes = record.to_state() == v1::Transaction::ESCROW;
    const bool leaves = record.from_state() == v1::Transaction::ESCROW;
    if (takes == leaves) return;
    takes ? Take(record) : End(record);
  }

  Problems Finish() { return findings_.Finish(); }
  std::vector<absl::Duration>& lateness() { return lateness_; }

 private:
  void Take(const v1::TraceRecord& record) {
    const std::optional<absl::Time> expire = ExpireTimeIn(record);
    if (!expire) findings_.Add("record ", record.sequence(), " takes a hold and does not say until when");
    const bool taken =
        !open_.try_emplace(record.transaction_id(), expire.value_or(absl::InfiniteFuture())).second;
    if (taken) findings_.Add(record.transaction_id(), " took a second hold before its first had ended");
  }

  void End(const v1::TraceRecord& record) {
    const auto it = open_.find(record.transaction_id());
    if (it == open_.end()) {
      findings_.Add(record.transaction_id(), "'s hold ended twice: by record ", record.sequence(), " too");
      return;
    }
    const absl::Time expire = it->second;
    const absl::Time time = TimeOf(record.time());
    if (record.type() == v1::TraceRecord::HOLD_EXPIRED) {
      Expire(record, expire);
    } else if (record.to_state() == v1::Transaction::COMPLETED && time >= expire) {
      findings_.Add(record.transaction_id(), " was captured ", absl::FormatDuration(time - expire),
                    " after its hold's end");
    }
    open_.erase(it);
  }

  void Expire(const v1::TraceRecord& record, absl::Time expire) {
    const absl::Duration late = TimeOf(record.time()) - expire;
    const absl::Duration late_by_wall = TimeOf(record.wall_time()) - expire;
    if (late < absl::ZeroDuration())
      findings_.Add(record.transaction_id(), "'s hold expired ", absl::FormatDuration(-late), " early");
    if (!wall_counts_) return;
    if (late_by_wall < absl::ZeroDuration()) {
      findings_.Add(record.transaction_id(), "'s hold expired ", absl::FormatDuration(-late_by_wall),
                    " early by the wall's clock");
    }
    lateness_.push_back(late_by_wall);
  }

  bool wall_counts_;
  std::map<std::string, absl::Time> open_;  // when they expire, by transaction
  std::vector<absl::Duration> lateness_;
  Findings findings_;
};

HoldWalk WalkHolds(const Evidence& evidence) {
  HoldWalk walk(evidence.sandbox.clock().mode() == v1::Sandbox::Clock::REALTIME);
  for (const v1::TraceRecord& record : evidence.log) walk.Step(record);
  return walk;
}

// One record after the other of one transaction.
class MoveWalk {
 public:
  void Step(const v1::TraceRecord& record, Findings& findings) {
    const std::string where = absl::StrCat(record.transaction_id(), ", record ", record.sequence(), ": ");
    if (record.index() != next_index_)
      findings.Add(where, "index ", record.index(), " follows ", next_index_ - 1);
    if (record.from_state() != state_)
      findings.Add(where, "goes on from ", NameOf(record.from_state()), " where it was ", NameOf(state_));
    const std::pair<State, State> move(record.from_state(), record.to_state());
    if (move.first != move.second && !LegalMoves().contains(move))
      findings.Add(where, "moves from ", NameOf(move.first), " to ", NameOf(move.second));
    if (record.type() == v1::TraceRecord::RETRY_STARTED) ++attempt_;
    if (record.attempt() != attempt_)
      findings.Add(where, "is of attempt ", record.attempt(), ", not ", attempt_);
    next_index_ = record.index() + 1;
    state_ = record.to_state();
    sequence_ = record.sequence();
  }

  void Compare(const v1::Transaction& transaction, Findings& findings) const {
    if (transaction.state() != state_)
      findings.Add(transaction.id(), " is ", NameOf(transaction.state()), ", its last record says ",
                   NameOf(state_));
    if (transaction.sequence() != sequence_)
      findings.Add(transaction.id(), "'s last record is ", sequence_, ", not ", transaction.sequence());
    if (transaction.attempt() != attempt_)
      findings.Add(transaction.id(), " is at attempt ", transaction.attempt(), ", not ", attempt_);
  }

 private:
  int next_index_ = 0;
  State state_ = v1::Transaction::STATE_UNSPECIFIED;
  int64_t sequence_ = 0;
  int attempt_ = 1;
};

}  // namespace

std::string CaptureId(const std::string& transaction) { return "capture-" + transaction; }

absl::StatusOr<Evidence> Gather(const Client& client, const std::string& sandbox) {
  Evidence evidence;
  v1::GetSandboxRequest get;
  get.set_sandbox(sandbox);
  absl::StatusOr<v1::Sandbox> row = client.GetSandbox(get);
  if (!row.ok()) return row.status();
  evidence.sandbox = *std::move(row);

  v1::ListTransactionsRequest list;
  list.set_sandbox(sandbox);
  list.set_page_size(1000);
  for (auto& transaction : client.ListTransactions(list)) {
    if (!transaction.ok()) return transaction.status();
    transaction->clear_dto();
    evidence.transactions.push_back(*std::move(transaction));
  }
  v1::ListBalancesRequest balances;
  balances.set_sandbox(sandbox);
  balances.set_page_size(1000);
  for (auto& balance : client.ListBalances(balances)) {
    if (!balance.ok()) return balance.status();
    evidence.balances.push_back(*std::move(balance));
  }
  v1::CheckLedgerRequest check;
  check.set_sandbox(sandbox);
  absl::StatusOr<v1::CheckLedgerResponse> ledger = client.CheckLedger(check);
  if (!ledger.ok()) return ledger.status();
  evidence.ledger = *std::move(ledger);
  v1::VerifyTrailRequest verify;
  verify.set_sandbox(sandbox);
  absl::StatusOr<v1::VerifyTrailResponse> trail = client.VerifyTrail(verify);
  if (!trail.ok()) return trail.status();
  evidence.trail = *std::move(trail);

  Subscriber reader(client, sandbox, 0);
  evidence.log = reader.ReceiveUpTo(evidence.sandbox.head_sequence(), kReadPatience);
  if (!reader.failure().ok()) return reader.failure();
  return evidence;
}

Problems CheckRequests(const Evidence& evidence, const Journal& journal) {
  std::map<std::string, std::string> initiates;
  for (const v1::Transaction& transaction : evidence.transactions)
    initiates[transaction.id()] = transaction.request_id();
  std::multimap<std::string, std::string> effects;  // transactions by request
  for (const v1::TraceRecord& record : evidence.log) {
    if (const auto request = RequestOf(record, initiates)) effects.emplace(*request, record.transaction_id());
  }
  Findings findings;
  for (const auto& [request, transaction] : effects) {
    if (!journal.requests().contains(request))
      findings.Add("request \"", request, "\" has an effect on ", transaction, ", and nobody sent it");
  }
  for (const auto& [id, request] : journal.requests()) {
    const size_t count = effects.count(id);
    if (count > 1) findings.Add("request ", id, " was done ", count, " times");
    if (request.refused && count > 0) findings.Add("request ", id, " was refused and done all the same");
    if (request.answers.size() > 1)
      findings.Add("request ", id, " got ", request.answers.size(), " different answers");
    if (request.answers.empty()) continue;
    if (count == 0) {
      findings.Add("request ", id, " was acknowledged and is lost");
    } else if (!request.answers.contains(effects.find(id)->second)) {
      findings.Add("request ", id, " was acknowledged for ", *request.answers.begin(), " and done to ",
                   effects.find(id)->second);
    }
  }
  return findings.Finish();
}

Problems CheckMoney(const Evidence& evidence) {
  Findings findings;
  for (const auto& problem : evidence.ledger.problems())
    findings.Add("CheckLedger: ", problem.ShortDebugString());
  if (evidence.ledger.ok() != evidence.ledger.problems().empty())
    findings.Add("CheckLedger says ok=", evidence.ledger.ok(), " beside its problems");
  if (evidence.ledger.checked_transactions() != evidence.sandbox.transaction_count()) {
    findings.Add("CheckLedger saw ", evidence.ledger.checked_transactions(), " of ",
                 evidence.sandbox.transaction_count(), " transactions");
  }
  std::map<std::string, int64_t> totals;
  for (const v1::Balance& balance : evidence.balances)
    totals[balance.amount().currency_code()] += balance.amount().minor_units();
  for (const auto& [currency, total] : totals) {
    if (total != 0) findings.Add("the balances in ", currency, " sum to ", total);
  }
  return findings.Finish();
}

Problems CheckSequences(const Evidence& evidence) {
  Findings findings;
  int64_t sequence = evidence.sandbox.oldest_sequence() - 1;
  absl::Time time = absl::InfinitePast();
  for (const v1::TraceRecord& record : evidence.log) {
    if (record.sequence() != sequence + 1) findings.Add("record ", record.sequence(), " follows ", sequence);
    const absl::Time next = TimeOf(record.time());
    if (next < time)
      findings.Add("time falls by ", absl::FormatDuration(time - next), " at ", record.sequence());
    sequence = record.sequence();
    time = next;
  }
  if (sequence != evidence.sandbox.head_sequence())
    findings.Add("the log ends with ", sequence, ", its head is ", evidence.sandbox.head_sequence());
  return findings.Finish();
}

Problems CheckChain(const Evidence& evidence) {
  Findings findings;
  const v1::VerifyTrailResponse& trail = evidence.trail;
  if (!trail.ok()) findings.Add("VerifyTrail: record ", trail.bad_sequence(), ": ", trail.problem());
  if (trail.ok() && !(trail.complete() && trail.last_sequence() == evidence.sandbox.head_sequence())) {
    findings.Add("VerifyTrail ended at ", trail.last_sequence(), ", the head is ",
                 evidence.sandbox.head_sequence());
  }
  if (!evidence.log.empty() && evidence.log.back().hash() != evidence.sandbox.head_hash())
    findings.Add("the last record's hash is not the head's");
  return findings.Finish();
}

Problems CheckMoves(const Evidence& evidence) {
  Findings findings;
  std::map<std::string, MoveWalk> walks;
  for (const v1::TraceRecord& record : evidence.log) {
    if (!record.transaction_id().empty()) walks[record.transaction_id()].Step(record, findings);
  }
  std::set<int64_t> ordinals;
  for (const v1::Transaction& transaction : evidence.transactions) {
    ordinals.insert(transaction.ordinal());
    const auto walk = walks.find(transaction.id());
    if (walk == walks.end()) {
      findings.Add(transaction.id(), " has no record");
      continue;
    }
    walk->second.Compare(transaction, findings);
    walks.erase(walk);
  }
  for (const auto& [id, walk] : walks) findings.Add(id, " has records and is not there");
  const int64_t count = evidence.sandbox.transaction_count();
  if (static_cast<int64_t>(ordinals.size()) != count || (count > 0 && *ordinals.rbegin() != count))
    findings.Add("the sandbox counts ", count, " transactions and has ", ordinals.size());
  return findings.Finish();
}

Problems CheckHolds(const Evidence& evidence) { return WalkHolds(evidence).Finish(); }

Problems CheckTimers(const Evidence& evidence) {
  Findings findings;
  const bool realtime = evidence.sandbox.clock().mode() == v1::Sandbox::Clock::REALTIME;
  const absl::Time now = TimeOf(evidence.sandbox.clock().time()) - (realtime ? kGrace : absl::ZeroDuration());
  for (const v1::Transaction& transaction : evidence.transactions) {
    const bool held = transaction.state() == v1::Transaction::ESCROW;
    const bool flows = transaction.state() == v1::Transaction::INITIATED ||
                       (held && transaction.capture() == v1::Transaction::AUTOMATIC);
    if (held && TimeOf(transaction.hold().expire_time()) <= now)
      findings.Add(transaction.id(), "'s hold outlived its end");
    if (transaction.failure().has_next_retry_time() && TimeOf(transaction.failure().next_retry_time()) <= now)
      findings.Add(transaction.id(), " missed its retry");
    if (flows && TimeOf(transaction.update_time()) + kLongestStep <= now)
      findings.Add(transaction.id(), " never finished ", transaction.step());
  }
  return findings.Finish();
}

Problems CheckReceived(const Evidence& evidence, const std::vector<v1::TraceRecord>& received,
                       int64_t after) {
  Findings findings;
  auto expected = std::find_if(evidence.log.begin(), evidence.log.end(),
                               [&](const v1::TraceRecord& record) { return record.sequence() > after; });
  int64_t last = after;
  for (const v1::TraceRecord& record : received) {
    if (record.sequence() <= last) {
      findings.Add("record ", record.sequence(), " came after ", last);
      continue;
    }
    for (; expected != evidence.log.end() && expected->sequence() < record.sequence(); ++expected)
      findings.Add("record ", expected->sequence(), " did not come");
    if (expected == evidence.log.end()) {
      findings.Add("record ", record.sequence(), " came and is not in the log");
    } else if (!google::protobuf::util::MessageDifferencer::Equals(record, *expected++)) {
      findings.Add("record ", record.sequence(), " came with another content than the log's");
    }
    last = record.sequence();
  }
  for (; expected != evidence.log.end(); ++expected)
    findings.Add("record ", expected->sequence(), " did not come");
  return findings.Finish();
}

Problems CheckAll(const Evidence& evidence, const Journal& journal) {
  Problems all;
  const auto add = [&all](const char* checker, const Problems& problems) {
    for (const std::string& problem : problems) all.push_back(absl::StrCat(checker, ": ", problem));
  };
  add("requests", CheckRequests(evidence, journal));
  add("money", CheckMoney(evidence));
  add("sequences", CheckSequences(evidence));
  add("chain", CheckChain(evidence));
  add("moves", CheckMoves(evidence));
  add("holds", CheckHolds(evidence));
  add("timers", CheckTimers(evidence));
  return all;
}

std::vector<absl::Duration> LatenessOfHolds(const Evidence& evidence) {
  return std::move(WalkHolds(evidence).lateness());
}

}  // namespace tracktrove::testing
