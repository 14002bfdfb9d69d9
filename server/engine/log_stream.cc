#include "engine/log_stream.h"

#include <algorithm>

#include "domain/errors.h"
#include "domain/status_macros.h"

namespace tracktrove::engine {
namespace {

constexpr int kBatch = 256;

bool InRange(const domain::Sandbox& sandbox, int64_t cursor) {
  return cursor >= sandbox.oldest_sequence - 1 && cursor <= sandbox.head_sequence;
}

absl::Status OutOfRange(const domain::Sandbox& sandbox, int64_t cursor) {
  return domain::CursorOutOfRange(cursor, sandbox.oldest_sequence, sandbox.head_sequence);
}

events::Position HeadOf(const domain::Sandbox& sandbox) {
  return {sandbox.head_sequence, sandbox.head_hash, sandbox.world};
}

// Whether the sandbox, now of another world, still has the log of `cursor`,
// which is not before its range: it was reset just there then, and else made anew.
absl::StatusOr<bool> GoesOnFrom(store::Reader& reader, const domain::Sandbox& sandbox,
                                const events::Position& cursor) {
  if (cursor.sequence >= sandbox.oldest_sequence) return false;
  auto records = reader.ReadRecords(sandbox.world, {.transaction_id = std::nullopt,
                                                    .after_sequence = cursor.sequence,
                                                    .limit = 1,
                                                    .with_previous_dto = false});
  if (!records.ok()) return records.status();
  return !records->empty() && events::Follows(records->front(), cursor);
}

}  // namespace

std::shared_ptr<LogStream> LogStream::Open(Engine& engine, events::Hub& hub, LogStreamOptions options) {
  const std::string sandbox = options.sandbox;
  std::shared_ptr<LogStream> stream(new LogStream(engine, hub, std::move(options)));
  hub.Listen(sandbox, stream);  // before the first read, so that nothing falls in between
  return stream;
}

void LogStream::Next(Deliver deliver) {
  {
    sync::MutexLock lock(&mutex_);
    pending_ = std::move(deliver);
  }
  Pump();
}

void LogStream::OnWake(events::Wake why) {
  Deliver sign_of_life;
  int64_t cursor;
  {
    sync::MutexLock lock(&mutex_);
    if (why == events::Wake::kClosing) closing_ = true;
    if (why == events::Wake::kReread) must_fetch_ = true;
    if (why == events::Wake::kNews) woken_ = true;
    if (why == events::Wake::kPulse && opened_) {
      if (fetching_) {
        pulsed_ = true;  // what is being fetched may hold nothing that passes the filter
      } else {
        std::swap(sign_of_life, pending_);
      }
    }
    cursor = cursor_.sequence;
  }
  if (why == events::Wake::kPulse && options_.on_pulse) options_.on_pulse();
  if (sign_of_life) {
    sign_of_life(LogBatch{.entries = {}, .cursor = cursor, .end = false});
  } else {
    Pump();
  }
}

// The pending Next is taken together with what answers it, under one lock: two
// wakes at once can neither swap nor drop batches.
void LogStream::Pump() {
  absl::StatusOr<LogBatch> batch = LogBatch{};
  Deliver deliver;
  {
    sync::MutexLock lock(&mutex_);
    if (!pending_ || fetching_) return;
    if (closing_) {
      batch = domain::ServerShuttingDown();
    } else if (!must_fetch_) {
      batch = ServeFromRing();
      if (batch->entries.empty() && !batch->end && !must_fetch_) return;  // caught up: a wake goes on
    }
    if (batch.ok() && must_fetch_ && batch->entries.empty() && !batch->end) {
      must_fetch_ = false;
      woken_ = false;
      fetching_ = true;
    } else {
      std::swap(deliver, pending_);
    }
  }
  if (deliver) {
    deliver(std::move(batch));
  } else {
    StartFetch();
  }
}

// Goes through the ring until something passes the filter. Falls behind when
// the cursor has dropped out of it; but what the ring says is no reason to read
// the database twice: what came after a fetch wakes us.
LogBatch LogStream::ServeFromRing() {
  while (true) {
    const events::Hub::Page page = hub_.Read(options_.sandbox, cursor_, kBatch);
    must_fetch_ = page.behind && woken_;
    if (page.entries.empty()) return {.entries = {}, .cursor = cursor_.sequence, .end = false};
    cursor_ = events::PositionOf(*page.entries.back());
    LogBatch batch = Filter(page.entries, cursor_.sequence);
    if (!batch.entries.empty() || batch.end) return batch;
  }
}

void LogStream::StartFetch() {
  const absl::Status status =
      engine_.Read([self = shared_from_this()](store::Reader& reader) { self->Fetch(reader); });
  if (!status.ok()) Finish(status);
}

void LogStream::Fetch(store::Reader& reader) { Finish(ReadLog(reader)); }

void LogStream::Finish(absl::StatusOr<Fetched> fetched) {
  absl::StatusOr<LogBatch> batch = LogBatch{};
  if (!fetched.ok()) batch = fetched.status();
  Deliver deliver;
  {
    sync::MutexLock lock(&mutex_);
    fetching_ = false;
    bool first = false;
    const bool pulsed = std::exchange(pulsed_, false);
    if (fetched.ok()) {
      first = !std::exchange(opened_, true);  // told at once, so that the peer knows where it stands
      must_fetch_ = must_fetch_ || fetched->more;
      cursor_ = fetched->cursor;
      batch = Filter(fetched->entries, cursor_.sequence);
      batch->end = batch->end || (options_.stop_at_final && over_ && !fetched->more);
    }
    if (!batch.ok() || !batch->entries.empty() || batch->end || first || pulsed) std::swap(deliver, pending_);
  }
  if (deliver) {
    deliver(std::move(batch));
  } else {
    Pump();
  }
}

absl::StatusOr<LogStream::Fetched> LogStream::ReadLog(store::Reader& reader) {
  auto snapshot = reader.GetSandbox(options_.sandbox);
  if (!snapshot.ok()) return snapshot.status();
  if (!*snapshot) return domain::SandboxNotFound(options_.sandbox);
  const domain::Sandbox& sandbox = (*snapshot)->sandbox;

  bool opened;
  events::Position cursor;
  {
    sync::MutexLock lock(&mutex_);
    opened = opened_;
    cursor = cursor_;
  }
  if (!opened) {
    TT_ASSIGN_OR_RETURN(cursor.sequence, StartingPoint(reader, sandbox));
  }
  if (opened && sandbox.world != cursor.world && cursor.sequence >= sandbox.oldest_sequence - 1) {
    TT_ASSIGN_OR_RETURN(const bool goes_on, GoesOnFrom(reader, sandbox, cursor));
    if (!goes_on) return domain::SandboxNotFound(options_.sandbox);
  }
  if (!InRange(sandbox, cursor.sequence)) return OutOfRange(sandbox, cursor.sequence);
  Fetched fetched;
  TT_ASSIGN_OR_RETURN(fetched.entries, ReadEntries(reader, sandbox, cursor.sequence));
  fetched.more = static_cast<int>(fetched.entries.size()) == kBatch;
  // The head was read before the entries, so up to it none is missing.
  fetched.cursor = HeadOf(sandbox);
  if (!fetched.entries.empty()) {
    const events::Position last = events::PositionOf(*fetched.entries.back());
    if (fetched.more || last.sequence > sandbox.head_sequence) fetched.cursor = last;
  }
  return fetched;
}

absl::StatusOr<std::vector<events::Entry>> LogStream::ReadEntries(store::Reader& reader,
                                                                  const domain::Sandbox& sandbox,
                                                                  int64_t after) {
  if (after == sandbox.head_sequence) return std::vector<events::Entry>();
  auto recalled = hub_.Recall(sandbox.name, sandbox.world, after, HeadOf(sandbox), kBatch);
  if (recalled) return *std::move(recalled);
  auto records = reader.ReadRecords(sandbox.world, {.transaction_id = options_.transaction_id,
                                                    .after_sequence = after,
                                                    .limit = kBatch,
                                                    .with_previous_dto = options_.with_previous_dto});
  if (!records.ok()) return records.status();
  std::vector<events::Entry> entries;
  for (domain::LogEntry& entry : *records) {
    entries.push_back(std::make_shared<const domain::LogEntry>(std::move(entry)));
  }
  return entries;
}

absl::StatusOr<int64_t> LogStream::StartingPoint(store::Reader& reader, const domain::Sandbox& sandbox) {
  if (options_.transaction_id) {
    auto transaction = reader.GetTransaction(sandbox.world, *options_.transaction_id);
    if (!transaction.ok()) return transaction.status();
    if (!*transaction) return domain::TransactionNotFound(*options_.transaction_id);
    sync::MutexLock lock(&mutex_);
    over_ = (*transaction)->IsOver();
  }
  const int64_t beginning = sandbox.oldest_sequence - 1;
  if (options_.resume_after) return *options_.resume_after == 0 ? beginning : *options_.resume_after;
  return options_.transaction_id ? beginning : sandbox.head_sequence;
}

LogBatch LogStream::Filter(const std::vector<events::Entry>& entries, int64_t cursor) const {
  LogBatch batch{.entries = {}, .cursor = cursor, .end = false};
  for (const events::Entry& entry : entries) {
    const domain::Record& record = entry->record;
    if (options_.transaction_id && record.transaction_id != *options_.transaction_id) continue;
    if (!options_.filter || options_.filter(*entry)) batch.entries.push_back(entry);
    if (options_.stop_at_final && record.IsFinal()) {
      batch.end = true;
      batch.cursor = record.sequence;
      break;
    }
  }
  return batch;
}

}  // namespace tracktrove::engine
