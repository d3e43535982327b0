import { z } from 'zod';
import type { InLine } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { parseBody } from './read';
import { serverAt } from './servers';

const JumpBody = z.strictObject({});

/** The line of starts that wait for a place. Our own, not JupyterHub's. */
export function queueRoutes(kit: Kit): readonly HubRoute[] {
  const { servers } = kit.deps.services;
  const list = (x: Exchange): Reply => json(200, servers.line(actorOf(x)).map(lineModel));
  const show = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    return json(200, placeModel(servers.placeOf(actorOf(x), owner, name)));
  };
  const jump = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    parseBody(JumpBody, x.json);
    return json(200, placeModel(servers.jump(actorOf(x), owner, name)));
  };
  return [
    { method: 'get', path: '/hub/api/queue', kind: 'api', needs: ['read:servers'], handle: list },
    ...['/hub/api/users/:name/server', '/hub/api/users/:name/servers/:sname'].flatMap((path): HubRoute[] => [
      { method: 'get', path: `${path}/queue`, kind: 'api', needs: ['read:servers'], handle: show },
      { method: 'post', path: `${path}/jump`, kind: 'api', needs: ['admin:servers'], handle: jump },
    ]),
  ];
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000));

/** `estimate`: seconds, or null where nobody can say. */
const placeModel = (place: InLine | null): object =>
  place === null ? { waiting: false, position: null, estimate: null, jumped: false, since: null } : { waiting: true, position: place.position, estimate: seconds(place.waitMs), jumped: place.jumped, since: timestamp(place.since) };

const lineModel = (place: InLine): object => ({ user: place.owner.name, server: place.server, profile: place.profile, ...placeModel(place) });
