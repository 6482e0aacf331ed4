-- Jobs: many messages delivered or verified again, under a lease, so that any node goes on where another died.

create table jobs (
  id integer generated always as identity primary key,
  kind text not null check (kind in ('redeliver', 'backfill', 'reverify')),
  -- preparing: counts what it is about; ready: waits for somebody to start it.
  state text not null default 'preparing'
    check (state in ('preparing', 'ready', 'running', 'paused', 'cancelling', 'cancelled', 'done', 'failed')),
  -- Runs as soon as it is prepared.
  starts_itself boolean not null,
  -- Exactly one of them: message ids, or the inbox filter with its source looked up (log/list-filter.ts).
  selection uuid[],
  filter jsonb,
  destination_id integer,
  created_by text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- The last message that was looked at, in this pass over the log; every pass goes from old to new.
  position uuid not null default '00000000-0000-0000-0000-000000000000',
  -- The pass is at its end.
  walked boolean not null default false,
  -- Messages that preparing has found.
  total integer not null default 0,
  -- Messages that running has taken.
  visited integer not null default 0,
  -- {results: {…}, verdicts: {…}}: sums over job_items, written with them.
  counts jsonb not null default '{}',
  -- {destinations: [...], refused: {...}, sample: [...]}
  preview jsonb not null default '{}',
  error text,
  lease_token uuid,
  leased_until timestamptz,
  check (num_nonnulls(selection, filter) = 1)
);
create index jobs_unfinished on jobs (id) where finished_at is null;
-- A second click on "Back-fill" must not send everything twice.
create unique index jobs_one_backfill on jobs (destination_id, (filter ->> 'sourceId'))
  where kind = 'backfill' and finished_at is null;

-- What became of each message of a job, by destination; destination 0 stands for the message as a whole. Written in the
-- transaction that makes the delivery due: a job makes it due once, however often nodes die.
create table job_items (
  job_id integer not null references jobs on delete cascade,
  message_id uuid not null,
  destination_id integer not null,
  delivery_id uuid,
  -- What the delivery was before; null: there was none.
  status_before text,
  attempts_before integer not null default 0,
  result text not null
    check (result in ('queued', 'retrying', 'succeeded', 'already_applied', 'failed', 'refused')),
  verdict text check (verdict in ('fixed', 'regressed', 'still_failing', 'still_passing', 'new')),
  detail text,
  primary key (job_id, message_id, destination_id)
);
create index job_items_open on job_items (job_id, result) where result in ('queued', 'retrying');
create index job_items_result on job_items (job_id, result, message_id, destination_id);
