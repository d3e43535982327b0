import { z } from 'zod';
import { demand, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import { shown } from '../domain/shown';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { ActivityReports } from './contract';

export interface ActivityReportsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly activity: {
    seen(server: ServerId, at: Date): void;
    seenUser(user: UserId, at: Date): void;
  };
  /** Somebody said on purpose that a server is in use. Absent: nobody wants to know. */
  readonly used?: (server: ServerId, bytes: number) => void;
}

/** What others say about who was active. Nobody is believed to have been active before there was anything to be active in, or in the future (D20). */
export function createActivityReports({ store, clock, activity, used }: ActivityReportsDeps): ActivityReports {
  const demandOn = (actor: Actor, owner: User): void => demand(actor, 'users:activity', { kind: 'user', name: owner.name, groups: store.groups.groupsOf(owner.id).map((group) => group.name) });
  const clamp = (at: Date, earliest: Date): Date => new Date(Math.min(Math.max(at.getTime(), earliest.getTime()), clock.now().getTime()));

  /** JupyterHub refuses it. A lab, whose clock may be wrong and which cannot correct its report, is cut to now. */
  const demandNotAhead = (at: Date | undefined): void => {
    if (at !== undefined && at.getTime() > clock.now().getTime() + MOST_AHEAD_MS) throw new HubError('invalid-input', `Rejecting activity from more than an hour in the future: ${at.toISOString()}`);
  };

  const find = (owner: User, name: string): ServerRecord => {
    const record = store.servers.find(owner.id, name as ServerName);
    if (record === undefined) throw new HubError('invalid-input', `No such server '${shown(name)}' for user ${owner.name}`);
    return record;
  };

  return {
    report(actor, owner, body, only) {
      demandOn(actor, owner);
      const { user, servers } = parse(body);
      if (actor.via !== 'server-token') for (const at of [user, ...servers.map(([, time]) => time)]) demandNotAhead(at);
      if (only !== undefined && servers.some(([name]) => name !== only)) throw new HubError('forbidden', 'A server reports its own activity only.');
      // All of them before any: a report that is refused changes nothing.
      const found = servers.map(([name, at]) => [find(owner, name), at] as const);
      for (const [record, at] of found) if (isRunning(record)) activity.seen(record.id, clamp(at, record.state.since ?? record.created));
      if (user !== undefined) activity.seenUser(owner.id, clamp(user, owner.created));
    },
    heartbeat(actor, owner, only) {
      demandOn(actor, owner);
      const running = store.servers.listOf(owner.id).filter((record) => isRunning(record) && (only === undefined || record.name === only));
      if (running.length === 0) throw new HubError('not-found', `No server of ${owner.name} is running`);
      for (const record of running) {
        activity.seen(record.id, clock.now());
        // An activity report is what a lab writes by itself, for an open page too; a heartbeat is sent on purpose.
        used?.(record.id, 0);
      }
    },
  };
}

/** Before it is ready, too: JupyterHub's own server reports as the first thing it does. */
const isRunning = ({ state }: ServerRecord): boolean => state.kind === 'starting' || state.kind === 'ready';

const MOST_AHEAD_MS = 59 * 60_000;
/** More than anybody has; a longer list is not looked at. */
const MOST_SERVERS = 1_000;

/** What a report says, in JupyterHub's words (protocol, 6.2). Times are ISO 8601; without a zone they are UTC. */
const When = z.unknown().transform(timestampOf).meta({ type: 'string', description: 'ISO 8601; UTC where it names no zone.' });
export const ActivityReport = z.looseObject({
  last_activity: When.optional(),
  servers: z.record(z.string(), z.looseObject({ last_activity: When }, { error: 'Not a valid timestamp: \'undefined\'' }), { error: 'servers must be a dict of server names' })
    .refine((servers) => Object.keys(servers).length <= MOST_SERVERS, { error: 'servers must be a dict of server names' }).optional(),
}, { error: 'body must be a json dict' }).refine((body) => body.last_activity !== undefined || body.servers !== undefined, { error: 'body must contain at least one of `last_activity` or `servers`' });

function parse(body: unknown): { readonly user: Date | undefined; readonly servers: readonly (readonly [string, Date])[] } {
  const result = ActivityReport.safeParse(body);
  if (!result.success) throw new HubError('invalid-input', result.error.issues[0]?.message ?? 'The report is not understood.');
  const { last_activity: user, servers = {} } = result.data;
  return { user, servers: Object.entries(servers).map(([name, seen]) => [name, seen.last_activity]) };
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** ISO 8601; without a zone it is UTC. */
function timestampOf(value: unknown): Date {
  const [, day, time = '00:00', zone = 'Z'] = (typeof value === 'string' && ISO.exec(value)) || [];
  const at = new Date(`${day}T${time.replace(',', '.')}${/^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()}`);
  if (day === undefined || Number.isNaN(at.getTime())) throw new HubError('invalid-input', `Not a valid timestamp: '${inWords(value)}'`);
  return at;
}

const inWords = (value: unknown): string => (typeof value === 'string' ? shown(value) : typeof value);
