// How long each phase of making a connection took, kept with the socket until the first request goes over it. undici's
// connector does not know which request it connects for: which socket a request was written to is heard from its
// diagnostics channel.

import { subscribe } from 'node:diagnostics_channel';

/** Milliseconds; null: not reached, or there was none (a URL with an address, plain http). */
export interface ConnectionPhases {
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
}

/** By the socket, or by the error that there is instead of one. */
const phasesOf = new WeakMap<object, ConnectionPhases>();

/** Keeps the phases of a connection with its socket; of one that failed, with the error. */
export function keepPhases(socketOrError: object, phases: ConnectionPhases): void {
  phasesOf.set(socketOrError, phases);
}

/** What is known of a connection that failed. */
export const phasesOfError = (error: object): ConnectionPhases | null => phasesOf.get(error) ?? null;

let starting: ((phases: ConnectionPhases | null) => void) | null = null;

/**
 * Called when a request is about to be written: undici names the socket before anything else happens.
 * @param found hears the phases of its connection; null: one that was there before
 */
export function onConnectionOf(found: (phases: ConnectionPhases | null) => void): void {
  starting = found;
}

subscribe('undici:client:sendHeaders', (event) => {
  const found = starting;
  starting = null;
  const socket = typeof event === 'object' && event !== null && 'socket' in event ? event.socket : null;
  if (!found || typeof socket !== 'object' || socket === null) return;
  found(phasesOf.get(socket) ?? null);
  phasesOf.delete(socket);
});
