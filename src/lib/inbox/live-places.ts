// Where each subscription would go on after a break: its own place until it is ready, then the stream's.

import type { Signal, Want } from './live-signal.ts';

export interface Places {
  /** Takes these as wanted, keeping the place of those known by name; others are forgotten. */
  set(wants: readonly Want[]): void;
  /** With their places now. */
  wants(): Want[];
  has(name: string): boolean;
  take(signal: Signal): void;
  /** The stream is gone: none is ready any more. */
  lost(): void;
}

export function createPlaces(): Places {
  let known = new Map<string, Want>();
  const ready = new Set<string>();

  function move(place: string): void {
    for (const name of ready) {
      const want = known.get(name);
      if (want) want.since = place;
    }
  }

  return {
    set(wants) {
      known = new Map(wants.map((want) => [want.name, known.get(want.name) ?? { ...want }]));
      for (const name of ready) if (!known.has(name)) ready.delete(name);
    },
    wants: () => [...known.values()].map((want) => ({ ...want })),
    has: (name) => known.has(name),
    take(signal) {
      if (signal.kind === 'state') {
        if (signal.state !== 'live') ready.clear();
        return;
      }
      if (signal.kind === 'ready') for (const name of signal.names) if (known.has(name)) ready.add(name);
      // A frame for those that are not ready is from a replay, and says an older place.
      if (signal.kind === 'frame' && !signal.names.some((name) => ready.has(name))) return;
      if (signal.place !== null) move(signal.place);
    },
    lost: () => ready.clear()
  };
}
