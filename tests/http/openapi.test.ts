import Ajv2020 from 'ajv/dist/2020';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { openApiOf, type OpenApi, type OpenApiOperation } from '../../hub/http/openapi/document';
import type { Schema } from '../../hub/http/openapi/schemas-of';
import { makeToken } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';
import { EXAMPLES, makeFixture, pathOf, snapshot, startDescribed, type Example, type Fixture } from './openapi-world';

/** Of OpenAPI's own, published with the specification. */
const OPENAPI = JSON.parse(readFileSync(path.join(__dirname, '..', 'fixtures', 'openapi-3.1.json'), 'utf8')) as object;

interface Row {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly op: OpenApiOperation;
}

const rowsOf = (document: OpenApi): readonly Row[] => Object.entries(document.paths).flatMap(([at, methods]) => Object.entries(methods).map(([method, op]) => ({ path: at, method: method as Row['method'], op })));
/** Known before there is a hub, so that each operation is a test of its own. */
const ROWS = rowsOf(openApiOf(ROUTES, { version: 'x', url: 'http://x', cookie: 'x' }));
const named = (rows: readonly Row[]) => rows.map((row) => [row.op.operationId, row] as const);

let hub: TestHub;
let document: OpenApi;
let ajv: Ajv2020;
beforeAll(async () => {
  hub = await startDescribed();
  document = (await createBrowser(hub).raw('get', 'hub/api/openapi.json', {})).body as OpenApi;
  ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictSchema: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/ } });
  ajv.addSchema(document, 'document');
});
afterAll(async () => {
  for (const user of hub.store.users.list({ offset: 0, limit: 10_000 }).users) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
});

const pointer = (...steps: readonly string[]): string => `document#/${steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** What does not fit, in words; empty: it fits. */
function misfit(value: unknown, ...steps: readonly string[]): string {
  const check = ajv.compile({ $ref: pointer(...steps) });
  return check(value) ? '' : `${ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function ask({ path: template, method, op }: Row, fixture: Fixture, { params, query = '', body, form }: Example): Promise<Answered> {
  const headers: Record<string, string> = op.security.length === 0 ? {} : { Authorization: `token ${makeToken(hub, fixture.boss)}` };
  const request = createBrowser(hub).raw(method, `${pathOf(template, fixture, params).slice(1)}${query}`, headers);
  const sent = body === undefined ? request : form ? request.set('Content-Type', 'application/x-www-form-urlencoded').send(new URLSearchParams(body as Record<string, string>).toString()) : request.set('Content-Type', 'application/json').send(JSON.stringify(body));
  const res = await sent.buffer(true).parse((stream, done) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('end', () => done(null, text));
  });
  return { status: res.status, type: String(res.headers['content-type'] ?? '').split(';')[0] ?? '', text: String(res.body) };
}

/** The answer is one that the description knows. */
function expectDescribed({ path: at, method, op }: Row, { status, type, text }: Answered): void {
  const said = op.responses[String(status)];
  if (said === undefined) throw new Error(`${status} is not described: ${text}`);
  const [place, answer] = '$ref' in said ? [said.$ref.slice(2).split('/'), commonOf(said.$ref)] : [['paths', at, method, 'responses', String(status)], said];
  if (answer.content === undefined) return expect(text).toBe('');
  expect(Object.keys(answer.content)).toContain(type);
  if (type === 'application/json') expect(misfit(JSON.parse(text), ...place, 'content', type, 'schema')).toBe('');
}

const commonOf = (reference: string): { readonly content?: object } => document.components['responses']?.[reference.split('/').at(-1) ?? ''] as { readonly content?: object };

const exampleFor = async (id: string, fixture: Fixture): Promise<Example> => (await EXAMPLES[id]?.(fixture)) ?? {};

describe('the description', () => {
  test.each(ROUTES.filter(({ kind, path: at }) => kind === 'api' || (kind !== 'page' && at.startsWith('/hub/api'))).map((route) => [`${route.method} ${route.path}`, route] as const))('%s is described', (_name, route) => {
    expect(route.doc).toBeDefined();
  });

  it('is what the hub serves, to anybody, and a valid OpenAPI 3.1 document', () => {
    expect(rowsOf(document).map(({ op }) => op.operationId)).toEqual(ROWS.map(({ op }) => op.operationId));
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(OPENAPI);
    expect([check(document), check.errors]).toEqual([true, null]);
    expect(check({ ...document, paths: { ...document.paths, '/x': { get: { responses: { wrong: {} } } } } })).toBe(false);
  });

  it('has only schemas that are JSON Schema, and knows every one that it refers to', () => {
    const schemas = [...Object.values(document.components.schemas), ...rowsOf(document).flatMap(({ op }) => [...Object.values(op.requestBody?.content ?? {}).map(({ schema }) => schema), ...(op.parameters ?? []).map(({ schema }) => schema)])];
    expect(schemas.filter((schema) => ajv.validateSchema(schema) !== true)).toEqual([]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    expect(references.filter(([, kind = '', name = '']) => document.components[kind]?.[name] === undefined)).toEqual([]);
  });

  it('names each operation once, and says for each who may call it', () => {
    const ids = ROWS.map(({ op }) => op.operationId);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    for (const route of ROUTES.filter(({ doc }) => doc !== undefined)) {
      const op = ROWS.find(({ op: { operationId } }) => operationId === route.doc?.id)?.op;
      const scopes = op?.security.flatMap((way) => way['oauth2'] ?? []);
      expect(typeof route.needs === 'string' ? [] : route.needs).toEqual(scopes);
      expect(op?.security.length === 0).toBe(route.needs === 'anyone');
    }
  });

  it('leaves no model open: a field that is not described is an error', () => {
    const open = (name: string, schema: Schema): string[] => [
      ...(schema.properties !== undefined && schema.additionalProperties !== false ? [name] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([field, of]) => open(`${name}.${field}`, of)),
      ...[...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].flatMap((part) => open(name, part)),
    ];
    expect(Object.entries(document.components.schemas).flatMap(([name, schema]) => open(name, schema))).toEqual(['OpenApi']);
  });
});

describe('replayed', () => {
  // First what is refused: one of the operations that work ends the hub.
  test.each(named(ROWS.filter(({ op }) => op.requestBody !== undefined)))('%s refuses a body that is not described, and changes nothing', async (id, row) => {
    const fixture = await makeFixture(hub, row.path);
    const example = await exampleFor(id, fixture);
    const [[type = '', content] = []] = Object.entries(row.op.requestBody?.content ?? {});
    const body = type === 'application/json' ? spoilt(content?.schema ?? {}, example.body ?? {}) : { ...example.body, grant_type: 'password' };
    if (type === 'application/json') expect(misfit(body, 'paths', row.path, row.method, 'requestBody', 'content', type, 'schema')).not.toBe('');
    makeToken(hub, fixture.boss);
    const before = snapshot(hub);
    const answer = await ask(row, fixture, { ...example, body });
    expectDescribed(row, answer);
    expect(answer.status).toBe(400);
    expect(withoutTokensOf(fixture, snapshot(hub))).toBe(withoutTokensOf(fixture, before));
  });

  test.each(named(ROWS))('%s answers as it is described', async (id, row) => {
    const fixture = await makeFixture(hub, row.path);
    const example = await exampleFor(id, fixture);
    const [[type = ''] = []] = Object.entries(row.op.requestBody?.content ?? {});
    if (example.body !== undefined) expect(misfit(example.body, 'paths', row.path, row.method, 'requestBody', 'content', type, 'schema')).toBe('');
    const answer = await ask(row, fixture, example);
    expectDescribed(row, answer);
    // One operation only refuses; every other one is shown to work.
    const works = Object.keys(row.op.responses).some((status) => Number(status) < 400);
    expect([answer.status < 400, answer.text]).toEqual([works, answer.text]);
  });

  it('every example belongs to an operation', () => {
    expect(Object.keys(EXAMPLES).filter((id) => !ROWS.some(({ op }) => op.operationId === id))).toEqual([]);
  });
});

/** The same body with a key that is not described; where any key is allowed, with a value of the wrong type; else not an object at all. */
function spoilt(schema: Schema, body: object): object {
  if (schema.additionalProperties === false) return { ...body, 'no-such-key': 1 };
  const [first] = Object.keys(schema.properties ?? {});
  return first === undefined ? [1] : { ...body, [first]: {} };
}

/** The one who asks got a token for it. */
const withoutTokensOf = ({ boss }: Fixture, text: string): string => JSON.stringify((JSON.parse(text) as [unknown[][]]).map((part, i) => (i === 0 ? part.filter(([user]) => user !== boss.id) : part)));

describe('the page', () => {
  it('tells anybody about each operation and each model, in the language of the reader, and loads nothing from elsewhere', async () => {
    const page = (lang: string, chapter = '') => createBrowser(hub).get(`hub/api-docs${chapter}`, { 'Accept-Language': lang });
    const english = await page('en');
    expect(english.status).toBe(200);
    const chapters = [...new Set([...english.text.matchAll(/href="\/hub\/api-docs(\?chapter=[^"#]+)/g)].map(([, chapter = '']) => chapter))];
    const texts = new Map<string, string>();
    for (const chapter of chapters) texts.set(chapter, (await page('en', chapter)).text);
    const whole = [...texts.values()].join('\n');
    for (const { op } of ROWS) expect([english.text.includes(`#${op.operationId}"`), whole.includes(`id="${op.operationId}"`)]).toEqual([true, true]);
    for (const name of Object.keys(document.components.schemas)) expect(whole).toContain(`id="model-${name}"`);
    for (const text of [english.text, ...texts.values()]) for (const [, chapter = '', link = ''] of text.matchAll(/href="\/hub\/api-docs(\?chapter=[^"#]+)#([^"]+)"/g)) expect(texts.get(chapter)?.includes(`id="${link}"`)).toBe(true);
    expect([...whole.matchAll(/(?:src|href)="(?!#|\/hub\/)([^"]*)"/g)].map(([, to]) => to)).toEqual([]);
    expect((await page('zh')).text).toContain('数据模型');
  });

  it('is one click from the page of tokens', async () => {
    const fixture = await makeFixture(hub, '/');
    expect((await signedInAs(hub, fixture.user).get('hub/token')).text).toContain('href="/hub/api-docs"');
  });
});

test('berth openapi prints the description of the running hub', async () => {
  const out: string[] = [];
  const io = { env: { HUB_DATA_DIR: hub.hub.config.dataDir }, cwd: tmpdir(), out: (line: string) => void out.push(line), note: () => undefined, ask: () => Promise.reject(new Error('asked')) };
  expect(await runCli(['openapi'], io)).toBe(0);
  expect(Object.keys((JSON.parse(out.join('\n')) as OpenApi).paths)).toEqual(Object.keys(document.paths));
});

test('the description says where the hub is, below its base path too', async () => {
  expect(document.servers).toEqual([{ url: hub.origin }]);
  const based = await startHub({ settings: { publicUrl: 'https://hub.example/lab/' } });
  try {
    expect((await createBrowser(based).raw('get', 'hub/api/openapi.json', { Host: 'hub.example' })).body).toMatchObject({ servers: [{ url: 'https://hub.example/lab' }] });
  } finally {
    await based.close();
  }
});
