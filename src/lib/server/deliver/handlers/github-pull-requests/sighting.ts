// From GitHub's payload to an event of the board.

import * as v from 'valibot';
import type { PullRequestState, Sighting } from '#lib/server/pull-requests/pull-request.ts';
import type { HandlerEvent, HandlerMessage } from '../../handler.ts';
import { HandlerError } from '../../handler.ts';

// The life of a pull request, for events of one second: GitHub's times have no more digits. What usually follows what
// comes later in the list; `*` is every action that only shows the pull request.
const LIFE = [
  'opened',
  '*',
  'review_request_removed',
  'review_requested',
  'converted_to_draft',
  'ready_for_review',
  'changes_requested',
  'approved',
  'dismissed',
  'closed',
  'reopened'
];

const WANTS_REVIEW: Record<string, boolean> = {
  opened: true,
  reopened: true,
  ready_for_review: true,
  review_requested: true,
  // The review that settled it counts no more.
  dismissed: true,
  approved: false,
  // The author's turn: in again when a review is asked for.
  changes_requested: false
};

const timeSchema = v.pipe(
  v.string(),
  v.transform((text) => new Date(text)),
  v.check((time) => !Number.isNaN(time.getTime()), 'it is not a time')
);

const repositorySchema = v.object({
  id: v.optional(v.pipe(v.number(), v.safeInteger())),
  full_name: v.pipe(v.string(), v.nonEmpty()),
  html_url: v.optional(v.string(), ''),
  updated_at: v.optional(timeSchema)
});

const pullRequestSchema = v.object({
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2_147_483_647)),
  title: v.string(),
  html_url: v.optional(v.string(), ''),
  // null: the account was deleted; GitHub shows it as "ghost".
  user: v.nullish(v.object({ login: v.string() })),
  state: v.string(),
  draft: v.nullish(v.boolean(), false),
  merged: v.nullish(v.boolean(), false),
  merged_at: v.nullish(v.string(), null),
  updated_at: timeSchema,
  requested_reviewers: v.nullish(v.array(v.unknown()), []),
  requested_teams: v.nullish(v.array(v.unknown()), [])
});

const payloadSchema = v.object({
  action: v.string(),
  repository: repositorySchema,
  pull_request: pullRequestSchema,
  review: v.nullish(v.object({ state: v.string(), submitted_at: v.nullish(timeSchema) }))
});

const repositoryPayloadSchema = v.object({ action: v.string(), repository: repositorySchema });

type Payload = v.InferOutput<typeof payloadSchema>;

/** @throws {HandlerError} permanent, naming the field, when the payload is not one of GitHub's */
export function readSighting(message: HandlerMessage, event: HandlerEvent): Sighting {
  const payload = parse(payloadSchema, message.payload, event);
  const pullRequest = payload.pull_request;
  const step = stepOf(payload);
  const reviewRequested = pullRequest.requested_reviewers.length + pullRequest.requested_teams.length > 0;
  return {
    ...repositoryIdentity(payload.repository),
    number: pullRequest.number,
    position: { at: timeOf(payload), rank: LIFE.indexOf(LIFE.includes(step) ? step : '*'), id: event.id ?? '' },
    snapshot: {
      title: pullRequest.title,
      url: pullRequest.html_url,
      author: pullRequest.user?.login ?? 'ghost',
      state: stateOf(pullRequest),
      reviewRequested
    },
    wantsReview: step === 'review_request_removed' && !reviewRequested ? false : (WANTS_REVIEW[step] ?? null)
  };
}

/** An event about the repository itself: its action, and the name it has now. */
export function readRepository(message: HandlerMessage, event: HandlerEvent) {
  const { action, repository } = parse(repositoryPayloadSchema, message.payload, event);
  return { action, ...repositoryIdentity(repository), since: repository.updated_at ?? message.receivedAt };
}

/** The action; for a review that was submitted, what it says. Comments and edits say nothing about whose turn it is. */
function stepOf({ action, review }: Payload): string {
  return action === 'submitted' && review ? review.state.toLowerCase() : action;
}

/** All payloads carry the pull request as it was at the event. A review may be some seconds newer than that. */
function timeOf({ action, pull_request: { updated_at: updatedAt }, review }: Payload): Date {
  const submittedAt = action === 'submitted' ? review?.submitted_at : null;
  return submittedAt && submittedAt > updatedAt ? submittedAt : updatedAt;
}

function stateOf(pullRequest: Payload['pull_request']): PullRequestState {
  if (pullRequest.merged || pullRequest.merged_at !== null) return 'merged';
  if (pullRequest.state !== 'open') return 'closed';
  return pullRequest.draft ? 'draft' : 'open';
}

/**
 * The id stays when the repository is renamed or transferred, but only its own server knows it: two GitHub Enterprise
 * servers have repositories of the same id, and of the same name.
 */
function repositoryIdentity({ id, full_name: name, html_url: url }: v.InferOutput<typeof repositorySchema>) {
  const host = URL.canParse(url) ? new URL(url).host : 'github.com';
  return { repositoryKey: `${host}/${id ?? name}`, repository: host === 'github.com' ? name : `${host}/${name}` };
}

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  payload: unknown,
  event: HandlerEvent
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, payload);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HandlerError(
    `The payload of ${event.type} is not GitHub's: ${v.getDotPath(issue) ?? 'body'}: ${issue.message}. ` +
      `The board is unchanged; look at the message's body.`,
    { permanent: true }
  );
}
