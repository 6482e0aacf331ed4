// The text of a frame as data. The server is ours: that the parts are there which a screen goes by is check enough.

import type { LiveEvent, LiveReset } from './live-events.ts';
import type { AccountState, DeliveryChange, MessageSummary, PullRequestChange } from './types.ts';

/** null: an event that this page does not know; a newer server may send one. */
export function readEvent(event: string, text: string): LiveEvent | LiveReset | null {
  const data: unknown = JSON.parse(text);
  switch (event) {
    case 'message':
      return isMessage(data) ? { event, data } : null;
    case 'delivery':
      return isDelivery(data) ? { event, data } : null;
    case 'account':
      return isAccount(data) ? { event, data } : null;
    case 'pull-requests':
      return isPullRequest(data) ? { event, data } : null;
    default:
      return event === 'reset' ? { event, data: { reason: reasonOf(data) } } : null;
  }
}

const isMessage = (data: unknown): data is MessageSummary => has(data, 'id', 'received_at', 'source', 'status');
const isDelivery = (data: unknown): data is DeliveryChange => has(data, 'id', 'message_id', 'version');
const isAccount = (data: unknown): data is AccountState => has(data, 'id', 'balance', 'version', 'entries');
const isPullRequest = (data: unknown): data is PullRequestChange => has(data, 'repository', 'number', 'version');

function reasonOf(data: unknown): string {
  const isSaid = typeof data === 'object' && data !== null && 'reason' in data && typeof data.reason === 'string';
  return isSaid ? String(data.reason) : 'There may be a gap.';
}

function has(data: unknown, ...keys: string[]): boolean {
  return typeof data === 'object' && data !== null && keys.every((key) => key in data);
}
