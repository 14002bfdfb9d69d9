-- Flows of a sandbox's own and fault rules. A definition is read as a whole, so
-- it is one document; what a rule has counted changes with every batch that it
-- saw a step in, so it stands beside.

create table flows (
  world_id bigint not null,
  flow_id text collate "C" not null check (flow_id <> ''),
  definition json not null,

  primary key (world_id, flow_id)
);

create table fault_rules (
  world_id bigint not null,
  fault_rule_id text collate "C" not null check (fault_rule_id <> ''),
  ordinal bigint not null check (ordinal >= 1),
  definition json not null,
  seen bigint not null check (seen >= 0),
  hits bigint not null check (hits between 0 and seen),
  create_time_us bigint not null,
  update_time_us bigint not null,

  primary key (world_id, fault_rule_id)
);

create unique index fault_rules_ordinal on fault_rules (world_id, ordinal);

alter table sandboxes
  add column flow_count bigint not null default 0 check (flow_count >= 0),
  add column fault_rules_created bigint not null default 0 check (fault_rules_created >= 0),
  add column fault_rules_enabled bigint not null default 0,
  add constraint sandboxes_fault_rules check (fault_rules_enabled between 0 and fault_rules_created);

-- The name of the step, so that a reader needs no flow.
alter table transactions
  add column step_name text not null default '',
  add column failure_fault_rule_id text not null default '';

alter table traces
  add column fault_kind smallint not null default 0 check (fault_kind between 0 and 15),
  add column fault_duration_us bigint not null default 0 check (fault_duration_us >= 0);
