-- Simulations: what was asked for and how far it came. The next arrival is a
-- timer of the sandbox itself, under the nil UUID.

alter table sandboxes add column simulation_count integer not null default 0 check (simulation_count >= 0);
alter table sandboxes add column running_simulation integer not null default 0
  check (running_simulation between 0 and simulation_count);  -- 0: none

alter table transactions add column simulation_number integer not null default 0 check (simulation_number >= 0);
alter table transactions add column arrival integer not null default 0 check (arrival >= 0);

create unique index transactions_simulation on transactions (world_id, simulation_number, arrival)
  where simulation_number > 0;

create table simulations (
  world_id integer not null,
  number integer not null check (number >= 1),
  spec text not null,
  state integer not null check (state between 1 and 5),
  start_time_us integer not null,
  end_time_us integer,
  start_wall_time_us integer not null,
  end_wall_time_us integer,
  first_sequence integer not null check (first_sequence >= 1),
  last_sequence integer not null check (last_sequence = 0 or last_sequence > first_sequence),
  next_arrival integer not null check (next_arrival between 0 and 1000000),
  refused integer not null check (refused between 0 and next_arrival),
  over_count integer not null check (over_count between 0 and next_arrival - refused),
  initiated integer not null check (initiated >= 0),
  escrow integer not null check (escrow >= 0),
  completed integer not null check (completed >= 0),
  failed integer not null check (failed >= 0),
  refunded integer not null check (refunded >= 0),
  settled integer not null check (settled >= 0),
  rule_counts text not null,  -- of its fault rules, by their place in the spec: [[seen, hits], ...]

  primary key (world_id, number),
  check (initiated + escrow + completed + failed + refunded + settled = next_arrival - refused),
  check ((state = 1) = (end_time_us is null)),       -- RUNNING
  check ((state = 1) = (end_wall_time_us is null)),
  check ((state = 1) = (last_sequence = 0))
) strict, without rowid;

-- What each came to, once somebody has asked; made once and kept.
create table simulation_reports (
  world_id integer not null,
  number integer not null,
  report text not null,

  primary key (world_id, number)
) strict;

insert into sqlite_stat1 (tbl, idx, stat) values
  ('transactions', 'transactions_simulation', '1000000 100000 10000 1'),
  ('simulations', 'simulations', '100 10 1'),
  ('simulation_reports', 'sqlite_autoindex_simulation_reports_1', '100 10 1');
analyze sqlite_schema;
