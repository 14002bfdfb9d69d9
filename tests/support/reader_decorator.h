// A reader in front of the real one. A test's own overrides what it does
// differently.
#ifndef TRACKTROVE_TESTS_SUPPORT_READER_DECORATOR_H_
#define TRACKTROVE_TESTS_SUPPORT_READER_DECORATOR_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/reader.h"

namespace tracktrove::testing {

class ReaderDecorator : public store::Reader {
 public:
  template <typename T>
  using Rows = absl::StatusOr<std::vector<T>>;
  template <typename T>
  using Maybe = absl::StatusOr<std::optional<T>>;
  using BalancePair = absl::StatusOr<std::pair<std::vector<store::Balance>, std::vector<store::Balance>>>;
  using World = store::WorldId;
  using Text = const std::string&;

  explicit ReaderDecorator(std::unique_ptr<store::Reader> reader) : reader_(std::move(reader)) {}

  Maybe<store::SandboxSnapshot> GetSandbox(Text name) override { return reader_->GetSandbox(name); }
  Rows<store::SandboxSnapshot> ListSandboxes(Text after, int limit) override {
    return reader_->ListSandboxes(after, limit);
  }
  Rows<std::pair<std::string, absl::Time>> Alarms(int limit) override { return reader_->Alarms(limit); }
  Rows<store::Head> Heads(const std::vector<std::string>& names) override { return reader_->Heads(names); }
  Rows<domain::Timer> ListTimers(World w, domain::TimerKind kind, Text after, int limit) override {
    return reader_->ListTimers(w, kind, after, limit);
  }
  Maybe<domain::Transaction> GetTransaction(World w, Text id) override {
    return reader_->GetTransaction(w, id);
  }
  Rows<domain::Transaction> ListTransactions(World w, const store::TransactionFilter& filter, int64_t before,
                                             int limit) override {
    return reader_->ListTransactions(w, filter, before, limit);
  }
  Rows<domain::LogEntry> ReadRecords(World w, const store::RecordQuery& query) override {
    return reader_->ReadRecords(w, query);
  }
  Rows<domain::LedgerEntry> ListEntries(World w, const std::optional<std::string>& id, int64_t sequence,
                                        int line, int limit) override {
    return reader_->ListEntries(w, id, sequence, line, limit);
  }
  Rows<store::Balance> ListBalances(World w, Text account, Text currency, int limit) override {
    return reader_->ListBalances(w, account, currency, limit);
  }
  BalancePair EntrySumsAndBalances(World w) override { return reader_->EntrySumsAndBalances(w); }
  BalancePair SettledAndPayouts(World w) override { return reader_->SettledAndPayouts(w); }
  Maybe<domain::SettlementBatch> GetBatch(World w, const domain::BatchId& id) override {
    return reader_->GetBatch(w, id);
  }
  Rows<domain::SettlementBatch> ListBatches(World w, const std::optional<domain::BatchId>& before,
                                            int limit) override {
    return reader_->ListBatches(w, before, limit);
  }
  Rows<store::PayeePayout> ListPayouts(World w, const domain::BatchId& batch, Text payee, Text currency,
                                       int limit) override {
    return reader_->ListPayouts(w, batch, payee, currency, limit);
  }
  Maybe<domain::Dispute> GetDispute(World w, Text id) override { return reader_->GetDispute(w, id); }
  Rows<domain::Dispute> ListDisputes(World w, const store::DisputeFilter& filter, int64_t before,
                                     int limit) override {
    return reader_->ListDisputes(w, filter, before, limit);
  }
  Rows<store::StatisticsCount> CountStatistics(World w, absl::Time from) override {
    return reader_->CountStatistics(w, from);
  }
  Rows<store::TransactionSums> SumTransactions(World w, int64_t after, int limit) override {
    return reader_->SumTransactions(w, after, limit);
  }
  Rows<domain::Flow> ListFlows(World w, Text after, int limit) override {
    return reader_->ListFlows(w, after, limit);
  }
  Rows<domain::FaultRule> ListFaultRules(World w, int64_t after, int limit) override {
    return reader_->ListFaultRules(w, after, limit);
  }
  Maybe<domain::Flow> GetFlow(World w, Text id) override { return reader_->GetFlow(w, id); }
  Maybe<domain::FaultRule> GetFaultRule(World w, Text id) override { return reader_->GetFaultRule(w, id); }
  Maybe<store::StoredSimulation> GetSimulation(World w, int64_t number) override {
    return reader_->GetSimulation(w, number);
  }
  Rows<domain::SimulationRun> ListSimulations(World w, int64_t before, int limit) override {
    return reader_->ListSimulations(w, before, limit);
  }
  Rows<domain::RunRecord> ReadRunRecords(World w, int64_t number, const store::RunPlace& place,
                                         int64_t before, int64_t last_sequence, int limit) override {
    return reader_->ReadRunRecords(w, number, place, before, last_sequence, limit);
  }
  Rows<store::TransactionSums> SumArrivals(World w, int64_t number, int64_t after, int limit) override {
    return reader_->SumArrivals(w, number, after, limit);
  }

 private:
  const std::unique_ptr<store::Reader> reader_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_READER_DECORATOR_H_
