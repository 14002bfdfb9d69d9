-- Flows of a sandbox's own and fault rules. A definition is read as a whole, so
-- it is one document; what a rule has counted changes with every batch that it
-- saw a step in, so it stands beside.

create table flows (
  world_id integer not null,
  flow_id text not null check (flow_id <> ''),
  definition text not null,

  primary key (world_id, flow_id)
) strict;

create table fault_rules (
  world_id integer not null,
  fault_rule_id text not null check (fault_rule_id <> ''),
  ordinal integer not null check (ordinal >= 1),
  definition text not null,
  seen integer not null check (seen >= 0),
  hits integer not null check (hits between 0 and seen),
  create_time_us integer not null,
  update_time_us integer not null,

  primary key (world_id, fault_rule_id)
) strict;

create unique index fault_rules_ordinal on fault_rules (world_id, ordinal);

alter table sandboxes add column flow_count integer not null default 0 check (flow_count >= 0);
alter table sandboxes add column fault_rules_created integer not null default 0 check (fault_rules_created >= 0);
alter table sandboxes add column fault_rules_enabled integer not null default 0
  check (fault_rules_enabled between 0 and fault_rules_created);

-- The name of the step, so that a reader needs no flow.
alter table transactions add column step_name text not null default '';
alter table transactions add column failure_fault_rule_id text not null default '';

alter table traces add column fault_kind integer not null default 0 check (fault_kind between 0 and 15);
alter table traces add column fault_duration_us integer not null default 0 check (fault_duration_us >= 0);

insert into sqlite_stat1 (tbl, idx, stat) values
  ('flows', 'sqlite_autoindex_flows_1', '1000 10 1'),
  ('fault_rules', 'sqlite_autoindex_fault_rules_1', '1000 10 1'),
  ('fault_rules', 'fault_rules_ordinal', '1000 10 1');
analyze sqlite_schema;
