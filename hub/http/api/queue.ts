import { z } from 'zod';
import { demand } from '../../domain/access';
import type { InLine } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { Nothing } from './read';
import { named, Time } from './schemas';
import { serverAt } from './servers';

const placeFields = {
  waiting: z.boolean(),
  position: z.int().nullable().describe('1: the next one. null: it does not wait.'),
  estimate: z.int().nullable().describe('Seconds that it is likely to wait yet; null: nobody can say.'),
  jumped: z.boolean().describe('An administrator put it in front.'),
  since: Time.nullable().describe('null: it does not wait.'),
};
const PlaceModel = named('Place', z.strictObject(placeFields).describe('Whether and where a start waits in line.'));
const LineModel = named('PlaceInLine', z.strictObject({ user: z.string(), server: z.string().describe('Empty for the default server.'), profile: z.string().nullable(), ...placeFields }).describe('A start that waits in line.'));

/** The line of starts that wait for a place. Our own, not JupyterHub's. */
export function queueRoutes(kit: Kit): readonly HubRoute[] {
  const { servers } = kit.deps.services;
  const list = (x: Exchange): Reply => json(200, servers.line(actorOf(x)).map(lineModel));
  const show = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    return json(200, placeModel(servers.placeOf(actorOf(x), owner, name)));
  };
  const jump = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    const { owner, name } = serverAt(kit, x);
    demand(actorOf(x), 'admin:servers', serverTargetOf(kit.deps, owner, name));
    body();
    return json(200, placeModel(servers.jump(actorOf(x), owner, name)));
  };
  const place = { 200: { description: 'Its place.', model: PlaceModel } };
  const rows = (path: string, id: string, which: string): HubRoute[] => [
    operation({
      method: 'get', path: `${path}/queue`, needs: ['read:servers'], handle: show,
      doc: { id: `get${id}Place`, tag: 'Servers', summary: `Say where the start of ${which} waits in line`, answers: place },
    }),
    operation({
      method: 'post', path: `${path}/jump`, needs: ['admin:servers'], handle: jump,
      doc: { id: `jump${id}`, tag: 'Servers', summary: `Put the waiting start of ${which} in front of the line`, description: 'Limits hold for it all the same. 400 when it does not wait.', body: Nothing, answers: place },
    }),
  ];
  return [
    operation({
      method: 'get', path: '/hub/api/queue', needs: ['read:servers'], handle: list,
      doc: {
        id: 'listQueue', tag: 'Servers', summary: 'List the starts in line that you may see', description: 'The next one first. Positions count everybody.',
        answers: { 200: { description: 'The line.', model: z.array(LineModel) } },
      },
    }),
    ...rows('/hub/api/users/:name/server', 'Server', 'the default server'),
    ...rows('/hub/api/users/:name/servers/:sname', 'NamedServer', 'a named server'),
  ];
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000));

const placeModel = (place: InLine | null): object =>
  place === null ? { waiting: false, position: null, estimate: null, jumped: false, since: null } : { waiting: true, position: place.position, estimate: seconds(place.waitMs), jumped: place.jumped, since: timestamp(place.since) };

const lineModel = (place: InLine): object => ({ user: place.owner.name, server: place.server, profile: place.profile, ...placeModel(place) });
