// One clock for all relative times of a page. It ticks only while some time is on the screen.

import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 1000;

const follow = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970; read in a template or a $derived it moves every second. */
export function now(): number {
  follow();
  return Date.now();
}
