// The icons, drawn for this project on a 16 × 16 grid with a stroke of 1.5: one path each.

const CIRCLE = 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z';
const dot = (x: number, y: number) => `M${x} ${y + 1.5}a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z`;

export const ICONS = {
  account: 'M2 4h12v8.5H2zM2 7h12M4.5 10h2.5',
  bell: 'M8 2v1M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM7 14h2',
  check: 'M3 8.5 6.5 12 13 4.5',
  'chevron-down': 'm4 6 4 4 4-4',
  'chevron-left': 'm10 4-4 4 4 4',
  'chevron-right': 'm6 4 4 4-4 4',
  clock: `${CIRCLE}M8 5v3.2L10 10`,
  copy: 'M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6',
  cross: 'm4 4 8 8M12 4l-8 8',
  destination: 'M2.5 3v10M5.5 8h8M10 4.5 13.5 8 10 11.5',
  duplicate: 'M3 5h10M3 8h10M3 11h10',
  edit: 'm3 13 .7-3L10.5 3.2l2.3 2.3L6 12.3z',
  external: 'M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5',
  held: `${CIRCLE}M6.5 6v4M9.5 6v4`,
  inbox: 'M2 9h3.5l1 2h3l1-2H14M2 9l2-5.5h8L14 9v4H2z',
  key: 'M5 13a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6.8 8.7 12.5 3M10 5.5l2 2',
  live: `${CIRCLE}${dot(8, 8)}`,
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  minus: 'M4 8h8',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  offline: 'm3 3 10 10M4.5 6A6 6 0 0 0 8 14M7 2.1A6 6 0 0 1 13.7 10',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  plus: 'M8 3v10M3 8h10',
  'pull-request': `${dot(4, 4)}${dot(4, 12)}${dot(12, 12)}M4 5.5v5M12 10.5V6a2 2 0 0 0-2-2H8M9.7 2.3 8 4l1.7 1.7`,
  redeliver: 'M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.5V6H9.5',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  send: 'M14 2 7 9M14 2 9.5 14 7 9 2 6.5z',
  settings: 'M2 5h5.5M11.5 5H14M2 11h2.5M8.5 11H14M9.5 3v4M6.5 9v4',
  'sign-out': 'M6 2.5H2.5v11H6M6 8h7.5M10.5 5l3 3-3 3',
  source: 'M2 8h8M7 4.5 10.5 8 7 11.5M13.5 3v10',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  system: 'M2 3h12v8H2zM6 13.5h4M8 11v2.5',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9',
  user: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.5-2.5 2.5-3.5 5-3.5s4.5 1 5 3.5',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5V10M8 11.8v.2'
} as const;

export type IconName = keyof typeof ICONS;
