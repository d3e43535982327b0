import { acceptSharePage } from '../../../views/pages/accept-share';
import type { ServerId } from '../../domain/ids';
import { fullNameOf, onServer } from '../../domain/share';
import { asking, found, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** Where the link of a share code leads (protocol, 2.9): a question first, and the exchange by the form alone. */
export function acceptShareRoutes(kit: Kit): readonly HubRoute[] {
  const { settings, services, access, urls } = kit.deps;
  const nextOf = (given: string | undefined): string | undefined => kit.next(given, '') || undefined;

  const ask = (x: Exchange): Reply => {
    const code = x.query.get('code') ?? '';
    const { server, scopes } = services.shareCodes.look(actorOf(x), code);
    const model = { owner: server.owner.name, server: server.name, scopes: scopes.map((scope) => onServer(scope, fullNameOf(server))), code, next: nextOf(x.query.get('next') ?? undefined), sameHost: settings.sites === null };
    return kit.page(x, 200, (shell) => acceptSharePage(shell, model));
  };

  /** Whoever accepted has read what that means, and is not asked a second time. */
  const enter = (x: Exchange, server: ServerId): void => {
    const actor = x.caller.session && services.actors.bySession(x.caller.session.id);
    if (actor !== undefined && access.mayConfirm(actor, server)) access.confirmAccess(asking(x, actor), server);
  };

  const accept = (x: Exchange): Reply => {
    const { server } = services.shareCodes.accept(actorOf(x), x.form.one('code') ?? '');
    enter(x, server.id);
    // 302, as JupyterHub has it.
    return found(nextOf(x.form.one('next')) ?? urls.server(server.owner.name, server.name));
  };

  return [
    { method: 'get', path: '/hub/accept-share', kind: 'page', needs: 'identified', handle: ask },
    { method: 'post', path: '/hub/accept-share', kind: 'page', needs: 'identified', handle: accept },
  ];
}
