// Which tab has the stream, by a lock of the browser: free again however its holder ends.

const LEADER_LOCK = 'holdfast-live-leader';
const TAB_LOCK = 'holdfast-live-tab-';
/** The leader hears a ping every 15 s and passes it on: one that is silent for three is frozen. */
const LEADER_SILENT_MS = 50_000;
const WATCH_MS = 10_000;

export type Locks = Pick<LockManager, 'request'>;

export interface Candidate {
  lead(): void;
  stepDown(): void;
  /** In front and with wishes: a silent leader is this tab's loss. */
  isWaiting(): boolean;
}

export interface Election {
  /** Something came, from this tab's stream or through another's. */
  heard(): void;
  /** Takes the lock from a leader that keeps it and is silent: its tab is frozen. */
  look(): void;
}

/**
 * Stands for election until `leaving` is aborted.
 * @param locks null: every tab leads itself
 */
export function standForElection(locks: Locks | null, leaving: AbortSignal, candidate: Candidate): Election {
  let isLeading = false;
  let heardAt = Date.now();

  async function hold(): Promise<void> {
    if (leaving.aborted) return;
    isLeading = true;
    candidate.lead();
    await aborted(leaving);
  }

  function stand(steal: boolean): void {
    if (locks === null) return void hold();
    locks.request(LEADER_LOCK, steal ? { steal } : { signal: leaving }, hold).catch(() => {
      if (leaving.aborted) return;
      const wasStolen = isLeading;
      isLeading = false;
      candidate.stepDown();
      // Refused without having led: locks are not to be had here, so each tab is on its own.
      if (wasStolen) stand(false);
      else void hold();
    });
  }

  function look(): void {
    if (isLeading || Date.now() - heardAt <= LEADER_SILENT_MS || !candidate.isWaiting()) return;
    heardAt = Date.now();
    stand(true);
  }

  const watching = setInterval(look, WATCH_MS);
  leaving.addEventListener('abort', () => clearInterval(watching));
  stand(false);
  return { heard: () => (heardAt = Date.now()), look };
}

/** Held for as long as the tab lives, so that a leader learns of its end however it ends. */
export function holdTabLock(locks: Locks | null, tab: string, leaving: AbortSignal): void {
  locks?.request(TAB_LOCK + tab, () => aborted(leaving)).catch(() => {});
}

/** Calls when the tab is gone, crashed or closed. */
export function onTabGone(locks: Locks | null, tab: string, gone: () => void): void {
  locks?.request(TAB_LOCK + tab, gone).catch(() => {});
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
