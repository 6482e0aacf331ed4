// What an alert says to people in Slack.

import { expect, test } from 'vitest';
import { alertMessage } from '#lib/server/problems/alert-message.ts';
import { problemRecord, type ProblemRow } from '#lib/server/problems/problem.ts';

const row: ProblemRow = {
  ...{
    id: 7,
    kind: 'source_invalid',
    subject_id: 3,
    name: 'Shop <!channel>',
    slug: 'shop',
    handler: null,
    count: 1234
  },
  ...{
    first_at: new Date('2026-01-31T12:00:00Z'),
    last_at: new Date('2026-01-31T12:05:00Z'),
    last_error: 'No\nsecret'
  },
  ...{ message_ids: [], gave_up: false, opened_at: new Date('2026-01-31T12:01:00Z'), resolved_at: null },
  ...{ resolved_by: null, resolution: null, alert_due_at: null, alerted_at: null, alert_count: 0, alert_error: null },
  version: 1
};
const told = (more: Partial<ProblemRow> = {}, publicUrl: URL | null = null) =>
  alertMessage(problemRecord({ ...row, ...more }), publicUrl);

test('nothing in it mentions anybody or is a link that we did not make', () => {
  const { text, blocks, problem } = told({ last_error: '<https://evil.example|click> & <!here>' });
  expect(text).toBe('Problem: 1,234 messages of Shop &lt;!channel&gt; did not pass verification.');
  const shown = JSON.stringify(blocks).replaceAll(/<!date\^\d+\^[^|]*\|[^>]*>/g, '');
  expect(shown).not.toMatch(/[<]/);
  expect(shown).toContain('&lt;!here&gt;');
  expect(problem.subject.name).toBe('Shop <!channel>');
});

test('it leads to the page when the server knows its own URL', () => {
  const publicUrl = new URL('https://hooks.example');
  expect(JSON.stringify(told({}, publicUrl))).toContain('<https://hooks.example/problems#problem-7|Open in Holdfast>');
  expect(told().problem.url).toBeNull();
});

test('it fits, however long the error is, and is on one line', () => {
  const { blocks } = told({ last_error: 'x\n'.repeat(5000) });
  expect(JSON.stringify(blocks).length).toBeLessThan(3500);
});

test('resolved, it says by whom or why', () => {
  const resolved = { resolved_at: new Date(), resolution: 'A delivery succeeded.' };
  expect(JSON.stringify(told({ ...resolved, resolved_by: 'itself' }).blocks)).toContain('A delivery succeeded.');
  expect(JSON.stringify(told({ ...resolved, resolved_by: 'ada@example.org' }).blocks)).toContain(
    'Resolved by ada@example.org.'
  );
});
