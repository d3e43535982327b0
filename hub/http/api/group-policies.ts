import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { entriesOf, ExplainedModel, explainedModel, fileModel, GroupsFile, GroupsFileModel, ImportModel, importModel, OutdatedModel, outdatedModel, PolicyBody, PolicyModel, policyModel, policyOf, PreviewModel, previewModel } from './group-policy-models';
import { userAt } from './users';

const Order = z.strictObject({ groups: z.array(z.string().max(512)).min(1).max(10_000).describe('These come first, in this order.') });
const OrderModel = z.strictObject({ groups: z.array(z.string()).describe('All of them, the first one first.') });
const DryRun = z.object({ dry_run: z.enum(['true', 'false'], { error: 'dry_run must be true or false' }).optional().describe('true: only say what would happen.') });

/** What groups give, our own and not JupyterHub's: policies, their order, what a change would do, and all of it as one file. */
export function groupPolicyRoutes(kit: Kit): readonly HubRoute[] {
  const { groupPolicies } = kit.deps.services;
  const nameOf = (x: Exchange): string => x.params['name'] ?? '';
  /** Who may not look is told so before the body is read. */
  const allowed = (x: Exchange): void => demand(actorOf(x), 'admin:groups', { kind: 'group', name: nameOf(x) });

  const show = (x: Exchange): Reply => json(200, policyModel(groupPolicies.view(actorOf(x), nameOf(x)).policy));
  const put = (x: Exchange, { body }: Given<typeof PolicyBody>): Reply => {
    allowed(x);
    return json(200, policyModel(groupPolicies.set(actorOf(x), nameOf(x), policyOf(body()))));
  };
  const preview = (x: Exchange, { body }: Given<typeof PolicyBody>): Reply => {
    allowed(x);
    return json(200, previewModel(groupPolicies.preview(actorOf(x), nameOf(x), policyOf(body()))));
  };
  const explain = (x: Exchange): Reply => json(200, explainedModel(groupPolicies.explain(actorOf(x), userAt(kit, x, ['read:users', 'read:users:groups']))));
  const order = (x: Exchange): Reply => json(200, { groups: groupPolicies.order(actorOf(x)) });
  const setOrder = (x: Exchange, { body }: Given<typeof Order>): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    return json(200, { groups: groupPolicies.setOrder(actorOf(x), body().groups) });
  };
  const exported = (x: Exchange): Reply => json(200, fileModel(groupPolicies.exported(actorOf(x))));
  const imported = (x: Exchange, { body, query }: Given<typeof GroupsFile, typeof DryRun>): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    return json(200, importModel(groupPolicies.imported(actorOf(x), entriesOf(body()), { dryRun: query().dry_run === 'true' })));
  };
  const outdated = (x: Exchange): Reply => json(200, outdatedModel(groupPolicies.outdated(actorOf(x))));

  const [one, all] = ['/hub/api/groups/:name/policy', '/hub/api/group-policies'] as const;
  const policy = { description: 'The policy.', model: PolicyModel };
  const needs = ['admin:groups'] as const;
  return [
    operation({ method: 'get', path: one, needs, handle: show, doc: { id: 'getGroupPolicy', tag: 'Groups', summary: 'Show what a group gives its members', answers: { 200: policy } } }),
    operation({
      method: 'put', path: one, needs, reauth: true, handle: put,
      doc: { id: 'setGroupPolicy', tag: 'Groups', summary: 'Say what a group gives its members', description: 'For administrators. Running servers keep what they were started with.', body: PolicyBody, bodyRequired: true, answers: { 200: policy } },
    }),
    operation({
      method: 'post', path: `${one}/preview`, needs, handle: preview,
      doc: { id: 'previewGroupPolicy', tag: 'Groups', summary: 'Say what a policy would change', description: 'Changes nothing.', body: PolicyBody, bodyRequired: true, answers: { 200: { description: 'Who gains and who loses what.', model: PreviewModel } } },
    }),
    operation({
      method: 'get', path: '/hub/api/users/:name/policy', needs: ['read:users', 'read:users:groups'], handle: explain,
      doc: { id: 'getUserPolicy', tag: 'Users', summary: 'Show what a user gets, and from which groups', answers: { 200: { description: 'What the user gets.', model: ExplainedModel } } },
    }),
    operation({ method: 'get', path: `${all}/order`, needs, handle: order, doc: { id: 'getGroupOrder', tag: 'Groups', summary: 'Show the priority of groups', answers: { 200: { description: 'The order.', model: OrderModel } } } }),
    operation({
      method: 'put', path: `${all}/order`, needs, handle: setOrder,
      doc: { id: 'setGroupOrder', tag: 'Groups', summary: 'Change the priority of groups', description: 'For administrators.', body: Order, bodyRequired: true, answers: { 200: { description: 'The new order.', model: OrderModel } } },
    }),
    operation({ method: 'get', path: all, needs, handle: exported, doc: { id: 'exportGroups', tag: 'Groups', summary: 'Export all groups with members and policies', answers: { 200: { description: 'All groups.', model: GroupsFileModel } } } }),
    operation({
      method: 'put', path: all, needs, reauth: true, handle: imported,
      doc: { id: 'importGroups', tag: 'Groups', summary: 'Import groups with members and policies', description: 'For administrators. All or nothing.', body: GroupsFile, bodyRequired: true, query: DryRun, answers: { 200: { description: 'What was done, or would be.', model: ImportModel } } },
    }),
    operation({ method: 'get', path: `${all}/outdated`, needs, handle: outdated, doc: { id: 'listOutdatedServers', tag: 'Groups', summary: 'List running servers that need a restart for their policy', answers: { 200: { description: 'The servers.', model: OutdatedModel } } } }),
  ];
}
