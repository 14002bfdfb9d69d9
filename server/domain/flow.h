// Flows as data: the ordered steps a kind of transaction passes through. A step
// is a simulated service with a latency, the codes it fails with and a change
// to the DTO. Flows are lines: each step is followed by the next, or by a failure.
#ifndef TRACKTROVE_DOMAIN_FLOW_H_
#define TRACKTROVE_DOMAIN_FLOW_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/draw.h"
#include "domain/json.h"
#include "domain/money.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

// Integer quantiles; draws between them are interpolated, from half of p50 on.
struct Latency {
  absl::Duration p50;
  absl::Duration p99;
  absl::Duration max;
};

struct FailureMode {
  std::string code;
  std::string message;
  int64_t weight = 1;  // relative to the step's others
};

struct Step {
  std::string name;     // unique in its flow
  std::string service;  // who does it
  StepEffect effect = StepEffect::kNone;
  Latency latency;
  absl::Duration timeout;  // a longer latency fails with STEP_TIMEOUT; infinite: none does
  std::vector<FailureMode> failures;
  Json change;  // a merge patch with expressions; see template.h
};

struct Flow {
  std::string id;
  std::string title;
  Kind kind = Kind::kTip;
  Capture capture = Capture::kAutomatic;  // of a transaction that does not say
  std::vector<Step> steps;
  Text definition;  // the canonical JSON that it was read from

  // Index of the step with this name, or the number of steps.
  int IndexOf(absl::string_view step) const;
  // Index of the step with this effect; a valid flow has exactly one of each.
  int IndexOf(StepEffect effect) const;
};

// Reads a flow in the JSON form of the contract's message, refusing one that
// could not run; the error names the place, such as `steps[2].latency.p99`.
absl::StatusOr<Flow> ParseFlow(const Json& json);

// The flows that every sandbox has, one for each kind.
const std::vector<Flow>& BuiltinFlows();

// Null when there is none with this id.
const Flow* FindFlow(absl::string_view id);
const Flow& FlowOf(Kind kind);

// The flows that a decision may need: a sandbox's own, as far as they are
// loaded, and the built-in ones.
class FlowBook {
 public:
  void Add(Flow flow);
  // Null when there is none with this id.
  const Flow* Find(const std::string& id) const;
  // The built-in ones first.
  std::vector<const Flow*> All() const;

 private:
  std::map<std::string, Flow> own_;
};

// The shortest that a draw can give.
absl::Duration LeastLatency(const Step& step);

// What a step's latency is in this attempt.
absl::Duration DrawLatency(const Step& step, const Draws& draws, int attempt);

// Which of a step's failures happens, by weight; of one that fails only when told to, STEP_FAILED.
FailureMode DrawFailure(const Step& step, const Draws& draws, int attempt);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FLOW_H_
