-- Disputes in the order in which they were opened: by the sequence of the record
-- that says so. What is left of a retired sandbox may have lost that record: 0.

alter table disputes add column sequence bigint not null default 0 check (sequence >= 0);

update disputes d set sequence = coalesce(
  (select min(t.sequence) from traces t
   where t.world_id = d.world_id and t.transaction_id = d.transaction_id and t.type = 32
   and t.detail like 'dispute ' || d.dispute_id || ',%'), 0);

create index disputes_newest on disputes (world_id, sequence) where sequence is not null;

drop index disputes_transaction;
create index disputes_transaction on disputes (world_id, transaction_id, sequence);
