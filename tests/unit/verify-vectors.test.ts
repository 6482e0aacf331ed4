// Every vector that is known, published or our own, gets the verdict that it says.

import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { answerVector, judgeVector, readVectors, type Vector } from '../support/provider-vectors.ts';
import { findProvider, providers } from '#lib/server/verify/providers.ts';
import type { HandshakeReply } from '#lib/server/verify/types.ts';

const root = resolve(import.meta.dirname, '../..');
const own = ['verify-vectors.json', 'verify-preset-vectors.json'].flatMap(
  (name) => readVectors(resolve(import.meta.dirname, name)) ?? []
);
/** A collection of published vectors beside the repository; a clone does not have it. */
const published = readVectors(resolve(root, '../shared/vectors.json'));
/** Names under which the collection knows our rows. */
const ALIASES: Record<string, string> = { 'cloudevents-webhook': 'cloudevents' };

const providerOf = (vector: Vector) => findProvider(ALIASES[vector.provider] ?? vector.provider);

function check(vector: Vector): void {
  const provider = providerOf(vector);
  if (!provider) throw new Error(`No provider ${vector.provider}`);
  if (vector.kind === 'handshake') {
    checkReply(answerVector(provider, vector), vector.expect_response ?? {});
    return;
  }
  const verdict = judgeVector(provider, vector);
  expect(verdict.status, verdict.reason ?? 'no reason').toBe(vector.expect);
  expect(verdict.reason === null).toBe(verdict.status === 'valid');
}

function checkReply(reply: HandshakeReply | null, wanted: NonNullable<Vector['expect_response']>): void {
  expect(reply?.status).toBe(wanted.status ?? 200);
  if (wanted.body !== undefined) expect(reply?.body).toBe(wanted.body);
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    const sent = reply?.headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
    expect(sent?.split(';')[0]).toBe(value);
  }
}

test.each(own.map((vector) => [vector.id, vector] as const))('our own %s', (_, vector) => {
  check(vector);
});

test('every provider that verifies has a valid vector and an invalid one of our own', () => {
  const outcomes = new Set(own.map((vector) => `${vector.provider} ${vector.expect}`));
  const wanted = providers
    .filter(({ needsSecret }) => needsSecret)
    .flatMap(({ slug }) => [`${slug} valid`, `${slug} invalid`]);
  expect(wanted.filter((each) => !outcomes.has(each))).toEqual([]);
});

const known = (published ?? []).filter(providerOf);

test.each(known.map((vector) => [vector.id, vector] as const))('published %s', (_, vector) => {
  check(vector);
});

test('says which published vectors are not run', () => {
  if (!published) {
    console.log('No collection of published vectors beside the repository: only our own were run.');
    return;
  }
  const waiting = new Map<string, number>();
  for (const { provider } of published.filter((vector) => !providerOf(vector))) {
    waiting.set(provider, (waiting.get(provider) ?? 0) + 1);
  }
  const list = [...waiting].map(([provider, count]) => `${provider} ${count}`).join(', ');
  console.log(`${known.length} of ${published.length} published vectors run; providers without a row yet: ${list}.`);
  expect(known.length).toBeGreaterThan(0);
});

test('rows that claim a vector of the collection have one that runs', () => {
  if (!published) return;
  const run = new Set(known.map((vector) => providerOf(vector)?.slug));
  // Their vectors are in no collection: Bitbucket's is in its documentation and among our own.
  const elsewhere = ['bitbucket', 'square', 'resend', 'generic-bearer'];
  const claimed = providers.filter(({ confidence, slug }) => confidence === 'vector' && !elsewhere.includes(slug));
  expect(claimed.map(({ slug }) => slug).filter((slug) => !run.has(slug))).toEqual([]);
});
