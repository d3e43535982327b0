import type { Actor } from '../domain/access';
import type { ServerId, ServerName } from '../domain/ids';
import type { IdleLimits, IdleSignals, IdleVerdict } from '../domain/idleness';
import type { Lease } from '../domain/lease';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { LabIdentity } from './contract';

/** What the proxy and the server itself said, for whoever wants to know more than the sentence. */
export interface IdleEvidence extends IdleSignals {
  /** Frames and bytes that clients sent on WebSockets in this life of the hub, and requests that changed something. */
  readonly proxied: { readonly uses: number; readonly bytes: number };
  /** The last time that the server answered what it does; null: it did not. */
  readonly answered: Date | null;
}

/** One running server and why it is kept or stopped. */
export interface IdleView {
  readonly record: ServerRecord;
  readonly owner: User;
  readonly verdict: IdleVerdict;
  /** The verdict in English. */
  readonly sentence: string;
  readonly limits: IdleLimits;
  readonly signals: IdleEvidence;
  /** Those that count, the one that lasts longest first. */
  readonly leases: readonly Lease[];
  /** Its end is near, and nothing is said to keep it: it is time to warn whoever is responsible. */
  readonly near: boolean;
}

export interface LeaseAsk {
  readonly ms: number;
  readonly why: unknown;
}

/** Limits of a what-if. Absent: as configured. null: none. */
export interface WhatIf {
  readonly idleMs?: number | null;
  readonly maxAgeMs?: number | null;
}

/**
 * Why servers are kept, and when they stop. Reading takes `read:servers`; what keeps a server takes `users:activity` on its owner, because it
 * says that the server is in use. Throws `invalid-input` for a server that is not running.
 */
export interface Idleness {
  /** Running servers whose end was near when they were looked at last, a minute ago at most: for lists, which ask for themselves who may see them. */
  soon(): readonly ServerId[];
  /** What is known now, without waiting; the server is asked meanwhile, for the next time. undefined: it is not running. */
  glance(actor: Actor, owner: User, name: ServerName): IdleView | undefined;
  /** The same of many, read at once: their owners, their limits and what keeps them. */
  glances(actor: Actor, listed: readonly { readonly record: ServerRecord; readonly owner: User }[]): (record: ServerRecord) => IdleView | undefined;
  /** The same after the server was asked, which takes some seconds at most. */
  report(actor: Actor, owner: User, name: ServerName): Promise<IdleView>;
  /** A whole idle limit from now. */
  extend(actor: Actor, owner: User, name: ServerName): IdleView;
  /** Throws `invalid-input` for one that is longer than allowed, and `conflict` beyond a few of one server. */
  lease(actor: Actor, owner: User, name: ServerName, ask: LeaseAsk): Lease;
  /** What a lab asks for itself. */
  leaseFromLab(lab: LabIdentity, ask: LeaseAsk): Lease;
  /** Throws `not-found` for one that this server does not have. */
  endLease(actor: Actor, owner: User, name: ServerName, id: string): void;
  /** Every running server that the actor may read, under other limits. Asks those that said nothing within a minute; takes seconds. Needs `admin-ui`. */
  whatIf(actor: Actor, limits: WhatIf): Promise<readonly IdleView[]>;
}

/** What the proxy reports. Hot path. */
export interface UseMeter {
  /** A client sent something that only a person or a program at work sends. */
  used(server: ServerId, bytes: number): void;
}
