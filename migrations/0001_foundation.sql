-- The whole first schema. Plain SQL, forward only; never edited after it landed.

create type verification_status as enum ('valid', 'invalid', 'none', 'pending');
create type delivery_status as enum ('pending', 'held', 'succeeded', 'failed');

-- ── Instance ────────────────────────────────────────────────────────────────────────────────────────

-- Small facts about this installation: the key's fingerprint, what first start already made.
create table settings (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- ── People ──────────────────────────────────────────────────────────────────────────────────────────

create table users (
  id integer generated always as identity primary key,
  email text not null unique check (email = lower(email)),
  password_hash text,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer', 'customer')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

-- id is SHA-256 (hex) of the id in the cookie: a read of this table signs nobody in.
create table sessions (
  id text primary key,
  user_id integer not null references users on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- No renewal reaches past this.
  absolute_expires_at timestamptz not null
);
create index sessions_user on sessions (user_id);

create table password_links (
  token_hash bytea primary key,
  user_id integer not null references users on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table api_keys (
  id integer generated always as identity primary key,
  name text not null,
  -- The first characters, shown so that people can tell keys apart.
  prefix text not null,
  key_hash bytea not null unique,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_by integer references users on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}'
);

-- ── Where messages come from and go to ──────────────────────────────────────────────────────────────

create table sources (
  id integer generated always as identity primary key,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  provider text not null,
  -- Shapes are checked by the API's schemas: allowed_methods, require, livemode, allow_connect, verify …
  options jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table source_secrets (
  id integer generated always as identity primary key,
  source_id integer not null references sources on delete cascade,
  label text not null,
  -- AES-256-GCM under SECRET_KEY.
  ciphertext bytea not null,
  created_at timestamptz not null default now(),
  -- A rotated secret stays good until here.
  expires_at timestamptz
);
create index source_secrets_source on source_secrets (source_id);

create table destinations (
  id integer generated always as identity primary key,
  name text not null unique,
  kind text not null check (kind in ('handler', 'http')),
  -- The file name of the handler, for kind handler.
  handler text unique,
  url text,
  secret_ciphertext bytea,
  -- retry schedule, rate, ordered, headers, timeout.
  options jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((kind = 'handler') = (handler is not null)),
  check ((kind = 'http') = (url is not null))
);

create table connections (
  id integer generated always as identity primary key,
  source_id integer not null references sources on delete cascade,
  destination_id integer not null references destinations on delete cascade,
  filter jsonb,
  created_at timestamptz not null default now(),
  unique (source_id, destination_id)
);

-- One row whose version moves with every change to the four tables above. Nodes keep those tables in
-- memory and reload them when the version is not theirs.
create table routing_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into routing_version (version) values (1);

create function bump_routing_version() returns trigger language plpgsql as $$
begin
  update routing_version set version = version + 1;
  return null;
end $$;

create trigger sources_route after insert or update or delete on sources
  for each statement execute function bump_routing_version();
create trigger source_secrets_route after insert or update or delete on source_secrets
  for each statement execute function bump_routing_version();
create trigger destinations_route after insert or update or delete on destinations
  for each statement execute function bump_routing_version();
create trigger connections_route after insert or update or delete on connections
  for each statement execute function bump_routing_version();

-- ── The log ─────────────────────────────────────────────────────────────────────────────────────────

create table messages (
  received_at timestamptz not null,
  -- uuidv7 of the accepting node; its millisecond part is received_at.
  id uuid not null,
  source_id integer not null,
  method text not null,
  path text not null,
  query text not null,
  -- [[name, value], …] in order, with case and repeats.
  headers json not null,
  content_type text,
  remote_ip text not null,
  -- Exactly one of payload (valid JSON, verbatim) and body (anything else), unless body_dropped.
  payload json,
  body bytea,
  body_dropped boolean not null default false,
  -- false: payload holds \u0000, a lone surrogate or deep nesting, and ->> on it would fail a whole query.
  json_queryable boolean not null,
  size integer not null,
  body_sha256 bytea not null,
  event_id text,
  event_type text,
  verification verification_status not null,
  verification_reason text,
  -- Which secret fitted, how far the clock was off: shown on the message page.
  verification_detail jsonb,
  duplicate_of uuid,
  -- received, test, edited, imported, handshake
  origin text not null default 'received',
  primary key (received_at, id)
) partition by range (received_at);
create index messages_source_received on messages (source_id, received_at desc);

-- Messages whose partition was dropped while a delivery of theirs was still pending or held.
create table messages_kept (like messages including defaults, primary key (received_at, id));

-- The first message of each event. Unpartitioned, so that one event has one row whatever the day.
create table event_keys (
  source_id integer not null,
  -- SHA-256 of the event id: ids come with NULs and megabytes.
  event_key bytea not null,
  message_id uuid not null,
  claimed_at timestamptz not null default now(),
  primary key (source_id, event_key)
) with (fillfactor = 90);
create index event_keys_claimed on event_keys using brin (claimed_at);

-- What invalid messages of a source have stored today: their budget (design: 256 MiB a day a source).
create table invalid_body_usage (
  source_id integer not null,
  day date not null,
  bytes bigint not null,
  primary key (source_id, day)
);

-- The last requests to unknown sources, shown to admins: most first webhooks fail on a typo.
create table unknown_requests (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  method text not null,
  path text not null,
  remote_ip text not null,
  user_agent text
);

-- ── Deliveries ──────────────────────────────────────────────────────────────────────────────────────
-- A delivery is in exactly one of two tables: delivery_queue while something is still to be done (narrow,
-- hot, small), delivery_results when nothing is (append, dropped with its day). Its id is a uuidv7 with
-- the millisecond of its message, so an id alone finds the partition, and a message's deliveries are one
-- short range of ids.

create table delivery_queue (
  id uuid primary key,
  message_id uuid not null,
  source_id integer not null,
  destination_id integer not null,
  status delivery_status not null default 'pending' check (status in ('pending', 'held')),
  due_at timestamptz not null,
  -- The fencing token: what a worker writes, it writes WHERE lease_token is still its own.
  lease_token uuid,
  leased_until timestamptz,
  attempt_count integer not null default 0,
  -- Moves with every change, so that receivers can drop what is older.
  version integer not null default 1,
  last_error text,
  -- What its handler waits for ("stripe payment pi_1"): whoever brings that makes it due at once.
  waits_for text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index delivery_queue_due on delivery_queue (due_at) where status = 'pending';
create index delivery_queue_waits on delivery_queue (waits_for) where waits_for is not null;

create table delivery_results (
  id uuid not null,
  message_id uuid not null,
  source_id integer not null,
  destination_id integer not null,
  status delivery_status not null check (status in ('succeeded', 'failed')),
  attempt_count integer not null,
  version integer not null,
  last_error text,
  finished_at timestamptz not null default now(),
  primary key (id)
) partition by range (id);
create index delivery_results_failed on delivery_results (id) where status = 'failed';
create index delivery_results_finished on delivery_results using brin (finished_at);

create view deliveries as
  select id, message_id, source_id, destination_id, status, due_at as next_attempt_at, attempt_count, version,
         last_error, null::timestamptz as finished_at
    from delivery_queue
  union all
  select id, message_id, source_id, destination_id, status, null, attempt_count, version, last_error, finished_at
    from delivery_results;

create table attempts (
  delivery_id uuid not null,
  number integer not null,
  started_at timestamptz not null,
  duration_ms real not null,
  -- applied, already_applied, ignored, error, response, timeout, refused …
  outcome text not null,
  status_code integer,
  error text,
  detail jsonb,
  primary key (delivery_id, number)
) partition by range (delivery_id);

-- ── What handlers change ────────────────────────────────────────────────────────────────────────────

create table accounts (
  id integer generated always as identity primary key,
  name text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- Integer minor units; always the sum of the account's ledger entries. Bounded by what JSON and JavaScript
  -- keep exact (2^53 - 1).
  balance bigint not null default 0 check (balance between -9007199254740991 and 9007199254740991),
  version bigint not null default 1,
  owner_email text check (owner_email = lower(owner_email)),
  stripe_customer text unique,
  -- Deleted while it had ledger entries: shown nowhere, credited no more; its lines still say what was applied.
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index accounts_owner on accounts (owner_email);

create table ledger_entries (
  id bigint generated always as identity primary key,
  -- No cascade: without its lines a re-delivery would be applied a second time.
  account_id integer not null references accounts,
  amount bigint not null,
  balance_after bigint not null,
  -- payment, payment_failed, refund, refund_returned, dispute_withdrawn, dispute_reinstated
  kind text not null,
  reason text not null,
  -- The business event, whoever told us of it and how often.
  provider text not null,
  provider_account text not null default '',
  fact text not null,
  -- What refunds and disputes find their account by: the payment this line belongs to.
  payment text,
  -- What cumulative refunds are summed by.
  charge text,
  event_id text,
  event_created timestamptz,
  test boolean not null default false,
  message_id uuid,
  created_at timestamptz not null default now(),
  unique (provider, provider_account, fact)
);
create index ledger_entries_account on ledger_entries (account_id, id desc);
create index ledger_entries_payment on ledger_entries (provider, provider_account, payment) where payment is not null;
create index ledger_entries_charge on ledger_entries (provider, provider_account, charge) where charge is not null;

-- What a provider has told about the refunds of a charge, and when: only ever added to. The refund lines of the
-- ledger are computed from the whole set, so that the order in which it was told does not matter.
create table refund_reports (
  provider text not null,
  provider_account text not null default '',
  charge text not null,
  -- The refund that came back; '' for a report of all that is refunded of the charge so far.
  returned_refund text not null default '',
  told_at timestamptz not null,
  amount bigint not null,
  primary key (provider, provider_account, charge, returned_refund, told_at, amount)
);

create table pull_requests (
  -- Host and id of the repository: stays when the repository is renamed or transferred.
  repository_key text not null,
  number integer not null,
  -- Its newest known name, and since when: 'owner/name', with the host before it where that is not github.com.
  repository text not null,
  named_at timestamptz not null,
  title text not null,
  url text not null,
  author text not null,
  state text not null check (state in ('open', 'draft', 'closed', 'merged')),
  -- Somebody is still asked for a review.
  review_requested boolean not null,
  -- The newest event that showed the pull request: the provider's time, the rank of its action among those of
  -- one second, its id. An older one changes nothing.
  seen_at timestamptz not null,
  seen_rank smallint not null,
  seen_by text not null,
  -- The newest event that says whether it wants a review; null while none has.
  wants_review boolean,
  decided_at timestamptz,
  decided_rank smallint,
  decided_by text,
  awaiting_review boolean not null,
  message_id uuid,
  version bigint not null default 1,
  updated_at timestamptz not null default now(),
  primary key (repository_key, number),
  check (num_nulls(wants_review, decided_at, decided_rank, decided_by) in (0, 4))
);
create index pull_requests_repository on pull_requests (repository, number);
create index pull_requests_named on pull_requests (repository_key, named_at desc, repository desc);
create index pull_requests_awaiting on pull_requests (repository_key) where awaiting_review;
-- Live replays what changed since.
create index pull_requests_updated on pull_requests (updated_at);

-- ── Jobs ────────────────────────────────────────────────────────────────────────────────────────────

create table prune_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text not null,
  -- {dropped: [...], created: [...], kept, event_keys, detail}
  detail jsonb not null default '{}'
);
