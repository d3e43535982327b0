import { z } from 'zod';
import { can, demand, HUB } from '../../domain/access';
import type { MaintenanceView } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { Nothing } from './read';
import { named, Time } from './schemas';

const LONGEST_MESSAGE = 500;
/** With an offset: a time without one means another moment on another machine. */
export const Moment = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T18:00:00Z' }).transform((text) => new Date(text));
const AnnounceBody = z.strictObject({
  from: Moment.describe('When servers are stopped; a time that has passed means now.'),
  until: Moment.nullish().describe('When it is likely to be over.'),
  message: z.string().max(LONGEST_MESSAGE).optional().describe('Said on every page.'),
});

const Count = z.int();
const ForAdmins = 'Needs `shutdown`.';
const MaintenanceModel = named('Maintenance', z.strictObject({
  phase: z.enum(['announced', 'closing', 'active', 'over']).nullable().describe('null: none is announced and none was, and there is nothing else here. `closing`: nobody but administrators starts servers any more.'),
  from: Time.optional(),
  until: Time.nullable().optional().describe('null: nobody said.'),
  message: z.string().optional(),
  by: z.string().optional().describe(ForAdmins),
  announced: Time.optional().describe(ForAdmins),
  began: Time.nullable().optional().describe(ForAdmins),
  ended: Time.nullable().optional().describe(ForAdmins),
  servers: z.strictObject({ stopping: Count, stopped: Count, starting: Count, started: Count, refused: Count }).optional().describe('What became of those that ran when it began. Needs `shutdown`.'),
}).describe('An announced maintenance.'));

/** Announced maintenance. Our own, not JupyterHub's. */
export function maintenanceApiRoutes(kit: Kit): readonly HubRoute[] {
  const { maintenance } = kit.deps.services;
  const model = (x: Exchange): object => maintenanceModel(maintenance.get(), can(actorOf(x), 'shutdown', HUB));
  const show = (x: Exchange): Reply => json(200, model(x));
  const announce = (x: Exchange, { body }: Given<typeof AnnounceBody>): Reply => {
    demand(actorOf(x), 'shutdown', HUB);
    const { from, until, message } = body();
    maintenance.announce(actorOf(x), { from, until: until ?? null, message: message ?? '' });
    return json(200, model(x));
  };
  const end = (x: Exchange): Reply => {
    maintenance.end(actorOf(x));
    return empty(204);
  };
  const restore = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    demand(actorOf(x), 'shutdown', HUB);
    body();
    maintenance.restore(actorOf(x));
    return json(202, model(x));
  };
  const path = '/hub/api/maintenance';
  return [
    operation({
      method: 'get', path, needs: ['read:servers', 'shutdown'], handle: show,
      doc: { id: 'getMaintenance', tag: 'Operation', summary: 'Show the maintenance that is announced, goes on or was the last', answers: { 200: { description: 'The maintenance.', model: MaintenanceModel } } },
    }),
    operation({
      method: 'put', path, needs: ['shutdown'], reauth: true, handle: announce,
      doc: {
        id: 'announceMaintenance', tag: 'Operation', summary: 'Announce a maintenance, in place of the one that was announced', body: AnnounceBody,
        answers: { 200: { description: 'The maintenance.', model: MaintenanceModel }, 409: 'One goes on.' },
      },
    }),
    operation({
      method: 'delete', path, needs: ['shutdown'], handle: end,
      doc: { id: 'endMaintenance', tag: 'Operation', summary: 'Take an announcement back, or end a maintenance', answers: { 204: 'Servers may be started.' } },
    }),
    operation({
      method: 'post', path: `${path}/restore`, needs: ['shutdown'], handle: restore,
      doc: {
        id: 'restoreServers', tag: 'Operation', summary: 'Start the servers again that ran when the maintenance began', description: 'Once it is over; 400 before. Those for which there is no room wait in line.', body: Nothing,
        answers: { 202: { description: 'They are being started.', model: MaintenanceModel } },
      },
    }),
  ];
}

/** Who announced it, and what became of servers, is for those who may announce one themselves. */
function maintenanceModel(view: MaintenanceView | null, all: boolean): object {
  if (view === null) return { phase: null };
  const { phase, from, until, message, by, announced, began, ended, servers } = view;
  return { phase, from: timestamp(from), until: timestamp(until), message, ...(all ? { by, announced: timestamp(announced), began: timestamp(began), ended: timestamp(ended), servers } : {}) };
}
