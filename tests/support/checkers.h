// What must be true of a sandbox after a run, whatever was killed in the middle
// of it. Everything is read through the public SDK. A checker answers the
// problems that it found, in words: tests expect none, or plant a defect and
// expect it to be found (tests/e2e/planted_defects_test.cc).
#ifndef TRACKTROVE_TESTS_SUPPORT_CHECKERS_H_
#define TRACKTROVE_TESTS_SUPPORT_CHECKERS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

using Problems = std::vector<std::string>;

// A sandbox as its clients can read it. Nothing may write to it meanwhile.
struct Evidence {
  v1::Sandbox sandbox;
  std::vector<v1::Transaction> transactions;
  std::vector<v1::TraceRecord> log;  // of the documents only the hold
  std::vector<v1::Balance> balances;
  v1::CheckLedgerResponse ledger;
  v1::VerifyTrailResponse trail;
};
absl::StatusOr<Evidence> Gather(const Client& client, const std::string& sandbox);

// What was asked of a sandbox, by request id, and what was answered. The log
// shows which request a record is the effect of: a load gives a refund's and a
// cancellation's id as the reason too and a snapshot's as its step, and asks for
// a capture under CaptureId.
class Journal {
 public:
  struct Request {
    std::set<std::string> answers;  // transactions; repeats must get the first answer again
    bool refused = false;           // so that it has no effect
  };

  // A request that was sent and, for all that is known, may or may not have been done.
  void Ask(const std::string& id) { requests_[id]; }
  void Acknowledge(const std::string& id, const std::string& transaction) {
    requests_[id].answers.insert(transaction);
  }
  void Refuse(const std::string& id) { requests_[id].refused = true; }

  const std::map<std::string, Request>& requests() const { return requests_; }

 private:
  std::map<std::string, Request> requests_;
};
std::string CaptureId(const std::string& transaction);

// Acknowledged requests have one effect, on the transaction that was answered;
// those without an answer one or none; refused ones, and what nobody asked for, none.
Problems CheckRequests(const Evidence& evidence, const Journal& journal);

// Balances sum to zero and equal their entries; the entries of each
// transaction equal its position.
Problems CheckMoney(const Evidence& evidence);

// Sequences from the oldest to the head without a gap, along which time never falls.
Problems CheckSequences(const Evidence& evidence);

// The chain of hashes is whole up to the stored head.
Problems CheckChain(const Evidence& evidence);

// Each transaction: indexes without a gap, each record going on from the state
// before, only moves that the design allows, and the transaction as its last
// record left it.
Problems CheckMoves(const Evidence& evidence);

// Each hold ends at most once, is captured only before its expire_time, and
// expires only at it or later: by the sandbox's clock, and by the wall's as
// long as the two run together.
Problems CheckHolds(const Evidence& evidence);

// Nothing that was due still waits: no hold, no retry, no step.
Problems CheckTimers(const Evidence& evidence);

// A subscriber that began after the sequence `after` got every record up to the
// head, each once and in order.
Problems CheckReceived(const Evidence& evidence, const std::vector<v1::TraceRecord>& received, int64_t after);

// What all of them find, but for subscribers; each problem begins with its checker's name.
Problems CheckAll(const Evidence& evidence, const Journal& journal);

// How long after their expire_time holds expired, by the wall's clock, as long
// as the sandbox's runs with it.
std::vector<absl::Duration> LatenessOfHolds(const Evidence& evidence);

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_CHECKERS_H_
