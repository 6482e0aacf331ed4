// One guarded dispatcher for each way that TLS is set up: connections are shared by those who would make the same ones.

import { fetch as undiciFetch, type Agent } from 'undici';
import type { GuardedFetch } from '../handler.ts';
import type { AddressCheck } from './addresses.ts';
import { askDns, createGuardedAgent, type Resolve, type TlsOptions } from './guard.ts';

/** Past this the oldest is closed, and made anew when it is needed: certificates are changed now and then. */
const MAX_AGENTS = 100;

export interface Guarded {
  agentFor(tls: TlsOptions): Agent;
  /** `fetch` through the same guard: no redirects are followed. */
  fetch: GuardedFetch;
  /** Cuts what is under way. */
  destroy(): Promise<void>;
}

/** Makes the way out to other people's URLs; there is no other. */
export function createGuarded(check: AddressCheck, resolve: Resolve = askDns): Guarded {
  const usual = createGuardedAgent(check, resolve);
  const agents = new Map<string, Agent>();

  function agentFor(tls: TlsOptions): Agent {
    const key = JSON.stringify(tls);
    if (key === '{}') return usual;
    const known = agents.get(key);
    if (known) return known;
    const made = createGuardedAgent(check, resolve, tls);
    agents.set(key, made);
    const [oldest] = agents;
    if (agents.size > MAX_AGENTS && oldest) {
      agents.delete(oldest[0]);
      void oldest[1].close();
    }
    return made;
  }

  return {
    agentFor,
    fetch: (url, init) => undiciFetch(url, { ...init, redirect: 'manual', dispatcher: usual }),
    async destroy() {
      await Promise.all([usual, ...agents.values()].map((agent) => agent.destroy()));
    }
  };
}
