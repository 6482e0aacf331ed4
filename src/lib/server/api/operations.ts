// Every operation of the API: what the OpenAPI document lists, and what a test holds the route files against.

import * as accounts from './resources/accounts.ts';
import * as connections from './resources/connections.ts';
import * as deliveries from './resources/deliveries.ts';
import * as destinationStates from './resources/destination-states.ts';
import * as destinations from './resources/destinations.ts';
import * as gaps from './resources/gaps.ts';
import * as edits from './resources/edits.ts';
import * as jobs from './resources/jobs.ts';
import * as keys from './resources/keys.ts';
import * as messages from './resources/messages.ts';
import type { Operation } from './operation.ts';
import * as problems from './resources/problems.ts';
import * as settings from './resources/settings.ts';
import * as sources from './resources/sources.ts';
import * as users from './resources/users.ts';

export const operations: readonly Operation[] = [
  sources,
  gaps,
  messages,
  deliveries,
  edits,
  destinations,
  destinationStates,
  connections,
  jobs,
  accounts,
  keys,
  users,
  problems,
  settings
].flatMap((resource) => Object.values<Operation>(resource));
