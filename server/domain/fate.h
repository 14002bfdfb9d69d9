// What a transaction's chances have in store for one attempt. It follows from
// the seed, the draw key and the chances it was initiated with, so anybody can
// work it out again, at any time.
#ifndef TRACKTROVE_DOMAIN_FATE_H_
#define TRACKTROVE_DOMAIN_FATE_H_

#include <cstdint>
#include <optional>

#include "domain/draw.h"
#include "domain/flow.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

enum class DoomCause {
  kFate,           // the one draw that decides for all attempts
  kTransient,      // the draw of this attempt
  kFirstAttempts,  // it was asked to fail so many
};

// The failure that an attempt is bound for.
struct Doom {
  DoomCause cause = DoomCause::kFate;
  int step = 0;  // index
  bool final() const { return cause == DoomCause::kFate; }
};

// One draw decides a transaction's fate for all attempts, a second one the step
// at which an ill-fated one fails; a transient failure is drawn for each attempt.
// Whichever comes first in the flow happens; at the same step the final one does.
std::optional<Doom> DrawDoom(const Simulation& simulation, const Flow& flow, const Draws& draws, int attempt);

// The draws behind it: below the rate, in parts per million, it ends well or
// fails.
int64_t FateDraw(const Draws& draws);
int64_t TransientDraw(const Draws& draws, int attempt);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_FATE_H_
