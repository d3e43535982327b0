import { formatDuration } from './duration';
import type { IdleVerdict } from './idleness';

/** The sentences about idleness in English: the API, the command line, labs and the reason of a stop say the same as the pages. */
export const IDLE_WORDS = {
  'idle.says.cell': 'Kept: a cell has been running in {path} for {span}',
  'idle.says.kernel': 'Kept: a kernel ({kernel}) has been busy for {span}',
  'idle.says.cpu': 'Kept: {cpus} CPUs are in use, although no cell runs',
  'idle.says.lease': 'Kept until {at} for {who}: {why}',
  'idle.says.extended': 'Kept until {at}: {who} extended it',
  'idle.says.unlimited': 'Kept: it has no idle limit',
  'idle.says.unknown': 'Kept: it does not say whether a cell is running',
  'idle.says.idle': 'Stops {at}: no cell, no typing since {since}',
  'idle.says.age': 'Stops {at}: it may run for {limit} and no longer',
  'idle.says.latest': 'Stops {at} at the latest: it may run for {limit} and no longer',
  'idle.span.day': '{n} d',
  'idle.span.hour': '{n} h',
  'idle.span.minute': '{n} min',
} as const;

export type IdleKey = keyof typeof IDLE_WORDS;
export type IdleTranslate = (key: IdleKey, values?: Readonly<Record<string, string | number>>) => string;

/** A sentence before its times are put in: a page shows them in the reader's own time. */
export interface IdleSaying {
  readonly key: IdleKey;
  readonly values: Readonly<Record<string, string | number>>;
  readonly times: { readonly at?: Date; readonly since?: Date };
}

/** `3 h 12 min`, `2 d 4 h`: the two largest units. */
export function span(ms: number, t: IdleTranslate): string {
  const minutes = Math.floor(ms / 60_000);
  const parts = [
    ['idle.span.day', Math.floor(minutes / 1440)], ['idle.span.hour', Math.floor(minutes / 60) % 24], ['idle.span.minute', minutes % 60],
  ] as const;
  const first = parts.findIndex(([, n]) => n > 0);
  if (first === -1) return t('idle.span.minute', { n: 0 });
  return parts.slice(first, first + 2).filter(([, n]) => n > 0).map(([key, n]) => t(key, { n })).join(' ');
}

/** What there is to say, in order. */
export function sayings({ at, reason, latest }: IdleVerdict, t: IdleTranslate): readonly IdleSaying[] {
  const times = at === null ? {} : { at };
  const more: readonly IdleSaying[] = latest === null ? [] : [{ key: 'idle.says.latest', values: { limit: span(latest.limitMs, t) }, times: { at: latest.at } }];
  const say = (key: IdleKey, values: IdleSaying['values'] = {}, since?: Date): readonly IdleSaying[] => [{ key, values, times: since === undefined ? times : { ...times, since } }, ...more];
  switch (reason.kind) {
    case 'cell':
      return reason.path === null ? say('idle.says.kernel', { kernel: reason.kernel, span: span(reason.forMs, t) }) : say('idle.says.cell', { path: reason.path, span: span(reason.forMs, t) });
    case 'cpu':
      return say('idle.says.cpu', { cpus: reason.cpus.toFixed(1) });
    case 'lease':
      return reason.why === '' ? say('idle.says.extended', { who: reason.who }) : say('idle.says.lease', { who: reason.who, why: reason.why });
    case 'unlimited':
      return say('idle.says.unlimited');
    case 'unknown':
      return say('idle.says.unknown');
    case 'idle':
      return say('idle.says.idle', {}, reason.since);
    case 'age':
      return say('idle.says.age', { limit: span(reason.limitMs, t) });
  }
}

const fill = (text: string, values: Readonly<Record<string, string | number>>): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
const english: IdleTranslate = (key, values = {}) => fill(IDLE_WORDS[key], values);

/** `18:40 UTC`; with the day when that is not today. */
function clockTime(at: Date, now: Date): string {
  const text = at.toISOString();
  return `${text.slice(0, 10) === now.toISOString().slice(0, 10) ? '' : `${text.slice(0, 10)} `}${text.slice(11, 16)} UTC`;
}

/** The whole sentence in English. */
export function idleSentence(verdict: IdleVerdict, now: Date): string {
  return sayings(verdict, english).map(({ key, values, times }) => {
    const written = Object.fromEntries(Object.entries(times).map(([name, at]) => [name, clockTime(at, now)]));
    return fill(IDLE_WORDS[key], { ...values, ...written });
  }).join('. ');
}

/** Which rule ended a server, said afterwards. */
export function firedSentence({ reason }: IdleVerdict, now: Date): string {
  if (reason.kind === 'age') return `It reached its maximum age of ${formatDuration(reason.limitMs)}.`;
  if (reason.kind === 'idle') return `It reached its idle limit of ${formatDuration(reason.limitMs)}: no cell, no typing since ${clockTime(reason.since, now)}.`;
  return 'It was idle for too long.';
}
