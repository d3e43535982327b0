import type { z } from 'zod';
import { demand } from '../../domain/access';
import { HubError } from '../../domain/errors';
import type { ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import { LeaseBody, leaseModel, WRONG_LEASE } from '../../wire/lease';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, targetOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { idleModel, IdlenessModel, LeaseModel, whatIfOf, WhatIfModel, WhatIfQuery } from './idleness-models';
import { Nothing } from './read';

/** Why servers are kept, and when they stop: our own, not JupyterHub's. */
export function idlenessRoutes(kit: Kit): readonly HubRoute[] {
  const { idleness } = kit.deps.services;

  const serverAt = (x: Exchange): readonly [User, ServerName] => {
    const owner = kit.deps.services.accounts.find(actorOf(x), x.params['name'] ?? '');
    if (owner === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
    return [owner, (x.params['sname'] ?? '') as ServerName];
  };
  /** One that the actor may keep. */
  const keptAt = (x: Exchange): readonly [User, ServerName] => {
    const place = serverAt(x);
    demand(actorOf(x), 'users:activity', targetOf(kit.deps, place[0]));
    return place;
  };

  const show = async (x: Exchange): Promise<Reply> => json(200, idleModel(await idleness.report(actorOf(x), ...serverAt(x))));
  // How long is the hub's to say.
  const extend = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    const place = keptAt(x);
    body();
    return json(200, idleModel(idleness.extend(actorOf(x), ...place)));
  };
  const lease = (x: Exchange, { body }: Given<typeof LeaseBody>): Reply => {
    const place = keptAt(x);
    const { for: ms, why } = body(WRONG_LEASE);
    return json(201, leaseModel(idleness.lease(actorOf(x), ...place, { ms, why })));
  };
  const end = (x: Exchange): Reply => {
    idleness.endLease(actorOf(x), ...serverAt(x), x.params['lease'] ?? '');
    return empty(204);
  };
  const whatIf = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof WhatIfQuery>): Promise<Reply> => {
    const servers = await idleness.whatIf(actorOf(x), whatIfOf(query()));
    return json(200, { stops: servers.filter(({ verdict }) => verdict.due).length, keeps: servers.filter(({ verdict }) => !verdict.due).length, servers: servers.map((view) => ({ user: view.owner.name, server: view.record.name, ...idleModel(view) })) });
  };

  const view = { 200: { description: 'Why it is kept, or when it stops.', model: IdlenessModel } };
  const ONLY_RUNNING = '400 when it is not running.';
  const rows = (path: string, id: string, which: string): HubRoute[] => [
    operation({
      method: 'get', path: `${path}/idleness`, needs: ['read:servers'], handle: show,
      doc: { id: `get${id}Idleness`, tag: 'Servers', summary: `Say why ${which} is kept, or when it stops`, description: `The server is asked, which takes some seconds at most. ${ONLY_RUNNING}`, answers: view },
    }),
    operation({
      method: 'post', path: `${path}/extend`, needs: ['users:activity'], handle: extend,
      doc: { id: `extend${id}`, tag: 'Servers', summary: `Keep ${which} for a whole idle limit from now`, description: ONLY_RUNNING, body: Nothing, answers: { ...view, 409: 'It has too many leases.' } },
    }),
    operation({
      method: 'post', path: `${path}/leases`, needs: ['users:activity'], handle: lease,
      doc: { id: `lease${id}`, tag: 'Servers', summary: `Keep ${which} for some time`, description: `Whatever it does, but not beyond its maximum age. ${ONLY_RUNNING}`, body: LeaseBody, answers: { 201: { description: 'The lease.', model: LeaseModel }, 409: 'It has too many leases.' } },
    }),
    operation({
      method: 'delete', path: `${path}/leases/:lease`, needs: ['users:activity'], handle: end,
      doc: { id: `end${id}Lease`, tag: 'Servers', summary: `End a lease of ${which}`, answers: { 204: 'It does not count any more.' } },
    }),
  ];
  return [
    ...rows('/hub/api/users/:name/server', 'Server', 'the default server'),
    ...rows('/hub/api/users/:name/servers/:sname', 'NamedServer', 'a named server'),
    operation({
      method: 'get', path: '/hub/api/idleness', needs: ['admin-ui'], handle: whatIf,
      doc: {
        id: 'askWhatIf', tag: 'Operation', summary: 'Say which running servers would stop under other limits', description: 'Asks those that you may see and that did not answer within the last minute; takes seconds. Nothing is stopped.', query: WhatIfQuery,
        answers: { 200: { description: 'The servers.', model: WhatIfModel } },
      },
    }),
  ];
}
