import { deleteGroupPage, groupPage, type GroupModel, type PolicyForm } from '../../../views/pages/group';
import { givesOf, groupsPage } from '../../../views/pages/groups';
import { groupsImportPage, type GroupsImportModel } from '../../../views/pages/groups-import';
import { demand, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { fileModel, entriesOf, GroupsFile } from '../api/group-policy-models';
import { parseBody } from '../api/read';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';
import { formOf, policyIn, readPolicyForm } from './group-policy-form';

const PAGE = 50;
const MAX_SEARCH = 255;
const SHOWN_MEMBERS = 25;

/** Groups for who looks after them: who is in which, what it gives, in which order they count, and all of them as a file. */
export function groupPageRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services } = deps;
  const { groups, groupPolicies } = services;
  const nameOf = (x: Exchange): string => x.params['name'] ?? '';
  const mayChange = (x: Exchange): boolean => actorOf(x).admin;

  const list = (x: Exchange, status: number, problem?: string): Reply => {
    const actor = actorOf(x);
    const search = (x.query.get('q') ?? '').slice(0, MAX_SEARCH);
    const offset = offsetIn(x.query.get('offset'));
    const { rows, total } = groupPolicies.list(actor, { search, offset, limit: PAGE });
    const all = search === '' ? total : groupPolicies.list(actor, { search: '', offset: 0, limit: 1 }).total;
    const shown = rows.map(({ group, policy, declared, ...row }) => ({ ...row, name: group.name, gives: givesOf([policy, declared]) }));
    return kit.page(x, status, (shell) => groupsPage(shell, { rows: shown, total, all, offset, limit: PAGE, search, outdated: groupPolicies.outdated(actor), mayChange: mayChange(x), problem }));
  };

  const show = (x: Exchange, status: number, more: { readonly form?: PolicyForm; readonly preview?: GroupModel['preview']; readonly problem?: string } = {}): Reply => {
    const view = groupPolicies.view(actorOf(x), nameOf(x));
    const { rank, roles, builtIn, policy, declared } = view;
    const offset = offsetIn(x.query.get('offset'));
    const members = { ...groupPolicies.members(actorOf(x), view.group.name, { offset, limit: PAGE }), offset, limit: PAGE };
    const { mounts: mountable } = groupPolicies.rules();
    return kit.page(x, status, (shell) => groupPage(shell, {
      name: view.group.name, rank, groups: groupPolicies.list(actorOf(x), { search: '', offset: 0, limit: 1 }).total, members, roles, builtIn,
      docker: givesOf([policy, declared]).includes('docker'), declared: givesOf([declared]), form: more.form ?? formOf(policy),
      profiles: deps.settings.profiles.map(({ slug, title }) => ({ slug, title })), mountable, ignored: groupPolicies.ignored(), preview: more.preview ?? null, mayChange: mayChange(x), problem: more.problem,
    }));
  };

  const create = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const [made] = groups.create(actorOf(x), [(x.form.one('name') ?? '').trim()], []);
    kit.flash(x, { tone: 'ok', text: x.t('groups.created', { name: made?.name ?? '' }) });
    return seeOther(urls.adminGroup(made?.name ?? ''));
  }, (status, problem) => list(x, status, problem));

  const move = (x: Exchange): Reply => {
    const direction = x.form.one('direction');
    if (direction !== 'up' && direction !== 'down') throw new HubError('invalid-input', 'Choose up or down.');
    groupPolicies.move(actorOf(x), nameOf(x), direction);
    const offset = offsetIn(x.form.one('offset') ?? null);
    return seeOther(offset === 0 ? urls.adminGroups : `${urls.adminGroups}?offset=${offset}`);
  };

  const policy = (x: Exchange): Promise<Reply> => {
    const form = readPolicyForm(x.form);
    return orCorrect(x, async () => {
      const wanted = policyIn(form, x.t);
      if (x.form.one('do') !== 'save') return show(x, 200, { form, preview: groupPolicies.preview(actorOf(x), nameOf(x), wanted) });
      groupPolicies.set(actorOf(x), nameOf(x), wanted);
      kit.flash(x, { tone: 'ok', text: x.t('groups.saved', { name: nameOf(x) }) });
      return seeOther(urls.adminGroup(nameOf(x)));
    }, (status, problem) => show(x, status, { form, problem }));
  };

  const add = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const users = (x.form.one('users') ?? '').split(/[\s,;]+/).filter((name) => name !== '');
    groups.addUsers(actorOf(x), nameOf(x), users);
    kit.flash(x, { tone: 'ok', text: x.t('groups.added', { name: nameOf(x), users: users.slice(0, SHOWN_MEMBERS).join(', ') }) });
    return seeOther(urls.adminGroup(nameOf(x)));
  }, (status, problem) => show(x, status, { problem }));

  const remove = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const user = x.form.one('user') ?? '';
    groups.removeUsers(actorOf(x), nameOf(x), [user]);
    kit.flash(x, { tone: 'ok', text: x.t('groups.removed', { name: nameOf(x), user }) });
    return seeOther(urls.adminGroup(nameOf(x)));
  }, (status, problem) => show(x, status, { problem }));

  const confirm = (x: Exchange): Reply => {
    const { names, total } = groupPolicies.members(actorOf(x), nameOf(x), { offset: 0, limit: SHOWN_MEMBERS });
    return kit.page(x, 200, (shell) => deleteGroupPage(shell, { name: nameOf(x), members: names, total }));
  };

  const drop = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    groups.remove(actorOf(x), nameOf(x));
    kit.flash(x, { tone: 'ok', text: x.t('groups.deleted', { name: nameOf(x) }) });
    return seeOther(urls.adminGroups);
  }, (status, problem) => show(x, status, { problem }));

  const one = '/hub/admin/groups/:name';
  const needs = ['admin:groups'] as const;
  return [
    { method: 'get', path: '/hub/admin/groups', kind: 'page', needs, handle: (x) => list(x, 200) },
    { method: 'post', path: '/hub/admin/groups', kind: 'page', needs, handle: create },
    { method: 'get', path: one, kind: 'page', needs, handle: (x) => show(x, 200) },
    { method: 'post', path: `${one}/move`, kind: 'page', needs, handle: move },
    { method: 'post', path: `${one}/policy`, kind: 'page', needs, reauth: (x) => x.form.one('do') === 'save', handle: policy },
    { method: 'post', path: `${one}/members`, kind: 'page', needs, reauth: (x) => groupPolicies.gives(nameOf(x)), handle: add },
    { method: 'post', path: `${one}/remove`, kind: 'page', needs, handle: remove },
    { method: 'get', path: `${one}/delete`, kind: 'page', needs, handle: confirm },
    { method: 'post', path: `${one}/delete`, kind: 'page', needs, handle: drop },
    ...transferRoutes(kit),
  ];
}

function transferRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;
  const { groupPolicies } = services;
  const needs = ['admin:groups'] as const;

  const form = (x: Exchange, status: number, more: Partial<GroupsImportModel> = {}): Reply => {
    demand(actorOf(x), 'admin:groups', HUB);
    return kit.page(x, status, (shell) => groupsImportPage(shell, { text: '', rehearsal: null, problem: undefined, ...more }));
  };

  const imported = (x: Exchange): Promise<Reply> => {
    const text = x.form.one('file') ?? '';
    return orCorrect(x, async () => {
      const dryRun = x.form.one('do') !== 'apply';
      const done = groupPolicies.imported(actorOf(x), entriesOf(parseBody(GroupsFile, jsonIn(text, x))), { dryRun });
      if (dryRun) return form(x, 200, { text, rehearsal: done });
      kit.flash(x, { tone: 'ok', text: x.t('groups.importDone') });
      return seeOther(urls.adminGroups);
    }, (status, problem) => form(x, status, { text, problem }));
  };

  const exported = (x: Exchange): Reply => {
    const body = `${JSON.stringify(fileModel(groupPolicies.exported(actorOf(x))), null, 2)}\n`;
    x.res.setHeader('Content-Disposition', 'attachment; filename="groups.json"');
    return { kind: 'text', status: 200, type: 'application/json; charset=utf-8', body };
  };

  return [
    { method: 'get', path: '/hub/admin/groups-import', kind: 'page', needs, handle: (x) => form(x, 200) },
    { method: 'post', path: '/hub/admin/groups-import', kind: 'page', needs, reauth: (x) => x.form.one('do') === 'apply', handle: imported },
    { method: 'post', path: '/hub/admin/groups-export', kind: 'page', needs, handle: exported },
  ];
}

function jsonIn(text: string, x: Exchange): unknown {
  try {
    return JSON.parse(text);
  } catch (err) {
    throw new HubError('invalid-input', x.t('groups.importBad', { problem: err instanceof Error ? err.message : '' }), { cause: err });
  }
}

function offsetIn(text: string | null): number {
  const asked = Number(text ?? 0);
  return Number.isSafeInteger(asked) && asked > 0 ? Math.min(asked, 1_000_000) : 0;
}
