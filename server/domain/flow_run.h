// The interpreter of flows: program = flow, counter = step, input = DTO. It
// runs a transaction on until it must wait: for a latency that really passes,
// for CompleteTransaction, for a retry.
#ifndef TRACKTROVE_DOMAIN_FLOW_RUN_H_
#define TRACKTROVE_DOMAIN_FLOW_RUN_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "domain/draft.h"
#include "domain/draw.h"
#include "domain/flow.h"
#include "domain/json.h"
#include "domain/sandbox.h"

namespace tracktrove::domain {

class FlowRun {
 public:
  // All must outlive it. `draft`'s transaction must be under way in `flow`.
  FlowRun(const Sandbox& sandbox, const Flow& flow, Draft& draft);

  // Goes on from the step that `draft`'s transaction is at. `instant` runs
  // without letting latencies pass, whatever the sandbox's pace.
  void Run(bool instant);

  // The latency of the step under way has passed: ends it, then goes on at
  // the sandbox's pace, which may have changed since.
  void FinishPacedStep();

 private:
  // The failure that this attempt is bound for, drawn once from the seed.
  struct Doom {
    int step;
    bool final;
  };
  std::optional<Doom> DrawDoom() const;
  int DrawFailingStep(absl::string_view purpose, int attempt) const;

  bool WaitsForCapture() const;
  void FinishStep();
  std::optional<Failure> FailureOf(const Step& step, absl::Duration latency) const;
  void Succeed(const Step& step, absl::Duration latency);
  void Fail(const Step& step, absl::Duration latency, Failure failure);
  absl::Duration DrawBackoff() const;
  void ApplyChange(const Step& step);

  const Sandbox& sandbox_;
  const Flow& flow_;
  Draft& draft_;
  Transaction& transaction_;
  const Draws draws_;
  const std::optional<Doom> doom_;
  // The DTO as the last step left it, so that the next one need not parse it again.
  Json parsed_;
  Text parsed_text_;
};

// Funds go back and nothing waits any more: drops the hold and its timer. The
// caller sets the state and emits.
void ReleaseHold(Draft& draft);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FLOW_RUN_H_
