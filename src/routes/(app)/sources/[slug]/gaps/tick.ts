// With JavaScript the link that ticks all does it in place; a second click takes the ticks away.

/** For the click on a link beside the form `fill`. */
export function tickAll(event: MouseEvent): void {
  const boxes = [...document.querySelectorAll<HTMLInputElement>('#fill input[data-state="missing"]')];
  if (boxes.length === 0) return;
  event.preventDefault();
  const isAll = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !isAll;
}
