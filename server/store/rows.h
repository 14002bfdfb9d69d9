// Domain values as rows of their tables: what Add writes, Read reads back. The
// order is that of the columns in tables.h.
#ifndef TRACKTROVE_STORE_ROWS_H_
#define TRACKTROVE_STORE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"
#include "store/reader.h"
#include "store/statement.h"
#include "store/store.h"

namespace tracktrove::store {

// An absent value is null.
void AddOptional(InputRows& rows, std::optional<int64_t> value);
void AddOptional(InputRows& rows, std::optional<absl::Time> value);
void AddOptional(InputRows& rows, const std::optional<std::string>& value);

// `alarm`: see Alarms in store.h.
void Add(InputRows& rows, const domain::Sandbox& sandbox, absl::Time alarm);
domain::Sandbox ReadSandbox(ResultRow& row);

// The alarm alone, as its column holds it; it is not null.
absl::Time ReadAlarm(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::Transaction& transaction);
std::pair<WorldId, domain::Transaction> ReadTransaction(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::Record& record);
std::pair<WorldId, domain::Record> ReadRecord(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::LedgerEntry& entry);
std::pair<WorldId, domain::LedgerEntry> ReadEntry(ResultRow& row);

// How the owner of a timer is stored: the transaction, or for the sandbox
// itself the nil UUID.
std::string TimerOwner(const std::string& transaction_id);
void Add(InputRows& rows, WorldId world, const domain::Timer& timer);
std::pair<WorldId, domain::Timer> ReadTimer(ResultRow& row);

void Add(InputRows& rows, WorldId world, const Balance& balance);
std::pair<WorldId, Balance> ReadBalance(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::Flow& flow);
std::pair<WorldId, domain::Flow> ReadFlow(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::FaultRule& rule);
std::pair<WorldId, domain::FaultRule> ReadFaultRule(ResultRow& row);
void Add(InputRows& rows, WorldId world, const domain::SettlementBatch& batch);
std::pair<WorldId, domain::SettlementBatch> ReadBatch(ResultRow& row);

// `batch` as its column holds it: its id, or empty.
void Add(InputRows& rows, WorldId world, const std::string& batch, const PayeePayout& payout);
PayeePayout ReadPayout(ResultRow& row);

void Add(InputRows& rows, WorldId world, const domain::Dispute& dispute);
std::pair<WorldId, domain::Dispute> ReadDispute(ResultRow& row);

void Add(InputRows& rows, WorldId world, const StatisticsCount& count);

void Add(InputRows& rows, WorldId world, const domain::SimulationRun& run);
std::pair<WorldId, domain::SimulationRun> ReadSimulation(ResultRow& row);

// A row for each key.
void AddKeys(InputRows& rows, const std::vector<WorldKey>& keys);

void Add(InputRows& rows, const StoredRequest& request);
StoredRequest ReadRequest(ResultRow& row);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_ROWS_H_
