// One sandbox within a batch: what was loaded, and what the batch makes of it.
// Decides timers and commands one after the other, each seeing the effects of
// those before it. In memory only: the batch loads before and writes after.
#ifndef TRACKTROVE_ENGINE_WORKING_SET_H_
#define TRACKTROVE_ENGINE_WORKING_SET_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decide.h"
#include "engine/call.h"
#include "engine/timer_queue.h"
#include "engine/world_rows.h"
#include "events/hub.h"
#include "holds/holds.h"
#include "store/store.h"

namespace tracktrove::engine {

// New records of a sandbox, and the world that it is from the last of them on.
struct News {
  domain::WorldId world = 0;
  events::Run run;
};

// What a batch writes, and tells once that is committed.
struct BatchEffects {
  store::Changes changes;
  std::map<std::string, News> news;        // by sandbox
  std::vector<std::string> retired_holds;  // sandboxes of which every hold is gone, before those that follow
  std::vector<holds::Hold> armed_holds;
  std::vector<holds::Hold> disarmed_holds;
  std::vector<std::string> moved_holds;  // sandboxes of which every hold moved
};

// How many may fire in one batch.
struct FireLimits {
  int timers = 0;
  int arrivals = 0;          // among them
  bool one_instant = false;  // only those of the earliest due time
};

// Up to where a batch has to load timers: all that may fire in it are due by
// then. That of a clock which a simulation drives ends with the arrivals.
absl::Time LoadHorizon(const domain::Sandbox& sandbox,
                       const std::map<store::SimulationKey, domain::SimulationRun>& simulations,
                       absl::Time wall, int arrivals);

class WorkingSet {
 public:
  // The zone of the sandbox's policy must be one that loads. Effects are added to
  // `effects` as they are decided.
  WorkingSet(std::string name, std::optional<domain::Sandbox> sandbox, absl::Time wall, const DueTimers& due,
             const ReplyCodec& codec, BatchEffects& effects);

  // Takes what the batch loaded of its world.
  void AddFound(const store::Found& found);
  void AddSimulations(const std::map<store::SimulationKey, domain::SimulationRun>& simulations);

  // The own flows of the transactions that were loaded, by id.
  std::set<std::string> MissingFlows() const { return rows_.MissingFlows(); }

  // Fires due timers in order, among them those that firing arms. Answers
  // whether nothing is due any more; while a simulation drives the clock,
  // something always is.
  //
  // The arrivals of a simulation have a limit of their own: one that is due and
  // over it is put off to the next batch. It does not hold up calls, and all
  // other timers go on firing up to where the clock stands, so that a
  // simulation never makes its sandbox's other users wait for more than a batch.
  // An arrival that was put off is stamped with the clock as it is by then.
  bool FireTimers(const FireLimits& limits);

  // Whether timers other than a put-off arrival come before the next call.
  bool CallsWait() const;

  // Decides one command; answers the encoded reply, and remembers it under the
  // request's id. A repeated request gets its first answer. `next_due` is of
  // the earliest timer, where the command asks for it.
  absl::StatusOr<std::string> Run(const Call& call, std::optional<absl::Time> next_due);

  // Whether the call was answered before.
  bool IsRepeat(const Call& call) const { return rows_.Request(call.request_id) != nullptr; }

  // The due time of its earliest timer, as things stand in this batch; none when
  // there is none. `stored` are the earliest ones as the batch found them, one
  // more than were changed since.
  std::optional<absl::Time> NextDue(const std::vector<domain::Timer>& stored) const;
  int changed_timers() const { return static_cast<int>(timers_.changed().size()); }

  // Ends the clock move under way, or the payment of a batch; nothing may be due any more.
  absl::StatusOr<std::string> FinishAdvance();

  // Adds the rows as they are in the end. Call it once, last.
  void Finish();

  const std::optional<domain::Sandbox>& sandbox() const { return sandbox_; }
  bool advancing() const { return sandbox_ && sandbox_->advance; }
  // A simulation moves its clock; calls go in between.
  bool driven() const { return sandbox_ && sandbox_->IsDriven(); }
  // Something was decided that is to be written.
  bool touched() const { return touched_; }
  // The due time of the timers fired last; infinitely past when none was.
  absl::Time last_fired() const { return last_fired_; }

 private:
  absl::StatusOr<domain::Decision> Decide(const domain::Command& command, absl::Time now,
                                          std::optional<absl::Time> next_due) const;
  void NameSubjects(const domain::Command& command, domain::Facts& facts) const;
  const domain::SimulationRun* SimulationFor(const domain::Command& command) const;
  // Nothing due after it fires, as things stand.
  absl::Time Horizon() const;
  bool IsDue() const { return timers_.First() != nullptr && timers_.First()->due <= Horizon(); }
  void FireOne(const domain::Timer& timer);
  void DropTimer(const domain::Timer& timer, absl::Time now, const absl::Status& why);
  std::optional<absl::StatusOr<std::string>> Replay(const Call& call) const;
  void Remember(const std::string& request_id, const std::string& fingerprint, const std::string& reply);

  // Seals a decision that is of `now`, takes over what it says, and ends the
  // simulation whose last transaction is over by it.
  void Apply(domain::Decision& decision, absl::Time now);
  void ApplySandbox(const domain::Decision& decision);
  void ApplyTimers(const domain::Decision& decision);
  void ApplyBatches(const domain::Decision& decision);
  void Count(const domain::Record& record, domain::Kind kind);
  // `before`: where the log stood before the record.
  void Publish(const events::Position& before, const domain::Record& record,
               const domain::Transaction* transaction, domain::Text& previous_dto);
  // Leaves the world: adds its rows to the changes and forgets them.
  void FlushWorld();
  void RetireHolds();
  void FlushTimer(const TimerQueue::Key& key, const std::optional<domain::Timer>& timer);
  std::string EncodeReply(const domain::Command& command, const domain::Decision& decision) const;

  const std::string name_;
  const absl::Time wall_;
  const ReplyCodec& codec_;
  BatchEffects& effects_;
  const bool existed_;
  std::optional<domain::Sandbox> sandbox_;
  absl::Time now_;  // what commands are stamped with
  TimerQueue timers_;
  WorldRows rows_;
  bool put_off_ = false;  // an arrival was
  absl::Time bucket_;     // of the statistics, as the batch began
  absl::Time last_fired_ = absl::InfinitePast();
  bool touched_ = false;
  bool joined_run_ = false;  // somebody joined the batch that is being paid, so that there is more to do
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_WORKING_SET_H_
