// What happened to a message, step by step, in words.

import { exchangeOf, type Exchange } from './exchange.ts';
import { formatCount } from './format.ts';
import type { Attempt, DeliveryDetail, MessageDetail } from './types.ts';

export interface TimelineStep {
  key: string;
  status:
    | 'applied'
    | 'already_applied'
    | 'ignored'
    | 'error'
    | 'valid'
    | 'invalid'
    | 'unverified'
    | 'verifying'
    | 'duplicate'
    | 'pending'
    | 'held'
    | 'none';
  title: string;
  /** Sentences below the title. */
  details: string[];
  /** Milliseconds since 1970; null: at the time of the step before. */
  at: number | null;
  durationMs: number | null;
  /** What to look for in the server's log: name and value. */
  context: [name: string, value: string][];
  exchange: Exchange | null;
  /** ISO 8601; when the next try is due. */
  nextAt: string | null;
  link: { href: string; words: string } | null;
}

export type TimelineMessage = Omit<MessageDetail, 'payload' | 'headers' | 'deliveries'>;

export function timelineOf(message: TimelineMessage, deliveries: readonly DeliveryDetail[]): TimelineStep[] {
  return [
    received(message),
    verified(message),
    stored(message),
    ...deliveries.flatMap((delivery) => deliverySteps(delivery)),
    ...(deliveries.length === 0 ? [notDelivered(message)] : [])
  ];
}

function step(fields: Pick<TimelineStep, 'key' | 'status' | 'title'> & Partial<TimelineStep>): TimelineStep {
  return { details: [], at: null, durationMs: null, context: [], exchange: null, nextAt: null, link: null, ...fields };
}

function received(message: TimelineMessage): TimelineStep {
  const query = message.query === '' ? '' : `?${message.query}`;
  return step({
    ...{
      key: 'received',
      status: 'applied',
      title: message.origin === 'received' ? 'Received' : `Made: ${message.origin}`
    },
    details: [`${message.method} ${message.path}${query} from ${message.remote_ip}`],
    at: Date.parse(message.received_at),
    link:
      message.edited_from === null
        ? null
        : { href: `/inbox/${message.edited_from}`, words: 'Open the message it was made from' }
  });
}

const VERDICTS = {
  valid: ['valid', 'Verified'],
  invalid: ['invalid', 'Invalid signature'],
  none: ['unverified', 'Not verified'],
  pending: ['verifying', 'Being verified']
} as const;

function verified({ verification }: TimelineMessage): TimelineStep {
  const [status, title] = VERDICTS[verification.status];
  return step({ key: 'verified', status, title, details: [verdictWords(verification)] });
}

/** One sentence: which secret fitted and how far the clock was off, or what is wrong. */
export function verdictWords({ status, reason, detail }: MessageDetail['verification']): string {
  if (status !== 'valid') return reason ?? WITHOUT_REASON[status];
  const [secret, skew] = [detail?.['secret'], detail?.['clock_skew_seconds']];
  const fits = typeof secret === 'string' ? `Fits the secret “${secret}”` : 'The signature fits';
  return typeof skew === 'number' ? `${fits}, ${clockWords(skew)}.` : `${fits}.`;
}

const WITHOUT_REASON = {
  none: 'The source verifies nothing, by choice.',
  pending: 'The answer went out; the check needs the network and goes on.',
  invalid: 'No reason was kept.'
};

function clockWords(skewSeconds: number): string {
  const off = Math.abs(skewSeconds);
  if (off < 1) return 'clock right';
  return `clock ${formatCount(Math.round(off), 'second')} ${skewSeconds < 0 ? 'behind' : 'ahead'}`;
}

/** Found valid later: its sender was answered as for an invalid one. */
const isMended = ({ verification }: TimelineMessage): boolean => verification.detail?.['mended'] === true;

function stored(message: TimelineMessage): TimelineStep {
  if (message.origin !== 'received') return step({ key: 'stored', status: 'applied', title: 'Stored' });
  const isRefused = message.verification.status === 'invalid' || isMended(message);
  const title = isRefused ? 'Stored, then refused' : 'Stored, then answered 200';
  const details = message.body_dropped ? ['The body was not kept: the budget for invalid messages was used up.'] : [];
  if (isMended(message)) details.push('It was invalid then, and found valid when it was verified again.');
  return step({ key: 'stored', status: 'applied', title, details });
}

function notDelivered(message: TimelineMessage): TimelineStep {
  if (message.duplicate_of !== null) {
    return step({
      ...{ key: 'end', status: 'duplicate', title: 'Duplicate: not delivered again' },
      details: [
        isMended(message)
          ? 'Another message has carried the same event.'
          : 'Another message carried the same event before. Its failed deliveries, if any, were set going again.'
      ],
      link: { href: `/inbox/${message.duplicate_of}`, words: 'Open the first message of this event' }
    });
  }
  const reason =
    message.origin === 'received' && message.verification.status !== 'invalid'
      ? 'No connection of the source takes this event.'
      : 'Only what was received and found valid is delivered by itself.';
  return step({ key: 'end', status: 'none', title: 'No delivery', details: [reason] });
}

function deliverySteps(delivery: DeliveryDetail): TimelineStep[] {
  const steps = delivery.attempts.map((attempt) => attemptStep(delivery, attempt));
  const name = delivery.destination.name;
  if (delivery.status === 'failed') {
    const tries = formatCount(delivery.attempt_count, 'attempt');
    const details = ['Mend the cause, then re-deliver it.'];
    steps.push(
      step({ key: `${delivery.id} end`, status: 'error', title: `${name} · gave up after ${tries}`, details })
    );
  }
  if (delivery.status === 'held') {
    const details = ['The destination is paused, or held because it fails: this goes when it takes deliveries again.'];
    steps.push(step({ key: `${delivery.id} held`, status: 'held', title: `${name} · held`, details }));
  }
  if (delivery.status === 'pending') {
    const title = `${name} · attempt ${delivery.attempt_count + 1}`;
    const nextAt = delivery.next_attempt_at;
    steps.push(step({ key: `${delivery.id} next`, status: 'pending', title, nextAt }));
  }
  return steps;
}

const DONE: Record<string, TimelineStep['status']> = {
  applied: 'applied',
  already_applied: 'already_applied',
  ignored: 'ignored'
};

function attemptStep(delivery: DeliveryDetail, attempt: Attempt): TimelineStep {
  const several = delivery.attempt_count > 1 ? ` · attempt ${attempt.number}` : '';
  return step({
    key: `${delivery.id} ${attempt.number}`,
    status: attempt.error === null ? (DONE[attempt.outcome] ?? 'applied') : 'error',
    title: `${delivery.destination.name}${several}`,
    details: [attemptWords(attempt)],
    at: Date.parse(attempt.started_at),
    durationMs: attempt.duration_ms,
    context: attempt.error === null ? [] : contextOf(delivery, attempt),
    exchange: exchangeOf(attempt.detail, attempt.status_code)
  });
}

function attemptWords({ error, detail, outcome, status_code: statusCode }: Attempt): string {
  const summary = typeof detail?.['summary'] === 'string' ? detail['summary'] : null;
  return error ?? summary ?? (statusCode === null ? outcome : `Answered ${statusCode}`);
}

const CONTEXT = ['message_id', 'event_id', 'handler', 'attempt'];

function contextOf(delivery: DeliveryDetail, { detail }: Attempt): [string, string][] {
  const known = CONTEXT.flatMap((name): [string, string][] => {
    const value = detail?.[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
  });
  return known.length === 0 ? [] : [...known, ['delivery_id', delivery.id]];
}
