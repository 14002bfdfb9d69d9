// A sandbox in memory: applies decisions as the engine does, without threads,
// SQL or a real clock. Its clock is MANUAL.
#ifndef TRACKTROVE_TESTS_DOMAIN_WORLD_H_
#define TRACKTROVE_TESTS_DOMAIN_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decide.h"
#include "domain/flow.h"

namespace tracktrove::domain {

// Friday 2026-01-02 08:00 UTC.
inline const absl::Time kStart = absl::FromUnixSeconds(1'767'340'800);
// The database's time, apart from the sandbox's so that mixing them up shows.
inline const absl::Time kWall = kStart + absl::Hours(1000);
// kStart is 13:30 in Kolkata, 4.5 hours before the default cut-off.
inline const absl::Time kFridayCutOff = kStart + absl::Hours(4) + absl::Minutes(30);
inline const absl::Time kMondayCutOff = kFridayCutOff + absl::Hours(72);

inline constexpr State kStatesAndNone[] = {State::kNone,      State::kInitiated, State::kEscrow,
                                           State::kCompleted, State::kFailed,    State::kRefunded,
                                           State::kSettled};
inline constexpr std::span kStates = std::span(kStatesAndNone).subspan<1>();

absl::TimeZone Zone(const std::string& name);

CreateSandbox ManualSandbox(Pace pace, uint64_t seed = 42);

// A tip of 25.50 INR that ends well.
InitiateTransaction Tip();

// The reason of an error, or empty.
std::string Reason(const absl::Status& status);
template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return Reason(result.status());
}

class World {
 public:
  explicit World(const CreateSandbox& create);

  // Decides at the sandbox's time, seals and applies. Answers the sealed decision.
  absl::StatusOr<Decision> Do(const Command& command);

  // Must succeed; answers the transaction as it is then.
  const Transaction& Initiate(const InitiateTransaction& command);

  // Moves the clock to the earliest timer and fires it; answers nothing when there is none.
  std::optional<Decision> FireNext();
  // Pays the batch that is next, as RunSettlement does; answers how it closed.
  absl::StatusOr<SettlementBatch> Settle(const std::function<void(const Decision&)>& see = {});
  // Fires timers until those that are left are days away, for settlement and
  // disputes, at most `limit`; answers how many fired.
  int FireAll(int limit = 1000);
  // Fires timers until this transaction's earliest one is of `kind`.
  void FireUntil(const std::string& id, TimerKind kind);
  // Moves the clock by AdvanceClock, firing what falls due, and FinishAdvance.
  void AdvanceBy(absl::Duration duration);

  const Transaction& Get(const std::string& id) const { return transactions.at(id); }
  std::vector<Timer> TimersOf(const std::string& id) const;
  std::vector<TimerKind> TimerKindsOf(const std::string& id) const;
  // The open dispute of a transaction, or its last one.
  const Dispute& DisputeOf(const std::string& id) const;
  std::vector<Record> RecordsOf(const std::string& id) const;
  absl::Time now() const { return sandbox.clock.last; }

  Sandbox sandbox;
  std::map<std::string, Transaction> transactions;
  FlowBook flows;
  std::vector<FaultRule> rules;  // in order of creation
  std::set<Timer> timers;
  std::vector<Record> records;
  std::map<std::string, Position> posted;  // the sum of its entries, by transaction
  OpenBatches batches;
  std::vector<SettlementBatch> closed;
  std::vector<PayoutLine> payouts;
  std::map<std::string, Dispute> disputes;

 private:
  absl::StatusOr<Decision> DoAt(const Command& command, absl::Time now);
  void Apply(const Decision& decision);
  void ApplyRules(const Decision& decision);
  void ApplyBatches(const Decision& decision);

  std::set<std::string> draw_keys_;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_TESTS_DOMAIN_WORLD_H_
