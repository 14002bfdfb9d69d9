#include "domain/decide_sandbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "domain/errors.h"

namespace tracktrove::domain {
namespace {

// Begins what a reset's record says; the hash of the record before it follows.
constexpr absl::string_view kGoesOnAfter = "goes on after ";

// Puts the clock to `time`; it goes on from there by its mode.
void SetClock(Clock& clock, absl::Time time, absl::Time wall) {
  if (clock.mode == ClockMode::kRealtime) clock.offset = std::max(clock.offset, time - wall);
  clock.last = time;
}

}  // namespace

Decision WithRecord(Sandbox sandbox, RecordType type, absl::Time now, absl::string_view detail) {
  Record record = Happening(type, "client", detail);
  record.record_class = RecordClass::kObserved;
  record.time = now;
  Decision decision;
  decision.records.push_back(std::move(record));
  decision.sandbox = std::move(sandbox);
  return decision;
}

absl::StatusOr<Decision> DecideCreateSandbox(const std::string& name, const CreateSandbox& command,
                                             const Stamp& stamp) {
  Sandbox sandbox;
  sandbox.name = name;
  sandbox.world = command.world;
  sandbox.seed = command.seed;
  sandbox.pace = command.pace;
  sandbox.policy = command.policy;
  sandbox.create_time = stamp.wall;
  const absl::Time start = command.start_time.value_or(stamp.wall);
  sandbox.clock = {.mode = command.clock_mode, .start = start, .offset = start - stamp.wall, .last = start};
  return WithRecord(std::move(sandbox), RecordType::kSandboxCreated, start,
                    absl::StrCat("seed ", command.seed));
}

absl::StatusOr<Decision> DecideUpdateSandbox(const Sandbox& sandbox, const UpdateSandbox& command,
                                             const Stamp& stamp) {
  Sandbox updated = sandbox;
  updated.pace = command.pace.value_or(sandbox.pace);
  Policy& policy = updated.policy;
  policy.amount_limits = command.amount_limits.value_or(policy.amount_limits);
  policy.hold_ttl = command.hold_ttl.value_or(policy.hold_ttl);
  policy.retry = command.retry.value_or(policy.retry);
  policy.fee = command.fee.value_or(policy.fee);
  policy.settlement = command.settlement.value_or(policy.settlement);
  policy.dispute_deadline = command.dispute_deadline.value_or(policy.dispute_deadline);
  return WithRecord(std::move(updated), RecordType::kSandboxUpdated, stamp.now, "");
}

absl::StatusOr<Decision> DecideResetSandbox(const Sandbox& sandbox, const ResetSandbox& command,
                                            const Stamp& stamp) {
  Sandbox fresh = sandbox;
  fresh.world = command.world;
  fresh.oldest_sequence = sandbox.head_sequence + 1;
  fresh.transaction_count = 0;
  fresh.flow_count = 0;
  fresh.fault_rules_created = 0;
  fresh.fault_rules_enabled = 0;
  fresh.closed_batch.reset();
  fresh.simulation_count = 0;
  fresh.running_simulation = 0;
  // A REALTIME clock has run on from there; what it was advanced by is undone.
  fresh.clock.offset = fresh.clock.start - sandbox.create_time;
  fresh.clock.last = fresh.clock.start;
  fresh.clock.last = fresh.clock.Now(stamp.wall);
  const absl::Time now = fresh.clock.last;
  return WithRecord(std::move(fresh), RecordType::kSandboxReset, now,
                    absl::StrCat(kGoesOnAfter, sandbox.head_hash));
}

std::string HashBefore(const Record& oldest) {
  absl::string_view hash = oldest.detail;
  if (!absl::ConsumePrefix(&hash, kGoesOnAfter)) return "";
  return std::string(hash);
}

absl::StatusOr<Decision> DecideDeleteSandbox(const Sandbox& sandbox) {
  if (sandbox.name == kDefaultSandbox) return DefaultSandbox();
  Decision decision;
  decision.sandbox_deleted = true;
  return decision;
}

absl::StatusOr<Decision> DecideAdvance(const Sandbox& sandbox, const AdvanceClock& command,
                                       std::optional<absl::Time> next_due, const Stamp& stamp) {
  absl::Time target;
  std::string field;
  if (const auto* by = std::get_if<absl::Duration>(&command.target)) {
    target = stamp.now + *by;
    field = "by";
  } else if (const auto* to = std::get_if<absl::Time>(&command.target)) {
    target = *to;
    field = "to";
  } else {
    if (!next_due) return NoPendingEvent();
    target = *next_due;
    field = "to_next_event";
  }
  if (target < stamp.now) {
    return BadField(field,
                    absl::StrCat("must not be before the clock, which stands at ", Rfc3339(stamp.now)));
  }
  if (target - stamp.now > kMaxAdvance) return BadField(field, "must not be more than 400 days ahead");

  Decision decision;
  decision.sandbox = sandbox;
  decision.sandbox->advance = Advance{.target = target,
                                      .request_id = command.request_id,
                                      .fingerprint = command.fingerprint,
                                      .first_sequence = sandbox.head_sequence + 1,
                                      .counts = {},
                                      .fired = {},
                                      .run = {}};
  return decision;
}

absl::StatusOr<Decision> DecideFinishAdvance(const Sandbox& sandbox, const Stamp& stamp) {
  if (!sandbox.advance) return BrokenInvariant("a clock move ended that was not under way");
  int64_t fired = 0;
  for (const auto& [kind, count] : sandbox.advance->counts) fired += count;
  Sandbox moved = sandbox;
  const absl::Time target = sandbox.advance->target;
  SetClock(moved.clock, target, stamp.wall);
  moved.advance.reset();
  return WithRecord(std::move(moved), RecordType::kClockAdvanced, target,
                    absl::StrCat("to ", Rfc3339(target), ", ", fired, " timers fired"));
}

}  // namespace tracktrove::domain
