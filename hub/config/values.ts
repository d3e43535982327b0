import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { durationMs } from '../domain/duration';
import { isSystemFolder } from '../domain/policy-rules';

/**
 * The kinds of value a setting may have. Each reads what the config file writes (JSON) and what an environment variable can
 * hold (text), and says in words what it expects: zod's own messages name JavaScript types, which help nobody at a shell.
 */
class Refused {
  constructor(readonly message: string) {}
}
const refuse = (message: string): Refused => new Refused(message);

const value = <T>(read: (given: unknown) => T | Refused) =>
  z.unknown().transform((given, ctx): T => {
    const got = read(typeof given === 'string' ? given.trim() : given);
    if (!(got instanceof Refused)) return got;
    ctx.addIssue({ code: 'custom', message: got.message });
    return z.NEVER;
  });

const scaled = (given: unknown, units: Readonly<Record<string, number>>, bare: number): number | undefined => {
  if (typeof given === 'number') return Number.isFinite(given) && given >= 0 ? given * bare : undefined;
  const parts = typeof given === 'string' ? /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(given) : null;
  if (parts === null) return undefined;
  const unit = parts[2] ? units[parts[2].toLowerCase()] : bare;
  return unit === undefined ? undefined : Number(parts[1]) * unit;
};

const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3, t: 1024 ** 4, tb: 1024 ** 4 };

const readDuration = (given: unknown): number | Refused => {
  const ms = durationMs(given);
  return ms === undefined ? refuse('expected a duration such as "90s", "10m", "4h", "14d", or a number of seconds') : ms;
};
const readSize = (given: unknown): number | Refused => {
  const bytes = scaled(given, BYTES, 1);
  return bytes === undefined ? refuse('expected a size such as "512M" or "8G", or a number of bytes') : Math.round(bytes);
};
const readNumber = (given: unknown): number => (typeof given === 'number' ? given : typeof given === 'string' && /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN);
const orNone = <T>(read: (given: unknown) => T | Refused) => (given: unknown): T | null | Refused => {
  if (given === null) return null;
  const got = read(given);
  return got === 0 ? null : got;
};

/** Milliseconds, more than zero. */
export const duration = value((given) => {
  const got = readDuration(given);
  return got === 0 ? refuse('expected a duration of more than zero') : got;
});
/** Milliseconds; 0 and null mean none and become null. */
export const durationOrNone = value(orNone(readDuration));
/** Bytes; 0 and null mean none and become null. */
export const sizeOrNone = value(orNone(readSize));
/** A whole number; 0 and null mean none and become null. */
export const countOrNone = value(orNone((given) => {
  const n = readNumber(given);
  return Number.isInteger(n) && n >= 0 ? n : refuse('expected a whole number, or 0 for none');
}));
/** May have a fraction; 0 and null mean none and become null. */
export const amountOrNone = value(orNone((given) => {
  const n = readNumber(given);
  return Number.isFinite(n) && n >= 0 ? n : refuse('expected a number such as 2 or 0.5, or 0 for none');
}));

export const wholeNumber = (least: number, most: number) =>
  value((given) => {
    const n = readNumber(given);
    return Number.isInteger(n) && n >= least && n <= most ? n : refuse(`expected a whole number from ${least} to ${most}`);
  });

const WORDS: Readonly<Record<string, boolean>> = { true: true, '1': true, yes: true, on: true, false: false, '0': false, no: false, off: false };
export const yesNo = value((given) => {
  const got = typeof given === 'boolean' ? given : Object.entries(WORDS).find(([word]) => word === String(given).toLowerCase())?.[1];
  return got ?? refuse('expected true or false (1, yes, on and 0, no, off are the same)');
});

export const text = value((given) => (typeof given === 'string' && given !== '' ? given : refuse('expected some text')));
export const colourOrNone = value((given) => (given === null || given === '' ? null : typeof given === 'string' && /^#[0-9a-f]{6}$/i.test(given) ? given : refuse('expected a colour such as #7a1f3d')));
export const textOrNone = value((given) => (given === null || given === '' ? null : typeof given === 'string' ? given : refuse('expected some text')));

/** A list in the file; commas in the environment. */
const listOf = (ok: (item: string) => string | undefined, expected: string) =>
  value((given) => {
    const items: unknown = typeof given === 'string' ? given.split(',').map((item) => item.trim()).filter((item) => item !== '') : given;
    if (!Array.isArray(items)) return refuse(`expected a list of ${expected}`);
    const read = items.map((item: unknown) => (typeof item === 'string' ? ok(item) : undefined));
    const bad = items.filter((_, i) => read[i] === undefined).map((item) => JSON.stringify(item));
    return bad.length === 0 ? read.filter((item) => item !== undefined) : refuse(`expected a list of ${expected}; ${bad.join(', ')} ${bad.length === 1 ? 'is' : 'are'} not`);
  });

const httpUrl = (given: string): URL | undefined => {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain ? url : undefined;
};
const originOf = (given: string): string | undefined => {
  const url = httpUrl(given);
  return url?.pathname === '/' ? url.origin : undefined;
};
/** `a.b.c.d/n` or an IPv6 counterpart; a bare address is a network of one. */
const network = (given: string, families: readonly number[]): { readonly prefix: number } | undefined => {
  const [address = '', prefix, ...rest] = given.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const n = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  return families.includes(family) && rest.length === 0 && n >= 0 && n <= bits ? { prefix: n } : undefined;
};

export const origins = listOf(originOf, 'origins such as https://hub.example.org');
/** For `frame-ancestors`: origins only, since a word such as `*` would let everybody frame the hub. */
export const networks = listOf((item) => (network(item, [4, 6]) === undefined ? undefined : item), 'networks such as 10.0.0.0/8');

const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;
export const groupNames = listOf((item) => (GROUP.test(item) ? item : undefined), 'names of groups');
/** What a mount may come from: never the system's own. */
export const hostFolders = listOf((item) => (path.posix.isAbsolute(item) && path.posix.normalize(item) === item && !isSystemFolder(item) ? item.replace(/(?<=.)\/$/, '') : undefined), 'absolute folders that are not the system\'s, such as /srv/projects');

const DOMAIN = /^(?=.{1,200}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A DNS name in lower case, without a dot at its end; null: not given. An address has no names below it. */
export const domainOrNone = value((given) => {
  if (given === null || given === '') return null;
  const name = typeof given === 'string' ? given.toLowerCase() : '';
  return DOMAIN.test(name) ? name : refuse('expected a domain such as nb.example.org, without scheme, port or path');
});

/** IPv4, big enough to cut several server networks from. */
export const networkPool = value((given) => {
  const got = typeof given === 'string' && given.includes('/') ? network(given, [4]) : undefined;
  return got !== undefined && got.prefix >= 8 && got.prefix <= 24 ? (given as string) : refuse('expected an IPv4 network from /8 to /24, such as 10.213.0.0/16');
});

/** Ends with a slash. null: made from the port and the base path. */
export const publicUrl = value((given) => {
  if (given === null || given === '') return null;
  const url = typeof given === 'string' ? httpUrl(given) : undefined;
  if (url === undefined) return refuse('expected an http or https address without user, query or fragment, such as https://hub.example.org/');
  return `${url.origin}${asBasePath(url.pathname)}`;
});

const asBasePath = (path: string): string => (`/${path}/`).replace(/\/{2,}/g, '/');
/** Begins and ends with a slash. null: not given. */
export const basePath = value((given) => {
  if (given === null) return null;
  const ok = typeof given === 'string' && /^[A-Za-z0-9/._~-]*$/.test(given) && !given.split('/').some((part) => part === '.' || part === '..');
  return ok ? asBasePath(given) : refuse('expected a path such as /jupyterhub/, of letters, digits and . _ ~ -');
});

/** `8G`: the inverse of `sizeOrNone`, for people. */
export const formatSize = (bytes: number | null): string => {
  if (bytes === null) return 'none';
  const unit = (['t', 'g', 'm', 'k'] as const).find((name) => bytes >= (BYTES[name] ?? 1) && bytes % (BYTES[name] ?? 1) === 0);
  return unit === undefined ? `${bytes}` : `${bytes / (BYTES[unit] ?? 1)}${unit.toUpperCase()}`;
};
