// Reading: what queries, streams and checks ask the store. Each call sees one
// consistent state. A world or transaction that is not there gives empty
// answers unless a comment says otherwise.
#ifndef TRACKTROVE_STORE_READER_H_
#define TRACKTROVE_STORE_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/dispute.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/settlement_batch.h"
#include "domain/simulation_report.h"
#include "domain/simulation_run.h"
#include "domain/statistics.h"
#include "domain/transaction.h"

namespace tracktrove::store {

using domain::WorldId;

// A sandbox as stored, and the database's wall time when it was read: together
// they give the sandbox's time.
struct SandboxSnapshot {
  domain::Sandbox sandbox;
  absl::Time wall;
};

// All that are set must match.
struct TransactionFilter {
  int64_t from_ordinal = 0;  // inclusive; nothing before it is looked at
  std::optional<domain::State> state;
  std::optional<domain::Kind> kind;
  std::optional<std::string> payer;
  std::optional<std::string> payee;
  std::optional<std::string> channel;
  std::optional<std::pair<std::string, std::string>> label;
  std::optional<absl::Time> create_time_from;  // inclusive
  std::optional<absl::Time> create_time_to;    // exclusive
  std::optional<int64_t> simulation_number;
};

// Which records of a world's log, in order of sequence.
struct RecordQuery {
  std::optional<std::string> transaction_id;  // of all when absent
  int64_t after_sequence = 0;                 // exclusive
  int limit = 0;
  bool with_previous_dto = false;  // fill LogEntry::previous_dto
};

// Where a sandbox's log stands.
struct Head {
  std::string sandbox;
  WorldId world = 0;
  int64_t sequence = 0;
  std::string hash;
};

struct Balance {
  std::string account;
  std::string currency;
  int64_t minor_units = 0;
};

// What the entries of one transaction sum to.
struct TransactionSums {
  domain::Transaction transaction;
  domain::Position sums;  // accounts at zero are absent
};

// What a batch paid to one payee in one currency.
struct PayeePayout {
  std::string payee;
  std::string currency;
  int64_t payments = 0;
  domain::Payout payout;
};

struct DisputeFilter {
  std::optional<std::string> transaction_id;
  std::optional<domain::DisputeState> state;
};

struct StatisticsCount {
  domain::StatisticsKey key;  // without its bucket
  int64_t count = 0;
};

// A simulation, and its report where it has one already.
struct StoredSimulation {
  domain::SimulationRun run;
  std::optional<std::string> report;
};

// A place in a simulation's records: they are in order of arrival, then of
// their index in the transaction. Each place follows all those before it.
struct RunPlace {
  int64_t arrival = -1;
  int index = -1;
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual absl::StatusOr<std::optional<SandboxSnapshot>> GetSandbox(const std::string& name) = 0;
  // By name, those after `after_name`.
  virtual absl::StatusOr<std::vector<SandboxSnapshot>> ListSandboxes(const std::string& after_name,
                                                                     int limit) = 0;
  // Names and alarms of sandboxes whose alarm is set, the earliest first, at most `limit`.
  virtual absl::StatusOr<std::vector<std::pair<std::string, absl::Time>>> Alarms(int limit) = 0;

  // The heads of those of these sandboxes that are there; in no order.
  virtual absl::StatusOr<std::vector<Head>> Heads(const std::vector<std::string>& names) = 0;
  // Timers of one kind, by transaction, those of transactions after the given
  // one (empty: from the first on).
  virtual absl::StatusOr<std::vector<domain::Timer>> ListTimers(WorldId world, domain::TimerKind kind,
                                                                const std::string& after_transaction,
                                                                int limit) = 0;

  virtual absl::StatusOr<std::optional<domain::Transaction>> GetTransaction(WorldId world,
                                                                            const std::string& id) = 0;
  // The newest first, by ordinal; those before `before_ordinal` (0: from the newest on).
  virtual absl::StatusOr<std::vector<domain::Transaction>> ListTransactions(WorldId world,
                                                                            const TransactionFilter& filter,
                                                                            int64_t before_ordinal,
                                                                            int limit) = 0;
  virtual absl::StatusOr<std::vector<domain::LogEntry>> ReadRecords(WorldId world,
                                                                    const RecordQuery& query) = 0;

  // The newest first, by (sequence, line); those before the given ones (0, 0: from the newest on).
  virtual absl::StatusOr<std::vector<domain::LedgerEntry>> ListEntries(
      WorldId world, const std::optional<std::string>& transaction_id, int64_t before_sequence,
      int before_line, int limit) = 0;
  // By (account, currency), those after the given ones.
  virtual absl::StatusOr<std::vector<Balance>> ListBalances(WorldId world, const std::string& after_account,
                                                            const std::string& after_currency, int limit) = 0;
  // What the entries of each account sum to, by (account, currency), computed
  // from the entries; and every stored balance. Both of the same state.
  virtual absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> EntrySumsAndBalances(
      WorldId world) = 0;
  // What each payee's settled account stands at, and what the payouts to it add up
  // to. By (account, currency), without zeros, of the same state.
  virtual absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> SettledAndPayouts(
      WorldId world) = 0;

  virtual absl::StatusOr<std::optional<domain::SettlementBatch>> GetBatch(WorldId world,
                                                                          const domain::BatchId& id) = 0;
  // The newest first; those before the given one.
  virtual absl::StatusOr<std::vector<domain::SettlementBatch>> ListBatches(
      WorldId world, const std::optional<domain::BatchId>& before, int limit) = 0;
  // By (payee, currency), those after the given ones.
  virtual absl::StatusOr<std::vector<PayeePayout>> ListPayouts(WorldId world, const domain::BatchId& batch,
                                                               const std::string& after_payee,
                                                               const std::string& after_currency,
                                                               int limit) = 0;

  virtual absl::StatusOr<std::optional<domain::Dispute>> GetDispute(WorldId world, const std::string& id) = 0;
  // The newest first, by sequence; those before the given one (0: from the newest on).
  virtual absl::StatusOr<std::vector<domain::Dispute>> ListDisputes(WorldId world,
                                                                    const DisputeFilter& filter,
                                                                    int64_t before_sequence, int limit) = 0;

  // Added up over the buckets from `from` on, by key.
  virtual absl::StatusOr<std::vector<StatisticsCount>> CountStatistics(WorldId world, absl::Time from) = 0;

  // Transactions by ordinal, those after the given one, with the sums of their
  // entries by account.
  virtual absl::StatusOr<std::vector<TransactionSums>> SumTransactions(WorldId world, int64_t after_ordinal,
                                                                       int limit) = 0;

  // A sandbox's own flows by id, those after `after_id`.
  virtual absl::StatusOr<std::vector<domain::Flow>> ListFlows(WorldId world, const std::string& after_id,
                                                              int limit) = 0;
  // In order of creation, those after `after_ordinal`.
  virtual absl::StatusOr<std::vector<domain::FaultRule>> ListFaultRules(WorldId world, int64_t after_ordinal,
                                                                        int limit) = 0;
  virtual absl::StatusOr<std::optional<domain::Flow>> GetFlow(WorldId world, const std::string& id) = 0;
  virtual absl::StatusOr<std::optional<domain::FaultRule>> GetFaultRule(WorldId world,
                                                                        const std::string& id) = 0;

  virtual absl::StatusOr<std::optional<StoredSimulation>> GetSimulation(WorldId world, int64_t number) = 0;
  // The newest first; those before `before_number` (0: from the newest on).
  virtual absl::StatusOr<std::vector<domain::SimulationRun>> ListSimulations(WorldId world,
                                                                             int64_t before_number,
                                                                             int limit) = 0;
  // The records of a simulation's transactions after `place` and before the
  // arrival `before`, without those whose sequence is above `last_sequence`. Ask
  // for few arrivals at a time: a database may read all of them for each page.
  virtual absl::StatusOr<std::vector<domain::RunRecord>> ReadRunRecords(WorldId world, int64_t number,
                                                                        const RunPlace& place, int64_t before,
                                                                        int64_t last_sequence, int limit) = 0;
  // As SumTransactions, of a simulation's transactions, in order of arrival.
  virtual absl::StatusOr<std::vector<TransactionSums>> SumArrivals(WorldId world, int64_t number,
                                                                   int64_t after_arrival, int limit) = 0;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_READER_H_
