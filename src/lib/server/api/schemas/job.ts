// Jobs as the API takes and gives them.

import * as v from 'valibot';
import {
  JOB_KINDS,
  JOB_REFUSALS,
  JOB_RESULTS,
  JOB_STATES,
  VERDICTS,
  type JobItem,
  type JobRecord
} from '#lib/inbox/jobs.ts';
import { parseItemCursor } from '#lib/server/bulk/read.ts';
import { isUuid } from '#lib/server/log/read-ids.ts';
import { count, idOut, orNull, smallId, timeOut, uuidOut } from './fields.ts';
import { messageFilter } from './message.ts';

const MAX_SELECTION = 10_000;
const MAX_ITEMS = 500;

const filter = v.pipe(
  v.strictObject(messageFilter),
  v.description('As GET /messages takes it. `{}` is the whole log.')
);

const selection = v.pipe(
  v.array(v.pipe(v.string(), v.toLowerCase(), v.check(isUuid, 'the id of a message is needed'))),
  v.nonEmpty('at least one id is needed'),
  v.maxLength(MAX_SELECTION, `at most ${MAX_SELECTION} ids are taken: give a filter instead`),
  v.description('Ids of messages.')
);

export const newJob = v.pipe(
  v.strictObject({
    kind: v.pipe(
      v.picklist(JOB_KINDS, `one of ${JOB_KINDS.join(', ')} is needed`),
      v.description(
        '`redeliver` delivers again; `backfill` sends what a connection would have taken, to its destination; `reverify` verifies invalid messages again.'
      )
    ),
    selection: v.exactOptional(selection),
    filter: v.exactOptional(filter),
    destination: v.exactOptional(
      v.pipe(smallId, v.description('Only to this destination; else to all that each message has gone or would go to.'))
    ),
    dry_run: v.optional(
      v.pipe(v.boolean(), v.description('Count and try out only: the job then waits for POST /jobs/{id}/start.')),
      false
    )
  }),
  v.check(
    (job) => (job.selection === undefined) !== (job.filter === undefined),
    'either a selection or a filter is needed'
  ),
  v.check(
    (job) => job.kind !== 'backfill' || (job.filter?.source !== undefined && job.destination !== undefined),
    'a back-fill needs filter.source and destination'
  ),
  v.check(
    (job) => job.kind !== 'reverify' || job.destination === undefined,
    'reverify takes no destination: a valid message goes where its connections lead'
  )
);

const results = v.object({
  queued: v.pipe(idOut, v.description('Deliveries that wait for their first try.')),
  retrying: v.pipe(idOut, v.description('Deliveries that failed and are tried again by their schedule.')),
  succeeded: idOut,
  already_applied: v.pipe(idOut, v.description('A handler found that it had applied the event before.')),
  failed: idOut,
  refused: idOut
});

const verdicts = v.object({
  fixed: idOut,
  regressed: idOut,
  still_failing: idOut,
  still_passing: idOut,
  new: v.pipe(idOut, v.description('There was no outcome before.'))
});

const destination = v.object({ id: idOut, name: v.string() });

const preview = v.object({
  destinations: v.array(v.object({ id: idOut, name: v.string(), count: idOut })),
  refused: v.array(v.object({ reason: v.picklist(JOB_REFUSALS), count: idOut })),
  sample: v.array(
    v.object({
      message_id: uuidOut,
      destination,
      outcome: v.string(),
      summary: v.string(),
      effects: v.array(v.looseObject({ kind: v.string(), summary: v.string() }))
    })
  )
});

export const jobOut: v.GenericSchema<JobRecord> = v.object({
  id: idOut,
  kind: v.picklist(JOB_KINDS),
  state: v.picklist(JOB_STATES),
  created_by: v.string(),
  created_at: timeOut,
  started_at: orNull(timeOut),
  finished_at: orNull(timeOut),
  selected: v.pipe(orNull(idOut), v.description('How many messages were selected; null: a filter chose them.')),
  filter: orNull(v.record(v.string(), v.string())),
  destination: orNull(destination),
  total: v.pipe(idOut, v.description('Messages it is about; grows while it is `preparing`.')),
  visited: v.pipe(idOut, v.description('Messages it has taken so far.')),
  results,
  verdicts,
  preview: v.pipe(preview, v.description('What it would do; the sample was tried and taken back.')),
  error: orNull(v.string())
});

export const itemQuery = v.strictObject({
  result: v.exactOptional(v.picklist(JOB_RESULTS, `one of ${JOB_RESULTS.join(', ')} is needed`)),
  verdict: v.exactOptional(v.picklist(VERDICTS, `one of ${VERDICTS.join(', ')} is needed`)),
  limit: v.optional(count(1, MAX_ITEMS, 'Items a page.'), '100'),
  cursor: v.exactOptional(
    v.pipe(
      v.string(),
      v.check((cursor) => parseItemCursor(cursor) !== null, 'the next_cursor of an earlier answer is needed')
    )
  )
});

export const itemOut: v.GenericSchema<JobItem> = v.object({
  message_id: uuidOut,
  destination: v.pipe(orNull(destination), v.description('null: of the message as a whole.')),
  delivery_id: orNull(uuidOut),
  status_before: orNull(v.picklist(['pending', 'held', 'succeeded', 'failed'])),
  result: v.picklist(JOB_RESULTS),
  verdict: v.pipe(orNull(v.picklist(VERDICTS)), v.description('Known when the delivery is over.')),
  detail: orNull(v.string())
});
