import { createHash } from 'node:crypto';
import type { Token } from '../domain/session';
import type { Store } from '../store/store';
import { hashOfSecret, sameSecret } from './secrets';

/** JupyterHub's own figure for tokens that people chose. More would be a way to keep the hub busy. */
const MOST_ROUNDS = 16_384;
/** What is hashed for one token, its length times its rounds: a few milliseconds, and ten times what any real one takes. */
const MOST_CHARACTERS = 2 * 1024 ** 2;
/** Rounds that are hashed in one call: each call costs more than what it hashes. */
const AT_ONCE = 256;
const PREFIX = 4;

interface ForeignHash {
  readonly rounds: number;
  readonly salt: string;
  readonly digest: string;
}

/** `sha512:<rounds>:<salt>:<digest>`, as JupyterHub stores tokens; undefined: anything else, which could not be verified here. */
export function parseForeignHash(text: string): ForeignHash | undefined {
  const [, rounds, salt, digest] = /^sha512:([1-9]\d{0,4}):([0-9a-f]{1,64}):([0-9a-f]{128})$/.exec(text) ?? [];
  return rounds === undefined || salt === undefined || digest === undefined || Number(rounds) > MOST_ROUNDS ? undefined : { rounds: Number(rounds), salt, digest };
}

export function matchesForeignHash(text: string, secret: string): boolean {
  const parsed = parseForeignHash(text);
  if (parsed === undefined || parsed.rounds * secret.length > MOST_CHARACTERS) return false;
  const hash = createHash('sha512').update(parsed.salt);
  const some = Buffer.from(secret.repeat(Math.min(parsed.rounds, AT_ONCE)));
  for (let left = parsed.rounds; left > 0; left -= AT_ONCE) hash.update(left >= AT_ONCE ? some : secret.repeat(left));
  return sameSecret(hash.digest('hex'), parsed.digest);
}

/** A token that came from a JupyterHub and is shown for the first time: from then on it is kept as our own are. */
export function recogniseToken(store: Store, secret: string): Token | undefined {
  const found = store.imports.unseenTokens(secret.slice(0, PREFIX)).find(({ hash }) => matchesForeignHash(hash, secret));
  if (found === undefined) return undefined;
  store.imports.recognise(found.token, hashOfSecret(secret));
  return store.tokens.byId(found.token);
}
