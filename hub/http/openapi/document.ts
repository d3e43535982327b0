import { TREE } from '../../domain/scopes/tree';
import { TAGS, type Answer, type OperationDoc } from '../operation';
import type { HubRoute } from '../routes';
import { COMMON, failuresOf, isFailure } from './failures';
import { componentsOf, type Schema, type Schemas } from './schemas-of';

/** An OpenAPI 3.1 document, as far as this hub writes one. */
export interface OpenApi {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>> & { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly $ref: string } | { readonly description: string; readonly content?: Content }>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface About {
  /** Version of the protocol. */
  readonly version: string;
  /** Where the hub is, as the reader reaches it; without a slash at the end. */
  readonly url: string;
  /** Name of the cookie of a session. */
  readonly cookie: string;
}

const DESCRIPTION = 'The API of this hub: JupyterHub\'s, and some operations more. A token goes into the header `Authorization`. What the caller may not see is left out, or is 404; lists come in pages.';

type Documented = HubRoute & Required<Pick<HubRoute, 'doc'>>;

/** The description of every row that has one, made from the very schemas that its requests are read by. */
export function openApiOf(routes: readonly HubRoute[], { version, url, cookie }: About): OpenApi {
  const rows = routes.filter((route): route is Documented => route.doc !== undefined);
  const schemas = componentsOf(rows.map((row) => row.doc));
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const row of rows) (paths[patternOf(row.path)] ??= {})[row.method] = operationOf(row, schemas);
  const used = new Set(rows.map((row) => row.doc.tag));
  return {
    openapi: '3.1.1',
    info: { title: 'Berth', version, description: DESCRIPTION },
    servers: [{ url }],
    tags: TAGS.filter((tag) => used.has(tag)).map((name) => ({ name })),
    paths,
    components: { schemas: schemas.components, responses: COMMON, securitySchemes: schemesOf(url, cookie) },
  };
}

const patternOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function operationOf(row: Documented, schemas: Schemas): OpenApiOperation {
  const { doc } = row;
  const parameters = [...inPath(row.path), ...inQuery(schemas.query(doc))];
  const body = schemas.body(doc);
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: needsBody(doc), content: { [doc.bodyType ?? 'application/json']: { schema: body } } } }),
    responses: { ...failuresOf(row), ...Object.fromEntries(Object.entries(doc.answers).map(([status, answer]) => [status, responseOf(Number(status), answer, schemas)])) },
    security: securityOf(row),
  };
}

const needsBody = ({ body, bodyRequired }: OperationDoc): boolean => bodyRequired ?? body?.safeParse({}).success === false;

function responseOf(status: number, answer: Answer, schemas: Schemas): { readonly description: string; readonly content?: Content } {
  const { description, model, type, orType } = typeof answer === 'string' ? { description: answer } : answer;
  const schema = model !== undefined ? schemas.answer(model) : isFailure(status) ? schemas.failure : type !== undefined ? { type: 'string' } : undefined;
  return { description, ...(schema === undefined ? {} : { content: { [type ?? 'application/json']: { schema }, ...(orType === undefined ? {} : { [orType]: { schema: { type: 'string' } } }) } }) };
}

const WHAT: Readonly<Record<string, string>> = {
  'users/:name': 'Name of the user.', 'servers/:sname': 'Name of the server.', 'tokens/:id': 'Id of the token.', 'groups/:name': 'Name of the group.', 'leases/:lease': 'Id of the lease.', 'volumes/:volume': 'Id of the volume.', 'services/:name': 'Name of the service.',
  'shares/:owner': 'Name of the server\'s owner.', 'shared/:owner': 'Name of the server\'s owner.', 'share-codes/:owner': 'Name of the server\'s owner.', ':owner/:sname': 'Name of the server.',
  'token/:token': 'The token that is asked about.', 'cookie/:cookie': 'Name of the cookie.', ':cookie/:value': 'Value of the cookie.',
};

const inPath = (path: string): readonly Parameter[] => path.split('/').flatMap((segment, i, all) => {
  if (!segment.startsWith(':')) return [];
  const description = WHAT[`${all[i - 1]}/${segment}`];
  return [{ name: segment.slice(1), in: 'path', required: true, ...(description === undefined ? {} : { description }), schema: { type: 'string' } }];
});

const inQuery = (schema: Schema | undefined): readonly Parameter[] => Object.entries(schema?.properties ?? {}).map(([name, { description, ...rest }]) => ({
  name, in: 'query', required: schema?.required?.includes(name) ?? false, ...(description === undefined ? {} : { description }), schema: rest,
}));

/** Any one of the alternatives is enough. Scopes are said for OAuth, the only scheme that can hold them; those of every other credential count alike. */
function securityOf({ needs, method }: HubRoute): OpenApiOperation['security'] {
  if (needs === 'anyone') return [];
  const scopes = needs === 'identified' ? [[]] : needs.map((scope) => [scope]);
  return [...scopes.map((list) => ({ oauth2: list })), { token: [] }, { bearer: [] }, method === 'get' ? { cookie: [] } : { cookie: [], xsrf: [] }];
}

const schemesOf = (url: string, cookie: string): Readonly<Record<string, unknown>> => ({
  token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`token` and a space before the token itself.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same tokens.' },
  oauth2: {
    type: 'oauth2', description: 'For services that ask who their visitors are.',
    flows: { authorizationCode: { authorizationUrl: `${url}/hub/api/oauth2/authorize`, tokenUrl: `${url}/hub/api/oauth2/token`, scopes: Object.fromEntries(Object.entries(TREE).map(([scope, implied]) => [scope, implied.length === 0 ? '' : `Implies ${implied.join(', ')}.`])) } },
  },
  cookie: { type: 'apiKey', in: 'cookie', name: cookie, description: 'Of somebody who signed in with a browser.' },
  xsrf: { type: 'apiKey', in: 'header', name: 'X-XSRFToken', description: 'The value of the cookie `_xsrf`; with a cookie only.' },
});
