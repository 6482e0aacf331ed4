// The board: repositories with how many of their pull requests await review, and the pull requests.

import { app } from '#lib/server/app.ts';
import { awaitingCounts, listPullRequests } from '#lib/server/pull-requests/list.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async () => {
  const { database } = app();
  const [pullRequests, counts] = await Promise.all([listPullRequests(database), awaitingCounts(database)]);
  return { pullRequests, counts };
};
