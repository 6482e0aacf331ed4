// GitHub's deliveries, made from its own example payloads.

import { createRequire } from 'node:module';

export interface GithubPayload {
  action: string;
  repository: Record<string, unknown>;
  pull_request?: Record<string, unknown>;
  review?: Record<string, unknown>;
}

export interface GithubDelivery {
  name: string;
  payload: GithubPayload;
  id: string;
}

export const githubExamples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: GithubPayload[];
}[];

/** A copy of GitHub's own example. */
export function githubExample(name: string, action: string): GithubPayload {
  const found = githubExamples.find((webhook) => webhook.name === name)?.examples.find((one) => one.action === action);
  if (!found) throw new Error(`no example ${name}.${action}`);
  return structuredClone(found);
}

let counter = 0;

/** GitHub's example of the action, at that second, with what the story needs changed. */
export function githubDelivery(step: string, second: number, change: Record<string, unknown> = {}): GithubDelivery {
  const review = /^(approved|changes_requested|commented|dismissed)$/.test(step);
  const name = review ? 'pull_request_review' : 'pull_request';
  const payload = githubExample(name, review && step !== 'dismissed' ? 'submitted' : step);
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace('.000', '');
  payload.pull_request = { ...payload.pull_request, requested_reviewers: [], updated_at: at, ...change };
  if (review) payload.review = { ...payload.review, state: step, submitted_at: at };
  counter += 1;
  return { name, payload, id: `delivery-${String(counter).padStart(6, '0')}` };
}
