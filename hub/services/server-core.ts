import { setMaxListeners } from 'node:events';
import type { Capacity } from '../domain/capacity';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserId, UserName } from '../domain/ids';
import type { Mode, OfferedProfile, Profile } from '../domain/profile';
import type { Clock, FailPoint, Logger } from '../domain/runtime';
import type { Handle, ServerRecord, ServerState } from '../domain/server';
import { templateAsked } from '../domain/template';
import type { VolumeRef } from '../domain/volume';
import type { Store } from '../store/store';
import { isServiceRoute, type Route, type RouteTable } from '../../proxy/route-table';
import type { Health, Spawner } from '../../spawner/spawner';
import type { Recorder } from './contract';
import type { StartGate } from './health';
import type { TemplateGate } from './templates';
import type { MaintenanceGate } from './maintenance';
import type { PolicyBook } from './policy-book';
import { createProgressLog, type ProgressLog } from './progress';

export interface ServersDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly spawner: Spawner;
  /** Every start passes it, whoever asked for it and however long it waited in line. */
  readonly gate: StartGate;
  readonly routes: RouteTable;
  /** Ends what is open on a route; ordinary requests get until the deadline. */
  readonly drain: (route: Route, deadlineMs: number) => Promise<void>;
  /** Resolves when the server answers as itself; rejects with a `HubError` when it ended or on abort. */
  readonly waitUntilReady: (ask: ReadinessAsk) => Promise<void>;
  /** Path of a server below the base path, escaped: `/user/alice/`. */
  readonly prefixOf: (owner: UserName, server: ServerName) => string;
  /** Base path of the public URL; starts and ends with a slash. The server itself serves below `base` + prefix. */
  readonly base: string;
  /** The first one is the default. */
  readonly profiles: readonly OfferedProfile[];
  /** Servers that may hold resources at a time; 0: no limit. This and `capacity` change while the hub runs. */
  readonly cap: number;
  /** Limits of the hub, of each user and of groups. Absent: the cap alone. */
  readonly capacity?: Capacity;
  /** What members of a group weigh in the line, by its name; everybody else weighs 1. */
  readonly weights?: ReadonlyMap<string, number>;
  /** Absent: there never is one. */
  readonly maintenance?: MaintenanceGate;
  /** The hub is being shut down and stops its servers first. Absent: it never does. */
  readonly isLeaving?: () => boolean;
  /** Named servers that a user may have now, running or not; 0, the default: any number. */
  readonly namedLimit?: () => number;
  /** Longest silence of a start: a download that moves on is not cut off. */
  readonly startTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly failPoint: FailPoint;
  /** Told how each start ended and how long it took, for the metrics. */
  readonly observeStart?: (seen: { readonly status: 'success' | 'failure' | 'cancelled'; readonly seconds: number }) => void;
  /** What a server of this user gets to keep files in. */
  readonly volumesFor: (owner: UserId) => Promise<readonly VolumeRef[]>;
  readonly labEnv: (lab: LabEnvAsk) => Readonly<Record<string, string>>;
  /** A name of a server came to mean another one, or none: what people may do there has to be found out anew. */
  readonly renamed: () => void;
  /** A server of this user is in another state. */
  readonly moved?: (owner: UserId) => void;
  /** What groups give their members. Absent: nothing. */
  readonly policies?: Pick<PolicyBook, 'of' | 'ensureBuiltIn' | 'started'>;
  /** Absent: there are no templates. */
  readonly templates?: TemplateGate;
}

export interface ReadinessAsk {
  readonly origin: string;
  /** Complete path, base path included. */
  readonly prefix: string;
  readonly secret: string;
  readonly mode: Mode;
  readonly signal: AbortSignal;
  readonly health: () => Promise<Health>;
}

export interface LabEnvAsk {
  readonly owner: { readonly id: UserId; readonly name: UserName };
  readonly server: { readonly id: ServerId; readonly name: ServerName };
  readonly profile: Profile;
  readonly secret: string;
  /** The lab's own credential at the hub. */
  readonly token: string;
  /** Complete path, base path included. */
  readonly prefix: string;
}

/** A start of this hub process, from its claim until its outcome. */
export interface Run {
  readonly abort: AbortController;
  /** The newest version this start wrote: whoever wrote a newer one owns the server. */
  record: ServerRecord;
  /** Known as soon as there may be something to clean up. */
  handle: Handle | null;
  /** The process runs and is waited for: from here on its end is reported by the engine. */
  waiting: boolean;
  /** The engine says that the process is gone, so that nobody has to end it. */
  ended: boolean;
  /** Never rejects. */
  done: Promise<void>;
}

/** What the parts of the service share. State lives in the store; this is only what this process is doing about it. */
export interface Core {
  readonly deps: ServersDeps;
  readonly progress: ProgressLog;
  readonly runs: Map<ServerId, Run>;
  /** In which mode this process started a server, or found it started. */
  readonly modes: Map<ServerId, Mode>;
  /** Servers that are being taken down now; the promises never reject. */
  readonly stops: Map<ServerId, Promise<void>>;
  /** Processes of ended servers that are being removed; the promises never reject. A new one has the same name and network, so it waits. */
  readonly leftovers: Map<ServerId, Promise<void>>;
  /**
   * Servers that are started again as soon as they are taken down. Called with the ended record, it writes the new state; what it returns
   * goes on from there, and undefined means that somebody else moved it. Whoever stops such a server takes its entry away.
   */
  readonly again: Map<ServerId, (ended: ServerRecord) => (() => void) | undefined>;
  /** Aborted by `close`: nothing is written and nothing is cleaned up after it, the next boot does that. */
  readonly closing: AbortSignal;
  close(): void;
  /** The hub is on its way out: nothing is started any more, whoever asks. */
  isLeaving(): boolean;
  /** Throws `unavailable` then. */
  demandStaying(): void;
  /** Compare-and-set; undefined: somebody else moved the server first, it is gone, or the hub closes. */
  move(from: ServerRecord, to: ServerState, change?: { readonly profile?: string; readonly secret?: string; readonly userOptions?: Readonly<Record<string, unknown>> | null }): ServerRecord | undefined;
  /** Runs `work` after `ms` unless the hub closes before. */
  later(ms: number, work: () => void): void;
  removeRoute(id: ServerId): Route | undefined;
  /** Somebody started or stopped it: that counts as activity of server and owner (protocol, 6.1). */
  inUse(record: ServerRecord): void;
}

export function createCore(deps: ServersDeps): Core {
  const abort = new AbortController();
  // Every start listens to it until it is over: many listeners are many starts, not a leak.
  setMaxListeners(0, abort.signal);
  const timers = new Set<() => void>();
  const progress = createProgressLog(deps.clock);
  const modes = new Map<ServerId, Mode>();
  const isLeaving = (): boolean => abort.signal.aborted || deps.isLeaving?.() === true;
  return {
    deps,
    progress,
    runs: new Map(),
    modes,
    stops: new Map(),
    leftovers: new Map(),
    again: new Map(),
    closing: abort.signal,
    close: () => {
      abort.abort();
      timers.forEach((cancel) => cancel());
      timers.clear();
      progress.close();
    },
    isLeaving,
    demandStaying: () => {
      if (isLeaving()) throw new HubError('unavailable', 'The hub restarts or is being shut down. Try again in a moment.', { retryAfterSeconds: 5 });
    },
    move: (from, to, change) => {
      const moved = abort.signal.aborted ? undefined : deps.store.servers.transition(from, to, change);
      if (moved !== undefined) deps.moved?.(moved.owner);
      return moved;
    },
    later: (ms, work) => {
      if (abort.signal.aborted) return;
      const cancel = deps.clock.after(ms, () => {
        timers.delete(cancel);
        work();
      });
      timers.add(cancel);
    },
    inUse: ({ id }) => deps.store.servers.touch(new Map([[id, deps.clock.now()]])),
    removeRoute: (id) => {
      modes.delete(id);
      const route = deps.routes.list().find((r) => !isServiceRoute(r) && r.server === id);
      return route === undefined ? undefined : deps.routes.remove(route.prefix);
    },
  };
}

/** The handle a state holds; null: nothing to clean up that we know of. */
export const handleOf = (state: ServerState): Handle | null => ('handle' in state ? state.handle : null);

/** Throws `invalid-input` when a start asks for a template that its owner is not offered. */
export function demandTemplate({ templates }: Pick<ServersDeps, 'templates'>, owner: UserId, ask: { readonly userOptions?: ServerRecord['userOptions'] }): void {
  const template = templateAsked(ask.userOptions ?? null);
  if (template !== undefined) templates?.demand(owner, template);
}
