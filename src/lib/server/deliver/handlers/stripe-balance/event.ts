// The Stripe event inside a message, parsed, and the events that must not move money here.

import * as v from 'valibot';
import type { HandlerMessage } from '../../handler.ts';
import { HandlerError } from '../../handler.ts';

/** Stripe's clock and ours may differ by this much; the SDK would accept a year. */
const MAX_AHEAD_SECONDS = 300;

const eventSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  type: v.string(),
  // Unix seconds.
  created: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  livemode: v.boolean(),
  // Set on events of connected accounts only (Stripe Connect).
  account: v.nullish(v.string(), null),
  data: v.object({ object: v.unknown() })
});

export type StripeEvent = v.InferOutput<typeof eventSchema>;

/** An amount that can be booked: JSON.parse has rounded anything larger. */
export const amountSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** An id, or the object in its place where a request asked Stripe to expand it. */
export const idSchema = v.union([
  v.string(),
  v.pipe(
    v.object({ id: v.string() }),
    v.transform((object) => object.id)
  )
]);

export const currencySchema = v.pipe(v.string(), v.toLowerCase(), v.regex(/^[a-z]{3}$/));

/** @throws {HandlerError} permanent, naming the field, when it is not a Stripe event */
export function readEvent(payload: unknown): StripeEvent {
  return parse(eventSchema, payload, 'This message is not a Stripe event');
}

/** The object that the event is about, in the shape that its kind needs. */
export function readObject<Schema extends v.GenericSchema>(schema: Schema, event: StripeEvent): v.InferOutput<Schema> {
  return parse(schema, event.data.object, `The data.object of ${event.type} ${event.id} cannot be booked`);
}

function parse<Schema extends v.GenericSchema>(schema: Schema, input: unknown, what: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new HandlerError(
    `${what}: ${path === null ? '' : `${path}: `}${issue.message}. Nothing was booked; look at the message's body.`,
    { permanent: true }
  );
}

/** @throws {HandlerError} permanent, when the source's options or the clock forbid this event to move money */
export function refuseEvent(event: StripeEvent, message: HandlerMessage): void {
  const { source, receivedAt } = message;
  if (event.account !== null && source.options['allow_connect'] !== true) {
    refuse(
      `Event ${event.id} is of the connected account ${event.account}: if its payments belong here, set allow_connect ` +
        `on source ${source.slug} and re-deliver.`
    );
  }
  if (!event.livemode && source.options['livemode'] === 'live') {
    refuse(
      `Event ${event.id} is from Stripe's test mode, and source ${source.slug} takes live events only: ` +
        `set livemode to "any" to try things out, and re-deliver.`
    );
  }
  const aheadSeconds = Math.round(event.created - receivedAt.getTime() / 1000);
  if (aheadSeconds > MAX_AHEAD_SECONDS) {
    refuse(
      `Event ${event.id} was created ${aheadSeconds} s after it was received; at most ${MAX_AHEAD_SECONDS} s are taken. ` +
        `Check this server's clock, and where the message came from.`
    );
  }
}

function refuse(sentence: string): never {
  throw new HandlerError(sentence, { permanent: true });
}
