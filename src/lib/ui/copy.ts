// Writing to the clipboard, also where the page is not a secure context (plain http on another machine).

/** Whether the text is on the clipboard now. */
export async function copyText(text: string): Promise<boolean> {
  if (globalThis.isSecureContext) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false
    );
  }
  return copyBySelection(text);
}

// The clipboard API does not exist on plain http; the old command does, and works on what is selected.
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.className = 'sr-only';
  const host = document.querySelector('dialog:modal') ?? document.body;
  const focused = document.activeElement;
  host.append(area);
  area.select();
  // Deprecated, and the only way there is on such a page.
  const command: unknown = Reflect.get(document, 'execCommand');
  const copied = typeof command === 'function' && Reflect.apply(command, document, ['copy']) === true;
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
