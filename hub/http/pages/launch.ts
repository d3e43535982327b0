import { templatePage } from '../../../views/pages/launch';
import { can, demand } from '../../domain/access';
import { DEFAULT_SERVER } from '../../domain/ids';
import { found, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { launchReply } from './launch-form';
import { placeOf } from './spawn';

/** Where a start is chosen, and what templates look like. Nothing here starts anything: the forms post to `/hub/spawn`. */
export function launchRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;

  const launch = (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, place.user, place.server));
    const kind = place.record?.state.kind;
    if (kind === 'queued' || kind === 'starting' || kind === 'stopping') return found(deps.urls.spawnPending(place.user.name, place.server));
    return launchReply(kit, x, place, { status: 200, next: undefined, live: true });
  };

  const preview = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const template = deps.services.templates.preview(actor, x.params['slug'] ?? '');
    const { user } = x.caller;
    const offered = user !== undefined && can(actor, 'start:servers', serverTargetOf(deps, user, DEFAULT_SERVER)) && deps.services.templates.offeredTo(user).some(({ slug }) => slug === template.slug);
    const running = user !== undefined && deps.directory.serversOf(user.id).some(({ name, state }) => name === DEFAULT_SERVER && state.kind === 'ready');
    return kit.page(x, 200, (shell) => templatePage(shell, { template, user: offered ? user.name : null, running }));
  };

  const row = { method: 'get', kind: 'page', needs: ['start:servers'], feature: 'launcher' } as const;
  return [
    ...['/hub/launch', '/hub/launch/:user', '/hub/launch/:user/:server'].map((path): HubRoute => ({ ...row, path, handle: launch })),
    { ...row, path: '/hub/templates/:slug', handle: preview },
  ];
}
