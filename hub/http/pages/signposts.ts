import { STATUS_CODES } from 'node:http';
import { errorPage } from '../../../views/pages/confirm';
import { HubError } from '../../domain/errors';
import { readBody } from '../../wire/body';
import { empty, found, type Exchange, type Reply } from '../exchange';
import type { AppDeps } from '../deps';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';

const BRIEFLY = 'public, max-age=300';
const REPORT_BYTES = 16 * 1024;

/** Addresses that pages of Jupyter and proxies of JupyterHub know by heart (protocol, 2.9). */
export function signpostRoutes(kit: Kit): readonly HubRoute[] {
  /** The classic notebook's pages show it. */
  const logo = (): Reply => {
    const file = kit.files.get('icon.svg');
    if (file === undefined) throw new HubError('not-found', 'There is no such file.');
    return { kind: 'text', status: 200, type: file.type, body: file.body, cache: BRIEFLY };
  };

  /** A proxy shows this page under a status of its own, so it has to come with 200. */
  const failure = (x: Exchange): Reply => {
    const code = x.params['code'] ?? '';
    const words = /^[45]\d\d$/.test(code) ? STATUS_CODES[code] : undefined;
    if (words === undefined) throw new HubError('not-found', 'There is no such page.');
    return kit.page(x, 200, (shell) => errorPage(shell, { title: `${code} : ${words}`, message: words, requestId: x.ctx.requestId, retry: undefined }));
  };

  /** Pages of user servers tell browsers to report here. Whoever sends one is nobody in particular, and it changes nothing. */
  const noteReport = async (x: Exchange): Promise<Reply> => {
    kit.deps.log.warn({ requestId: x.ctx.requestId, ...reported((await readBody(x.req, REPORT_BYTES)).toString('utf8')) }, 'A browser reported something that the policy of a page forbids.');
    return empty(200);
  };

  return [
    { method: 'post', path: '/hub/security/csp-report', kind: 'plain', needs: 'anyone', handle: noteReport },
    { method: 'get', path: '/hub/logo', kind: 'plain', needs: 'anyone', handle: logo },
    { method: 'get', path: '/hub/error/:code', kind: 'page', needs: 'anyone', handle: failure },
  ];
}

/**
 * Everything that is nowhere goes on below `/hub`, as JupyterHub's proxy has it: there it is a page, or missing (protocol, 2.9). undefined: it
 * is there already, or is no visit.
 */
export function wayToHub({ urls }: Pick<AppDeps, 'urls'>, { method, ctx, search }: Exchange): Reply | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || ctx.path === '/hub' || ctx.path.startsWith('/hub/')) return undefined;
  if (/^\/services\/[^/]+$/.test(ctx.path)) return { kind: 'redirect', status: 301, location: `${urls.base}${ctx.path.slice(1)}/${search}` };
  return found(`${urls.hub}${ctx.path.slice(1)}${search}`);
}

const LONGEST_WORD = 200;

/** The few words of a report that help, without the query of an address: that may be anybody's secret. What is no report has none. */
function reported(text: string): Readonly<Record<string, string>> {
  const report = reportIn(text);
  const word = (name: string): string => (typeof report[name] === 'string' ? (report[name].split(/[?#]/)[0] ?? '').slice(0, LONGEST_WORD) : '');
  return { page: word('document-uri'), blocked: word('blocked-uri'), directive: word('effective-directive') || word('violated-directive') };
}

function reportIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const { 'csp-report': report } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return typeof report === 'object' && report !== null ? (report as Readonly<Record<string, unknown>>) : {};
  } catch {
    // Anybody may send anything; that something came is all that is noted then.
    return {};
  }
}
