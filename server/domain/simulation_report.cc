#include "domain/simulation_report.h"

#include "absl/strings/str_cat.h"
#include "domain/hash.h"

namespace tracktrove::domain {
namespace {

constexpr uint8_t kDigestVersion = 1;

}  // namespace

void ReportBuilder::AddRecord(const RunRecord& added) {
  const Record& record = added.record;
  if (!current_ || current_->arrival != added.arrival) {
    EndTransaction();
    current_ = Current{added.arrival, added.kind, State::kNone, std::nullopt};
  }
  ++report_.records;
  current_->state = record.to_state;
  if (record.from_state != record.to_state || record.failure) current_->failure = record.failure;
  if (record.type == RecordType::kRetryStarted) ++report_.retries;
  if (record.type == RecordType::kStepFinished) {
    SimulationReport::StepRuns& runs = report_.steps[{added.flow, record.step, record.service}];
    runs.durations.Add(record.duration);
    runs.failed += record.failure.has_value();
  }
  if (record.type == RecordType::kAnswerLost)
    ++report_.steps[{added.flow, record.step, record.service}].failed;
  if (!record.fault_rule_id.empty())
    ++report_.faults[{record.fault_rule_id, record.fault_kind, record.failure ? record.failure->code : ""}];
  if (record.record_class == RecordClass::kDecided) AddToDigest(added);
}

// Each step hashes the one before, so that the order counts and nothing has to be kept.
void ReportBuilder::AddToDigest(const RunRecord& added) {
  ++report_.decided_records;
  report_.digest = FieldHash(kDigestVersion)
                       .Text(report_.digest)
                       .Integer(added.arrival)
                       .Text(ContentHash(added.record))
                       .FinishHex();
}

void ReportBuilder::EndTransaction() {
  if (!current_) return;
  Transaction transaction;
  transaction.state = current_->state;
  transaction.failure = current_->failure;
  const bool over = transaction.IsOver();
  ++report_.outcomes[{current_->kind, current_->state, over}];
  if (over && current_->state == State::kFailed)
    ++report_.failures[{current_->failure->step, current_->failure->code}];
}

void ReportBuilder::AddSums(const Transaction& transaction, const Position& sums) {
  ++report_.ledger.checked;
  if (report_.ledger.problem.empty() && sums != PositionOf(transaction)) {
    report_.ledger.problem =
        absl::StrCat("the entries of transaction ", transaction.id, " do not sum to where it stands");
  }
  for (const auto& [account, amount] : sums) report_.money[account] += amount;
}

void ReportBuilder::LeaveOut(const Posting& posting) {
  report_.money[posting.debit] += posting.amount;
  report_.money[posting.credit] -= posting.amount;
}

void ReportBuilder::AddToTrail(const Record& record) {
  ++report_.trail.checked;
  if (!walk_) {
    walk_.emplace(record.sequence, record.hash);
  } else if (report_.trail.problem.empty()) {
    const std::string problem = walk_->Step(record);
    if (!problem.empty())
      report_.trail.problem = absl::StrCat("at sequence ", walk_->sequence(), ": ", problem);
  }
}

SimulationReport ReportBuilder::Finish(const SimulationRun& run) {
  EndTransaction();
  std::erase_if(report_.money, [](const auto& account) { return account.second == 0; });
  if (report_.trail.problem.empty() && (!walk_ || walk_->sequence() != run.last_sequence))
    report_.trail.problem = absl::StrCat("the log does not reach sequence ", run.last_sequence);
  if (report_.ledger.problem.empty() && report_.ledger.checked != run.arrived())
    report_.ledger.problem =
        absl::StrCat(run.arrived(), " transactions arrived, but ", report_.ledger.checked, " are there");
  return std::move(report_);
}

}  // namespace tracktrove::domain
