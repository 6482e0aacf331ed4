import { expect, test } from 'vitest';
import { timelineOf, verdictWords, type TimelineMessage } from '#lib/inbox/inbox-timeline.ts';
import type { Attempt, DeliveryDetail } from '#lib/inbox/types.ts';

const message: TimelineMessage = {
  ...{ id: 'm1', received_at: '2026-01-01T00:00:00.000Z', remote_ip: '192.0.2.1', method: 'POST', path: '/in/stripe' },
  ...{ source: { id: 1, slug: 'stripe', name: 'Stripe', provider: 'stripe' }, query: 'a=1', content_type: null },
  ...{ size: 2, event_id: 'evt_1', event_type: 'charge.refunded', duplicate_of: null, origin: 'received' },
  edited_from: null,
  ...{ verification: { status: 'valid', reason: null, detail: { secret: 'live', clock_skew_seconds: -1 } } },
  ...{ status: 'failed', body_sha256: '', body_dropped: false }
};

function attempt(number: number, fields: Partial<Attempt>): Attempt {
  const started = `2026-01-01T00:00:0${number}.000Z`;
  return {
    number,
    started_at: started,
    duration_ms: 5,
    outcome: 'error',
    status_code: null,
    error: null,
    detail: null,
    ...fields
  };
}

function delivery(fields: Partial<DeliveryDetail>): DeliveryDetail {
  const destination = { id: 1, name: 'orders' };
  const state = { status: 'succeeded', attempt_count: 1, next_attempt_at: null, last_error: null, version: 1 } as const;
  return { id: 'd1', message_id: 'm1', destination, ...state, attempts: [], ...fields };
}

const titles = (deliveries: DeliveryDetail[], of = message) => timelineOf(of, deliveries).map(({ title }) => title);

test('tells the way of a message in order', () => {
  const done = delivery({ attempts: [attempt(1, { outcome: 'applied', detail: { summary: 'Credited $19.99' } })] });
  const steps = timelineOf(message, [done]);
  expect(steps.map(({ title }) => title)).toEqual(['Received', 'Verified', 'Stored, then answered 200', 'orders']);
  expect(steps[0]?.details).toEqual(['POST /in/stripe?a=1 from 192.0.2.1']);
  expect(steps[1]?.details).toEqual(['Fits the secret “live”, clock 1 second behind.']);
  expect(steps[3]).toMatchObject({ status: 'applied', details: ['Credited $19.99'], durationMs: 5, context: [] });
});

test('an error has what finds it in the log', () => {
  const detail = { message_id: 'm1', event_id: 'evt_1', handler: 'stripe-balance', attempt: 1 };
  const failed = delivery({ status: 'failed', attempts: [attempt(1, { error: 'No account 4242.', detail })] });
  const steps = timelineOf(message, [failed]).slice(3);
  expect(steps[0]).toMatchObject({ status: 'error', details: ['No account 4242.'] });
  expect(Object.fromEntries(steps[0]?.context ?? [])).toEqual({ ...detail, attempt: '1', delivery_id: 'd1' });
  expect(steps[1]).toMatchObject({ status: 'error', title: 'orders · gave up after 1 attempt' });
});

test('the next try stands at the end, with its time', () => {
  const next = '2026-01-01T00:05:00.000Z';
  const attempts = [attempt(1, { error: '503' }), attempt(2, { error: '503' })];
  const steps = timelineOf(message, [
    delivery({ status: 'pending', attempt_count: 2, next_attempt_at: next, attempts })
  ]);
  expect(steps.slice(3).map(({ title, nextAt }) => [title, nextAt])).toEqual([
    ['orders · attempt 1', null],
    ['orders · attempt 2', null],
    ['orders · attempt 3', next]
  ]);
});

test('an HTTP attempt shows what was sent and what came back', () => {
  const detail = {
    request: { method: 'POST', url: 'https://a.example', headers: [['Content-Type', 'text/plain']] },
    response: { headers: { server: 'x' }, body: 'no', truncated: true }
  };
  const [step] = timelineOf(message, [
    delivery({ attempts: [attempt(1, { status_code: 503, error: '503', detail })] })
  ]).slice(3);
  expect(step?.exchange).toEqual({
    request: ['POST https://a.example', 'Content-Type: text/plain'],
    response: ['HTTP 503', 'server: x'],
    body: 'no',
    ...{ isBinary: false, truncated: true, isPartial: false, phases: [], isReused: null }
  });
});

test('an HTTP attempt shows how long each phase took, and what came before the answer broke off', () => {
  const detail = {
    request: { method: 'POST', url: 'https://a.example', headers: [] },
    response: { status: 200, headers: [['X-A', '1']], body: '/w==', body_encoding: 'base64', truncated: false },
    timings: { reused: true, dns_ms: null, connect_ms: null, tls_ms: null, sent_ms: 0.1, first_byte_ms: 12, body_ms: 3 }
  };
  const broken = attempt(1, { status_code: null, error: 'closed', detail });
  const [step] = timelineOf(message, [delivery({ attempts: [broken] })]).slice(3);
  expect(step?.exchange).toMatchObject({
    ...{ response: ['HTTP 200', 'X-A: 1'], isBinary: true, isPartial: true, isReused: true },
    phases: [
      { name: 'Send', milliseconds: 0.1 },
      { name: 'Wait', milliseconds: 12 },
      { name: 'Receive', milliseconds: 3 }
    ]
  });
});

test('says why nothing was delivered', () => {
  const invalid = { status: 'invalid', reason: 'No secret matches.', detail: null } as const;
  expect(titles([], { ...message, duplicate_of: 'm0' }).at(-1)).toBe('Duplicate: not delivered again');
  expect(timelineOf({ ...message, duplicate_of: 'm0' }, []).at(-1)?.link?.href).toBe('/inbox/m0');
  expect(titles([], { ...message, verification: invalid })).toContain('Stored, then refused');
  const mended = { status: 'valid', reason: null, detail: { mended: true } } as const;
  expect(titles([], { ...message, verification: mended })).toContain('Stored, then refused');
  expect(timelineOf(message, []).at(-1)?.details).toEqual(['No connection of the source takes this event.']);
});

test.each([
  [{ status: 'valid', reason: null, detail: null }, 'The signature fits.'],
  [
    { status: 'valid', reason: null, detail: { clock_skew_seconds: 40 } },
    'The signature fits, clock 40 seconds ahead.'
  ],
  [{ status: 'invalid', reason: 'The header is missing.', detail: null }, 'The header is missing.'],
  [{ status: 'none', reason: null, detail: null }, 'The source verifies nothing, by choice.']
] as const)('the verdict %j in words', (verification, words) => {
  expect(verdictWords(verification)).toBe(words);
});
