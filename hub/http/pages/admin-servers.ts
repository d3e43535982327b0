import { bulkPage } from '../../../views/pages/bulk';
import { serversPage, type ServerListRow, type ServersModel } from '../../../views/pages/servers';
import { can, HUB, isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { BULK_SERVER_ACTIONS, SERVER_FILTERS, SERVER_SORTS, type BulkServerAction, type ServerAsk, type ServerRow, type ServerSort } from '../../services/server-list-contract';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { bulkFlashes, ticked } from './bulk';
import { groupNames, limitOf, offsetOf, textOf } from './list-query';
import { serversCsv } from './servers-csv';

const MOST = 500;
/** Recipients stand in an address. */
const MOST_RECIPIENTS = 100;

/** Everybody's servers: the list, what is done to several of them, and all of it as a file. */
export function adminServersRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services, settings } = deps;

  const queryOf = (x: Exchange): ServersModel['query'] => ({
    user: textOf(x, 'user'), group: can(actorOf(x), 'read:users:groups', HUB) ? textOf(x, 'group') : '', profile: textOf(x, 'profile'),
    state: SERVER_FILTERS.find((one) => one === x.query.get('state')), sort: sortOf(x.query.get('sort')),
  });

  const rowOf = (x: Exchange) => ({ record, owner, usage, volumeBytes, idle }: ServerRow): ServerListRow => {
    const target = serverTargetOf(deps, owner, record.name);
    return {
      user: owner.name, name: record.name, state: record.state, profile: record.profile, usage, volumeBytes, lastActivity: record.lastActivity, idle, own: isOwn(actorOf(x), owner),
      mayStart: settings.launcher && can(actorOf(x), 'start:servers', target), mayStop: can(actorOf(x), 'delete:servers', target),
    };
  };

  const list = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const query = queryOf(x);
    const ask = askOf(query);
    const [offset, limit] = [offsetOf(x), limitOf(x)];
    const { rows, total, counts } = services.serverList.page(actor, { ...ask, offset, limit, sort: query.sort as ServerSort });
    const may = { start: settings.launcher && actor.scopes.has('start:servers'), stop: actor.scopes.has('delete:servers'), message: can(actor, 'admin:servers', HUB) };
    const model: ServersModel = {
      rows: rows.map(rowOf(x)), total, offset, limit, query, counts, profiles: settings.profiles, groups: can(actor, 'read:users:groups', HUB) ? groupNames(kit, x) : null,
      may, most: MOST, now: deps.clock.now(), problem: undefined,
    };
    return kit.page(x, 200, (shell) => serversPage(shell, model));
  };

  /** Of a whole list those are meant that something can be done with. */
  const allOf = (x: Exchange, action: BulkServerAction): readonly string[] => {
    const field = (name: string): string => (x.form.one(name) ?? '').slice(0, 255);
    const ask = askOf({ user: field('user'), group: field('group'), profile: field('profile'), state: SERVER_FILTERS.find((one) => one === field('state')) });
    const states = ask.state === undefined ? STATES[action] : [ask.state];
    const names = states.flatMap((state) => services.serverList.names(actorOf(x), { ...ask, state }, MOST + 1));
    if (names.length > MOST) throw new HubError('invalid-input', x.t('servers.tooMany', { most: MOST }));
    return names;
  };

  const bulk = (x: Exchange): Reply => {
    const back = kit.next(x.form.one('next'), urls.adminServers);
    const action = x.form.one('action') ?? '';
    if (action === 'message') return message(ticked(x, 'server'));
    if (!isAction(action)) throw new HubError('invalid-input', `Choose one of ${BULK_SERVER_ACTIONS.join(', ')}.`);
    const names = x.form.one('all') === 'yes' ? allOf(x, action) : ticked(x, 'server');
    if (names.length === 0) {
      kit.flash(x, { tone: 'warn', text: x.t('people.noneTicked') });
      return seeOther(back);
    }
    if (x.form.one('confirmed') !== 'yes') return ask(x, { action, names, back });
    for (const flash of bulkFlashes(x, services.serverList.bulk(actorOf(x), action, names), `servers.bulkDone.${action}`)) kit.flash(x, flash);
    return seeOther(back);
  };

  const message = (servers: readonly string[]): Reply => {
    const users = [...new Set(servers.map((name) => name.split('/')[0] ?? ''))].slice(0, MOST_RECIPIENTS);
    return seeOther(`${urls.notices}?users=${encodeURIComponent(users.join(','))}`);
  };

  /** What is confirmed is the names that were shown, whatever the list says by then. */
  const ask = (x: Exchange, { action, names, back }: { readonly action: BulkServerAction; readonly names: readonly string[]; readonly back: string }): Reply => {
    const count = names.length;
    const words = { title: x.t(`servers.bulk.${action}`, { count }), text: x.t(`servers.bulkText.${action}`), submit: x.t(`servers.bulkDo.${action}`, { count }) };
    return kit.page(x, 200, (shell) => bulkPage(shell, { ...words, names, field: 'server', fields: { action, next: back }, action: urls.adminServersBulk, danger: action === 'stop', back }));
  };

  const exported = (x: Exchange): Reply => ({ kind: 'stream', run: () => serversCsv(x, services.serverList, { ...askOf(queryOf(x)), sort: sortOf(x.query.get('sort')) }) });

  return [
    { method: 'get', path: '/hub/admin/servers', kind: 'page', needs: ['admin-ui'], handle: list },
    { method: 'get', path: '/hub/admin/export-servers', kind: 'page', needs: ['admin-ui'], handle: exported },
    { method: 'post', path: '/hub/admin/bulk-servers', kind: 'page', needs: ['admin-ui'], handle: bulk },
  ];
}

const STATES: Readonly<Record<BulkServerAction, readonly (typeof SERVER_FILTERS)[number][]>> = { start: ['stopped', 'failed'], stop: ['running', 'queued', 'starting'] };
const isAction = (text: string): text is BulkServerAction => BULK_SERVER_ACTIONS.some((one) => one === text);
const sortOf = (text: string | null): ServerSort => SERVER_SORTS.flatMap((sort): ServerSort[] => [sort, `-${sort}`]).find((one) => one === text) ?? 'name';

const askOf = ({ user, group, profile, state }: Omit<ServersModel['query'], 'sort'>): ServerAsk => ({
  ...(user === '' ? {} : { user }), ...(group === '' ? {} : { group }), ...(profile === '' ? {} : { profile }), ...(state === undefined ? {} : { state }),
});
