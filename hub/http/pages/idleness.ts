import { idlenessPage } from '../../../views/pages/idleness';
import { HubError } from '../../domain/errors';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { whatIfOf, WhatIfQuery } from '../api/idleness-models';
import { parseQuery } from '../api/read';
import { limitOf, offsetOf } from './list-query';
import { placeOf } from './spawn';

const MAX_TEXT = 32;

/** *Extend* for everybody, and for administrators the page that says who would stop under which limits. */
export function idlenessPageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;

  const extend = (x: Exchange): Reply => {
    const { user, server, own } = placeOf(kit, x);
    services.idleness.extend(actorOf(x), user, server);
    kit.flash(x, { tone: 'ok', text: x.t('idle.extended') });
    return seeOther(kit.next(x.form.one('next'), own ? urls.home : urls.adminIdleness));
  };

  const show = async (x: Exchange): Promise<Reply> => {
    const given = (name: string): string => (x.query.get(name) ?? '').slice(0, MAX_TEXT);
    const fields = { idleLimit: given('idleLimit'), maxAge: given('maxAge') };
    const asked = understood(new URLSearchParams(fields));
    const servers = await services.idleness.whatIf(actorOf(x), typeof asked === 'string' ? {} : asked);
    // Those that would stop come first: they are what was asked about.
    const sorted = [...servers.filter(({ verdict }) => verdict.due), ...servers.filter(({ verdict }) => !verdict.due)];
    const [offset, limit] = [offsetOf(x), limitOf(x)];
    const rows = sorted.slice(offset, offset + limit).map(({ owner, record, verdict, limits }) => ({ user: owner.name, server: record.name, verdict, limits }));
    const counted = { stops: servers.filter(({ verdict }) => verdict.due).length, total: servers.length, offset, limit };
    const problem = typeof asked === 'string' ? asked : null;
    return kit.page(x, problem === null ? 200 : 400, (shell) => idlenessPage(shell, { servers: rows, ...counted, fields, problem }));
  };

  return [
    ...['/hub/extend/:user', '/hub/extend/:user/:server'].map((path): HubRoute => ({ method: 'post', path, kind: 'page', needs: ['users:activity'], handle: extend })),
    { method: 'get', path: '/hub/admin/idleness', kind: 'page', needs: ['admin-ui'], handle: show },
  ];
}

/** The limits, or the sentence that says what is wrong with them. */
function understood(query: URLSearchParams): ReturnType<typeof whatIfOf> | string {
  try {
    return whatIfOf(parseQuery(WhatIfQuery, query));
  } catch (err) {
    if (err instanceof HubError) return err.message;
    throw err;
  }
}
