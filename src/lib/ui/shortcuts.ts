// Whether single keys do something (WCAG 2.1.4: they can be switched off). Kept in a cookie, for each browser.

export const SHORTCUTS_COOKIE = 'shortcuts';

/** On, unless the cookie says off. */
export function parseShortcuts(value: string | undefined): boolean {
  return value !== 'off';
}
