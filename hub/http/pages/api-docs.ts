import { apiDocsPage, MODELS } from '../../../views/pages/api-docs';
import type { Exchange } from '../exchange';
import type { Kit } from '../kit';
import { TAGS } from '../operation';
import type { OpenApi } from '../openapi/document';
import { pageModelOf } from '../openapi/page-model';
import type { HubRoute } from '../routes';

const chapterOf = (asked: string | null): string | undefined => [...TAGS, MODELS].find((tag) => tag === asked);

/** The API for people to read; as public as the document that it shows. */
export const apiDocsRoutes = (kit: Kit, describe: (x: Exchange) => OpenApi): readonly HubRoute[] => [
  { method: 'get', path: '/hub/api-docs', kind: 'page', needs: 'anyone', handle: (x) => kit.page(x, 200, (shell) => apiDocsPage(shell, { ...pageModelOf(describe(x)), chapter: chapterOf(x.query.get('chapter')) })) },
];
