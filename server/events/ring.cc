#include "events/ring.h"

#include <algorithm>
#include <utility>

namespace tracktrove::events {
namespace {

int64_t BytesOf(const domain::LogEntry& entry) {
  return entry.record.dto ? static_cast<int64_t>(entry.record.dto->size()) : 0;
}

}  // namespace

std::optional<Position> Ring::End() const {
  if (!placed_) return std::nullopt;
  return entries_.empty() ? before_ : PositionOf(*entries_.back());
}

bool Ring::Knows(const Position& position) const {
  return placed_ && position.sequence >= before_.sequence && position.sequence <= EndSequence() &&
         At(position.sequence) == position;
}

void Ring::Place(Position end) {
  placed_ = true;
  before_ = std::move(end);
  entries_.clear();
  bytes_ = 0;
}

bool Ring::Merge(const Run& run) {
  if (!placed_) return false;
  // The last place that both reach: what is equal there is equal before it.
  const int64_t shared = std::min(run.End().sequence, EndSequence());
  if (shared < std::max(run.before.sequence, before_.sequence)) return false;
  const Position there =
      shared == run.before.sequence ? run.before : PositionOf(*run.entries[shared - run.before.sequence - 1]);
  if (there != At(shared)) return false;
  Extend(run);
  Prepend(run);
  return true;
}

std::vector<Entry> Ring::Read(int64_t after, int limit) const {
  const int64_t available = EndSequence() - after;
  if (!placed_ || IsBehind(after) || available <= 0) return {};
  const auto first = entries_.begin() + (after - before_.sequence);
  return {first, first + std::min<int64_t>(available, limit)};
}

Position Ring::At(int64_t sequence) const {
  if (sequence == before_.sequence) return before_;
  return PositionOf(*entries_[sequence - before_.sequence - 1]);
}

void Ring::Extend(const Run& run) {
  for (const Entry& entry : run.entries) {
    if (entry->record.sequence <= EndSequence()) continue;
    bytes_ += BytesOf(*entry);
    entries_.push_back(entry);
  }
  while (Exceeds(static_cast<int64_t>(entries_.size()), bytes_)) {
    before_ = PositionOf(*entries_.front());
    bytes_ -= BytesOf(*entries_.front());
    entries_.pop_front();
  }
}

// As many as there is room for.
void Ring::Prepend(const Run& run) {
  for (int64_t i = before_.sequence - run.before.sequence - 1; i >= 0; --i) {
    const Entry& entry = run.entries[i];
    const int64_t bytes = bytes_ + BytesOf(*entry);
    if (Exceeds(static_cast<int64_t>(entries_.size()) + 1, bytes)) return;
    bytes_ = bytes;
    entries_.push_front(entry);
    before_ = i == 0 ? run.before : PositionOf(*run.entries[i - 1]);
  }
}

}  // namespace tracktrove::events
