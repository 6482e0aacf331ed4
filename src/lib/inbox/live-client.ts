// What a screen uses to follow topics: frames as they come, and whether they can come at all.

import { browserSurroundings, onComeAndGo } from './live-browser.ts';
import { createLivePage, type LiveOptions, type LivePage, type LiveSubscription } from './live-page.ts';

export type { LiveFrame } from './live-page.ts';

let page: LivePage | null = null;

/** Follows topics until it is closed. In the browser only: call it when the screen is there. */
export function openLive(options: LiveOptions): LiveSubscription {
  if (page === null) {
    page = createLivePage(browserSurroundings());
    onComeAndGo(page);
  }
  return page.open(options);
}
