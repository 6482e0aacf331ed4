-- Repeated failures of a destination or a source, as one problem each.

create table problems (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('destination_failing', 'destination_held', 'source_invalid')),
  -- A destination or a source, by the kind. No foreign key: the problem outlives what it was about.
  subject_id integer not null,
  subject_name text not null,
  -- Failed tries of deliveries, or invalid messages.
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  last_error text,
  -- The newest 20, newest first.
  message_ids uuid[] not null default '{}',
  -- The first different deliveries that failed, at most 3: so many open the problem.
  delivery_ids uuid[] not null default '{}',
  -- A delivery used up its tries: one is enough.
  gave_up boolean not null default false,
  -- A delivery succeeded after last_at.
  recovered_at timestamptz,
  -- null: a suspicion. Nobody is shown it; it becomes a problem or is forgotten.
  opened_at timestamptz,
  resolved_at timestamptz,
  -- 'itself', or who.
  resolved_by text,
  resolution text,
  -- When the next alert is to be sent; null: none is.
  alert_due_at timestamptz,
  alerted_at timestamptz,
  alert_count integer not null default 0,
  -- Of the last try; null when it was taken.
  alert_error text,
  version integer not null default 1,
  check (num_nulls(resolved_at, resolved_by, resolution) in (0, 3))
);
-- However many nodes see it fail, one problem.
create unique index problems_unresolved on problems (kind, subject_id) where resolved_at is null;
create index problems_resolved on problems (kind, subject_id, resolved_at desc) where resolved_at is not null;
create index problems_alert_due on problems (alert_due_at) where alert_due_at is not null;
