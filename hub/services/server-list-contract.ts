import type { Actor } from '../domain/access';
import type { ListedServer } from '../domain/server-filter';
import type { IdleView } from './idleness-contract';
import type { UsageNow } from './usage-contract';

/** `soon`: it runs, and its end was near a minute ago at most. */
export const SERVER_FILTERS = ['running', 'soon', 'queued', 'starting', 'stopping', 'failed', 'stopped'] as const;
export type ServerFilterName = (typeof SERVER_FILTERS)[number];

export const SERVER_SORTS = ['name', 'last_activity', 'started', 'cpu', 'memory', 'volumes'] as const;
/** Downwards with a hyphen. */
export type ServerSort = (typeof SERVER_SORTS)[number] | `-${(typeof SERVER_SORTS)[number]}`;

/** What is absent narrows nothing. */
export interface ServerAsk {
  /** Part of the owner's name. */
  readonly user?: string;
  /** Name of a group that the owner is in; takes `read:users:groups`. */
  readonly group?: string;
  /** Slug of a profile. */
  readonly profile?: string;
  readonly state?: ServerFilterName;
}

/** Everything that a list says about a server. */
export interface ServerRow extends ListedServer {
  /** null: it does not run, or was not measured yet. */
  readonly usage: UsageNow | null;
  /** null: it is not running. */
  readonly idle: IdleView | null;
}

export const BULK_SERVER_ACTIONS = ['start', 'stop'] as const;
export type BulkServerAction = (typeof BULK_SERVER_ACTIONS)[number];

/** `name`: as it was asked for. `error`: why nothing was done with it; null: it is on its way. */
export interface BulkResult {
  readonly name: string;
  readonly error: string | null;
}

/** Servers of everybody whom the actor may see. All throw `forbidden` without `read:servers`. */
export interface ServerList {
  /** A page, how many there are in all, and how many in each state, whatever state is asked for. */
  page(actor: Actor, ask: ServerAsk & { readonly offset: number; readonly limit: number; readonly sort?: ServerSort }): { readonly rows: readonly ServerRow[]; readonly total: number; readonly counts: Readonly<Record<ServerFilterName | 'all', number>> };
  /** Names, as `user/server`, of those that `ask` means, at most `limit`. */
  names(actor: Actor, ask: ServerAsk, limit: number): readonly string[];
  /** Each for itself: what fails for one is said beside it. Does not wait until they are started or stopped. */
  bulk(actor: Actor, action: BulkServerAction, names: readonly string[]): readonly BulkResult[];
}
