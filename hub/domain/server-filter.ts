import type { ServerId } from './ids';
import type { ServerKind, ServerRecord } from './server';
import type { User } from './user';

/** Which servers of a list: what is absent narrows nothing. */
export interface ServerFilter {
  /** Part of the owner's name: case-insensitive, taken literally. */
  readonly userContains?: string;
  /** Name of a group that the owner is in. */
  readonly group?: string;
  /** Slug of the profile of the last start. */
  readonly profile?: string;
  readonly kind?: ServerKind;
  /** Only these. */
  readonly only?: readonly ServerId[];
  /** Only those of these users and of members of these groups, by name, and these, as `user/server`. */
  readonly seen?: { readonly users: ReadonlySet<string>; readonly groups: ReadonlySet<string>; readonly servers: ReadonlySet<string> };
}

/** `started`: since when it is ready. `volumes`: bytes of its owner's. `amount`: as given with the request. What has none is the last one downwards. */
export type ServerOrder = 'name' | 'last_activity' | 'started' | 'volumes' | 'amount';

export interface ServerPageAsk {
  readonly offset: number;
  readonly limit: number;
  /** How many match. */
  readonly total: number;
  readonly order: ServerOrder;
  readonly down: boolean;
  /** What `amount` sorts by; absent: nothing. */
  readonly amounts?: ReadonlyMap<ServerId, number>;
}

/** A server in a list of everybody's. */
export interface ListedServer {
  readonly record: ServerRecord;
  readonly owner: User;
  /** Bytes of the owner's volumes, the bin included; null: none was measured yet. */
  readonly volumeBytes: number | null;
}
