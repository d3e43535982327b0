import { createHash } from 'node:crypto';

const MAX = 40;
const HASH = 12;
/** A doubled dash is kept for the hash, so no plain name can look like a hashed one. */
const PLAIN = /^(?!.*--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * A name for people, safe in every engine and different for different names (J19): plain names stay as they are, all others become
 * a readable stem, `--` and 48 bits of their hash. At most 40 characters of `[a-z0-9-]`. Never parsed back.
 */
export function slug(name: string): string {
  if (name.length <= MAX && PLAIN.test(name)) return name;
  const stem = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX - HASH - 2)
    .replace(/^-+|-+$/g, '');
  return `${stem === '' ? 'x' : stem}--${digest(name, HASH)}`;
}

/** Stem of a server's names: the owner, and for a named server an underscore pair (never part of a slug) and its own slug. */
export const serverSlug = (owner: string, server: string): string => (server === '' ? slug(owner) : `${slug(owner)}__${slug(server)}`);

/** The first `length` hex digits of the parts' hash; parts are framed, so `ab`+`c` differs from `a`+`bc`. */
export function digest(parts: string | readonly string[], length: number): string {
  const text = typeof parts === 'string' ? parts : JSON.stringify(parts);
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, length);
}

/** What a container or volume is called when its first choice belongs to something else. */
export const alternativeName = (name: string, ids: readonly string[]): string => `${name}--${digest(ids, 6)}`;
