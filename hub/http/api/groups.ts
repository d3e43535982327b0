import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { groupModel } from './models';
import { paged, pageOf, PageQuery, selfUrl } from './read';
import { GroupModel, listed } from './schemas';

const Names = z.array(z.string().max(512)).max(1000);
const CreateMany = z.strictObject({ groups: Names.default([]), users: Names.default([]) });
const CreateOne = z.strictObject({ name: z.string().max(512).optional().describe('Not looked at: the path names the group.'), users: Names.default([]) });
const Members = z.looseObject({ users: Names });
const Properties = z.record(z.string(), z.unknown());
const group = { description: 'The group.', model: GroupModel };

/** Groups (protocol, 3.9). */
export function groupRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { groups } = deps.services;
  const nameOf = (x: Exchange): string => x.params['name'] ?? '';

  const list = (x: Exchange, { query }: Given<z.ZodUndefined, typeof PageQuery>): Reply => {
    const page = pageOf(query(), x);
    const found = groups.list(actorOf(x), page);
    return json(200, paged(found.groups.map((one) => groupModel(deps, actorOf(x), one)), { total: found.total, page, self: selfUrl(kit, x) }));
  };

  const createMany = (x: Exchange, { body }: Given<typeof CreateMany>): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    const { groups: names, users } = body();
    if (names.length === 0) throw new HubError('invalid-input', 'Must specify at least one group to create');
    return json(201, groups.create(actorOf(x), names, users).map((made) => groupModel(deps, actorOf(x), made)));
  };

  const createOne = (x: Exchange, { body }: Given<typeof CreateOne>): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    const { users } = body();
    return json(201, groups.create(actorOf(x), [nameOf(x)], users).map((made) => groupModel(deps, actorOf(x), made))[0]);
  };

  const show = (x: Exchange): Reply => json(200, groupModel(deps, actorOf(x), groups.get(actorOf(x), nameOf(x))));

  const remove = (x: Exchange): Reply => {
    groups.remove(actorOf(x), nameOf(x));
    return empty(204);
  };

  const members = (verb: 'addUsers' | 'removeUsers', wish: string) => (x: Exchange, { body }: Given<typeof Members>): Reply => {
    demand(actorOf(x), 'groups', { kind: 'group', name: nameOf(x) });
    if (typeof x.json !== 'object' || x.json === null || !('users' in x.json)) throw new HubError('invalid-input', `Must specify users to ${wish}`);
    return json(200, groupModel(deps, actorOf(x), groups[verb](actorOf(x), nameOf(x), body().users)));
  };

  const properties = (x: Exchange, { body }: Given<typeof Properties>): Reply => {
    demand(actorOf(x), 'groups', { kind: 'group', name: nameOf(x) });
    if (typeof x.json !== 'object' || x.json === null || Array.isArray(x.json)) throw new HubError('invalid-input', 'properties must be a json dict');
    return json(200, groupModel(deps, actorOf(x), groups.setProperties(actorOf(x), nameOf(x), body())));
  };

  const [all, one] = ['/hub/api/groups', '/hub/api/groups/:name'] as const;
  return [
    operation({
      method: 'get', path: all, needs: ['list:groups'], handle: list,
      doc: { id: 'listGroups', tag: 'Groups', summary: 'List the groups that you may see', query: PageQuery, answers: { 200: { description: 'The groups.', model: listed(z.array(GroupModel)) } } },
    }),
    operation({
      method: 'post', path: all, needs: ['admin:groups'], handle: createMany,
      doc: { id: 'createGroups', tag: 'Groups', summary: 'Create groups', body: CreateMany, bodyRequired: true, answers: { 201: { description: 'The new groups.', model: z.array(GroupModel) }, 409: 'One of the groups exists.' } },
    }),
    operation({
      method: 'get', path: one, needs: ['read:groups', 'read:groups:name', 'read:roles:groups'], handle: show,
      doc: { id: 'getGroup', tag: 'Groups', summary: 'Show a group', answers: { 200: group } },
    }),
    operation({
      method: 'post', path: one, needs: ['admin:groups'], handle: createOne,
      doc: { id: 'createGroup', tag: 'Groups', summary: 'Create a group', body: CreateOne, answers: { 201: group, 409: 'The group exists.' } },
    }),
    operation({
      method: 'delete', path: one, needs: ['delete:groups'], handle: remove,
      doc: { id: 'deleteGroup', tag: 'Groups', summary: 'Remove a group', answers: { 204: 'It is gone.' } },
    }),
    operation({
      method: 'post', path: `${one}/users`, needs: ['groups'], reauth: (x) => kit.deps.services.groupPolicies.gives(nameOf(x)), handle: members('addUsers', 'add'),
      doc: { id: 'addGroupUsers', tag: 'Groups', summary: 'Add members to a group', body: Members, answers: { 200: group } },
    }),
    operation({
      method: 'delete', path: `${one}/users`, needs: ['groups'], handle: members('removeUsers', 'delete'),
      doc: { id: 'removeGroupUsers', tag: 'Groups', summary: 'Remove members from a group', body: Members, answers: { 200: group } },
    }),
    operation({
      method: 'put', path: `${one}/properties`, needs: ['groups'], handle: properties,
      doc: { id: 'setGroupProperties', tag: 'Groups', summary: 'Replace the properties of a group', body: Properties, bodyRequired: true, answers: { 200: group } },
    }),
  ];
}
