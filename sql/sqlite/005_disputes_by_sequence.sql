-- Disputes in the order in which they were opened: by the sequence of the record
-- that says so. What is left of a retired sandbox may have lost that record: 0.

alter table disputes add column sequence integer not null default 0 check (sequence >= 0);

update disputes set sequence = coalesce(
  (select min(t.sequence) from traces t
   where t.world_id = disputes.world_id and t.transaction_id = disputes.transaction_id and t.type = 32
   and t.detail like 'dispute ' || disputes.dispute_id || ',%'), 0);

create index disputes_newest on disputes (world_id, sequence) where sequence is not null;

drop index disputes_transaction;
create index disputes_transaction on disputes (world_id, transaction_id, sequence);

insert into sqlite_stat1 (tbl, idx, stat) values
  ('disputes', 'disputes_newest', '100000 10000 1'),
  ('disputes', 'disputes_transaction', '100000 10000 2 1');
analyze sqlite_schema;
