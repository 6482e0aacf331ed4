// What was just done, for a few seconds, with an undo where there is one. Pages without JavaScript show a Notice instead.

export interface Toast {
  id: number;
  text: string;
  tone: 'ok' | 'bad' | 'wait';
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6000;
const AT_MOST = 3;

let nextId = 1;
export const toasts = $state<Toast[]>([]);

/** Shows a toast; one with an action stays until it is dismissed (WCAG 2.2.1). Call it in the browser only. */
export function toast(text: string, options: { tone?: Toast['tone']; action?: Toast['action'] } = {}): void {
  const id = nextId++;
  const added: Toast = { id, text, tone: options.tone ?? 'ok' };
  if (options.action) added.action = options.action;
  toasts.push(added);
  if (toasts.length > AT_MOST) toasts.shift();
  if (!options.action) setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((one) => one.id === id);
  if (index !== -1) toasts.splice(index, 1);
}
