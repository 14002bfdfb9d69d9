// A flow is a small program: program = flow, counter = step, input = DTO. It
// runs a transaction on until it must wait: for a latency that really passes,
// for CompleteTransaction, for a retry.
//
// When a step begins, the fault that acts on it is chosen, at most one: of those
// that an operator injected, else of those that the request brought, else of the
// rules. It stays with the transaction until the step ends.
#ifndef TRACKTROVE_DOMAIN_FLOW_RUN_H_
#define TRACKTROVE_DOMAIN_FLOW_RUN_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "domain/draft.h"
#include "domain/draw.h"
#include "domain/fate.h"
#include "domain/fault_choice.h"
#include "domain/flow.h"
#include "domain/json.h"
#include "domain/sandbox.h"

namespace tracktrove::domain {

class FlowRun {
 public:
  // All must outlive it. `draft`'s transaction must be under way in `flow`.
  FlowRun(const Sandbox& sandbox, const Flow& flow, const Rules& rules, Draft& draft);

  // Goes on from the step that `draft`'s transaction is at. `instant` runs
  // without letting latencies pass, whatever the sandbox's pace.
  void Run(bool instant);

  // The latency of the step under way has passed: ends it, then goes on at
  // the sandbox's pace, which may have changed since.
  void FinishPacedStep();

  // A fault was injected: it acts on the step under way, if there is one that
  // it can act on and whose work is not done yet.
  void TakeUpInjected();

  // A fault leaves the hold no more than its duration, at none it expires now.
  void CutHold(ActingFault by);

  // Nobody completed the hold in time. What else the flow waited for is off.
  void ExpireHold();

 private:
  const Step& step() const { return flow_.steps[transaction_.step]; }
  const std::optional<ActingFault>& acting() const { return transaction_.simulation.acting; }
  bool Acts(FaultKind kind) const;
  bool LosesAnswer() const { return Acts(FaultKind::kTimeoutAfterCommit); }
  bool WaitsForCapture() const;

  // Of the step under way: with what its fault adds, how long an answer that
  // never comes is waited for, and how long it takes until one or the other.
  absl::Duration Latency() const;
  absl::Duration Patience() const;
  absl::Duration TimeToAnswer() const;
  // But for its fault the step would have ended before the hold.
  bool FaultOutlastsHold() const;

  void BeginStep();
  void FinishStep();
  std::optional<Failure> FailureOfStep() const;
  Failure FailureWith(const FailureMode& mode, const std::string& fault_id) const;
  // False: the work could not be done, and the attempt has failed.
  bool Commit();
  void LoseAnswer();
  void Succeed();
  void Fail(Failure failure);
  void EndAttempt(Record record, Failure failure);

  void PlaceHold();
  void CapturePart();
  // What the capture step tells is what will be charged.
  void FixFee();
  // The hold or the fee, and the change of the document. False: the document
  // would become too large, and the attempt has failed.
  bool DoWork(Record& record);
  void Complete();
  Record StepRecord(RecordType type, absl::Duration duration) const;
  absl::Duration DrawBackoff() const;
  // Says in the record what is worth saying about it; false where it would make
  // the document too large, and then leaves that as it was.
  bool ApplyChange(Record& record);

  const Sandbox& sandbox_;
  const Flow& flow_;
  const Rules rules_;
  Draft& draft_;
  Transaction& transaction_;
  const Draws draws_;
  const std::optional<Doom> doom_;
  // The DTO as the last step left it, so that the next one need not parse it again.
  Json parsed_;
  Text parsed_text_;
};

// What an attempt begins with: the next number, the first step, the payload.
void StartAttempt(Transaction& transaction);

// The next attempt begins, and the trace says who had it begin.
void StartAttempt(Draft& draft, absl::string_view actor);

// Funds go back and nothing waits any more: drops the hold and its timer. The
// caller sets the state and emits.
void ReleaseHold(Draft& draft);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FLOW_RUN_H_
