import { z } from 'zod';
import { durationMs } from '../../domain/duration';
import { HubError } from '../../domain/errors';
import type { ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import type { IdleView, WhatIf } from '../../services/idleness-contract';
import { leaseAskOf, leaseModel } from '../../wire/lease';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { parseBody } from './read';

/** How long is the hub's to say. */
export const ExtendBody = z.strictObject({});

/** Why servers are kept, and when they stop: our own, not JupyterHub's. */
export function idlenessRoutes(kit: Kit): readonly HubRoute[] {
  const { idleness } = kit.deps.services;

  const serverAt = (x: Exchange): readonly [User, ServerName] => {
    const owner = kit.deps.services.accounts.find(actorOf(x), x.params['name'] ?? '');
    if (owner === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
    return [owner, (x.params['sname'] ?? '') as ServerName];
  };

  const show = async (x: Exchange): Promise<Reply> => json(200, idleModel(await idleness.report(actorOf(x), ...serverAt(x))));
  const extend = (x: Exchange): Reply => {
    parseBody(ExtendBody, x.json);
    return json(200, idleModel(idleness.extend(actorOf(x), ...serverAt(x))));
  };
  const lease = (x: Exchange): Reply => json(201, leaseModel(idleness.lease(actorOf(x), ...serverAt(x), leaseAskOf(x.json))));
  const end = (x: Exchange): Reply => {
    idleness.endLease(actorOf(x), ...serverAt(x), x.params['lease'] ?? '');
    return empty(204);
  };
  const whatIf = async (x: Exchange): Promise<Reply> => {
    const servers = await idleness.whatIf(actorOf(x), whatIfOf(x.query));
    return json(200, { stops: servers.filter(({ verdict }) => verdict.due).length, keeps: servers.filter(({ verdict }) => !verdict.due).length, servers: servers.map((view) => ({ user: view.owner.name, server: view.record.name, ...idleModel(view) })) });
  };

  return [
    ...['/hub/api/users/:name/server', '/hub/api/users/:name/servers/:sname'].flatMap((path): HubRoute[] => [
      { method: 'get', path: `${path}/idleness`, kind: 'api', needs: ['read:servers'], handle: show },
      { method: 'post', path: `${path}/extend`, kind: 'api', needs: ['users:activity'], handle: extend },
      { method: 'post', path: `${path}/leases`, kind: 'api', needs: ['users:activity'], handle: lease },
      { method: 'delete', path: `${path}/leases/:lease`, kind: 'api', needs: ['users:activity'], handle: end },
    ]),
    { method: 'get', path: '/hub/api/idleness', kind: 'api', needs: ['admin-ui'], handle: whatIf },
  ];
}

const KNOWN = new Set(['idleLimit', 'maxAge', '_xsrf']);

/** `idleLimit` and `maxAge`, as in the configuration; 0: none. What is absent or empty stays as configured. Throws `invalid-input`. */
export function whatIfOf(query: URLSearchParams): WhatIf {
  const unknown = [...query.keys()].find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw new HubError('invalid-input', `Unknown parameter: ${unknown.slice(0, 64)}. A what-if takes idleLimit and maxAge.`);
  const limit = (name: 'idleLimit' | 'maxAge'): number | null | undefined => {
    const text = query.get(name) ?? '';
    if (text === '') return undefined;
    const ms = durationMs(text);
    if (ms === undefined) throw new HubError('invalid-input', `${name}: expected a duration such as "90s", "10m", "4h", "14d", or 0 for none`);
    return ms === 0 ? null : ms;
  };
  const [idleMs, maxAgeMs] = [limit('idleLimit'), limit('maxAge')];
  return { ...(idleMs === undefined ? {} : { idleMs }), ...(maxAgeMs === undefined ? {} : { maxAgeMs }) };
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** Durations are seconds. */
function idleModel({ verdict, sentence, limits, signals, leases, near }: IdleView): Readonly<Record<string, unknown>> {
  const { reason, at, latest, due } = verdict;
  return {
    verdict: verdict.verdict, sentence, rule: reason.kind, at: timestamp(at), latest: timestamp(latest?.at ?? null), due, near,
    limits: { idle: seconds(limits.idleMs), idle_from: limits.idleFrom, max_age: seconds(limits.maxAgeMs), max_age_from: limits.maxAgeFrom },
    signals: {
      age: seconds(signals.ageMs), idle_for: seconds(signals.idleForMs), answered: timestamp(signals.answered), busy_cpus: signals.busyCpus,
      running: signals.running.map(({ path, kernel, forMs }) => ({ path, kernel, for: seconds(forMs) })), proxied: signals.proxied,
    },
    leases: leases.map(leaseModel),
  };
}
