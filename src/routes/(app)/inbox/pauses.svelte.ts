// Why new rows wait: what one is doing in the list, or what they do themselves.

import { SvelteSet } from 'svelte/reactivity';

/** Of several the first is said. */
const WORDS = {
  older: 'not the newest page',
  switched: 'switched off',
  busy: 'more than 20 a second',
  ticked: 'messages are ticked',
  selected: 'text is selected',
  scrolled: 'scrolled down',
  opened: 'a message is open',
  focused: 'a row has the focus'
} as const;

export type PauseReason = keyof typeof WORDS;

const ORDER: readonly PauseReason[] = ['switched', 'busy', 'ticked', 'selected', 'scrolled', 'opened', 'focused'];

/** @param isNewest whether the page that is shown is the one that new rows belong on */
export function createPauses(isNewest: () => boolean) {
  const reasons = new SvelteSet<PauseReason>();
  const reason = $derived<PauseReason | null>(isNewest() ? (ORDER.find((name) => reasons.has(name)) ?? null) : 'older');

  return {
    /** null: rows are shown as they come. */
    get reason() {
      return reason;
    },
    get words() {
      return reason === null ? null : WORDS[reason];
    },
    set(name: PauseReason, on: boolean) {
      if (on) reasons.add(name);
      else reasons.delete(name);
    }
  };
}
