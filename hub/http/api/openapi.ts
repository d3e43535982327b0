import { json, type Exchange, type Reply } from '../exchange';
import type { Kit } from '../kit';
import { openApiOf, type OpenApi } from '../openapi/document';
import type { HubRoute } from '../routes';
import { selfUrl } from './read';
import { DocumentModel } from './schemas';

/** The description of the API for this reader: the same for everybody but for the address of the hub, of which there are as many as the configuration accepts. */
export function createDescription(kit: Kit, routes: () => readonly HubRoute[]): (x: Exchange) => OpenApi {
  const made = new Map<string, OpenApi>();
  return (x) => {
    const url = `${selfUrl(kit, x).origin}${kit.deps.urls.base}`.replace(/\/$/, '');
    const known = made.get(url);
    if (known !== undefined) return known;
    const document = openApiOf(routes(), { version: kit.deps.settings.protocolVersion, url, cookie: kit.names.session });
    made.set(url, document);
    return document;
  };
}

/** Public, as JupyterHub's is: what operations there are is no secret, what they do for whom is asked at each. */
export const openApiRoutes = (describe: (x: Exchange) => OpenApi): readonly HubRoute[] => [{
  method: 'get', path: '/hub/api/openapi.json', kind: 'plain', needs: 'anyone', handle: (x): Reply => json(200, describe(x)),
  doc: { id: 'getOpenApi', tag: 'Hub', summary: 'Show this description of the API', answers: { 200: { description: 'An OpenAPI 3.1 document.', model: DocumentModel } } },
}];
