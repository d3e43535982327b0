import { HubError } from './errors';
import type { UserId, UserName } from './ids';
import { covers, type Target } from './scopes/covers';
import type { ScopeSet } from './scopes/scope-set';
import type { ScopeName } from './scopes/tree';

/** Where a request came from: what the audit log says besides who and what. */
export interface RequestContext {
  /** `local` for the hub's own socket. */
  readonly address: string;
  readonly requestId: string;
}

interface Base {
  /** Expanded and resolved; already cut down to what the credential allows. */
  readonly scopes: ScopeSet;
  /** The `admin` flag of the account behind it, whatever the credential. Scopes alone never make an administrator (D04). */
  readonly admin: boolean;
  readonly via: 'cookie' | 'token' | 'server-token' | 'local';
  /** Id of the session or token: what is revoked, and what open sockets are indexed by. Never the secret. */
  readonly credential: string;
  /** Tag of the browser session in which a client got this token by OAuth; absent for every other credential. */
  readonly sessionTag?: string;
  /** True: its password was set by an administrator. Until it chose a new one, no credential of it opens anything else. */
  readonly mustChangePassword?: boolean;
  /** Names of the groups it belongs to. */
  readonly groups: readonly string[];
  /** The request in which it asks, and which goes with all that comes of it; absent: what it asks for now did not come by HTTP. */
  readonly request?: RequestContext;
}

/** Whoever asks for something, and what they may do. Pages, API and proxy decide by it and by nothing else. */
export type Actor =
  | (Base & { readonly kind: 'user'; readonly id: UserId; readonly name: UserName })
  | (Base & { readonly kind: 'service'; readonly id: string; readonly name: string })
  /** The command line on this machine, through the local credential. Holds the scopes of the `admin` role. */
  | (Base & { readonly kind: 'local'; readonly id: string; readonly name: string });

export type { Target } from './scopes/covers';

/** Whoever asks without being signed in, as the audit log takes it. */
export const strangerIn = ({ address, requestId }: RequestContext) => ({ kind: 'anonymous', request: { address, requestId } }) as const;

/** The hub itself, or a collection as a whole: only unfiltered scopes reach it. */
export const HUB: Target = { kind: 'none' };

/** It is theirs. A service or the local socket owns nothing. */
export const isOwn = (actor: Actor, owner: { readonly id: UserId }): boolean => actor.kind === 'user' && actor.id === owner.id;

/** The whole policy. Pure, so that its truth table is a test. */
export const can = (actor: Actor, scope: ScopeName, target: Target): boolean => covers(actor.scopes, scope, target);

/** Throws as `demandAny` does. */
export function demand(actor: Actor, scope: ScopeName, target: Target): void {
  demandAny(actor, [scope], target);
}

/**
 * Returns if one of the scopes covers the target. Throws `forbidden` (403) when the actor holds none of them at all, and
 * `not-found` (404) when they reach other targets only: nobody learns which names exist. Messages are JupyterHub's.
 */
export function demandAny(actor: Actor, scopes: readonly ScopeName[], target: Target): void {
  if (scopes.some((scope) => can(actor, scope, target))) return;
  const elsewhere = target.kind !== 'none' && scopes.some((scope) => actor.scopes.has(scope));
  throw elsewhere ? notFound() : lacking(scopes);
}

/** JupyterHub's words, which its clients know; people are told in others. */
const LACKING = 'Action is not authorized with current scopes';
const NOT_FOUND = 'No access to resources or resources not found';
export const isLacking = ({ message }: HubError): boolean => message.startsWith(`${LACKING};`);
export const isHidden = ({ message }: HubError): boolean => message === NOT_FOUND;

/** 403 of a caller whose scopes do not grant this at all. Starting has the platform's own words, which its users and programs know. */
export function lacking(scopes: readonly ScopeName[]): HubError {
  if (scopes.length === 1 && scopes[0] === 'start:servers') return new HubError('forbidden', 'Permission denied: LAUNCH_NOTEBOOKS required.');
  return new HubError('forbidden', `${LACKING}; requires any of [${scopes.join(', ')}]`);
}

/** 404 that hides whether the target exists. */
export const notFound = (): HubError => new HubError('not-found', NOT_FOUND);

/**
 * Scopes over users are not enough to change an administrator (reset, rename, disable, delete, mint a token) or to make one: that
 * takes an administrator, else `admin:users` would be a way to become one. Call it after `demand`. Throws `forbidden`.
 */
export function demandMayChange(actor: Actor, subject: { readonly id: UserId; readonly admin: boolean }, change: { readonly admin?: boolean } = {}): void {
  if (actor.admin) return;
  if (change.admin === true) throw new HubError('forbidden', 'Only administrators may make somebody an administrator.');
  const own = actor.kind === 'user' && actor.id === subject.id;
  if (subject.admin && !own) throw new HubError('forbidden', 'Only administrators may change an administrator.');
}
