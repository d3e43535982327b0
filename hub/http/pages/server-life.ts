import { confirmPage } from '../../../views/pages/confirm';
import { logPage } from '../../../views/pages/log';
import { HubError } from '../../domain/errors';
import { found, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { demandOwnVisit } from '../middleware/same-origin';
import type { HubRoute } from '../routes';
import { placeOf, withinMs, type Place } from './spawn';

const GLANCE_MS = 1_000;
const SHOWN_LINES = 200;

/** Restart, recreate, another profile and the log of a server: each a page that asks or shows, and a form that does. */
export function serverLifeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services, directory } = deps;
  const backOf = (place: Place): string => (place.own ? urls.home : urls.adminServer(place.user.name, place.server));

  const ask = (verb: 'restart' | 'recreate') => (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    if (place.record?.state.kind !== 'ready') throw new HubError('invalid-input', x.t('again.notRunning'));
    const server = place.server === '' ? place.user.name : `${place.user.name}/${place.server}`;
    const profiles = directory.profilesFor(place.user.id);
    const chosen = place.record.profile;
    const profile = profiles.find(({ slug }) => slug === chosen)?.title ?? '';
    // The container of a restart is the old one, and so is its profile.
    const choice = verb === 'restart' ? {} : { choice: { profiles, chosen, hint: x.t('recreate.choice') } };
    const model = { title: x.t(`${verb}.title`), text: x.t(`${verb}.explain`, { server, profile }), submit: x.t(`${verb}.submit`), action: urls[verb](place.user.name, place.server), ...choice };
    return kit.page(x, 200, (shell) => confirmPage(shell, { ...model, back: backOf(place), backText: x.t('action.cancel') }));
  };

  const again = (verb: 'restart' | 'recreate') => async (x: Exchange): Promise<Reply> => {
    const place = placeOf(kit, x);
    const profile = x.form.one('profile');
    const actor = actorOf(x);
    const { settled } = verb === 'restart' ? services.servers.restart(actor, place.user, place.server) : services.servers.recreate(actor, place.user, place.server, profile === undefined ? {} : { profile });
    await withinMs(deps.clock.after, settled, GLANCE_MS);
    return seeOther(urls.spawnPending(place.user.name, place.server));
  };

  const changeProfile = (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    services.servers.change(actorOf(x), place.user, place.server, { profile: x.form.one('profile') ?? '' });
    kit.flash(x, { tone: 'ok', text: x.t('profile.kept') });
    return seeOther(backOf(place));
  };

  const log = async (x: Exchange): Promise<Reply> => {
    const { user, server, own, record } = placeOf(kit, x);
    if (record === undefined) return found(backOf({ user, server, own, record }));
    if (!own) demandOwnVisit(x);
    const lines = await services.servers.logs(actorOf(x), user, server, SHOWN_LINES);
    const running = record.state.kind === 'ready' || record.state.kind === 'starting';
    const streamUrl = running ? `${urls.apiLogs(user.name, server)}?follow=1&lines=${SHOWN_LINES}&_xsrf=${encodeURIComponent(kit.formToken(x))}` : null;
    return kit.page(x, 200, (shell) => logPage(shell, { user: user.name, server, own, lines, streamUrl }));
  };

  const launcher = { kind: 'page', needs: ['start:servers'], feature: 'launcher' } as const;
  return ['', '/:server'].flatMap((rest): HubRoute[] => [
    ...(['restart', 'recreate'] as const).flatMap((verb): HubRoute[] => [
      { ...launcher, method: 'get', path: `/hub/${verb}/:user${rest}`, handle: ask(verb) },
      { ...launcher, method: 'post', path: `/hub/${verb}/:user${rest}`, handle: again(verb) },
    ]),
    { ...launcher, method: 'post', path: `/hub/profile/:user${rest}`, handle: changeProfile },
    { method: 'get', path: `/hub/logs/:user${rest}`, kind: 'page', needs: ['read:servers'], handle: log },
  ]);
}
