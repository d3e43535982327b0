import { accountRefusals } from './refusals/accounts';
import { containerRefusals } from './refusals/containers';
import { fileRefusals } from './refusals/files';
import { frameRefusals } from './refusals/frame';
import { groupRefusals } from './refusals/groups';
import { hubRefusals } from './refusals/hub';
import { proxyRefusals } from './refusals/proxy';
import { reasonRefusals } from './refusals/reasons';
import { serverRefusals } from './refusals/servers';
import { settingRefusals } from './refusals/settings';
import { shareRefusals } from './refusals/shares';
import { tokenRefusals } from './refusals/tokens';
import type { Lang } from '.';

/**
 * What services refuse, from the English that they say to the Chinese that pages show. The English sentence is the key, as in gettext, because
 * it is what the API answers; `{holes}` stand for what differs. Most are filled with names and numbers, which stay as they are; `SPOKEN` ones with
 * phrases and sentences of ours, which are translated too; `{grammar}` with what only English needs.
 */
export const REFUSALS: Readonly<Record<string, string>> = {
  ...frameRefusals, ...accountRefusals, ...tokenRefusals, ...serverRefusals, ...reasonRefusals, ...containerRefusals, ...groupRefusals, ...fileRefusals, ...settingRefusals, ...shareRefusals, ...hubRefusals, ...proxyRefusals,
};

/** A refusal for a reader. */
export interface Said {
  readonly text: string;
  /** The language of `text` where it is not the page's. */
  readonly lang?: 'en';
}

/** In the language of a page: what nobody translated stays English and says so, so that a screen reader speaks it as English. */
export function refusal(lang: Lang, message: string): Said {
  if (lang === 'en') return { text: message };
  const text = translated(message, DEPTH);
  if (text !== undefined) return { text };
  // Some refusals are made of the page's own texts: those are in its language already.
  return HAN.test(message) ? { text: message } : { text: message, lang: 'en' };
}

const HAN = /\p{Script=Han}/u;
/** A reason in a reason in a refusal. */
const DEPTH = 3;
/** Longer ones are no sentences of ours, and patterns with several holes take their time on them. */
const LONGEST = 2_000;
/** A name in front of a refusal: of a group, of a setting with its variable. */
const LONGEST_NAME = 100;

function translated(message: string, depth: number): string | undefined {
  if (depth === 0 || message.length > LONGEST) return undefined;
  const found = asWhole(message, depth);
  if (found !== undefined) return found;
  if (message.endsWith('.')) {
    const phrase = asWhole(message.slice(0, -1), depth);
    if (phrase !== undefined) return `${phrase}。`;
  }
  const at = message.indexOf(': ');
  if (at < 1 || at > LONGEST_NAME) return undefined;
  const rest = translated(message.slice(at + 2), depth - 1);
  return rest === undefined ? undefined : `${message.slice(0, at)}：${rest}`;
}

function asWhole(message: string, depth: number): string | undefined {
  if (Object.hasOwn(REFUSALS, message)) return REFUSALS[message];
  for (const { begins, whole, names, said } of patterns()) {
    const filled = message.startsWith(begins) ? whole.exec(message) : null;
    if (filled === null) continue;
    const values = new Map(names.map((name, i) => [name, filled[i + 1] ?? '']));
    return said.replace(HOLE, (hole, name: string) => (SPOKEN.has(name) ? valueOf(values.get(name) ?? hole, depth) : (values.get(name) ?? hole))).trimEnd();
  }
  return undefined;
}

const valueOf = (value: string, depth: number): string => (value === '' ? '' : (translated(value.trim(), depth - 1) ?? value));

interface Pattern {
  /** What a message begins with if it may be one of these. */
  readonly begins: string;
  readonly whole: RegExp;
  readonly names: readonly string[];
  readonly said: string;
}

const HOLE = /\{(\w+)\}/g;
/** Holes that hold words of ours. Nobody's name is taken for one of those. */
const SPOKEN: ReadonlySet<string> = new Set(['what', 'why', 'reason', 'until']);

/** Those that say most come first: of two that fit, the more exact one counts. Made when somebody reads the first one. */
let made: readonly Pattern[] | undefined;
const patterns = (): readonly Pattern[] =>
  (made ??= Object.entries(REFUSALS)
    .filter(([english]) => english.includes('{'))
    .sort(([a], [b]) => b.replace(HOLE, '').length - a.replace(HOLE, '').length)
    .map(([english, said]) => patternOf(english, said)));

function patternOf(english: string, said: string): Pattern {
  // Literal parts stand at even places and names of holes at odd ones.
  const parts = english.split(/\{(\w+)\}/);
  const literal = parts.map((part, i) => (i % 2 === 0 ? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : part === 'grammar' ? '([a-z]+)' : '(.*?)')).join('');
  // A sentence after the last one may be missing, and its space with it.
  const source = literal.endsWith(' (.*?)') ? `${literal.slice(0, -' (.*?)'.length)}(?: (.*?))?` : literal;
  return { begins: parts[0] ?? '', whole: new RegExp(`^${source}$`, 's'), names: parts.filter((_, i) => i % 2 === 1), said };
}
