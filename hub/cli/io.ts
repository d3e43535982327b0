import type { Environment } from '../config';

/** 0: done. 1: refused, by the hub or by a failed check. 2: the command line itself is wrong. */
export const EXIT = { ok: 0, refused: 1, usage: 2 } as const;

/** The world around a command, so that tests can be one. */
export interface Io {
  readonly env: Environment;
  readonly cwd: string;
  /** One line of the result: standard output. */
  out(line: string): void;
  /** One line about the work: standard error. */
  note(line: string): void;
  /** Asks a person; rejects with a `HubError` when nobody is there to answer. */
  ask(question: string): Promise<string>;
}

/** Columns as wide as their widest cell; nothing after the last one, so that lines can be copied. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd());
}

/** Names come from users: a terminal must not be told to do anything by one. */
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?');
