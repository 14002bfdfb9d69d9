// One turn of the write path: lock, stamp, load, decide, write, commit. All or
// nothing: a batch that fails has changed nothing and answered nobody.
#ifndef TRACKTROVE_ENGINE_BATCH_H_
#define TRACKTROVE_ENGINE_BATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/call.h"
#include "engine/working_set.h"
#include "store/store.h"

namespace tracktrove::engine {

// What became of a call.
enum class Fate {
  kAnswered,         // see `answer`
  kPutBack,          // first things first: it goes to the front of the next batch
  kWaitsForClock,    // its sandbox's clock is moving: it is run when that ends
  kAwaitsClockMove,  // it began the move that is under way, and is answered when that ends
};

struct Outcome {
  Fate fate = Fate::kPutBack;
  absl::StatusOr<std::string> answer = absl::UnknownError("not decided");
  domain::WorldId world = 0;  // whose clock it moves
};

// What became of a sandbox.
struct SandboxOutcome {
  bool needs_another_turn = false;  // timers are due, or its clock is moving
  bool calls_wait = false;          // for timers that come before them
  bool advancing = false;
  // The instant at which timers of a clock move fired; the barrier goes there.
  std::optional<absl::Time> instant;
  // The clock move ended; the answer for all who asked for it.
  std::optional<absl::StatusOr<std::string>> advance_reply;
};

struct BatchLimits {
  int timers_per_sandbox = 1024;
  int arrivals_per_sandbox = 512;  // of a simulation; see WorkingSet::FireTimers
  bool stop_at_instants = false;   // a clock move ends a batch at each instant
  bool wait_for_locks = false;     // of sandboxes that other writers hold; else they are left out
};

class Batch {
 public:
  Batch(store::Writer& writer, const ReplyCodec& codec, const BatchLimits& limits)
      : writer_(writer), codec_(codec), limits_(limits) {}

  // Runs the calls, and whatever is due in their sandboxes and in `ticks`, in
  // one database transaction. On an error nothing has happened, unless it says
  // OUTCOME_UNKNOWN; after ABORTED the same may be run again at once.
  absl::Status Run(const std::vector<Call>& calls, const std::set<std::string>& ticks);

  // Valid after Run was ok; by index of the call, and by sandbox.
  std::vector<Outcome>& outcomes() { return outcomes_; }
  const std::map<std::string, SandboxOutcome>& sandboxes() const { return sandbox_outcomes_; }
  BatchEffects& effects() { return effects_; }
  const store::Alarms& alarms() const { return alarms_; }
  // Sandboxes that other writers held; nothing was done there.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  absl::Status RunInTransaction(const std::vector<Call>& calls, const std::set<std::string>& ticks);
  absl::Status Load(const std::vector<Call>& calls, const std::set<std::string>& names);
  // Adds what the calls name, and the fault rules of sandboxes that have some.
  void Want(const std::vector<Call>& calls, store::Wanted& wanted) const;
  absl::Status LoadFlowsOfTransactions();
  // The simulations that are under way or named by calls.
  absl::Status LoadSimulations(const std::vector<Call>& calls,
                               const std::map<std::string, domain::Sandbox>& sandboxes);
  absl::Status LoadSandbox(const std::string& name, std::optional<domain::Sandbox> sandbox,
                           store::Wanted& wanted);
  absl::StatusOr<DueTimers> LoadDueTimers(const domain::Sandbox& sandbox);
  void FireTimers(const std::string& name, WorkingSet& set);
  absl::Status RunCall(const Call& call, WorkingSet& set, Outcome& outcome);
  absl::Status Write();
  absl::Status Commit();

  store::Writer& writer_;
  const ReplyCodec& codec_;
  const BatchLimits limits_;
  absl::Time wall_;
  std::map<store::SimulationKey, domain::SimulationRun> simulations_;
  std::map<std::string, WorkingSet> sets_;  // by sandbox; without those that another writer holds
  std::vector<Outcome> outcomes_;
  std::map<std::string, SandboxOutcome> sandbox_outcomes_;
  BatchEffects effects_;
  store::Alarms alarms_;
  std::vector<std::string> left_out_;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_BATCH_H_
