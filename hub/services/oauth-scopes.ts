import type { Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { expandRaw, expandStored } from '../domain/scopes/expand';
import { intersect, isSubset } from '../domain/scopes/intersect';
import type { ScopeSet } from '../domain/scopes/scope-set';
import type { Vocabulary } from '../domain/scopes/tree';

/** What every client may know of its visitors, whatever else was granted. */
export const IDENTITY: readonly string[] = ['read:users:name!user', 'read:users:groups!user'];

export interface ScopesAsk {
  readonly actor: Actor;
  /** Raw scope of whoever may use the client. */
  readonly access: string;
  readonly allowed: readonly string[];
  readonly vocabulary: Vocabulary;
}

/**
 * The raw scopes of a request (protocol, 2.1): what is always given, and what was asked for within what is allowed, as far as the visitor
 * holds any of it. No `scope` at all means everything that is allowed. undefined: something was asked for that is not.
 */
export function requested(asked: string | undefined, { actor, access, allowed, vocabulary }: ScopesAsk): readonly string[] | undefined {
  const by = { actor, vocabulary };
  const always = [...IDENTITY, access];
  const within = [...always, ...allowed];
  const names = (asked ?? '').split(' ').filter((name) => name !== '' && name !== 'identify');
  const wanted = names.length === 0 && asked !== 'identify' ? within : names;
  if (!wanted.every((name) => within.includes(name) || grants(within, name, by))) return undefined;
  const held = wanted.filter((name) => always.includes(name) || intersect(expanded([name], by), actor.scopes).size > 0);
  return [...new Set([...always, ...held])];
}

type By = Pick<ScopesAsk, 'actor' | 'vocabulary'>;

/** Whether what was given before is all that is asked for now. */
export const covered = (asked: readonly string[], given: readonly string[], by: By): boolean => isSubset(expanded(asked, by), expanded(given, by));

const expanded = (raw: readonly string[], { actor, vocabulary }: By): ScopeSet => expandStored(raw, { owner: { kind: 'user', name: actor.name } }, vocabulary);

/** What stands for nothing by itself, `inherit` for one, is not within anything. */
function grants(within: readonly string[], name: string, by: By): boolean {
  try {
    const asked = expandRaw([name], { owner: { kind: 'user', name: by.actor.name } }, by.vocabulary);
    return asked.size > 0 && isSubset(asked, expanded(within, by));
  } catch (err) {
    if (err instanceof HubError) return false;
    throw err;
  }
}
