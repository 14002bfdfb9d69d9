#include "engine/report_maker.h"

#include <algorithm>

#include "domain/status_macros.h"

namespace tracktrove::engine {
namespace {

constexpr int kPage = 1000;

template <typename Page>
bool IsFull(const Page& page) {
  return static_cast<int>(page.size()) == kPage;
}

}  // namespace

void ReportMaker::Start(Engine& engine, domain::WorldId world, domain::SimulationRun run, Deliver deliver) {
  std::shared_ptr<ReportMaker> maker(new ReportMaker(engine, world, std::move(run), std::move(deliver)));
  maker->walked_sequence_ = maker->run_.first_sequence - 1;
  maker->Continue();
}

void ReportMaker::Continue() {
  const absl::Status status = engine_.Read([self = shared_from_this()](store::Reader& reader) {
    const absl::StatusOr<bool> done = self->ReadPage(reader);
    if (!done.ok()) {
      self->deliver_(done.status());
    } else if (*done) {
      self->deliver_(self->builder_.Finish(self->run_));
    } else {
      self->Continue();
    }
  });
  if (!status.ok()) deliver_(status);
}

absl::StatusOr<bool> ReportMaker::ReadPage(store::Reader& reader) {
  if (!records_done_) {
    TT_RETURN_IF_ERROR(ReadRecords(reader));
  } else if (!money_done_) {
    TT_RETURN_IF_ERROR(ReadMoney(reader));
  } else {
    TT_RETURN_IF_ERROR(ReadTrail(reader));
  }
  return walked_sequence_ >= run_.last_sequence;
}

absl::Status ReportMaker::ReadRecords(store::Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto page, reader.ReadRunRecords(world_, run_.number, place_, window_end_,
                                                             run_.last_sequence, kPage));
  for (const domain::RunRecord& record : page) {
    builder_.AddRecord(record);
    place_ = {record.arrival, record.record.index};
  }
  if (IsFull(page)) return absl::OkStatus();  // the window has more
  records_done_ = window_end_ >= run_.next_arrival;
  place_ = {window_end_, -1};
  window_end_ += kWindow;
  return absl::OkStatus();
}

absl::Status ReportMaker::ReadMoney(store::Reader& reader) {
  TT_ASSIGN_OR_RETURN(const auto page, reader.SumArrivals(world_, run_.number, summed_arrival_, kPage));
  for (const store::TransactionSums& each : page) {
    builder_.AddSums(each.transaction, each.sums);
    TT_RETURN_IF_ERROR(LeaveOutLater(reader, each.transaction));
    summed_arrival_ = each.transaction.arrival;
  }
  money_done_ = !IsFull(page);
  return absl::OkStatus();
}

// What moved after the run's last record is in the sums, up to the state in which
// the transaction was read. What is written meanwhile is in neither.
absl::Status ReportMaker::LeaveOutLater(store::Reader& reader, const domain::Transaction& transaction) {
  int64_t sequence = transaction.sequence + 1;
  int line = 0;
  bool more = transaction.sequence > run_.last_sequence;
  while (more) {
    TT_ASSIGN_OR_RETURN(const auto page, reader.ListEntries(world_, transaction.id, sequence, line, kPage));
    for (const domain::LedgerEntry& entry : page) {
      if (entry.sequence <= run_.last_sequence) return absl::OkStatus();
      builder_.LeaveOut(entry.posting);
      sequence = entry.sequence;
      line = entry.line;
    }
    more = IsFull(page);
  }
  return absl::OkStatus();
}

// Ends at a record that is missing; the builder says so.
absl::Status ReportMaker::ReadTrail(store::Reader& reader) {
  const int limit = static_cast<int>(std::min<int64_t>(kPage, run_.last_sequence - walked_sequence_));
  TT_ASSIGN_OR_RETURN(
      const auto page,
      reader.ReadRecords(world_, {.transaction_id = {}, .after_sequence = walked_sequence_, .limit = limit}));
  for (const domain::LogEntry& entry : page) {
    if (entry.record.sequence <= run_.last_sequence) builder_.AddToTrail(entry.record);
  }
  walked_sequence_ = page.empty() ? run_.last_sequence : page.back().record.sequence;
  return absl::OkStatus();
}

}  // namespace tracktrove::engine
