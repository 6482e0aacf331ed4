// What single keys do in the inbox: one registry, from which the keys are bound and the sheet is made.

export interface Key {
  /** As tinykeys reads it; null: the browser does it by itself, and the sheet only tells. */
  press: string | null;
  /** As the sheet shows it. */
  shown: string;
  does: string;
  run?: (event: KeyboardEvent) => void;
}

/** Where what is typed is text: there single keys do nothing. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  // Esc closes those first, and nothing else.
  const isCovered = document.querySelector('dialog:modal, [popover=""]:popover-open') !== null;
  return (
    isCovered ||
    target.isContentEditable ||
    target.matches('select, textarea, input:not([type=checkbox], [type=radio])')
  );
}

/** Moves the focus by so many rows: from the row that has it, else from the open one, else to the first. */
export function moveFocus(list: HTMLElement | undefined, by: 1 | -1): void {
  if (!list) return;
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')];
  const focused = rows.findIndex((row) => row === document.activeElement);
  const from = focused === -1 ? rows.findIndex((row) => row.ariaCurrent !== null) : focused;
  const to = from === -1 ? 0 : Math.min(Math.max(from + by, 0), rows.length - 1);
  rows[to]?.focus();
  rows[to]?.scrollIntoView({ block: 'nearest' });
}

/** Ticks, or not any more, the row that has the focus, else the open one. */
export function tickRow(list: HTMLElement | undefined): void {
  const row = list?.querySelector('[data-row]:focus') ?? list?.querySelector('[data-row][aria-current]');
  row?.closest('li')?.querySelector<HTMLElement>('[data-tick]')?.click();
}

/** Presses what the page shows, so that a key does what its button does, and nothing where there is none. */
export function pressIn(root: ParentNode, selector: string): void {
  root.querySelector<HTMLElement>(selector)?.click();
}
