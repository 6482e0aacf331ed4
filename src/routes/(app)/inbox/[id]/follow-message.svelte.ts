// A message that follows its stream: when a delivery of it moves, the page's data is read again.

import { openLive } from '#lib/inbox/live-client.ts';
import type { DeliveryDetail } from '#lib/inbox/types.ts';
import { untrack } from 'svelte';

export interface MessageReading {
  message: { id: string };
  deliveries: DeliveryDetail[];
  live: { since: string };
}

/** Call it while a component is being made. @param reload reads the message again */
export function followMessage(loaded: () => MessageReading, reload: () => Promise<void>): void {
  const id = $derived(loaded().message.id);
  let isReading = false;
  let isOld = false;

  /** One reading at a time; what moved meanwhile makes for one more. */
  async function readAgain() {
    isOld = true;
    if (isReading) return;
    isReading = true;
    while (isOld) {
      isOld = false;
      await reload();
    }
    isReading = false;
  }

  function isNews(change: { id: string; version: number }): boolean {
    const known = loaded().deliveries.find((delivery) => delivery.id === change.id);
    return known === undefined || known.version < change.version;
  }

  $effect(() => {
    const stream = openLive({
      topics: [`message:${id}`],
      since: untrack(() => loaded().live.since),
      onFrame(frame) {
        if (frame.event === 'reset' || (frame.event === 'delivery' && isNews(frame.data))) void readAgain();
      },
      onState() {
        // The list's bar says it.
      }
    });
    return () => stream.close();
  });
}
