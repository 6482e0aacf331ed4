// Gaps of a source: what its provider says it sent, beside what the log has of it; and the sending again, or fetching,
// of what never arrived.

import type { Dispatcher } from 'undici';
import type { Database } from '#lib/server/database/connect.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import { apiKeyLabelFor } from '#lib/server/routing/api-keys.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { compare, type GapItem } from './compare.ts';
import { fillAll, type FillResult } from './fill.ts';
import { githubList, NO_HOOK } from './github.ts';
import { createImporter, type ReceiveImported } from './import.ts';
import { readSent, type Looked } from './read-sent.ts';
import { stripeList } from './stripe.ts';
import { problem, textOption, type OrProblem, type SentList, type Window } from './types.ts';

export interface GapParts {
  database: Database;
  routing: Pick<Routing, 'refresh' | 'sourceById' | 'apiKey'>;
  /** The guarded agent: keys go to public addresses only. */
  dispatcher: Dispatcher;
  receiveImported: ReceiveImported;
  /** The log keeps messages this long. */
  retentionDays: number;
  clock: () => number;
}

export interface LookOptions {
  window: Window;
  /** The next_cursor of an earlier look. */
  cursor: string | null;
  /** Only what never arrived. */
  onlyMissing: boolean;
}

export interface Look {
  data: GapItem[];
  next_cursor: string | null;
  looked: Looked;
  notes: string[];
}

export interface Gaps {
  /** Asks the provider for a part of the window and compares it with the log. */
  look(sourceId: number, options: LookOptions): Promise<OrProblem<Look>>;
  /** Has what is ticked sent again, or fetches it: one result an id, in order. */
  fill(sourceId: number, ids: readonly string[]): Promise<OrProblem<FillResult[]>>;
}

/** Makes look() and fill(). */
export function createGaps(parts: GapParts): Gaps {
  const importEvent = createImporter(parts);

  async function listOf(sourceId: number): Promise<OrProblem<{ source: RoutedSource; list: SentList }>> {
    // The key may have been added a moment ago, on another node.
    await parts.routing.refresh();
    const source = parts.routing.sourceById(sourceId);
    if (source === null) return problem('not_supported', 'The source was deleted a moment ago.');
    const label = apiKeyLabelFor(source.provider);
    if (label === null) return problem('not_supported', notSupported(source));
    const key = parts.routing.apiKey(sourceId, label);
    if (key === null) return problem('no_api_key', noKey(source, label));
    if (source.provider === 'stripe') return { source, list: stripeList({ ...parts, importEvent }, source, { key }) };
    const hook = textOption(source, 'hook');
    if (hook === null) return problem('no_hook', NO_HOOK);
    return { source, list: githubList(parts, source, { token: key, hook }) };
  }

  return {
    async look(sourceId, { window, cursor, onlyMissing }) {
      const found = await listOf(sourceId);
      if ('problem' in found) return found;
      const notes = await found.list.notes();
      if ('problem' in notes) return notes;
      const read = await readSent(found.list, window, cursor);
      if ('problem' in read) return read;
      const items = await compare(parts, found.source, read.sent);
      const data = onlyMissing ? items.filter(({ state }) => state === 'missing') : items;
      return { data, next_cursor: read.next, looked: read.looked, notes };
    },
    async fill(sourceId, ids) {
      const found = await listOf(sourceId);
      return 'problem' in found ? found : fillAll(found.list, ids);
    }
  };
}

const notSupported = ({ provider }: RoutedSource): string =>
  `The provider "${provider}" has no list of what it sent that Holdfast can read: that is there for GitHub and Stripe.`;

const noKey = ({ slug, provider }: RoutedSource, label: string): string =>
  provider === 'stripe'
    ? `The source ${slug} has no secret labelled "${label}": make a restricted key under Developers → API keys at Stripe ` +
      `that may read events and webhook endpoints, and store it with that label.`
    : `The source ${slug} has no secret labelled "${label}": make a fine-grained token under Settings → Developer ` +
      `settings at GitHub with the permission "Webhooks: read and write", and store it with that label.`;
