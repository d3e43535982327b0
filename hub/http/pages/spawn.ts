import { confirmPage } from '../../../views/pages/confirm';
import { failedPage, notRunningPage, pendingPage, stoppingPage } from '../../../views/pages/spawn';
import { can, demand, isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { parseServerName } from '../../domain/names';
import type { ServerRecord, Stage } from '../../domain/server';
import { sizeAsked, type Size } from '../../domain/size';
import type { User } from '../../domain/user';
import { found, isOwnVisit, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, serverTargetOf, type Kit } from '../kit';
import { startAsk, type Chosen } from '../api/server-schemas';
import type { HubRoute } from '../routes';
import { launchReply } from './launch-form';

/** A start that fails at once is reported on this answer already. */
const GLANCE_MS = 1000;
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

/** What a start came through. The line itself is asked where somebody stands now: it knows that also when it moves nobody up. */
export function stagesOf({ deps }: Kit, x: Exchange, { user, record }: { readonly user: User; readonly record: ServerRecord }): readonly Stage[] {
  const { servers } = deps.services;
  const stages = servers.stages(record.id);
  // Whoever may only open the server comes by the same page.
  const asks = record.state.kind === 'queued' && can(actorOf(x), 'read:servers', serverTargetOf(deps, user, record.name));
  const place = asks ? servers.placeOf(actorOf(x), user, record.name) : null;
  return place === null ? stages : [...stages.filter(({ kind }) => kind !== 'queued'), { kind: 'queued', at: place.since, position: place.position, waitMs: place.waitMs }];
}

const LOG_LINES = 40;

/** How a server looks that is not ready: the same page wherever one meets it. */
export async function stateReply(kit: Kit, x: Exchange, place: Place, next: string | undefined): Promise<Reply> {
  const { urls, settings, services, directory } = kit.deps;
  const { user, server, record, own } = place;
  const which = { user: user.name, server, own };
  const mayStart = settings.launcher && can(actorOf(x), 'start:servers', serverTargetOf(kit.deps, user, server));
  const more = { profiles: directory.profilesFor(user.id), profile: record?.profile ?? null, mayStart, next };
  const state = record?.state;
  if (record !== undefined && (state?.kind === 'queued' || state?.kind === 'starting')) {
    const token = encodeURIComponent(kit.formToken(x));
    const log = own ? { lines: await linesOf(kit, x, record, place), url: `${urls.apiLogs(user.name, server)}?follow=1&lines=${LOG_LINES}&_xsrf=${token}` } : null;
    return kit.page(x, 200, (shell) => pendingPage(shell, { ...which, stages: stagesOf(kit, x, { user, record }), percent: services.servers.percent(record.id), progressUrl: `${urls.apiProgress(user.name, server)}?_xsrf=${token}`, log, next }));
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

/** What it wrote in this start; nothing while there is no container, or the engine takes its time. */
async function linesOf({ deps }: Kit, x: Exchange, { state }: ServerRecord, { user, server }: Place): Promise<readonly string[]> {
  if (state.kind !== 'starting' || state.handle === null) return [];
  let lines: readonly string[] = [];
  const read = deps.services.servers.logs(actorOf(x), user, server, LOG_LINES).then((found) => void (lines = found), (err: unknown) => deps.log.debug({ err }, 'the log of a server that starts was not read'));
  await withinMs(deps.clock.after, read, GLANCE_MS);
  return lines;
}

/** It was refused for what was chosen, and not for who chose it. */
const isChoice = ({ code }: HubError, { profile, size, template }: Chosen): boolean => code === 'invalid-input' && (profile !== undefined || size !== undefined || template !== undefined);

/** What was asked of this profile last: a button that only names the profile means the same again. */
export function lastSize(record: ServerRecord | undefined, profile: string | null): Size | undefined {
  if (record === undefined || record.profile !== profile) return undefined;
  const { cpus, memory } = sizeAsked(record.userOptions);
  return cpus === undefined && memory === undefined ? undefined : { cpus, memory };
}

/** undefined: all that the profile has. Throws `invalid-input` for what is no number. */
function sizeIn({ form }: Exchange): Size | undefined {
  const [cpus, memory] = ['cpus', 'memory'].map((name) => form.one(name) || undefined);
  if (cpus === undefined && memory === undefined) return undefined;
  if ([cpus, memory].some((text) => text !== undefined && !(Number(text) > 0 && Number.isFinite(Number(text))))) throw new HubError('invalid-input', 'A size is a number of CPUs and of bytes.');
  return { ...(cpus === undefined ? {} : { cpus: Number(cpus) }), ...(memory === undefined ? {} : { memory: Number(memory) }) };
}

export function spawnRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services } = deps;

  const pendingUrl = (place: Place, next: string | undefined): string => urls.spawnPending(place.user.name, place.server) + (next === undefined ? '' : `?next=${encodeURIComponent(next)}`);
  const nextOf = (x: Exchange, given: string | undefined): string | undefined => kit.next(given, '') || undefined;
  const readyUrl = (place: Place, next: string | undefined): string => next ?? (place.own ? urls.server(place.user.name, place.server) : urls.access(place.user.name, place.server));

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
    if (!isOwnVisit(x) || !plain || !familiar || !place.own) return launchReply(kit, x, place, { status: 200, next });
    return start(x, place, {}, next);
  };

  const start = async (x: Exchange, place: Place, chosen: Chosen, next: string | undefined): Promise<Reply> => {
    try {
      const { record, settled } = services.servers.start(actorOf(x), place.user, place.server, startAsk(chosen));
      await withinMs(deps.clock.after, settled, GLANCE_MS);
      const now = deps.directory.serversOf(place.user.id).find(({ id }) => id === record.id);
      if (now?.state.kind === 'failed') return await stateReply(kit, x, { ...place, record: now }, next);
    } catch (err) {
      // Nothing was begun, and trying again later, or with another choice, may work: the reason belongs beside the button.
      if (err instanceof HubError && (err.code === 'unavailable' || isChoice(err, chosen))) return launchReply(kit, x, place, { status: err.status, next, problem: err.message, ...chosen });
      throw err;
    }
    const target = pendingUrl(place, next);
    return x.method === 'POST' ? seeOther(target) : found(target);
  };

  /** Into a server that runs already; whoever asked is sent to the copy. */
  const copy = async (x: Exchange, place: Place, template: string): Promise<Reply> => {
    const { user, server, own } = place;
    try {
      const { path } = await services.templates.copy(actorOf(x), user, server, template);
      return seeOther(own ? urls.serverFile(user.name, server, path) : urls.access(user.name, server));
    } catch (err) {
      if (err instanceof HubError && (err.code === 'invalid-input' || err.code === 'not-found' || err.code === 'upstream-failed')) return launchReply(kit, x, place, { status: err.status, next: undefined, problem: err.message });
      throw err;
    }
  };

  const submit = async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    const next = nextOf(x, x.form.one('next'));
    const profile = x.form.one('profile');
    const chosen: Chosen = { profile, template: x.form.one('template') || undefined, size: x.form.one('cpus') === undefined && profile !== undefined ? lastSize(place.record, profile) : sizeIn(x) };
    const options = x.form.entries().filter(([name]) => name.startsWith('opt-')).map(([name]) => name.slice('opt-'.length, LONGEST_NAME));
    // Refused, not ignored: nobody shall believe that an image or a command from an address was taken (E12).
    if (options.length > 0) return launchReply(kit, x, place, { status: 400, next, problem: x.t('spawn.unknownOptions', { names: options.slice(0, SHOWN_OPTIONS).join(', ') }) });
    if (chosen.template !== undefined && place.record?.state.kind === 'ready') return copy(x, place, chosen.template);
    return start(x, place, chosen, next);
  };

  const pending = async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    const next = nextOf(x, x.query.get('next') ?? undefined);
    if (place.record === undefined && place.server !== DEFAULT_SERVER) throw new HubError('not-found', 'There is no such server.');
    return place.record?.state.kind === 'ready' ? found(readyUrl(place, broughtTo(place) ?? next)) : stateReply(kit, x, place, next);
  };

  /** The copy of the template that this start brought; undefined: it brought none. */
  const broughtTo = ({ user, server, own, record }: Place): string | undefined => {
    const stage = record === undefined ? undefined : services.servers.stages(record.id).find(({ kind }) => kind === 'template');
    return own && stage?.kind === 'template' && stage.path !== null ? urls.serverFile(user.name, server, stage.path) : undefined;
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
