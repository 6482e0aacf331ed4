// The forms of the page of gaps: which time is looked at, and which hook of GitHub a pasted address means.

import { describe, expect, test } from 'vitest';
import type { SourceRecord } from '#lib/server/routing/sources.ts';
import { readSetup, setupOf } from '../../src/routes/(app)/sources/[slug]/gaps/setup.ts';
import { furtherBack, readAsked } from '../../src/routes/(app)/sources/[slug]/gaps/window.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const asked = (query: string) => readAsked(new URLSearchParams(query), NOW);

describe('the time', () => {
  test('nothing is asked before somebody asks', () => expect(asked('only=missing&since=')).toBeNull());

  test.each([
    ['hours=6', '2026-03-01T06:00:00.000Z', '2026-03-01T12:00:00.000Z'],
    ['hours=lots', '2026-02-28T12:00:00.000Z', '2026-03-01T12:00:00.000Z'],
    ['hours=6&until=2026-02-01T00:00', '2026-01-31T18:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['since=2026-02-28T10:30&until=2026-02-28T11:30Z', '2026-02-28T10:30:00.000Z', '2026-02-28T11:30:00.000Z'],
    ['since=2026-02-28T10:30%2B01:00', '2026-02-28T09:30:00.000Z', '2026-03-01T12:00:00.000Z']
  ])('%s', (query, since, until) => expect(asked(query)).toMatchObject({ window: { since, until } }));

  test.each(['since=yesterday', 'since=2026-03-02T00:00', 'since=2026-02-02T00:00&until=2026-02-01T00:00'])(
    '%s is no time',
    (query) => expect(asked(query)).toHaveProperty('problem')
  );

  test('further back asks about the same time, from the cursor on', () => {
    const first = asked('hours=6&only=missing');
    if (first === null || 'problem' in first) throw new Error('It was asked.');
    const later = readAsked(new URLSearchParams(furtherBack(first, 'v1_9')), NOW + 60_000);
    expect(later).toEqual({ ...first, cursor: 'v1_9' });
  });
});

describe('what GitHub is asked about', () => {
  const source: SourceRecord = {
    ...{ id: 1, slug: 'github', name: 'GitHub', provider: 'github', options: { retention_days: 3 } },
    secrets: [{ id: 1, label: 'github-token', created_at: '', expires_at: null }],
    ...{ created_at: '', updated_at: '' }
  };

  function read(fields: { target: string; api_key?: string; api_base_url?: string }) {
    const setup = setupOf(source);
    if (setup === null) throw new Error('GitHub has a list.');
    const data = new FormData();
    for (const [name, value] of Object.entries({ api_key: '', api_base_url: '', ...fields })) data.set(name, value);
    return readSetup(source, setup, data);
  }

  test.each([
    ['https://github.com/octocat/hello-world/settings/hooks/42', 'repos/octocat/hello-world/hooks/42'],
    ['https://github.com/organizations/acme/settings/hooks/7/', 'orgs/acme/hooks/7'],
    ['https://git.acme.example/octocat/a.b-c/settings/hooks/1', 'repos/octocat/a.b-c/hooks/1'],
    ['orgs/acme/hooks/7', 'orgs/acme/hooks/7'],
    ['app/hook', 'app/hook']
  ])('%s', (target, hook) => expect(read({ target })).toEqual({ key: null, options: { retention_days: 3, hook } }));

  test.each(['42', 'repos/../user/hooks/1', 'repos/a/../hooks/1', 'orgs/../hooks/1', 'app/hook/../../user', ''])(
    '"%s" is no hook',
    (target) =>
      expect(read({ target })).toMatchObject({ problem: { errors: { target: expect.any(String) as unknown } } })
  );

  test('what was typed comes back, but never the key', () => {
    const answer = read({ target: '42', api_key: 'github_pat_1', api_base_url: 'ftp://x' });
    expect(answer).toMatchObject({ problem: { values: { target: '42', api_base_url: 'ftp://x' } } });
    expect(JSON.stringify(answer)).not.toContain('github_pat_1');
  });
});
