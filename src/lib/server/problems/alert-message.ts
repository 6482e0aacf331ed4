// What an alert says: JSON that Slack's incoming webhooks take as it is, and the problem in plain fields for programs.

import type { ProblemRecord } from './problem.ts';

const MAX_CHARACTERS = 2500;

export interface AlertMessage {
  text: string;
  blocks: object[];
  problem: Omit<ProblemRecord, 'alert'> & { url: string | null };
}

/** @param publicUrl links lead there; null: there are none */
export function alertMessage({ alert: _, ...problem }: ProblemRecord, publicUrl: URL | null): AlertMessage {
  const url = publicUrl === null ? null : `${publicUrl.origin}/problems#problem-${problem.id}`;
  const title = `${problem.status === 'open' ? 'Problem' : 'Resolved'}: ${escaped(problem.summary)}`;
  const lines = [`*${title}*`, ...(problem.status === 'open' ? troubleOf(problem) : [resolutionOf(problem)])];
  const times = `First ${dated(problem.first_at)} · last ${dated(problem.last_at)}`;
  const context = url === null ? times : `${times} · <${url}|Open in Holdfast>`;
  return {
    text: title,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n').slice(0, MAX_CHARACTERS) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: context }] }
    ],
    problem: { ...problem, url }
  };
}

type Told = Omit<ProblemRecord, 'alert'>;

function troubleOf({ last_error: error, next_step: step }: Told): string[] {
  return [...(error === null ? [] : [`> ${escaped(error).replaceAll(/\s+/g, ' ')}`]), step];
}

const resolutionOf = ({ resolution, resolved_by: by }: Told): string =>
  by === null || by === 'itself' ? (resolution ?? '') : `Resolved by ${escaped(by)}.`;

/** Slack shows it in the reader's own time zone; the text behind it is for everybody else. */
function dated(at: string): string {
  const seconds = Math.floor(Date.parse(at) / 1000);
  return `<!date^${seconds}^{date_short_pretty} {time_secs}|${at}>`;
}

/** Slack's own three. Nothing that a sender or receiver wrote can then mention anybody or make a link. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
