// A random walk through the core: a script's ops and all that falls due, in
// batches of random sizes over a simulated store, with crashes between them;
// every batch is held against the model.
#ifndef TRACKTROVE_TESTS_SIMULATION_WALK_H_
#define TRACKTROVE_TESTS_SIMULATION_WALK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/working_set.h"
#include "tests/simulation/model.h"
#include "tests/simulation/script.h"
#include "tests/simulation/simulated_store.h"

namespace tracktrove::simulation {

struct WalkOptions {
  uint64_t script = 0;    // its seed
  uint64_t batching = 0;  // that of batch bounds and crashes
  domain::ClockMode clock = domain::ClockMode::kManual;
  // Ops run while a simulation moves the clock. How far that came then depends
  // on the batching; without it equal scripts end in equal logs.
  bool interleaved = false;
};

class Walk {
 public:
  explicit Walk(const WalkOptions& options);

  // Runs so many of the script's ops, and what is then under way to its end.
  // Stops at the first fatal failure.
  void Run(int ops);

  // Ops run, and events that timers brought about; those of crashed batches left out.
  int64_t steps() const { return steps_; }
  int64_t crashes() const { return crashes_; }
  int64_t refused() const { return refused_; }
  const Model& model() const { return *model_; }
  // Of the log's head and all balances.
  std::string FinalHash() const;

 private:
  using Batch = std::vector<Op>;

  void LoseAnswers(const Batch& batch, size_t done);
  // Answers how many of the ops, from the first, are done with.
  size_t RunBatch(const Batch& ops, bool crash);
  engine::WorkingSet MakeSet(const Batch& ops, engine::BatchEffects& effects);
  void AddTimersOfRun(int limit, engine::DueTimers& due) const;
  // Answers whether the ops may run in this batch.
  bool FireTimers(engine::WorkingSet& set);
  // Answers false when the op has to wait.
  bool RunOp(const Op& op, engine::WorkingSet& set, const engine::BatchEffects& effects, bool crash);
  domain::Command Resolve(const Op& op) const;
  void ObserveNew(const domain::Command* command, const engine::BatchEffects& effects);
  void Commit(engine::BatchEffects& effects);
  void CheckNothingOverdue() const;
  bool MustFinishFirst() const;

  const WalkOptions options_;
  Script script_;
  Random random_;
  SimulatedStore store_;
  std::optional<Model> model_;
  absl::Time wall_;
  std::deque<Op> pending_;
  std::map<size_t, std::string> ids_;                   // of the script's transactions
  std::map<size_t, std::string> disputes_;              // the newest about each
  std::map<std::string, std::string> replies_;          // of those with a request id, by that
  std::vector<Op> to_repeat_;                           // their answers were lost
  size_t observed_records_ = 0, observed_entries_ = 0;  // of this batch's effects
  bool settled_ = true;                                 // nothing is due any more as of the last batch
  int64_t steps_ = 0, crashes_ = 0, refused_ = 0;
};

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_WALK_H_
