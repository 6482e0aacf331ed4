// What a job does with a message: where it is sent, or why it is not. Preparing counts by it, running goes by it.

import type { JobRefusal } from '#lib/inbox/jobs.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import {
  notReceivedValid,
  wasReceivedValid,
  type Before,
  type Target,
  type TargetedMessage
} from '#lib/server/deliver/targets.ts';
import type { StoredMessage } from '#lib/server/deliver/work.ts';
import { messagesById } from '#lib/server/log/summaries.ts';
import type { NewItem } from './items.ts';
import type { HeldJob } from './job.ts';

export interface PlanParts {
  database: Database;
  deliver: Pick<Deliver, 'targets' | 'previewOf' | 'worker'>;
}

export interface Send {
  message: StoredMessage;
  target: Target;
  before: Before | null;
}

export interface Refusal {
  messageId: string;
  /** 0: the message as a whole. */
  destinationId: number;
  reason: JobRefusal;
  detail: string;
}

export interface Plan {
  /** Messages that the job is about; a back-fill is not about those that its connection does not take. */
  messages: number;
  sends: Send[];
  refused: Refusal[];
}

/** Plans a stretch of messages. */
export async function planStretch(parts: PlanParts, job: HeldJob, ids: readonly string[]): Promise<Plan> {
  const options = job.destinationId === null ? {} : { destinationId: job.destinationId };
  const [targeted, originals] = await Promise.all([
    parts.deliver.targets(ids, options),
    originalsOf(parts.database, ids)
  ]);
  const plan: Plan = { messages: 0, sends: [], refused: [] };
  for (const id of ids) {
    const one = targeted.get(id);
    const planned = !one ? gone(id) : planOne(job, one, originals.get(id) ?? null);
    if (planned.sends.length + planned.refused.length > 0) plan.messages += 1;
    plan.sends.push(...planned.sends);
    plan.refused.push(...planned.refused);
  }
  return plan;
}

type Planned = Omit<Plan, 'messages'>;

function planOne(job: HeldJob, found: TargetedMessage, original: string | null): Planned {
  return job.kind === 'backfill' ? planBackfill(found, original) : planRedelivery(found, original);
}

/** As if the connection had been there when the message came: what it would not have taken is no part of the job. */
function planBackfill({ message, targets }: TargetedMessage, original: string | null): Planned {
  const isTrusted = message.verification === 'valid' || message.verification === 'none';
  if (!isTrusted || original !== null || message.origin === 'handshake') return { sends: [], refused: [] };
  const fresh = targets.filter(({ connected, before }) => connected && before === null);
  const allowed = fresh.filter(({ handler }) => handler === null || wasReceivedValid(message));
  return { sends: allowed.map((target) => ({ message, target, before: null })), refused: [] };
}

/**
 * Many at once are looked at less closely than one: a job sends nothing that did not pass verification, and an event
 * that came twice only once.
 */
function planRedelivery({ message, targets }: TargetedMessage, original: string | null): Planned {
  if (message.verification === 'invalid' || message.verification === 'pending') {
    const detail = `The message was received as ${message.verification}: a job does not send it. Verify it again, or re-deliver it alone.`;
    return refuse(message.id, 'not_received_valid', detail);
  }
  const own = original === null ? targets : targets.filter(({ before }) => before !== null);
  if (own.length === 0 && original !== null) {
    return refuse(
      message.id,
      'duplicate',
      `It carries the same event as message ${original}, which has its deliveries.`
    );
  }
  if (own.length === 0) {
    const type = message.event.type ?? 'without an event type';
    return refuse(message.id, 'no_destination', `No destination takes this message (${type}).`);
  }
  const isAllowed = ({ handler }: Target) => handler === null || wasReceivedValid(message);
  return {
    sends: own.filter(isAllowed).map((target) => ({ message, target, before: target.before })),
    refused: own
      .filter((target) => !isAllowed(target))
      .map(({ destinationId }) => ({
        ...{ messageId: message.id, destinationId, reason: 'not_received_valid' },
        detail: notReceivedValid(message)
      }))
  };
}

const gone = (id: string): Planned => refuse(id, 'gone', 'The message is gone: erased, or past its retention.');

function refuse(messageId: string, reason: JobRefusal, detail: string): Planned {
  return { sends: [], refused: [{ messageId, destinationId: 0, reason, detail }] };
}

/** As it is written. */
export const refusedItem = ({ messageId, destinationId, detail }: Refusal): NewItem => ({
  ...{ messageId, destinationId, deliveryId: null, before: null, result: 'refused', verdict: null, detail }
});

/** The first message of the same event, by the id of each duplicate. */
async function originalsOf({ web }: Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await web<{ id: string; original: string }[]>`
    select m.id, m.duplicate_of as original from ${messagesById(web, ids)} where m.duplicate_of is not null`;
  return new Map(rows.map(({ id, original }) => [id, original]));
}
