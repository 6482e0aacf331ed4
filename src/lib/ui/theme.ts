// Light, dark, or what the reader's system says: kept in the `theme` cookie and written into <html data-theme> by the
// server, so that the first paint already has it.

export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

/** The cookie's name; its value is a Theme. Readable by scripts: it is no secret, and the switch works at once. */
export const THEME_COOKIE = 'theme';

/** `system` for anything that is not a theme, also for no cookie at all. */
export function parseTheme(value: string | null | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? 'system';
}
