-- Simulations: what was asked for and how far it came. The next arrival is a
-- timer of the sandbox itself, under the nil UUID.

alter table sandboxes
  add column simulation_count bigint not null default 0 check (simulation_count >= 0),
  add column running_simulation bigint not null default 0,  -- 0: none
  add check (running_simulation between 0 and simulation_count);

alter table transactions
  add column simulation_number bigint not null default 0 check (simulation_number >= 0),
  add column arrival bigint not null default 0 check (arrival >= 0);

create unique index transactions_simulation on transactions (world_id, simulation_number, arrival)
  where simulation_number > 0;

create table simulations (
  world_id bigint not null,
  number bigint not null check (number >= 1),
  spec json not null,
  state smallint not null check (state between 1 and 5),
  start_time_us bigint not null,
  end_time_us bigint,
  start_wall_time_us bigint not null,
  end_wall_time_us bigint,
  first_sequence bigint not null check (first_sequence >= 1),
  last_sequence bigint not null check (last_sequence = 0 or last_sequence > first_sequence),
  next_arrival bigint not null check (next_arrival between 0 and 1000000),
  refused bigint not null check (refused between 0 and next_arrival),
  over_count bigint not null check (over_count between 0 and next_arrival - refused),
  initiated bigint not null check (initiated >= 0),
  escrow bigint not null check (escrow >= 0),
  completed bigint not null check (completed >= 0),
  failed bigint not null check (failed >= 0),
  refunded bigint not null check (refunded >= 0),
  settled bigint not null check (settled >= 0),
  rule_counts json not null,  -- of its fault rules, by their place in the spec: [[seen, hits], ...]

  primary key (world_id, number),
  check (initiated + escrow + completed + failed + refunded + settled = next_arrival - refused),
  check ((state = 1) = (end_time_us is null)),       -- RUNNING
  check ((state = 1) = (end_wall_time_us is null)),
  check ((state = 1) = (last_sequence = 0))
);

-- What each came to, once somebody has asked; made once and kept.
create table simulation_reports (
  world_id bigint not null,
  number bigint not null,
  report text not null,

  primary key (world_id, number)
);
