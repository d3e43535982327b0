import { STATUS_CODES } from 'node:http';
import { errorPage } from '../../../views/pages/confirm';
import { HubError } from '../../domain/errors';
import type { Exchange, Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';

const BRIEFLY = 'public, max-age=300';

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

  return [
    { method: 'get', path: '/hub/logo', kind: 'plain', needs: 'anyone', handle: logo },
    { method: 'get', path: '/hub/error/:code', kind: 'page', needs: 'anyone', handle: failure },
  ];
}
