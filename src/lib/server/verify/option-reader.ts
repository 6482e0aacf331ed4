// Reads a source's options where they make the scheme. What is wrong is collected, and said to the user by verify().

import type { Options } from './provider.ts';

export interface OptionReader {
  /** Sentences about options that cannot be used, without a full stop. */
  problems: string[];
  /** An absent or empty option is its fallback. */
  text(name: string, fallback?: string): string;
  /** The first choice is the fallback. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T;
  /** A header's name; null when the option is absent and has no fallback. */
  header(name: string, fallback?: string): string | null;
}

/** What a header name may be made of (RFC 9110, 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A reader of one source's options. */
export function optionReader(options: Options): OptionReader {
  const problems: string[] = [];
  const text: OptionReader['text'] = (name, fallback = '') => {
    const value = options[name] ?? '';
    if (typeof value !== 'string') problems.push(`the option ${name} is not text`);
    return typeof value === 'string' && value !== '' ? value : fallback;
  };
  return {
    problems,
    text,
    choice(name, choices) {
      const value = text(name, choices[0]);
      const choice = choices.find((each) => each === value);
      if (choice === undefined) problems.push(`the option ${name} is not one of ${choices.join(', ')}`);
      return choice ?? choices[0];
    },
    header(name, fallback) {
      const value = text(name, fallback);
      if (value !== '' && !HEADER_NAME.test(value)) problems.push(`the option ${name} is not the name of a header`);
      return value === '' ? null : value;
    }
  };
}
