// The tables as statements see them: each one's columns stand here once, for
// inserts, updates and selects alike. rows.h fills and reads them in this order.
#ifndef TRACKTROVE_STORE_TABLES_H_
#define TRACKTROVE_STORE_TABLES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tracktrove::store {

struct Table {
  const char* name;
  const char* columns;  // with their types, as {rows(...)} takes them
  const char* key;      // names of the primary key's columns
};

inline constexpr Table kWorlds = {"worlds", "world_id bigint", "world_id"};

inline constexpr Table kSandboxes = {
    "sandboxes",
    "name text, world_id bigint, seed bigint, clock_mode smallint, clock_start_us bigint, clock_offset_us "
    "bigint, "
    "clock_last_us bigint, pace smallint, policy json, head_sequence bigint, oldest_sequence bigint, "
    "head_hash text, "
    "transaction_count bigint, create_time_us bigint, advance json, closed_batch text, next_due_wall_us "
    "bigint, flow_count bigint, fault_rules_created bigint, fault_rules_enabled bigint, simulation_count "
    "bigint, "
    "running_simulation bigint",
    "name"};

inline constexpr Table kTransactions = {
    "transactions",
    "world_id bigint, transaction_id uuid, ordinal bigint, request_id text, draw_key text, kind smallint, "
    "state smallint, currency text, amount bigint, captured bigint, fee bigint, refunded bigint, disputed "
    "bigint, "
    "lost bigint, settled bigint, payer text, payee text, channel text, labels jsonb, flow text, step "
    "integer, "
    "attempt integer, capture smallint, capture_requested bigint, capture_fee bigint, hold_ttl_us bigint, "
    "hold_expire_us bigint, "
    "failure_code text, failure_message text, failure_step text, failure_final smallint, "
    "failure_next_retry_us bigint, simulation json, payload json, dto json, create_time_us bigint, "
    "update_time_us bigint, sequence bigint, record_count integer, step_name text, "
    "failure_fault_rule_id text, settlement_batch text, paid json, open_dispute uuid, dispute_count integer, "
    "simulation_number bigint, arrival bigint",
    "world_id, transaction_id"};

inline constexpr Table kTraces = {
    "traces",
    "world_id bigint, sequence bigint, transaction_id uuid, idx integer, time_us bigint, wall_time_us "
    "bigint, "
    "type smallint, class smallint, service text, step text, attempt integer, from_state smallint, "
    "to_state smallint, dto json, failure_code text, failure_message text, failure_final smallint, "
    "failure_next_retry_us bigint, fault_rule_id text, actor text, duration_us bigint, detail text, hash "
    "text, fault_kind smallint, fault_duration_us bigint",
    "world_id, sequence"};

inline constexpr Table kLedgerEntries = {"ledger_entries",
                                         "world_id bigint, sequence bigint, line integer, transaction_id "
                                         "uuid, debit text, credit text, amount bigint, "
                                         "currency text, time_us bigint",
                                         "world_id, sequence, line"};

inline constexpr Table kBalances = {"balances",
                                    "world_id bigint, account text, currency text, minor_units bigint",
                                    "world_id, account, currency"};

inline constexpr Table kTimers = {
    "timers", "world_id bigint, transaction_id uuid, kind smallint, due_us bigint, sequence bigint",
    "world_id, transaction_id, kind"};

inline constexpr Table kRequests = {
    "requests", "world_id bigint, request_id text, fingerprint text, reply text", "world_id, request_id"};

inline constexpr Table kFlows = {"flows", "world_id bigint, flow_id text, definition json",
                                 "world_id, flow_id"};

inline constexpr Table kFaultRules = {
    "fault_rules",
    "world_id bigint, fault_rule_id text, ordinal bigint, definition json, seen bigint, hits bigint, "
    "create_time_us bigint, update_time_us bigint",
    "world_id, fault_rule_id"};

inline constexpr Table kBatches = {
    "settlement_batches",
    "world_id bigint, day text, number integer, cut_off_us bigint, pay_us bigint, close_us bigint, awaiting "
    "bigint, paid bigint, totals json",
    "world_id, day, number"};

inline constexpr Table kPayouts = {
    "payouts",
    "world_id bigint, batch text, payee text, currency text, payments bigint, gross bigint, fees bigint, "
    "refunds bigint, held bigint",
    "world_id, batch, payee, currency"};

inline constexpr Table kDisputes = {
    "disputes",
    "world_id bigint, dispute_id uuid, transaction_id uuid, state smallint, reason smallint, text text, "
    "amount bigint, currency text, evidence json, deadline_us bigint, create_time_us bigint, close_us "
    "bigint, resolution text, sequence bigint",
    "world_id, dispute_id"};

inline constexpr Table kStatistics = {
    "statistics",
    "world_id bigint, bucket_us bigint, state smallint, kind smallint, failure_code text, final smallint, "
    "count bigint",
    "world_id, bucket_us, state, kind, failure_code, final"};

inline constexpr Table kSimulations = {
    "simulations",
    "world_id bigint, number bigint, spec json, state smallint, start_time_us bigint, end_time_us bigint, "
    "start_wall_time_us bigint, end_wall_time_us bigint, first_sequence bigint, last_sequence bigint, "
    "next_arrival bigint, refused bigint, over_count bigint, initiated bigint, escrow bigint, completed "
    "bigint, "
    "failed bigint, refunded bigint, settled bigint, rule_counts json",
    "world_id, number"};

inline constexpr Table kSimulationReports = {
    "simulation_reports", "world_id bigint, number bigint, report text", "world_id, number"};

// How many columns it has.
int Width(const Table& table);

// Its columns: "a, b".
std::string ColumnNames(const Table& table);

// Its columns for a select: "t.a, t.b".
std::string Columns(const Table& table, absl::string_view alias);

// One row for each input row. A key that exists is refused, replaced or left alone.
std::string InsertInto(const Table& table);
std::string Upsert(const Table& table);
std::string InsertMissing(const Table& table);

// One row for each input row; the columns `sums` ("a, b") of one that exists
// are added to.
std::string AddTo(const Table& table, absl::string_view sums);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_TABLES_H_
