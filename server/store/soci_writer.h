// The Writer over SOCI.
#ifndef TRACKTROVE_STORE_SOCI_WRITER_H_
#define TRACKTROVE_STORE_SOCI_WRITER_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "domain/errors.h"
#include "store/connection.h"
#include "store/rows.h"
#include "store/store.h"

namespace tracktrove::store {

class SociWriter : public Writer {
 public:
  explicit SociWriter(std::shared_ptr<const Dialect> dialect) : connection_(std::move(dialect)) {}

  absl::StatusOr<absl::Time> Begin() override;
  absl::StatusOr<std::map<std::string, domain::Sandbox>> LockSandboxes(
      const std::vector<std::string>& names, std::vector<std::string>* busy) override;
  absl::StatusOr<absl::Time> Now() override;
  absl::StatusOr<std::vector<domain::Timer>> DueTimers(WorldId world, absl::Time until, int limit) override;
  absl::StatusOr<std::vector<domain::Timer>> BatchTimers(WorldId world, const domain::SettlementRun& batch,
                                                         int limit) override;
  absl::StatusOr<std::map<SimulationKey, domain::SimulationRun>> LoadSimulations(
      const std::vector<SimulationKey>& keys) override;
  absl::StatusOr<Found> Load(const Wanted& wanted) override;
  absl::StatusOr<Alarms> Write(const Changes& changes) override;
  absl::Status Commit() override;
  absl::StatusOr<bool> Landed(const Changes& changes) override;
  void Rollback() override { connection_.Rollback(); }
  absl::StatusOr<int64_t> Purge(int limit) override;

 private:
  // Runs `work` inside the open transaction. Without one every statement would
  // commit by itself.
  template <typename Work>
  Connection::ResultOf<Work> RunInside(Work work) {
    if (!connection_.in_transaction()) return domain::BrokenInvariant("the writer has no open transaction");
    return connection_.Run(std::move(work));
  }

  std::map<std::string, domain::Sandbox> SelectSandboxes(const std::vector<std::string>& names,
                                                         LockMode mode);
  std::vector<std::string> ExistingSandboxes(const std::vector<std::string>& names);
  void WriteFlowsAndRules(const Changes& changes);
  void AddToBalances(const Changes::Rows<domain::LedgerEntry>& entries);
  // `fresh` are the transactions that are new.
  using NewKeys = absl::flat_hash_set<WorldKey>;
  void WriteTransactions(const Changes& changes, const NewKeys& fresh);
  void WriteTimers(const Changes& changes, const NewKeys& fresh);
  int64_t CreateSandboxes(const std::vector<domain::Sandbox>& sandboxes, const Alarms& alarms);
  Alarms AlarmsOf(const Changes& changes);
  Alarms WriteSandboxes(const Changes& changes);
  bool IsIn(const Changes& changes);
  bool HasRecord(const std::pair<WorldId, domain::Record>& record);
  int64_t PurgeWorld(WorldId world, int limit);

  // In soci_writer_load.cc:
  std::vector<domain::Timer> ReadTimers(Statement& statement);
  void LoadFlows(const Wanted& wanted, Found& found);
  void LoadFaultRules(const Wanted& wanted, Found& found);

  // In soci_writer_settlement.cc:
  void LoadDisputes(const Wanted& wanted, Found& found);
  void WriteSettlement(const Changes& changes);
  void AddToPayouts(const Changes::Rows<domain::PayoutLine>& lines);
  void AddToStatistics(const Changes& changes);

  // One statement for all of `rows`; `add` puts one into the input. Answers how
  // many it changed.
  template <typename Rows, typename AddRow>
  int64_t WriteAll(const std::string& sql, const Rows& rows, AddRow add) {
    if (rows.empty()) return 0;
    Statement& statement = connection_.Prepare(sql);
    InputRows& input = statement.NewInput();
    for (const auto& row : rows) add(input, row);
    return statement.Execute();
  }
  // The same for rows with their world.
  template <typename Rows>
  void WriteAll(const std::string& sql, const Rows& rows) {
    WriteAll(sql, rows, [](InputRows& input, const auto& row) { Add(input, row.first, row.second); });
  }

  // The same for rows that are new to their table.
  template <typename Rows, typename AddRow>
  void InsertAll(const Table& table, const Rows& rows, AddRow add);
  template <typename Rows>
  void InsertAll(const Table& table, const Rows& rows);

  Connection connection_;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_SOCI_WRITER_H_
