-- Settlement, disputes, statistics.

-- The latest settlement batch that was closed: its id, or null before the first.
alter table sandboxes add column closed_batch text collate "C";

-- `paid` is a JSON object: what the payee was paid so far, and what that is made of.
alter table transactions add column capture_fee bigint check (capture_fee between 0 and amount);
alter table transactions add column settlement_batch text collate "C";
alter table transactions add column paid json;
alter table transactions add column open_dispute uuid;
alter table transactions add column dispute_count integer not null default 0 check (dispute_count >= 0);

create table settlement_batches (
  world_id bigint not null,
  day text collate "C" not null,  -- a local date
  number integer not null check (number >= 1),
  cut_off_us bigint not null,
  pay_us bigint not null,
  close_us bigint,  -- null: open
  awaiting bigint not null check (awaiting >= 0),
  paid bigint not null check (paid >= 0),
  totals json not null,  -- by currency

  primary key (world_id, day, number),
  check (close_us is null or awaiting = 0)
);

create index settlement_batches_open on settlement_batches (world_id, day, number) where close_us is null;

-- What was paid to each payee, added up; all of one payee's rows make up its settled account.
create table payouts (
  world_id bigint not null,
  batch text collate "C" not null,  -- empty: by overrides
  payee text collate "C" not null,
  currency text collate "C" not null,
  payments bigint not null check (payments >= 1),
  gross bigint not null,
  fees bigint not null,
  refunds bigint not null,
  held bigint not null,

  primary key (world_id, batch, payee, currency)
);

create table disputes (
  world_id bigint not null,
  dispute_id uuid not null,
  transaction_id uuid not null,
  state smallint not null check (state between 1 and 4),
  reason smallint not null check (reason between 1 and 6),
  text text not null,
  amount bigint not null check (amount between 1 and 1000000000000000),
  currency text collate "C" not null,
  evidence json not null,
  deadline_us bigint not null,
  create_time_us bigint not null,
  close_us bigint,
  resolution text not null,

  primary key (world_id, dispute_id),
  check ((state >= 3) = (close_us is not null))
);

create index disputes_transaction on disputes (world_id, transaction_id, dispute_id);
create unique index disputes_open on disputes (world_id, transaction_id) where state < 3;

-- How many transactions of a kind came into a state, by the sandbox's hour.
create table statistics (
  world_id bigint not null,
  bucket_us bigint not null,
  state smallint not null check (state between 1 and 6),
  kind smallint not null check (kind between 1 and 5),
  failure_code text collate "C" not null,
  final smallint not null check (final between 0 and 1),
  count bigint not null check (count >= 1),

  primary key (world_id, bucket_us, state, kind, failure_code, final)
);
