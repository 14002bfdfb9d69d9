-- Times are microseconds since the Unix epoch, durations microseconds, money
-- minor units, enums the numbers of the domain's vocabulary. The checks carry
-- invariants that a bug could break; no request can get as far as failing one.

-- Incarnations of sandboxes that nobody can reach any more, for Purge.
create table worlds (
  world_id bigint primary key
);

create table sandboxes (
  name text collate "C" not null primary key,
  world_id bigint not null,
  seed bigint not null,  -- the bits of an unsigned number
  clock_mode smallint not null check (clock_mode between 1 and 2),
  clock_start_us bigint not null,
  clock_offset_us bigint not null,
  clock_last_us bigint not null,
  pace smallint not null check (pace between 1 and 2),
  policy json not null,
  head_sequence bigint not null check (head_sequence >= 0),
  oldest_sequence bigint not null check (oldest_sequence >= 1 and oldest_sequence - 1 <= head_sequence),
  head_hash text not null,
  transaction_count bigint not null check (transaction_count >= 0),
  create_time_us bigint not null,
  advance json,
  next_due_wall_us bigint,  -- the alarm: wall time; null: none, lowest: at once

  check ((head_hash = '') = (head_sequence = 0))
);

create unique index sandboxes_world on sandboxes (world_id);
create index sandboxes_alarm on sandboxes (next_due_wall_us, name) where next_due_wall_us is not null;

create table transactions (
  world_id bigint not null,
  transaction_id uuid not null,
  ordinal bigint not null check (ordinal >= 1),
  request_id text collate "C" not null,
  draw_key text collate "C" not null,
  kind smallint not null check (kind between 1 and 5),
  state smallint not null check (state between 1 and 6),
  currency text collate "C" not null,
  amount bigint not null check (amount between 1 and 1000000000000000),
  captured bigint not null check (captured between 0 and amount),
  fee bigint not null check (fee between 0 and captured),
  refunded bigint not null check (refunded >= 0),
  disputed bigint not null check (disputed >= 0),
  lost bigint not null check (lost >= 0),
  settled bigint not null check (settled between 0 and captured),
  payer text collate "C" not null,
  payee text collate "C" not null,
  channel text collate "C" not null,
  labels jsonb not null,
  flow text not null,
  step integer not null check (step >= 0),
  attempt integer not null check (attempt >= 1),
  capture smallint not null check (capture between 1 and 2),
  capture_requested bigint check (capture_requested between 1 and amount),
  hold_ttl_us bigint not null check (hold_ttl_us >= 0),
  hold_expire_us bigint,
  failure_code text,
  failure_message text,
  failure_step text,
  failure_final smallint check (failure_final between 0 and 1),
  failure_next_retry_us bigint,
  simulation json not null,
  payload json not null,
  dto json not null,
  create_time_us bigint not null,
  update_time_us bigint not null,
  sequence bigint not null check (sequence >= 1),
  record_count integer not null check (record_count >= 1),

  primary key (world_id, transaction_id),
  check (refunded + lost + disputed <= captured),
  check ((state = 2) = (hold_expire_us is not null)),  -- ESCROW
  check ((state = 4) = (failure_code is not null)),    -- FAILED
  check ((failure_code is null) = (failure_message is null)),
  check ((failure_code is null) = (failure_step is null)),
  check ((failure_code is null) = (failure_final is null)),
  check (failure_next_retry_us is null or failure_final = 0)
);

-- The condition always holds, but only statements about ordinals say so. A plan
-- made while the tables are small could else look for a transaction by its world
-- in this index, and then through all of it: world and id would seem no better.
create unique index transactions_ordinal on transactions (world_id, ordinal) where ordinal is not null;
create unique index transactions_draw_key on transactions (world_id, draw_key) where draw_key <> '';

create table traces (
  world_id bigint not null,
  sequence bigint not null check (sequence >= 1),
  transaction_id uuid,  -- null for a record of the sandbox itself
  idx integer not null check (idx >= 0),
  time_us bigint not null,
  wall_time_us bigint not null,
  type smallint not null check (type >= 1),
  class smallint not null check (class between 1 and 2),
  service text not null,
  step text not null,
  attempt integer not null check (attempt >= 0),
  from_state smallint not null check (from_state between 0 and 6),
  to_state smallint not null check (to_state between 0 and 6),
  dto json,
  failure_code text,
  failure_message text,
  failure_final smallint check (failure_final between 0 and 1),
  failure_next_retry_us bigint,
  fault_rule_id text not null,
  actor text not null,
  duration_us bigint not null check (duration_us >= 0),
  detail text not null,
  hash text not null check (length(hash) = 64),

  primary key (world_id, sequence),
  check ((failure_code is null) = (failure_message is null)),
  check ((failure_code is null) = (failure_final is null))
);

create unique index traces_transaction on traces (world_id, transaction_id, idx) where transaction_id is not null;

create table ledger_entries (
  world_id bigint not null,
  sequence bigint not null check (sequence >= 1),
  line integer not null check (line >= 0),
  transaction_id uuid not null,
  debit text collate "C" not null,
  credit text collate "C" not null,
  amount bigint not null check (amount > 0),
  currency text collate "C" not null,
  time_us bigint not null,

  primary key (world_id, sequence, line),
  check (debit <> credit)
);

create index ledger_entries_transaction on ledger_entries (world_id, transaction_id);

-- What the entries of each account sum to: credits less debits.
create table balances (
  world_id bigint not null,
  account text collate "C" not null,
  currency text collate "C" not null,
  minor_units bigint not null,

  primary key (world_id, account, currency)
);

create table timers (
  world_id bigint not null,
  transaction_id uuid not null,
  kind smallint not null check (kind >= 1),
  due_us bigint not null,
  sequence bigint not null check (sequence >= 1),

  primary key (world_id, transaction_id, kind)
);

create index timers_due on timers (world_id, due_us, sequence, kind) where due_us is not null;

-- Requests that succeeded, and what they were answered.
create table requests (
  world_id bigint not null,
  request_id text collate "C" not null check (request_id <> ''),
  fingerprint text not null,
  reply text not null,

  primary key (world_id, request_id)
);
