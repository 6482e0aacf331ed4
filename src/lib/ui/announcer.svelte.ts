// A polite live region that does not chatter: what changes quickly is said once, with its last state.

const QUIET_MS = 10_000;

/** `text` goes into an element with role="status". Call stop() when the page goes. */
export function createAnnouncer() {
  let text = $state('');
  let saidAt = -Infinity;
  let waiting: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function say(sentence: string) {
    saidAt = Date.now();
    waiting = null;
    text = sentence;
  }

  return {
    get text() {
      return text;
    },
    announce(sentence: string) {
      const wait = saidAt + QUIET_MS - Date.now();
      if (wait <= 0) return say(sentence);
      if (waiting === null) timer = setTimeout(() => say(waiting ?? sentence), wait);
      waiting = sentence;
    },
    stop: () => clearTimeout(timer)
  };
}
