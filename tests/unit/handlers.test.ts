import { expect, test } from 'vitest';
import { handlers, registerHandlers } from '#lib/server/deliver/handlers.ts';

const handler = { provider: 'stripe', events: ['payment_intent.*'], apply: async () => {} };

test('the files of the folder are the handlers, by their names', () => {
  expect([...handlers.keys()].sort()).toEqual(['github-pull-requests', 'stripe-balance']);
  expect(handlers.get('stripe-balance')?.provider).toBe('stripe');
  expect(handlers.get('github-pull-requests')?.provider).toBe('github');
});

test('a file dropped in is registered', () => {
  const found = registerHandlers({ './handlers/thank-you.ts': { default: handler } });
  expect(found.get('thank-you')).toBe(handler);
});

test('two files of one name stop the start', () => {
  const modules = { './handlers/a.ts': { default: handler }, './more/a.ts': { default: handler } };
  expect(() => registerHandlers(modules)).toThrow(
    'Two handler files are called "a", the second is ./more/a.ts: rename'
  );
});

test.each([
  [undefined, 'it has no default export that is an object'],
  [{}, 'it has no default export that is an object'],
  [{ default: async () => {} }, 'it has no default export that is an object'],
  [{ default: { ...handler, provider: '' } }, 'its provider is not a text'],
  [{ default: { ...handler, events: 'payment_intent.*' } }, 'its events are not a list of event types'],
  [{ default: { ...handler, events: [] } }, 'its events are not a list of event types'],
  [{ default: { ...handler, events: [1] } }, 'its events are not a list of event types'],
  [{ default: { ...handler, apply: undefined } }, 'it has no apply()'],
  [{ default: { ...handler, prepare: 'no' } }, 'its prepare is not a function']
])('a file that exports %o stops the start', (module, problem) => {
  expect(() => registerHandlers({ './handlers/broken.ts': module })).toThrow(
    `./handlers/broken.ts is not a handler: ${problem}. Its default export must be what defineHandler({…}) returns.`
  );
});
