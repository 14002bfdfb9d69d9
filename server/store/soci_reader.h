// The Reader over SOCI.
#ifndef TRACKTROVE_STORE_SOCI_READER_H_
#define TRACKTROVE_STORE_SOCI_READER_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/connection.h"
#include "store/reader.h"

namespace tracktrove::store {

// What a list that goes down begins below when the caller names no place.
inline constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();

class SociReader : public Reader {
 public:
  explicit SociReader(std::shared_ptr<const Dialect> dialect) : connection_(std::move(dialect)) {}

  absl::StatusOr<std::optional<SandboxSnapshot>> GetSandbox(const std::string& name) override;
  absl::StatusOr<std::vector<SandboxSnapshot>> ListSandboxes(const std::string& after_name,
                                                             int limit) override;
  absl::StatusOr<std::vector<std::pair<std::string, absl::Time>>> Alarms(int limit) override;
  absl::StatusOr<std::vector<Head>> Heads(const std::vector<std::string>& names) override;
  absl::StatusOr<std::vector<domain::Timer>> ListTimers(WorldId world, domain::TimerKind kind,
                                                        const std::string& after_transaction,
                                                        int limit) override;
  absl::StatusOr<std::optional<domain::Transaction>> GetTransaction(WorldId world,
                                                                    const std::string& id) override;
  absl::StatusOr<std::vector<domain::Transaction>> ListTransactions(WorldId world,
                                                                    const TransactionFilter& filter,
                                                                    int64_t before_ordinal,
                                                                    int limit) override;
  absl::StatusOr<std::vector<domain::LogEntry>> ReadRecords(WorldId world, const RecordQuery& query) override;
  absl::StatusOr<std::vector<domain::LedgerEntry>> ListEntries(
      WorldId world, const std::optional<std::string>& transaction_id, int64_t before_sequence,
      int before_line, int limit) override;
  absl::StatusOr<std::vector<Balance>> ListBalances(WorldId world, const std::string& after_account,
                                                    const std::string& after_currency, int limit) override;
  absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> EntrySumsAndBalances(
      WorldId world) override;
  absl::StatusOr<std::vector<TransactionSums>> SumTransactions(WorldId world, int64_t after_ordinal,
                                                               int limit) override;
  absl::StatusOr<std::vector<domain::Flow>> ListFlows(WorldId world, const std::string& after_id,
                                                      int limit) override;
  absl::StatusOr<std::vector<domain::FaultRule>> ListFaultRules(WorldId world, int64_t after_ordinal,
                                                                int limit) override;
  absl::StatusOr<std::optional<domain::Flow>> GetFlow(WorldId world, const std::string& id) override;
  absl::StatusOr<std::optional<domain::FaultRule>> GetFaultRule(WorldId world,
                                                                const std::string& id) override;

  // In soci_reader_settlement.cc:
  absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> SettledAndPayouts(
      WorldId world) override;
  absl::StatusOr<std::optional<domain::SettlementBatch>> GetBatch(WorldId world,
                                                                  const domain::BatchId& id) override;
  absl::StatusOr<std::vector<domain::SettlementBatch>> ListBatches(
      WorldId world, const std::optional<domain::BatchId>& before, int limit) override;
  absl::StatusOr<std::vector<PayeePayout>> ListPayouts(WorldId world, const domain::BatchId& batch,
                                                       const std::string& after_payee,
                                                       const std::string& after_currency, int limit) override;
  absl::StatusOr<std::optional<domain::Dispute>> GetDispute(WorldId world, const std::string& id) override;
  absl::StatusOr<std::vector<domain::Dispute>> ListDisputes(WorldId world, const DisputeFilter& filter,
                                                            int64_t before_sequence, int limit) override;
  absl::StatusOr<std::vector<StatisticsCount>> CountStatistics(WorldId world, absl::Time from) override;

  absl::StatusOr<std::optional<StoredSimulation>> GetSimulation(WorldId world, int64_t number) override;
  absl::StatusOr<std::vector<domain::SimulationRun>> ListSimulations(WorldId world, int64_t before_number,
                                                                     int limit) override;
  absl::StatusOr<std::vector<domain::RunRecord>> ReadRunRecords(WorldId world, int64_t number,
                                                                const RunPlace& place, int64_t before,
                                                                int64_t last_sequence, int limit) override;
  absl::StatusOr<std::vector<TransactionSums>> SumArrivals(WorldId world, int64_t number,
                                                           int64_t after_arrival, int limit) override;

 private:
  std::vector<Balance> SumEntries(WorldId world);
  std::vector<Balance> ReadBalances(const std::string& sql, WorldId world);
  std::vector<TransactionSums> TransactionsAfter(WorldId world, int64_t after_ordinal, int limit);
  void AddSums(WorldId world, std::vector<TransactionSums>& transactions);

  Connection connection_;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_SOCI_READER_H_
