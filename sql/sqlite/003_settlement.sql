-- Settlement, disputes, statistics.

-- The latest settlement batch that was closed: its id, or null before the first.
alter table sandboxes add column closed_batch text;

-- `paid` is a JSON object: what the payee was paid so far, and what that is made of.
alter table transactions add column capture_fee integer check (capture_fee between 0 and amount);
alter table transactions add column settlement_batch text;
alter table transactions add column paid text;
alter table transactions add column open_dispute text;
alter table transactions add column dispute_count integer not null default 0 check (dispute_count >= 0);

create table settlement_batches (
  world_id integer not null,
  day text not null,  -- a local date
  number integer not null check (number >= 1),
  cut_off_us integer not null,
  pay_us integer not null,
  close_us integer,  -- null: open
  awaiting integer not null check (awaiting >= 0),
  paid integer not null check (paid >= 0),
  totals text not null,  -- JSON, by currency

  primary key (world_id, day, number),
  check (close_us is null or awaiting = 0)
) strict, without rowid;

create index settlement_batches_open on settlement_batches (world_id, day, number) where close_us is null;

-- What was paid to each payee, added up; all of one payee's rows make up its settled account.
create table payouts (
  world_id integer not null,
  batch text not null,  -- empty: by overrides
  payee text not null,
  currency text not null,
  payments integer not null check (payments >= 1),
  gross integer not null,
  fees integer not null,
  refunds integer not null,
  held integer not null,

  primary key (world_id, batch, payee, currency)
) strict, without rowid;

create table disputes (
  world_id integer not null,
  dispute_id text not null,
  transaction_id text not null,
  state integer not null check (state between 1 and 4),
  reason integer not null check (reason between 1 and 6),
  text text not null,
  amount integer not null check (amount between 1 and 1000000000000000),
  currency text not null,
  evidence text not null,
  deadline_us integer not null,
  create_time_us integer not null,
  close_us integer,
  resolution text not null,

  primary key (world_id, dispute_id),
  check ((state >= 3) = (close_us is not null))
) strict, without rowid;

create index disputes_transaction on disputes (world_id, transaction_id, dispute_id);
create unique index disputes_open on disputes (world_id, transaction_id) where state < 3;

-- How many transactions of a kind came into a state, by the sandbox's hour.
create table statistics (
  world_id integer not null,
  bucket_us integer not null,
  state integer not null check (state between 1 and 6),
  kind integer not null check (kind between 1 and 5),
  failure_code text not null,
  final integer not null check (final between 0 and 1),
  count integer not null check (count >= 1),

  primary key (world_id, bucket_us, state, kind, failure_code, final)
) strict, without rowid;

analyze sqlite_schema;
insert into sqlite_stat1 (tbl, idx, stat) values
  ('settlement_batches', 'settlement_batches', '1000 100 1 1'),
  ('settlement_batches', 'settlement_batches_open', '20 2 1 1'),
  ('payouts', 'payouts', '100000 10000 100 1 1'),
  ('disputes', 'disputes', '100000 10000 1'),
  ('disputes', 'disputes_transaction', '100000 10000 2 1'),
  ('disputes', 'disputes_open', '10000 1000 1'),
  ('statistics', 'statistics', '100000 10000 100 20 5 1 1');
analyze sqlite_schema;
