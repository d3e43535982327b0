import type { OldToken, OldUser } from '../domain/jupyterhub';
import { newId, type TokenId } from '../domain/ids';
import { parseStored } from '../domain/scopes/parse';
import type { User } from '../domain/user';
import { parseForeignHash } from './foreign-tokens';
import type { ImportRun } from './import-jupyterhub';

/** The client that JupyterHub notes for tokens that people asked for. */
const ASKED_FOR = 'jupyterhub';
const OF_SERVER = 'Server at ';

export function importTokens(run: ImportRun, user: User, old: OldUser): void {
  for (const token of old.tokens) {
    if (run.store.imports.hasToken(token.hash)) run.same();
    else if (belongsToPeople(token)) importToken(run, user, token);
    else run.left('token', user.name, `"${token.note}" belongs to a server or to a visit of a service; they get new ones.`);
  }
}

const belongsToPeople = (token: OldToken): boolean => (token.client === null || token.client === ASKED_FOR) && !token.note.startsWith(OF_SERVER);

function importToken({ store, clock, maxTokenMs, vocabulary, came, left }: ImportRun, user: User, old: OldToken): void {
  const now = clock.now();
  const refuse = (why: string): void => left('token', user.name, `"${old.note}": ${why}`);
  if (old.expires !== null && old.expires <= now) return refuse('it had ended.');
  if (parseForeignHash(old.hash) === undefined) return refuse('its hash is of an unknown kind. Make a new one.');
  const scopes = [...new Set(old.scopes)].filter((scope) => parseStored([scope], vocabulary).length > 0);
  if (scopes.length === 0) return refuse('none of its scopes exists here. Make a new one.');
  // Only administrators may have tokens that outlast the limit (D11).
  const latest = new Date(now.getTime() + maxTokenMs);
  const cut = !user.admin && (old.expires === null || old.expires > latest);
  const expires = cut ? latest : old.expires;
  const id = newId<TokenId>();
  store.tokens.create({ id, owner: user.id, note: old.note.slice(0, 1024), scopes, created: old.created ?? now, expires, lastUsed: old.lastUsed }, old.hash);
  store.imports.noteToken(id, { hash: old.hash, prefix: old.prefix });
  came('token', user.name, `"${old.note}", ${expires === null ? 'without an end' : `until ${expires.toISOString().slice(0, 10)}`}`);
  if (cut) left('token', user.name, `"${old.note}": it works as before, but ends on that day: only tokens of administrators may last longer than this hub's limit.`);
  const unknown = old.scopes.filter((scope) => !scopes.includes(scope));
  if (unknown.length > 0) left('token', user.name, `"${old.note}": without the scopes ${unknown.join(', ')}, which do not exist here.`);
}
