import type { ServerId, ServerName, UserId } from './ids';

/** Opaque to everyone but the spawner that issued it. Stored as JSON, survives hub restarts. */
export interface Handle {
  readonly spawner: string;
  readonly id: string;
}

/** What a start went through, with its times: the same list feeds the progress page, the API and the log. */
export type Stage =
  /** `waitMs`: how long it is likely to take from `at`; null: nobody can say. */
  | { readonly kind: 'queued'; readonly at: Date; readonly position: number; readonly waitMs: number | null }
  /** The container of before is ended, to be started again or replaced. */
  | { readonly kind: 'ending'; readonly at: Date }
  | { readonly kind: 'preparing'; readonly at: Date }
  /** `totalBytes` is null until the registry told the size of every layer. */
  | { readonly kind: 'pulling'; readonly at: Date; readonly image: string; readonly receivedBytes: number; readonly totalBytes: number | null; readonly layers?: { readonly done: number; readonly total: number } }
  | { readonly kind: 'created'; readonly at: Date }
  | { readonly kind: 'started'; readonly at: Date }
  | { readonly kind: 'answering'; readonly at: Date }
  /** `path`: where the copy lies in the workspace, once `outcome` is `copied`. */
  | { readonly kind: 'template'; readonly at: Date; readonly template: string; readonly outcome: 'copying' | 'copied' | 'missing' | 'failed'; readonly path: string | null };

/**
 * The life of a server. `stuck` is `stopping` with an error: it did not end, and an administrator may try again.
 * `handle` exists exactly when there may be something to clean up.
 */
export type ServerState =
  | { readonly kind: 'stopped'; readonly since: Date | null; readonly reason: string | null }
  | { readonly kind: 'queued'; readonly since: Date }
  | { readonly kind: 'starting'; readonly since: Date; readonly handle: Handle | null }
  | { readonly kind: 'ready'; readonly since: Date; readonly handle: Handle; readonly origin: string }
  | { readonly kind: 'stopping'; readonly since: Date; readonly handle: Handle | null; readonly error: string | null }
  /**
   * `logTail`: the last lines the server wrote, shown to its owner and to administrators only. `unavailable`: nothing is wrong with the server;
   * what it needs (the engine, room, proof of isolation) was not there, and a later start may work.
   */
  | { readonly kind: 'failed'; readonly since: Date; readonly message: string; readonly logTail: readonly string[]; readonly unavailable?: true };

export type ServerKind = ServerState['kind'];

/** JupyterHub calls these "active": they hold, or are about to hold, resources. */
export const isActive = (state: ServerState): boolean => state.kind === 'queued' || state.kind === 'starting' || state.kind === 'ready' || state.kind === 'stopping';

/** `version` grows by one with every transition, so a late writer can be told that it is late. */
export interface ServerRecord {
  readonly id: ServerId;
  readonly owner: UserId;
  readonly name: ServerName;
  readonly version: number;
  readonly state: ServerState;
  /** Slug of the profile it was last started with; null: never started. */
  readonly profile: string | null;
  /** Secret between hub and server; null: never started. Never a credential at the hub, never in a URL or log. */
  readonly secret: string | null;
  /** For people; empty: none. */
  readonly displayName: string;
  readonly userOptions: Readonly<Record<string, unknown>> | null;
  readonly created: Date;
  readonly lastActivity: Date | null;
}

/** The transitions that exist. Everything else is a bug, and the store refuses it. */
export const MAY_BECOME: Readonly<Record<ServerKind, readonly ServerKind[]>> = {
  stopped: ['queued', 'starting'],
  queued: ['starting', 'stopped', 'failed', 'stopping'],
  starting: ['starting', 'ready', 'failed', 'stopping', 'stopped'],
  ready: ['starting', 'stopping', 'stopped', 'failed', 'ready'],
  stopping: ['starting', 'stopping', 'stopped', 'failed'],
  failed: ['queued', 'starting', 'stopped', 'stopping'],
};
