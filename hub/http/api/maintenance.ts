import { z } from 'zod';
import { can, HUB } from '../../domain/access';
import type { MaintenanceView } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { parseBody } from './read';

const LONGEST_MESSAGE = 500;
/** With an offset: a time without one means another moment on another machine. */
const Moment = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T18:00:00Z' }).transform((text) => new Date(text));
const AnnounceBody = z.strictObject({ from: Moment, until: Moment.nullish(), message: z.string().max(LONGEST_MESSAGE).optional() });
const RestoreBody = z.strictObject({});

/** Announced maintenance. Our own, not JupyterHub's. */
export function maintenanceApiRoutes(kit: Kit): readonly HubRoute[] {
  const { maintenance } = kit.deps.services;
  const model = (x: Exchange): object => maintenanceModel(maintenance.get(), can(actorOf(x), 'shutdown', HUB));
  const show = (x: Exchange): Reply => json(200, model(x));
  const announce = (x: Exchange): Reply => {
    const { from, until, message } = parseBody(AnnounceBody, x.json);
    maintenance.announce(actorOf(x), { from, until: until ?? null, message: message ?? '' });
    return json(200, model(x));
  };
  const end = (x: Exchange): Reply => {
    maintenance.end(actorOf(x));
    return empty(204);
  };
  const restore = (x: Exchange): Reply => {
    parseBody(RestoreBody, x.json);
    maintenance.restore(actorOf(x));
    return json(202, model(x));
  };
  return [
    { method: 'get', path: '/hub/api/maintenance', kind: 'api', needs: ['read:servers', 'shutdown'], handle: show },
    { method: 'put', path: '/hub/api/maintenance', kind: 'api', needs: ['shutdown'], reauth: true, handle: announce },
    { method: 'delete', path: '/hub/api/maintenance', kind: 'api', needs: ['shutdown'], handle: end },
    { method: 'post', path: '/hub/api/maintenance/restore', kind: 'api', needs: ['shutdown'], handle: restore },
  ];
}

/** Who announced it, and what became of servers, is for those who may announce one themselves. */
function maintenanceModel(view: MaintenanceView | null, all: boolean): object {
  if (view === null) return { phase: null };
  const { phase, from, until, message, by, announced, began, ended, servers } = view;
  return { phase, from: timestamp(from), until: timestamp(until), message, ...(all ? { by, announced: timestamp(announced), began: timestamp(began), ended: timestamp(ended), servers } : {}) };
}
