// browser.mjs is plain JavaScript, because it runs before anything is installed.

export function findBrowser(node: string): string;
