-- Times are microseconds since the Unix epoch, durations microseconds, money
-- minor units, enums the numbers of the domain's vocabulary. The checks carry
-- invariants that a bug could break; no request can get as far as failing one.

-- Incarnations of sandboxes that nobody can reach any more, for Purge.
create table worlds (
  world_id integer primary key
) strict;

create table sandboxes (
  name text not null primary key,
  world_id integer not null,
  seed integer not null,  -- the bits of an unsigned number
  clock_mode integer not null check (clock_mode between 1 and 2),
  clock_start_us integer not null,
  clock_offset_us integer not null,
  clock_last_us integer not null,
  pace integer not null check (pace between 1 and 2),
  policy text not null,
  head_sequence integer not null check (head_sequence >= 0),
  oldest_sequence integer not null check (oldest_sequence between 1 and head_sequence + 1),
  head_hash text not null,
  transaction_count integer not null check (transaction_count >= 0),
  create_time_us integer not null,
  advance text,
  next_due_wall_us integer,  -- the alarm: wall time; null: none, lowest: at once

  check ((head_hash = '') = (head_sequence = 0))
) strict, without rowid;

create unique index sandboxes_world on sandboxes (world_id);
create index sandboxes_alarm on sandboxes (next_due_wall_us, name) where next_due_wall_us is not null;

create table transactions (
  world_id integer not null,
  transaction_id text not null,
  ordinal integer not null check (ordinal >= 1),
  request_id text not null,
  draw_key text not null,
  kind integer not null check (kind between 1 and 5),
  state integer not null check (state between 1 and 6),
  currency text not null,
  amount integer not null check (amount between 1 and 1000000000000000),
  captured integer not null check (captured between 0 and amount),
  fee integer not null check (fee between 0 and captured),
  refunded integer not null check (refunded >= 0),
  disputed integer not null check (disputed >= 0),
  lost integer not null check (lost >= 0),
  settled integer not null check (settled between 0 and captured),
  payer text not null,
  payee text not null,
  channel text not null,
  labels text not null,
  flow text not null,
  step integer not null check (step >= 0),
  attempt integer not null check (attempt >= 1),
  capture integer not null check (capture between 1 and 2),
  capture_requested integer check (capture_requested between 1 and amount),
  hold_ttl_us integer not null check (hold_ttl_us >= 0),
  hold_expire_us integer,
  failure_code text,
  failure_message text,
  failure_step text,
  failure_final integer check (failure_final between 0 and 1),
  failure_next_retry_us integer,
  simulation text not null,
  payload text not null,
  dto text not null,
  create_time_us integer not null,
  update_time_us integer not null,
  sequence integer not null check (sequence >= 1),
  record_count integer not null check (record_count >= 1),

  primary key (world_id, transaction_id),
  check (refunded + lost + disputed <= captured),
  check ((state = 2) = (hold_expire_us is not null)),  -- ESCROW
  check ((state = 4) = (failure_code is not null)),    -- FAILED
  check ((failure_code is null) = (failure_message is null)),
  check ((failure_code is null) = (failure_step is null)),
  check ((failure_code is null) = (failure_final is null)),
  check (failure_next_retry_us is null or failure_final = 0)
) strict;

create unique index transactions_ordinal on transactions (world_id, ordinal);
create unique index transactions_draw_key on transactions (world_id, draw_key) where draw_key <> '';

create table traces (
  world_id integer not null,
  sequence integer not null check (sequence >= 1),
  transaction_id text,  -- null for a record of the sandbox itself
  idx integer not null check (idx >= 0),
  time_us integer not null,
  wall_time_us integer not null,
  type integer not null check (type >= 1),
  class integer not null check (class between 1 and 2),
  service text not null,
  step text not null,
  attempt integer not null check (attempt >= 0),
  from_state integer not null check (from_state between 0 and 6),
  to_state integer not null check (to_state between 0 and 6),
  dto text,
  failure_code text,
  failure_message text,
  failure_final integer check (failure_final between 0 and 1),
  failure_next_retry_us integer,
  fault_rule_id text not null,
  actor text not null,
  duration_us integer not null check (duration_us >= 0),
  detail text not null,
  hash text not null check (length(hash) = 64),

  primary key (world_id, sequence),
  check ((failure_code is null) = (failure_message is null)),
  check ((failure_code is null) = (failure_final is null))
) strict;

create unique index traces_transaction on traces (world_id, transaction_id, idx) where transaction_id is not null;

create table ledger_entries (
  world_id integer not null,
  sequence integer not null check (sequence >= 1),
  line integer not null check (line >= 0),
  transaction_id text not null,
  debit text not null,
  credit text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  time_us integer not null,

  primary key (world_id, sequence, line),
  check (debit <> credit)
) strict, without rowid;

create index ledger_entries_transaction on ledger_entries (world_id, transaction_id);

-- What the entries of each account sum to: credits less debits.
create table balances (
  world_id integer not null,
  account text not null,
  currency text not null,
  minor_units integer not null,

  primary key (world_id, account, currency)
) strict, without rowid;

create table timers (
  world_id integer not null,
  transaction_id text not null,
  kind integer not null check (kind >= 1),
  due_us integer not null,
  sequence integer not null check (sequence >= 1),

  primary key (world_id, transaction_id, kind)
) strict, without rowid;

create index timers_due on timers (world_id, due_us, sequence, kind);

-- Requests that succeeded, and what they were answered.
create table requests (
  world_id integer not null,
  request_id text not null check (request_id <> ''),
  fingerprint text not null,
  reply text not null,

  primary key (world_id, request_id)
) strict;

-- What the planner is to believe. Without statistics it takes a world for ten
-- rows, and reads a whole one to find a transaction's few. The numbers: rows,
-- then rows that are equal in the first column, in the first two, and so on.
analyze sqlite_schema;
insert into sqlite_stat1 (tbl, idx, stat) values
  ('sandboxes', 'sandboxes', '100 1'),
  ('sandboxes', 'sandboxes_world', '100 1'),
  ('sandboxes', 'sandboxes_alarm', '100 1 1'),
  ('transactions', 'sqlite_autoindex_transactions_1', '1000000 100000 1'),
  ('transactions', 'transactions_ordinal', '1000000 100000 1'),
  ('transactions', 'transactions_draw_key', '1000000 100000 1'),
  ('traces', 'sqlite_autoindex_traces_1', '8000000 800000 1'),
  ('traces', 'traces_transaction', '8000000 800000 8 1'),
  ('ledger_entries', 'ledger_entries', '4000000 400000 2 1'),
  ('ledger_entries', 'ledger_entries_transaction', '4000000 400000 4'),
  ('balances', 'balances', '10000 1000 2 1'),
  ('timers', 'timers', '1000000 100000 2 1'),
  ('timers', 'timers_due', '1000000 100000 2 1 1'),
  ('requests', 'sqlite_autoindex_requests_1', '1000000 100000 1');
analyze sqlite_schema;
