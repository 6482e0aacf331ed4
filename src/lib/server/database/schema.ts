// The tables as types. Generated from a migrated database by `npm run generate`; not edited by hand.

import type { ColumnType } from 'kysely';

export type DeliveryStatus = 'failed' | 'held' | 'pending' | 'succeeded';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Json = JsonValue;

export type JsonArray = JsonValue[];

export type JsonObject = {
  [x: string]: JsonValue | undefined;
};

export type JsonPrimitive = boolean | number | string | null;

export type JsonValue = JsonArray | JsonObject | JsonPrimitive;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export type VerificationStatus = 'invalid' | 'none' | 'pending' | 'valid';

export interface Accounts {
  balance: Generated<number>;
  closed_at: Timestamp | null;
  created_at: Generated<Timestamp>;
  currency: string;
  id: Generated<number>;
  name: string;
  owner_email: string | null;
  stripe_customer: string | null;
  updated_at: Generated<Timestamp>;
  version: Generated<number>;
}

export interface ApiKeys {
  created_at: Generated<Timestamp>;
  created_by: number | null;
  expires_at: Timestamp | null;
  id: Generated<number>;
  key_hash: Buffer;
  last_used_at: Timestamp | null;
  name: string;
  prefix: string;
  revoked_at: Timestamp | null;
  role: string;
}

export interface Attempts {
  delivery_id: string;
  detail: Json | null;
  duration_ms: number;
  error: string | null;
  number: number;
  outcome: string;
  started_at: Timestamp;
  status_code: number | null;
}

export interface AuditLog {
  action: string;
  actor: string;
  at: Generated<Timestamp>;
  detail: Generated<Json>;
  id: Generated<number>;
  subject: string;
}

export interface Connections {
  created_at: Generated<Timestamp>;
  destination_id: number;
  filter: Json | null;
  id: Generated<number>;
  source_id: number;
}

export interface Deliveries {
  attempt_count: number | null;
  destination_id: number | null;
  finished_at: Timestamp | null;
  id: string | null;
  last_error: string | null;
  message_id: string | null;
  next_attempt_at: Timestamp | null;
  source_id: number | null;
  status: DeliveryStatus | null;
  version: number | null;
}

export interface DeliveryQueue {
  attempt_count: Generated<number>;
  destination_id: number;
  due_at: Timestamp;
  id: string;
  last_error: string | null;
  lease_token: string | null;
  leased_until: Timestamp | null;
  message_id: string;
  order_key: string | null;
  source_id: number;
  status: Generated<DeliveryStatus>;
  tries: Generated<number>;
  version: Generated<number>;
  waits_for: string | null;
}

export interface DeliveryResults {
  attempt_count: number;
  destination_id: number;
  finished_at: Generated<Timestamp>;
  id: string;
  last_error: string | null;
  message_id: string;
  source_id: number;
  status: DeliveryStatus;
  version: number;
}

export interface Destinations {
  created_at: Generated<Timestamp>;
  handler: string | null;
  id: Generated<number>;
  kind: string;
  name: string;
  options: Generated<Json>;
  previous_secret_ciphertext: Buffer | null;
  previous_secret_expires_at: Timestamp | null;
  secret_ciphertext: Buffer | null;
  updated_at: Generated<Timestamp>;
  url: string | null;
}

export interface DestinationStates {
  destination_id: number;
  held_at: Timestamp | null;
  held_reason: string | null;
  owned_until: Timestamp | null;
  owner: string | null;
  paused_at: Timestamp | null;
  paused_by: string | null;
  probe_at: Timestamp | null;
  probes: Generated<number>;
}

export interface EventKeys {
  claimed_at: Generated<Timestamp>;
  event_key: Buffer;
  message_id: string;
  source_id: number;
}

export interface InvalidBodyUsage {
  bytes: number;
  day: Timestamp;
  source_id: number;
}

export interface JobItems {
  attempts_before: Generated<number>;
  delivery_id: string | null;
  destination_id: number;
  detail: string | null;
  job_id: number;
  message_id: string;
  result: string;
  status_before: string | null;
  verdict: string | null;
}

export interface Jobs {
  counts: Generated<Json>;
  created_at: Generated<Timestamp>;
  created_by: string;
  destination_id: number | null;
  error: string | null;
  filter: Json | null;
  finished_at: Timestamp | null;
  id: Generated<number>;
  kind: string;
  lease_token: string | null;
  leased_until: Timestamp | null;
  position: Generated<string>;
  preview: Generated<Json>;
  selection: string[] | null;
  started_at: Timestamp | null;
  starts_itself: boolean;
  state: Generated<string>;
  total: Generated<number>;
  visited: Generated<number>;
  walked: Generated<boolean>;
}

export interface LedgerEntries {
  account_id: number;
  amount: number;
  balance_after: number;
  charge: string | null;
  created_at: Generated<Timestamp>;
  event_created: Timestamp | null;
  event_id: string | null;
  fact: string;
  id: Generated<number>;
  kind: string;
  made_by: string | null;
  message_id: string | null;
  payment: string | null;
  provider: string;
  provider_account: Generated<string>;
  reason: string;
  test: Generated<boolean>;
}

export interface Messages {
  body: Buffer | null;
  body_dropped: Generated<boolean>;
  body_sha256: Buffer;
  content_type: string | null;
  duplicate_of: string | null;
  edited_from: string | null;
  event_id: string | null;
  event_type: string | null;
  headers: Json;
  id: string;
  json_queryable: boolean;
  method: string;
  origin: Generated<string>;
  path: string;
  payload: Json | null;
  query: string;
  received_at: Timestamp;
  remote_ip: string;
  size: number;
  source_id: number;
  verification: VerificationStatus;
  verification_detail: Json | null;
  verification_reason: string | null;
}

export interface MessagesKept {
  body: Buffer | null;
  body_dropped: Generated<boolean>;
  body_sha256: Buffer;
  content_type: string | null;
  duplicate_of: string | null;
  edited_from: string | null;
  event_id: string | null;
  event_type: string | null;
  headers: Json;
  id: string;
  json_queryable: boolean;
  method: string;
  origin: Generated<string>;
  path: string;
  payload: Json | null;
  query: string;
  received_at: Timestamp;
  remote_ip: string;
  size: number;
  source_id: number;
  verification: VerificationStatus;
  verification_detail: Json | null;
  verification_reason: string | null;
}

export interface PasswordLinks {
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
  token_hash: Buffer;
  used_at: Timestamp | null;
  user_id: number;
}

export interface Problems {
  alert_count: Generated<number>;
  alert_due_at: Timestamp | null;
  alert_error: string | null;
  alerted_at: Timestamp | null;
  count: number;
  delivery_ids: Generated<string[]>;
  first_at: Timestamp;
  gave_up: Generated<boolean>;
  id: Generated<number>;
  kind: string;
  last_at: Timestamp;
  last_error: string | null;
  message_ids: Generated<string[]>;
  opened_at: Timestamp | null;
  recovered_at: Timestamp | null;
  resolution: string | null;
  resolved_at: Timestamp | null;
  resolved_by: string | null;
  subject_id: number;
  subject_name: string;
  version: Generated<number>;
}

export interface PruneRuns {
  detail: Generated<Json>;
  finished_at: Timestamp | null;
  id: Generated<number>;
  outcome: string;
  started_at: Timestamp;
}

export interface PullRequests {
  author: string;
  awaiting_review: boolean;
  decided_at: Timestamp | null;
  decided_by: string | null;
  decided_rank: number | null;
  message_id: string | null;
  named_at: Timestamp;
  number: number;
  repository: string;
  repository_key: string;
  review_requested: boolean;
  seen_at: Timestamp;
  seen_by: string;
  seen_rank: number;
  state: string;
  title: string;
  updated_at: Generated<Timestamp>;
  url: string;
  version: Generated<number>;
  wants_review: boolean | null;
}

export interface RefundReports {
  amount: number;
  charge: string;
  provider: string;
  provider_account: Generated<string>;
  returned_refund: Generated<string>;
  told_at: Timestamp;
}

export interface RoutingVersion {
  only_row: Generated<boolean>;
  version: number;
}

export interface Sessions {
  absolute_expires_at: Timestamp;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
  id: string;
  user_id: number;
}

export interface Settings {
  name: string;
  updated_at: Generated<Timestamp>;
  value: Json;
}

export interface Sources {
  created_at: Generated<Timestamp>;
  id: Generated<number>;
  name: string;
  options: Generated<Json>;
  provider: string;
  slug: string;
  updated_at: Generated<Timestamp>;
}

export interface SourceSecrets {
  ciphertext: Buffer;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp | null;
  id: Generated<number>;
  label: string;
  source_id: number;
}

export interface UnknownRequests {
  at: Timestamp;
  id: Generated<number>;
  method: string;
  path: string;
  remote_ip: string;
  user_agent: string | null;
}

export interface Users {
  created_at: Generated<Timestamp>;
  disabled_at: Timestamp | null;
  email: string;
  id: Generated<number>;
  password_hash: string | null;
  role: string;
}

export interface WaitingDestinations {
  destination_id: number | null;
}

export interface DB {
  accounts: Accounts;
  api_keys: ApiKeys;
  attempts: Attempts;
  audit_log: AuditLog;
  connections: Connections;
  deliveries: Deliveries;
  delivery_queue: DeliveryQueue;
  delivery_results: DeliveryResults;
  destination_states: DestinationStates;
  destinations: Destinations;
  event_keys: EventKeys;
  invalid_body_usage: InvalidBodyUsage;
  job_items: JobItems;
  jobs: Jobs;
  ledger_entries: LedgerEntries;
  messages: Messages;
  messages_kept: MessagesKept;
  password_links: PasswordLinks;
  problems: Problems;
  prune_runs: PruneRuns;
  pull_requests: PullRequests;
  refund_reports: RefundReports;
  routing_version: RoutingVersion;
  sessions: Sessions;
  settings: Settings;
  source_secrets: SourceSecrets;
  sources: Sources;
  unknown_requests: UnknownRequests;
  users: Users;
  waiting_destinations: WaitingDestinations;
}
