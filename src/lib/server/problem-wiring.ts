// Problems with what they need: what deliveries and arrivals tell, and the way an alert goes out.

import type { Logger } from 'pino';
import type { Config } from '#lib/server/config.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { sendNotice, type NoticeParts } from '#lib/server/deliver/http/notice.ts';
import type { Settled } from '#lib/server/deliver/queue.ts';
import { startProblems } from '#lib/server/problems/watch.ts';
import type { Passage } from './way.ts';

export interface ProblemWiring {
  config: Pick<Config, 'publicUrl' | 'roles'>;
  database: Database;
  http: NoticeParts;
  logger: Logger;
}

/** Starts keeping problems. `delivered` and `logged` return at once and never throw. */
export function openProblems({ config, database, http, logger }: ProblemWiring) {
  const problems = startProblems({
    ...{ database, logger, clock: http.clock, publicUrl: config.publicUrl, alerts: config.roles.includes('worker') },
    post: (destinationId, alert) => sendNotice(http, destinationId, alert)
  });
  return {
    delivered(settled: readonly Settled[]): void {
      for (const { work, then, error, waitsFor } of settled) {
        // What waits for another message is as it should be.
        if (waitsFor !== null && then === 'again') continue;
        const { id, destinationId, message } = work;
        problems.tried({ deliveryId: id, messageId: message.id, destinationId, then, error });
      }
    },
    logged(entries: readonly Passage[]): void {
      for (const { id, sourceId, origin, verification } of entries) {
        if (verification.status !== 'invalid' || origin !== 'received') continue;
        problems.refused({ messageId: id, sourceId, reason: verification.reason });
      }
    },
    stop: problems.stop
  };
}
