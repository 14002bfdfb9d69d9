// A command on its way: what a handler submits, and what the engine owes it.
#ifndef TRACKTROVE_ENGINE_CALL_H_
#define TRACKTROVE_ENGINE_CALL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/command.h"
#include "domain/decision.h"
#include "domain/sandbox.h"

namespace tracktrove::engine {

struct Call {
  std::string sandbox;
  std::string request_id;   // empty: not idempotent
  std::string fingerprint;  // of method and body; equal for equal requests
  domain::Command command;
  absl::Time deadline = absl::InfiniteFuture();
  int64_t bytes = 0;  // about what it weighs in a batch
  // Of the lane: whose clock it has begun to move. It may be run again, to find
  // the stored answer, but never moves the clock of a world that came after.
  domain::WorldId moves_world = 0;

  // Called exactly once, on the lane's thread, after the commit; must not
  // block. The answer is an encoded reply, for a repeated request the first one.
  std::function<void(absl::StatusOr<std::string>)> done;
};

// The transaction, or the dispute, that a command names; empty when it names none.
std::string TransactionOf(const domain::Command& command);
std::string DisputeOf(const domain::Command& command);

// The number of the simulation that a command names; 0 when it names none.
int64_t SimulationOf(const domain::Command& command);

// A clock move lets nothing through but the end of the simulation that may be
// part of it.
bool PassesClockMove(const domain::Command& command);

// What an AdvanceClock did.
struct AdvanceResult {
  domain::Clock clock;
  domain::Advance advance;
  int64_t last_sequence = 0;  // of its CLOCK_ADVANCED record
};

// How replies are encoded is for the edge to say; the engine stores them under
// the request's id and hands them on.
class ReplyCodec {
 public:
  virtual ~ReplyCodec() = default;
  // `now` is the sandbox's time.
  virtual std::string Encode(const domain::Transaction& transaction, const std::string& sandbox,
                             absl::Time now) const = 0;
  virtual std::string Encode(const domain::Sandbox& sandbox, absl::Time now) const = 0;
  virtual std::string Encode(const domain::Record& record) const = 0;
  virtual std::string Encode(const AdvanceResult& result) const = 0;
  virtual std::string Encode(const domain::Flow& flow) const = 0;
  virtual std::string Encode(const domain::FaultRule& rule) const = 0;
  virtual std::string Encode(const domain::SettlementBatch& batch) const = 0;
  virtual std::string Encode(const domain::Dispute& dispute) const = 0;
  virtual std::string Encode(const domain::SimulationRun& run, const std::string& sandbox) const = 0;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_CALL_H_
