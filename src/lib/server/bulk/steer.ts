// Starting, pausing, resuming and cancelling a job.

import type { JobState } from '#lib/inbox/jobs.ts';
import { audit, type Actor } from '#lib/server/auth/audit.ts';
import type { JobMaking } from './create.ts';

export type JobAction = 'start' | 'pause' | 'resume' | 'cancel';

/** From which state to which; others refuse. */
const MOVES: Record<JobAction, Partial<Record<JobState, JobState>>> = {
  start: { ready: 'running' },
  pause: { running: 'paused' },
  resume: { paused: 'running' },
  // What is on its way is waited for.
  cancel: { preparing: 'cancelled', ready: 'cancelled', running: 'cancelling', paused: 'cancelling' }
};
const PAST: Record<JobAction, string> = {
  ...{ start: 'started', pause: 'paused', resume: 'resumed', cancel: 'cancelled' }
};

export type Steered = { state: JobState } | { refused: 'unknown' | 'wrong_state'; message: string };

/** Does it, with its audit line; whoever comes second is told what the job is by then. */
export async function steerJob(
  { database, bulk }: JobMaking,
  { id, action }: { id: number; action: JobAction },
  actor: Actor
): Promise<Steered> {
  const steered = await database.web.begin(async (transaction): Promise<Steered> => {
    const [job] = await transaction<{ state: JobState }[]>`select state from jobs where id = ${id} for update`;
    if (!job) return { refused: 'unknown', message: `There is no job ${id}.` };
    const state = MOVES[action][job.state];
    if (state === undefined) {
      return { refused: 'wrong_state', message: `Job ${id} is ${job.state}: it can't be ${PAST[action]}.` };
    }
    await transaction`
      update jobs
         set state = ${state},
             started_at = case when ${action} = 'start' then now() else started_at end,
             finished_at = case when ${state} = 'cancelled' then now() else finished_at end
       where id = ${id}`;
    await audit(transaction, { actor, action: `job.${PAST[action]}`, subject: `job ${id}` });
    return { state };
  });
  bulk.nudge();
  return steered;
}
