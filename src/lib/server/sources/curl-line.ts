// A request as a line for a shell: pasted, it sends exactly these bytes.

import type { SampleRequest } from './signed-sample.ts';

/** For sh, bash and zsh. Everything is quoted, so that nothing in a value is read by the shell. */
export function curlLine({ method, url, headers, body }: SampleRequest): string {
  const parts = [
    `curl -X ${method} ${quoted(url)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    // Not --data: that reads a body that begins with @ as the name of a file.
    `--data-raw ${quoted(body)}`
  ];
  return parts.join(' \\\n  ');
}

/** Between single quotes a shell reads nothing; a single quote itself is closed, escaped and opened again. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
