#include "engine/stored_holds.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "domain/sandbox.h"
#include "domain/status_macros.h"

namespace tracktrove::engine {
namespace {

constexpr int kSandboxPage = 100;
constexpr int kTimerPage = 1000;

// A page of sandboxes by name, or the one named.
absl::StatusOr<std::vector<store::SandboxSnapshot>> ReadSandboxes(store::Reader& reader,
                                                                  const std::string& name,
                                                                  const std::string& after) {
  if (name.empty()) return reader.ListSandboxes(after, kSandboxPage);
  TT_ASSIGN_OR_RETURN(std::optional<store::SandboxSnapshot> found, reader.GetSandbox(name));
  std::vector<store::SandboxSnapshot> page;
  if (found) page.push_back(*std::move(found));
  return page;
}

// The holds of one sandbox. Answers whether to go on.
absl::StatusOr<bool> ReadHoldsOf(Readers& readers, const domain::Sandbox& sandbox,
                                 const std::function<bool(std::vector<holds::Hold>)>& take) {
  if (sandbox.clock.mode != domain::ClockMode::kRealtime) return true;
  std::string after;
  while (true) {
    absl::StatusOr<std::vector<domain::Timer>> timers;
    TT_RETURN_IF_ERROR(readers.RunAndWait([&](store::Reader& reader) {
      timers = reader.ListTimers(sandbox.world, domain::TimerKind::kHoldExpiry, after, kTimerPage);
    }));
    if (!timers.ok()) return timers.status();
    if (timers->empty()) return true;
    std::vector<holds::Hold> page;
    for (const domain::Timer& timer : *timers) {
      page.push_back({sandbox.name, timer.transaction_id, timer.due - sandbox.clock.offset});
    }
    after = timers->back().transaction_id;
    if (!take(std::move(page))) return false;
    if (static_cast<int>(timers->size()) < kTimerPage) return true;
  }
}

}  // namespace

absl::Status ReadStoredHolds(Readers& readers, const std::string& sandbox,
                             const std::function<bool(std::vector<holds::Hold>)>& take) {
  std::string after;
  while (true) {
    absl::StatusOr<std::vector<store::SandboxSnapshot>> page;
    TT_RETURN_IF_ERROR(
        readers.RunAndWait([&](store::Reader& reader) { page = ReadSandboxes(reader, sandbox, after); }));
    if (!page.ok()) return page.status();
    for (const store::SandboxSnapshot& snapshot : *page) {
      TT_ASSIGN_OR_RETURN(const bool go_on, ReadHoldsOf(readers, snapshot.sandbox, take));
      if (!go_on) return absl::OkStatus();
    }
    if (static_cast<int>(page->size()) < kSandboxPage) return absl::OkStatus();
    after = page->back().sandbox.name;
  }
}

}  // namespace tracktrove::engine
