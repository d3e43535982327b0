import { apiDocsPage, MODELS } from '../../../views/pages/api-docs';
import type { Exchange } from '../exchange';
import type { Kit } from '../kit';
import { TAGS } from '../operation';
import type { OpenApi } from '../openapi/document';
import { pageModelOf } from '../openapi/page-model';
import type { HubRoute } from '../routes';

const chapterOf = (asked: string | null): string | undefined => [...TAGS, MODELS].find((tag) => tag === asked);

/** Of documents that are made once for an address: putting one in words takes 3 ms. */
const models = new WeakMap<OpenApi, ReturnType<typeof pageModelOf>>();

function modelOf(document: OpenApi): ReturnType<typeof pageModelOf> {
  const model = models.get(document) ?? pageModelOf(document);
  models.set(document, model);
  return model;
}

/** The API for people to read; as public as the document that it shows. */
export const apiDocsRoutes = (kit: Kit, describe: (x: Exchange) => OpenApi): readonly HubRoute[] => [
  { method: 'get', path: '/hub/api-docs', kind: 'page', needs: 'anyone', handle: (x) => kit.page(x, 200, (shell) => apiDocsPage(shell, { ...modelOf(describe(x)), chapter: chapterOf(x.query.get('chapter')) })) },
];
