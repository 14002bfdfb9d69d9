#include "domain/fate.h"

#include <vector>

#include "absl/strings/string_view.h"

namespace tracktrove::domain {
namespace {

int DrawFailingStep(const Flow& flow, const Draws& draws, absl::string_view purpose, int attempt) {
  std::vector<int> candidates;
  for (size_t i = 0; i < flow.steps.size(); ++i) {
    if (!flow.steps[i].failures.empty()) candidates.push_back(static_cast<int>(i));
  }
  return candidates[draws.Below(static_cast<int64_t>(candidates.size()), "", attempt, purpose)];
}

}  // namespace

std::optional<Doom> DrawDoom(const Simulation& simulation, const Flow& flow, const Draws& draws,
                             int attempt) {
  std::optional<Doom> doom;
  const bool asked = attempt <= simulation.fail_first_attempts;
  if (asked || TransientDraw(draws, attempt) < simulation.transient_ppm) {
    doom = Doom{.cause = asked ? DoomCause::kFirstAttempts : DoomCause::kTransient,
                .step = DrawFailingStep(flow, draws, "transient_step", attempt)};
  }
  if (FateDraw(draws) >= simulation.success_ppm) {
    const int step = simulation.fail_at_step.empty() ? DrawFailingStep(flow, draws, "fate_step", 0)
                                                     : flow.IndexOf(simulation.fail_at_step);
    if (!doom || step <= doom->step) doom = Doom{.cause = DoomCause::kFate, .step = step};
  }
  return doom;
}

int64_t FateDraw(const Draws& draws) { return draws.Below(kPpm, "", 0, "fate"); }

int64_t TransientDraw(const Draws& draws, int attempt) { return draws.Below(kPpm, "", attempt, "transient"); }

}  // namespace tracktrove::domain
