// What live reads from the database, as functions that app.ts passes in: state that a reload would show.

import type { InboxFilter } from '#lib/inbox/filter.ts';
import type {
  AccountState,
  DeliveryChange,
  DeliverySummary,
  MessageSummary,
  PullRequestChange
} from '#lib/inbox/types.ts';

export type PullRequestKey = [repository: string, number: number];

/** Lists come in any order. A filter that is passed must hold, `q` included (also in the payload); `{}` lets all pass. */
export interface LiveLoaders {
  /** Messages with received_at ≥ since that match, the newest `limit` of them. */
  loadMessages(since: Date, limit: number, filter: InboxFilter): Promise<MessageSummary[]>;
  /** Those of the ids (uuid) that exist and match. */
  loadMessagesById(ids: string[], filter: InboxFilter): Promise<MessageSummary[]>;
  /** Deliveries that were tried, retried, held or finished at `since` or later, in their present state; at most `limit`. */
  loadDeliveries(since: Date, limit: number): Promise<DeliveryChange[]>;
  loadDeliveriesById(ids: string[]): Promise<DeliveryChange[]>;
  /** All deliveries of one message. */
  loadDeliveriesOfMessage(messageId: string): Promise<DeliverySummary[]>;
  /** The balance with its newest 50 lines; null: no such account. */
  loadAccount(id: number): Promise<AccountState | null>;
  /** Pull requests with updated_at ≥ since; at most `limit`. */
  loadPullRequests(since: Date, limit: number): Promise<PullRequestChange[]>;
  loadPullRequestsByKey(keys: PullRequestKey[]): Promise<PullRequestChange[]>;
}
