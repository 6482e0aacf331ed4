// The shapes that browser, API and live stream share. snake_case, as in the API contract: what a screen
// gets from a frame is what it would get from a reload.

export type VerificationStatus = 'valid' | 'invalid' | 'none' | 'pending';
export type DeliveryStatus = 'pending' | 'held' | 'succeeded' | 'failed';
/** The worst of a message's deliveries, in this order; `none` when it has none. */
export type MessageStatus = 'failed' | 'held' | 'pending' | 'succeeded' | 'none';
export type HeaderPair = [name: string, value: string];

/** One line of the inbox; also the data of a live `message` frame. Times are ISO 8601 in UTC, sizes bytes. */
export interface MessageSummary {
  id: string;
  source: { id: number; slug: string; name: string; provider: string };
  received_at: string;
  remote_ip: string;
  method: string;
  path: string;
  query: string;
  content_type: string | null;
  size: number;
  event_id: string | null;
  event_type: string | null;
  verification: { status: VerificationStatus; reason: string | null };
  duplicate_of: string | null;
  origin: 'received' | 'test' | 'edited' | 'imported' | 'handshake';
  status: MessageStatus;
}

export interface DeliverySummary {
  id: string;
  destination: { id: number; name: string };
  status: DeliveryStatus;
  attempt_count: number;
  next_attempt_at: string | null;
  last_error: string | null;
  version: number;
}

/** Data of a live `delivery` frame: a receiver drops it when it knows a higher `version` of the same id. */
export interface DeliveryChange extends DeliverySummary {
  message_id: string;
  /** The message's status after this change. */
  message_status: MessageStatus;
}

export interface Attempt {
  number: number;
  started_at: string;
  duration_ms: number;
  outcome: string;
  status_code: number | null;
  error: string | null;
  detail: Record<string, unknown> | null;
}

export interface DeliveryDetail extends DeliverySummary {
  message_id: string;
  attempts: Attempt[];
}

export interface MessageDetail extends MessageSummary {
  headers: HeaderPair[];
  body_sha256: string;
  /** The stored JSON as parsed; null when the body is not JSON. Screens show the text, never this. */
  payload: unknown;
  verification: { status: VerificationStatus; reason: string | null; detail: Record<string, unknown> | null };
  body_dropped: boolean;
  /** The message that this one was made from by editing it. */
  edited_from: string | null;
  deliveries: DeliverySummary[];
}

export interface LedgerEntry {
  id: number;
  /** Integer minor units, signed. 0: a note without an amount. */
  amount: number;
  balance_after: number;
  kind: string;
  reason: string;
  test: boolean;
  /** The message that caused it; a reversal has that of the line it takes back. */
  message_id: string | null;
  created_at: string;
  /** The line that this one takes back. */
  reverses: number | null;
  /** The line that took this one back. */
  reversed_by: number | null;
}

/** Also the data of a live `account` frame, with the newest entries only. */
export interface AccountState {
  id: number;
  name: string;
  currency: string;
  /** Integer minor units. */
  balance: number;
  version: number;
  entries: LedgerEntry[];
}

export interface PullRequest {
  repository: string;
  number: number;
  title: string;
  url: string;
  author: string;
  state: string;
  awaiting_review: boolean;
  version: number;
  updated_at: string;
}

/** Data of a live `pull-requests` frame. */
export interface PullRequestChange extends PullRequest {
  /** Pull requests of this repository that await review, after this change. */
  awaiting_count: number;
}

/** What handlers say they did, or would do. */
export interface Effect {
  kind: string;
  summary: string;
  [detail: string]: unknown;
}
