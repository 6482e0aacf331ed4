// The shell's navigation: which pages there are, and who sees them.

import type { IconName } from '#lib/ui/icons.ts';

export interface NavigationLink {
  href: string;
  label: string;
  icon?: IconName;
}

interface NavigationGroup {
  label: string | null;
  links: NavigationLink[];
}

const STAFF: NavigationGroup[] = [
  {
    label: null,
    links: [
      { href: '/inbox', label: 'Inbox', icon: 'inbox' },
      { href: '/problems', label: 'Problems', icon: 'warning' }
    ]
  },
  {
    label: 'Views',
    links: [
      { href: '/inbox?status=failed', label: 'Failed' },
      { href: '/inbox?verification=invalid', label: 'Unverified' },
      { href: '/inbox?status=pending', label: 'Waiting for retry' }
    ]
  },
  {
    label: 'Connect',
    links: [
      { href: '/sources', label: 'Sources', icon: 'source' },
      { href: '/destinations', label: 'Destinations', icon: 'destination' }
    ]
  },
  {
    label: 'State',
    links: [
      { href: '/accounts', label: 'Accounts', icon: 'account' },
      { href: '/pull-requests', label: 'Pull requests', icon: 'pull-request' },
      { href: '/jobs', label: 'Jobs', icon: 'redeliver' },
      { href: '/settings', label: 'Settings', icon: 'settings' }
    ]
  }
];

const CUSTOMER: NavigationGroup[] = [
  { label: null, links: [{ href: '/account', label: 'Your account', icon: 'account' }] }
];

/** Customers see their account and nothing else. */
export function navigationFor(role: string | null): NavigationGroup[] {
  return role === 'customer' ? CUSTOMER : STAFF;
}

/** Whether the link leads to the page that is open: a view by its parameters, any other also for what lies below it. */
export function isCurrent(link: NavigationLink, url: URL): boolean {
  const target = new URL(link.href, url);
  const isView = [...target.searchParams].length > 0;
  if (isView) {
    return (
      target.pathname === url.pathname && [...target.searchParams].every(([k, v]) => url.searchParams.get(k) === v)
    );
  }
  const here = url.pathname === target.pathname || url.pathname.startsWith(`${target.pathname}/`);
  return here && !(target.pathname === '/inbox' && STAFF[1]?.links.some((view) => isCurrent(view, url)));
}
