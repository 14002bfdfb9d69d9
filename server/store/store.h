// WHAT IS REMEMBERED: the one interface to the database, in domain types.
//
// A Store makes sessions: one Writer for each lane, one Reader for each reading
// thread. A session is one connection and belongs to one thread at a time.
// Every call answers a status; nothing throws above this seam. UNAVAILABLE
// (DATABASE_UNAVAILABLE) means that the connection failed or the database is
// busy: the call may be repeated, a lost connection is opened again by itself.
// DEADLINE_EXCEEDED (QUERY_TOO_LONG), of readers alone: half a minute was not enough.
// INTERNAL (BROKEN_INVARIANT) means that a constraint caught a bug of ours.
#ifndef TRACKTROVE_STORE_STORE_H_
#define TRACKTROVE_STORE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/dispute.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/settlement_batch.h"
#include "domain/simulation_run.h"
#include "domain/statistics.h"
#include "domain/transaction.h"
#include "store/reader.h"

namespace tracktrove::store {

using domain::WorldId;

// A key within a world: a transaction's id, a request's id, a draw key.
using WorldKey = std::pair<WorldId, std::string>;

// A request that succeeded: what it asked (a hash of method and body) and the
// answer it got, as opaque text.
struct StoredRequest {
  WorldId world = 0;
  std::string request_id;
  std::string fingerprint;
  std::string reply;
};

// What a batch wants to know, and what is there of it. Missing rows are absent.
struct Wanted {
  std::vector<WorldKey> transactions;
  std::vector<WorldKey> requests;
  std::vector<WorldKey> draw_keys;
  std::vector<WorldKey> flows;
  std::vector<WorldId> all_flows;       // of these worlds
  std::vector<WorldId> fault_rules;     // of these worlds, all of them
  std::vector<WorldKey> disputes;       // and their transactions
  std::vector<WorldKey> open_disputes;  // of these transactions
  std::vector<WorldId> open_batches;    // all that are open in these worlds
};
struct Found {
  std::map<WorldKey, domain::Transaction> transactions;
  std::map<WorldKey, StoredRequest> requests;
  std::vector<WorldKey> draw_keys;  // those that are in use
  std::vector<std::pair<WorldId, domain::Flow>> flows;
  std::map<WorldId, std::vector<domain::FaultRule>> fault_rules;  // in order of creation
  std::map<WorldKey, domain::Dispute> disputes;
  std::vector<std::pair<WorldId, domain::SettlementBatch>> batches;
};

// Names a simulation: its world and its number there.
using SimulationKey = std::pair<WorldId, int64_t>;

// A simulation's report, as opaque text.
struct StoredReport {
  WorldId world = 0;
  int64_t number = 0;
  std::string report;
};

// Everything a batch changes; each kind is written by one statement, so that in
// each a key stands at most once.
struct Changes {
  template <typename Row>
  using Rows = std::vector<std::pair<WorldId, Row>>;

  Rows<domain::Transaction> transactions;  // inserted or replaced, by (world, id)
  Rows<domain::Record> records;
  Rows<domain::LedgerEntry> entries;  // also added to the balances
  // Deleted by (world, transaction, kind), before `armed` is written.
  Rows<std::pair<std::string, domain::TimerKind>> disarmed;
  Rows<domain::Timer> armed;            // replace the timer of the same transaction and kind
  Rows<domain::Flow> flows;             // inserted
  Rows<domain::FaultRule> fault_rules;  // inserted or replaced, by (world, id)
  std::vector<WorldKey> deleted_rules;
  std::vector<StoredRequest> requests;
  Rows<domain::Dispute> disputes;         // inserted or replaced, by id
  Rows<domain::SettlementBatch> batches;  // inserted or replaced, by id
  Rows<domain::BatchId> dropped_batches;
  Rows<domain::PayoutLine> payouts;                // added up
  Rows<domain::StatisticsKey> statistics;          // each counts one
  Rows<absl::Time> forgotten_statistics;           // those of before
  Rows<domain::SimulationRun> simulations;         // inserted or replaced, by (world, number)
  std::vector<StoredReport> reports;               // those that are there already stay as they are
  std::vector<domain::Sandbox> sandboxes;          // inserted or replaced, by name
  std::vector<domain::Sandbox> created_sandboxes;  // inserted; ABORTED when a name is taken
  std::vector<std::string> deleted_sandboxes;      // by name
  std::vector<WorldId> retired_worlds;             // for Purge
};

// When a sandbox needs the engine again without being asked: the wall time at
// which its earliest timer falls due; infinite when none will by itself (no
// timers, or a MANUAL clock), and infinitely past while its clock is moving.
// A simulation moves its sandbox's MANUAL clock.
using Alarms = std::map<std::string, absl::Time>;

class Writer {
 public:
  virtual ~Writer() = default;

  // Opens the transaction and answers the database's wall time, in whole
  // microseconds. Everything up to Commit or Rollback is in it. A call that
  // fails undoes it all: Commit then refuses, and the next Begin starts anew.
  virtual absl::StatusOr<absl::Time> Begin() = 0;

  // Locks and reads the rows of these sandboxes, in order of name. Rows that
  // are missing are absent; so are, where several writers share a database,
  // those that another one holds, and their names are added to `busy`; without
  // `busy` they are waited for, a few seconds at most.
  virtual absl::StatusOr<std::map<std::string, domain::Sandbox>> LockSandboxes(
      const std::vector<std::string>& names, std::vector<std::string>* busy) = 0;

  // Timers of a world due at or before `until`, in order of firing, at most `limit`.
  virtual absl::StatusOr<std::vector<domain::Timer>> DueTimers(WorldId world, absl::Time until,
                                                               int limit) = 0;

  // The timers that pay the transactions of an open batch, by sequence, at most `limit`.
  virtual absl::StatusOr<std::vector<domain::Timer>> BatchTimers(WorldId world,
                                                                 const domain::SettlementRun& batch,
                                                                 int limit) = 0;

  // Those of these that are there.
  virtual absl::StatusOr<std::map<SimulationKey, domain::SimulationRun>> LoadSimulations(
      const std::vector<SimulationKey>& keys) = 0;

  virtual absl::StatusOr<Found> Load(const Wanted& wanted) = 0;

  // The database's wall time again: a wait for locks may have taken its time.
  virtual absl::StatusOr<absl::Time> Now() = 0;

  // Writes it all; after that only Commit or Rollback. Answers the alarms of the
  // sandboxes as they are from then on. ABORTED (ROLLED_BACK): another writer
  // was first.
  virtual absl::StatusOr<Alarms> Write(const Changes& changes) = 0;

  // UNAVAILABLE: it may be in all the same, and Landed tells.
  virtual absl::Status Commit() = 0;

  // Whether `changes`, which the last Commit was about, are in the database; a
  // record or a sandbox among them tells. A server that is still at it is waited
  // for, so that the answer stays true.
  virtual absl::StatusOr<bool> Landed(const Changes& changes) = 0;

  virtual void Rollback() = 0;

  // Deletes up to `limit` rows of retired worlds, in a transaction of its own;
  // answers how many. Zero: nothing is left to purge.
  virtual absl::StatusOr<int64_t> Purge(int limit) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Brings the schema up to this binary's; refuses one that is newer with
  // FAILED_PRECONDITION. Safe to call from several processes at once.
  virtual absl::Status Migrate() = 0;

  virtual absl::StatusOr<std::unique_ptr<Writer>> NewWriter() = 0;
  virtual absl::StatusOr<std::unique_ptr<Reader>> NewReader() = 0;

  // How many writers may usefully work at once: one for SQLite.
  virtual int max_writers() const = 0;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_STORE_H_
