import { confirmPage } from '../../../views/pages/confirm';
import { failedPage, notRunningPage, pendingPage, spawnFormPage, stoppingPage } from '../../../views/pages/spawn';
import { can, demand, isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { parseServerName } from '../../domain/names';
import type { ServerRecord } from '../../domain/server';
import type { User } from '../../domain/user';
import type { StartAsk } from '../../services/contract';
import { found, isOwnVisit, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, serverTargetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** A start that fails at once is reported on this answer already. */
const GLANCE_MS = 1000;
const OURS = new Set(['next', '_xsrf', 'profile']);
const MAX_OPTION = 2048;
const SHOWN_OPTIONS = 5;
const LONGEST_NAME = 64;

/** Which server a request is about, and what is known of it. */
export interface Place {
  readonly user: User;
  readonly server: ServerName;
  readonly own: boolean;
  /** undefined: nobody ever started it. */
  readonly record: ServerRecord | undefined;
}

/** Throws `not-found` for users and named servers that do not exist, and as `demand` does without the scope: what it takes to know how the server is. */
export function placeOf(kit: Kit, x: Exchange, scope: 'read:servers' | 'access:servers' = 'read:servers'): Place {
  const { deps } = kit;
  const actor = actorOf(x);
  const user = ownerOf(deps, x, x.params['user']);
  const server = parseServerName(x.params['server'] ?? '');
  if (server !== DEFAULT_SERVER && !deps.settings.namedServers) throw new HubError('invalid-input', 'Named servers are not enabled.');
  demand(actor, scope, serverTargetOf(deps, user, server));
  return { user, server, own: isOwn(actor, user), record: deps.directory.serversOf(user.id).find((record) => record.name === server) };
}

/** How a server looks that is not ready: the same page wherever one meets it. */
export function stateReply(kit: Kit, x: Exchange, place: Place, next: string | undefined): Reply {
  const { urls, settings, services, directory } = kit.deps;
  const { user, server, record, own } = place;
  const which = { user: user.name, server, own };
  const mayStart = settings.launcher && can(actorOf(x), 'start:servers', serverTargetOf(kit.deps, user, server));
  const more = { profiles: directory.profilesFor(user.id), profile: record?.profile ?? null, mayStart, next };
  const state = record?.state;
  if (record !== undefined && (state?.kind === 'queued' || state?.kind === 'starting')) {
    const progressUrl = `${urls.apiProgress(user.name, server)}?_xsrf=${encodeURIComponent(kit.formToken(x))}`;
    return kit.page(x, 200, (shell) => pendingPage(shell, { ...which, stages: services.servers.stages(record.id), percent: 0, progressUrl, next }));
  }
  if (state?.kind === 'stopping') return kit.page(x, 200, (shell) => stoppingPage(shell, which));
  const end = record === undefined ? null : services.servers.truth(actorOf(x), user, server).lastEnd;
  if (state?.kind === 'failed') {
    // What a server wrote may be private: whoever only stops and opens servers is told the reason (M05).
    const mayRead = own || can(actorOf(x), 'admin:servers', serverTargetOf(kit.deps, user, server));
    return kit.page(x, 500, (shell) => failedPage(shell, { ...which, ...more, message: state.message, logTail: mayRead ? state.logTail : [], end }));
  }
  return kit.page(x, 200, (shell) => notRunningPage(shell, { ...which, ...more, reason: state?.kind === 'stopped' ? state.reason : null, end }));
}

export function spawnRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, settings, services } = deps;

  const pendingUrl = (place: Place, next: string | undefined): string => urls.spawnPending(place.user.name, place.server) + (next === undefined ? '' : `?next=${encodeURIComponent(next)}`);
  const nextOf = (x: Exchange, given: string | undefined): string | undefined => kit.next(given, '') || undefined;
  const readyUrl = (place: Place, next: string | undefined): string => next ?? (place.own ? urls.server(place.user.name, place.server) : urls.access(place.user.name, place.server));

  const form = (x: Exchange, place: Place, status: number, problem?: string): Reply => {
    const { query } = x;
    const wanted = query.get('profile') ?? place.record?.profile ?? settings.profiles[0]?.slug ?? null;
    const given = [...query.entries()].filter(([name]) => !OURS.has(name));
    // One that is marked as an option says that the others are none (protocol, 2.10).
    const marked = given.filter(([name]) => name.startsWith('opt-'));
    const options = (marked.length > 0 ? marked : given).map(([name, value]) => [name.replace(/^opt-/, '').slice(0, MAX_OPTION), value.slice(0, MAX_OPTION)] as const);
    const model = { user: place.user.name, server: place.server, own: place.own, profiles: deps.directory.profilesFor(place.user.id), chosen: wanted, options, next: nextOf(x, query.get('next') ?? undefined), problem };
    return kit.page(x, status, (shell) => spawnFormPage(shell, model));
  };

  /** Without options and from our own pages or a typed address, a visit starts the server, as JupyterHub's clients expect; else it asks (C16). */
  const visit = async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, place.user, place.server));
    const next = nextOf(x, x.query.get('next') ?? undefined);
    const kind = place.record?.state.kind ?? 'stopped';
    if (kind === 'ready') return found(readyUrl(place, next));
    if (kind === 'queued' || kind === 'starting' || kind === 'stopping') return found(pendingUrl(place, next));
    const plain = [...x.query.keys()].every((name) => name === 'next' || name === '_xsrf');
    const familiar = place.server === DEFAULT_SERVER || place.record !== undefined;
    if (!isOwnVisit(x) || !plain || !familiar || !place.own) return form(x, place, 200);
    return start(x, place, {}, next);
  };

  const start = async (x: Exchange, place: Place, ask: StartAsk, next: string | undefined): Promise<Reply> => {
    try {
      const { record, settled } = services.servers.start(actorOf(x), place.user, place.server, ask);
      await withinMs(deps.clock.after, settled, GLANCE_MS);
      const now = deps.directory.serversOf(place.user.id).find(({ id }) => id === record.id);
      if (now?.state.kind === 'failed') return stateReply(kit, x, { ...place, record: now }, next);
    } catch (err) {
      // Nothing was begun, and trying again later may work: the reason belongs beside the button.
      if (err instanceof HubError && err.code === 'unavailable') return form(x, place, err.status, err.message);
      throw err;
    }
    const target = pendingUrl(place, next);
    return x.method === 'POST' ? seeOther(target) : found(target);
  };

  const submit = async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    const next = nextOf(x, x.form.one('next'));
    const profile = x.form.one('profile');
    const options = x.form.entries().filter(([name]) => name.startsWith('opt-')).map(([name]) => name.slice('opt-'.length, LONGEST_NAME));
    // Refused, not ignored: nobody shall believe that an image or a command from an address was taken (E12).
    if (options.length > 0) return form(x, place, 400, x.t('spawn.unknownOptions', { names: options.slice(0, SHOWN_OPTIONS).join(', ') }));
    return start(x, place, profile === undefined ? {} : { profile }, next);
  };

  const pending = (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    const next = nextOf(x, x.query.get('next') ?? undefined);
    if (place.record === undefined && place.server !== DEFAULT_SERVER) throw new HubError('not-found', 'There is no such server.');
    return place.record?.state.kind === 'ready' ? found(readyUrl(place, next)) : stateReply(kit, x, place, next);
  };

  const askStop = (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    const action = urls.stop(place.user.name, place.server);
    return kit.page(x, 200, (shell) => confirmPage(shell, { title: x.t('stop.title'), text: x.t('stop.explain'), submit: x.t('stop.submit'), action, back: urls.home, backText: x.t('action.cancel') }));
  };

  const stop = async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    const { settled } = services.servers.stop(actorOf(x), place.user, place.server);
    await withinMs(deps.clock.after, settled, GLANCE_MS);
    kit.flash(x, { tone: 'ok', text: x.t('stop.done') });
    return seeOther(place.own ? urls.home : urls.adminUsers);
  };

  /** JupyterLab's "shareable link": the same path in the server of whoever follows it. */
  const redirectToOwn = (x: Exchange): Reply => {
    const me = ownerOf(deps, x, undefined).name;
    const next = `${urls.server(me)}${x.ctx.path.slice('/hub/user-redirect/'.length)}${x.search}`;
    return found(`${urls.spawn(me)}?next=${encodeURIComponent(next)}`);
  };

  const both = (path: string, row: Omit<HubRoute, 'path' | 'kind'>): HubRoute[] => [path, `${path}/:server`].map((p) => ({ ...row, path: p, kind: 'page' }));
  const launcher = { needs: ['start:servers'], feature: 'launcher' } as const;
  return [
    { method: 'get', path: '/hub/spawn', kind: 'page', ...launcher, handle: visit },
    { method: 'post', path: '/hub/spawn', kind: 'page', ...launcher, handle: submit },
    ...both('/hub/spawn/:user', { method: 'get', ...launcher, handle: visit }),
    ...both('/hub/spawn/:user', { method: 'post', ...launcher, handle: submit }),
    ...both('/hub/spawn-pending/:user', { method: 'get', needs: ['read:servers'], handle: pending }),
    ...both('/hub/stop/:user', { method: 'get', needs: ['delete:servers'], handle: askStop }),
    ...both('/hub/stop/:user', { method: 'post', needs: ['delete:servers'], handle: stop }),
    { method: 'get', path: '/hub/user-redirect/{*path}', kind: 'page', needs: 'identified', handle: redirectToOwn },
  ];
}

/** Waits for `work`, but not longer than `ms`. True: it ended in time. */
export function withinMs(after: (ms: number, fn: () => void) => () => void, work: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = after(ms, () => resolve(false));
    void work.finally(() => {
      cancel();
      resolve(true);
    });
  });
}
