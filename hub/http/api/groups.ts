import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { empty, headerOf, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { groupModel } from './models';
import { paged, parseBody, parsePage, selfUrl } from './read';

const Names = z.array(z.string().max(512)).max(1000);
const CreateMany = z.strictObject({ groups: Names.default([]), users: Names.default([]) });
const CreateOne = z.strictObject({ name: z.string().max(512).optional(), users: Names.default([]) });
const Members = z.looseObject({ users: Names });

/** Groups (protocol, 3.9). */
export function groupRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { groups } = deps.services;
  const nameOf = (x: Exchange): string => x.params['name'] ?? '';

  const list = (x: Exchange): Reply => {
    const page = parsePage(x.query, headerOf(x, 'accept'));
    const found = groups.list(actorOf(x), page);
    return json(200, paged(found.groups.map((group) => groupModel(deps, actorOf(x), group)), { total: found.total, page, self: selfUrl(kit, x) }));
  };

  const createMany = (x: Exchange): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    const { groups: names, users } = parseBody(CreateMany, x.json);
    if (names.length === 0) throw new HubError('invalid-input', 'Must specify at least one group to create');
    return json(201, groups.create(actorOf(x), names, users).map((group) => groupModel(deps, actorOf(x), group)));
  };

  const createOne = (x: Exchange): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    const { users } = parseBody(CreateOne, x.json);
    return json(201, groups.create(actorOf(x), [nameOf(x)], users).map((group) => groupModel(deps, actorOf(x), group))[0]);
  };

  const show = (x: Exchange): Reply => json(200, groupModel(deps, actorOf(x), groups.get(actorOf(x), nameOf(x))));

  const remove = (x: Exchange): Reply => {
    groups.remove(actorOf(x), nameOf(x));
    return empty(204);
  };

  const members = (verb: 'addUsers' | 'removeUsers', wish: string) => (x: Exchange): Reply => {
    demand(actorOf(x), 'groups', { kind: 'group', name: nameOf(x) });
    if (typeof x.json !== 'object' || x.json === null || !('users' in x.json)) throw new HubError('invalid-input', `Must specify users to ${wish}`);
    return json(200, groupModel(deps, actorOf(x), groups[verb](actorOf(x), nameOf(x), parseBody(Members, x.json).users)));
  };

  const properties = (x: Exchange): Reply => {
    demand(actorOf(x), 'groups', { kind: 'group', name: nameOf(x) });
    if (typeof x.json !== 'object' || x.json === null || Array.isArray(x.json)) throw new HubError('invalid-input', 'properties must be a json dict');
    return json(200, groupModel(deps, actorOf(x), groups.setProperties(actorOf(x), nameOf(x), x.json as Record<string, unknown>)));
  };

  const [all, one] = ['/hub/api/groups', '/hub/api/groups/:name'] as const;
  return [
    { method: 'get', path: all, kind: 'api', needs: ['list:groups'], handle: list },
    { method: 'post', path: all, kind: 'api', needs: ['admin:groups'], handle: createMany },
    { method: 'get', path: one, kind: 'api', needs: ['read:groups', 'read:groups:name', 'read:roles:groups'], handle: show },
    { method: 'post', path: one, kind: 'api', needs: ['admin:groups'], handle: createOne },
    { method: 'delete', path: one, kind: 'api', needs: ['delete:groups'], handle: remove },
    { method: 'post', path: `${one}/users`, kind: 'api', needs: ['groups'], handle: members('addUsers', 'add') },
    { method: 'delete', path: `${one}/users`, kind: 'api', needs: ['groups'], handle: members('removeUsers', 'delete') },
    { method: 'put', path: `${one}/properties`, kind: 'api', needs: ['groups'], handle: properties },
  ];
}
