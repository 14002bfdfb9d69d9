#include "domain/simulation_run.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "domain/draw.h"

namespace tracktrove::domain {
namespace {

constexpr char kRunRule[] = "run:";

// When the slot of an arrival begins, from the start. Exact: a million arrivals
// times 10^12 fit.
absl::Duration SlotOffset(const SimulationSpec& spec, int64_t arrival) {
  constexpr int64_t kMicrosInAMillionSeconds = 1'000'000'000'000;
  if (spec.rate_micros == 0) return absl::ZeroDuration();
  return absl::Microseconds(arrival * kMicrosInAMillionSeconds / spec.rate_micros);
}

}  // namespace

absl::Time SimulationRun::DueTime(int64_t arrival) const {
  if (arrival >= spec->count) return deadline();
  absl::Duration offset = SlotOffset(*spec, arrival);
  const int64_t slot = absl::ToInt64Microseconds(SlotOffset(*spec, arrival + 1) - offset);
  if (spec->jitter && slot > 0) {
    const Draws draws(*spec->seed, ArrivalDrawKey(arrival));
    offset += absl::Microseconds(draws.Below(slot, "", 0, "arrival_time"));
  }
  return std::min(start_time + offset, deadline());
}

void SimulationRun::Count(const Transaction* before, const Transaction& after) {
  if (before != nullptr) {
    --states[static_cast<size_t>(before->state)];
    over -= before->IsOver();
  }
  ++states[static_cast<size_t>(after.state)];
  over += after.IsOver();
}

std::string RunRuleId(size_t place) { return absl::StrCat(kRunRule, place); }

std::optional<size_t> RunRulePlace(const std::string& id) {
  absl::string_view digits = id;
  size_t place = 0;
  if (!absl::ConsumePrefix(&digits, kRunRule) || !absl::SimpleAtoi(digits, &place)) return std::nullopt;
  return place;
}

const char* Name(RunState state) {
  switch (state) {
    case RunState::kRunning:
      return "RUNNING";
    case RunState::kFinished:
      return "FINISHED";
    case RunState::kExpired:
      return "EXPIRED";
    case RunState::kCancelled:
      return "CANCELLED";
    case RunState::kInterrupted:
      return "INTERRUPTED";
  }
  return "?";
}

}  // namespace tracktrove::domain
