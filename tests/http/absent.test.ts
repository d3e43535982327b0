import { connect } from 'node:net';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser } from '../support/login';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';

/** What this version does not have. A case about it is n/a (tests/cases/reasons.json), and turns up here when that changes. */
let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const statuses = async (paths: readonly string[]): Promise<readonly (readonly [string, number])[]> => {
  const Authorization = `token ${makeToken(hub, makeUser(hub, `root${Math.random().toString(36).slice(2)}`, { admin: true }))}`;
  return Promise.all(paths.map(async (path) => [path, (await createBrowser(hub).raw('get', path, { Authorization })).status] as const));
};
const allMissing = (paths: readonly string[]): readonly (readonly [string, number])[] => paths.map((path) => [path, 404] as const);

test('absent L07 L08 L09 L10: files of users are only read: no route takes one in, unpacks, changes or removes one, or takes a signature in place of a credential', async () => {
  const open = ROUTES.filter(({ path }) => path.includes('*')).map(({ path }) => path);
  // A redirect into somebody's own server, and the places of servers that do not run.
  expect([...new Set(open)].sort()).toEqual(['/hub/user-redirect/{*path}', '/hub/user/:user/{*rest}', '/user/:user/{*rest}']);
  const about = ROUTES.filter(({ path }) => /(?<!pro)files?\b|folder|upload|download|artifact|archive|notebook/i.test(path.replace('/hub/static/:file', '')));
  // The one that is no GET confirms that somebody else's are looked into.
  expect(about.filter(({ method }) => method !== 'get').map(({ path }) => path)).toEqual(['/hub/files/:user']);
  expect(about.filter(({ needs }) => !Array.isArray(needs) || !needs.includes('access:servers'))).toEqual([]);
  // What is nowhere goes on below /hub.
  const paths = ['hub/api/files', 'hub/api/users/alice/files', 'hub/services/files/x'];
  expect(await statuses(paths)).toEqual(allMissing(paths));
});

test('absent F22: the listener speaks no TLS; a handshake is a bad request, and nothing else happens', async () => {
  const HELLO = Buffer.from('16030100c8010000c40303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
  const answers = await Promise.all(Array.from({ length: 20 }, () => new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(hub.origin).port), '127.0.0.1').on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('close', () => resolve(text));
    socket.write(HELLO);
  })));
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect((await createBrowser(hub).raw('get', 'hub/health')).status).toBe(200);
});
