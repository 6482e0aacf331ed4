-- Whether a destination takes deliveries now. One row says it for all that wait for it, so that holding and resuming
-- cost the same with ten waiting and with a million: a queued delivery is held when its destination is.

create table destination_states (
  destination_id integer primary key references destinations on delete cascade,
  -- By a person.
  paused_at timestamptz,
  paused_by text,
  -- By the circuit breaker: nothing is sent but a probe from time to time, and what comes of it decides.
  held_at timestamptz,
  held_reason text,
  probe_at timestamptz,
  probes integer not null default 0,
  -- Where deliveries have a rate, a number at once or an order, one node at a time runs them: only then it can count.
  owner uuid,
  owned_until timestamptz,
  check ((held_at is null) = (probe_at is null))
);

create trigger destination_states_route after insert or delete or update of paused_at, held_at on destination_states
  for each statement execute function bump_routing_version();

-- Of an ordered destination: deliveries of one key go one after another, in the order of their messages.
alter table delivery_queue add column order_key text;
create index delivery_queue_order on delivery_queue (destination_id, order_key, message_id) where order_key is not null;

-- Claims go destination by destination: one that takes nothing now costs nothing, however much waits for it.
create index delivery_queue_claim on delivery_queue (destination_id, due_at) where status = 'pending';
drop index delivery_queue_due;

-- The destinations that something waits for, found by jumping from one to the next in that index.
create view waiting_destinations as
  with recursive waiting (destination_id) as (
    (select destination_id from delivery_queue where status = 'pending' order by destination_id limit 1)
    union all
    select (select q.destination_id from delivery_queue q
             where q.status = 'pending' and q.destination_id > waiting.destination_id
             order by q.destination_id limit 1)
      from waiting where waiting.destination_id is not null
  )
  select destination_id from waiting where destination_id is not null;

create or replace view deliveries as
  select q.id, q.message_id, q.source_id, q.destination_id,
         case when s.paused_at is not null or s.held_at is not null then 'held' else q.status end as status,
         q.due_at as next_attempt_at, q.attempt_count, q.version, q.last_error, null::timestamptz as finished_at
    from delivery_queue q left join destination_states s on s.destination_id = q.destination_id
  union all
  select id, message_id, source_id, destination_id, status, null, attempt_count, version, last_error, finished_at
    from delivery_results;
