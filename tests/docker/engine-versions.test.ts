import type { UserName } from '../../hub/domain/ids';
import { makeToken, makeUser } from '../support/factories';
import { startOtherApi, type OtherApi, type PretendedApi } from '../support/other-api';
import { SMALL_LAB } from '../support/small-lab';
import { startHub, type TestHub } from '../support/start-hub';
import { TEST_IMAGE, startTestEngine, type TestEngine } from '../support/test-engine';
import { leftOf } from '../support/docker-sweep';

jest.setTimeout(90_000);

const THIS: PretendedApi = { newest: '1.41', oldest: '1.12' };

let api: OtherApi;
let engine: TestEngine;
let hub: TestHub;
let token: string;
beforeAll(async () => {
  api = await startOtherApi(THIS);
  // Without the proof of isolation, which is other tests' business.
  engine = await startTestEngine({ networkPool: '10.218.64.0/20', host: api.host, probeImage: null });
  const profiles = [{ slug: 'lab', title: 'Lab', image: TEST_IMAGE, argv: ['python3', '-c', SMALL_LAB] }];
  hub = await startHub({ settings: { profiles, docker: { isolation: 'report' }, server: { stopGrace: '1s' } }, overrides: { spawner: engine.spawner } });
  token = makeToken(hub, makeUser(hub, 'root', { admin: true }));
});
afterAll(async () => {
  await hub?.close();
  await engine?.close();
  await api?.close();
});

const ask = async (method: string, path: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  const res = await fetch(`${hub.origin}/hub/api/${path}`, { method, headers: { Authorization: `token ${token}` } });
  const text = await res.text();
  return { status: res.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
};

interface Row {
  readonly name: string;
  readonly ok: boolean;
  readonly level: string;
  readonly detail: string;
}
const support = async (): Promise<Row | undefined> => {
  const { body } = await ask('POST', 'admin/health/checks');
  return (body as { readonly checks: readonly Row[] }).checks.find(({ name }) => name === 'support');
};

/** One whole life of a server. */
async function lives(user: string): Promise<void> {
  if (hub.store.users.byName(user as UserName) === undefined) makeUser(hub, user);
  expect((await ask('POST', `users/${user}/server`)).status).toBe(201);
  expect((await ask('GET', `users/${user}/server/logs`)).status).toBe(200);
  expect((await ask('DELETE', `users/${user}/server`)).status).toBe(204);
  expect((await leftOf(engine.run)).filter((name) => !name.includes('shared'))).toEqual([]);
}

// One hub for all of them: to it, each engine replaces the one of before.
test.each([
  ['of this age', THIS, '1.41', null],
  ['without the older versions', { newest: '1.52', oldest: '1.44' }, '1.44', null],
  ['newer than the hub knows', { newest: '1.70', oldest: '1.60' }, '1.60', 'Look for a newer version of the hub'],
  ['that cannot limit what the hub asks it to', { ...THIS, info: { PidsLimit: false, SwapLimit: false } }, '1.41', 'cannot limit swap, the number of processes'],
  ['older than the hub was made for', { newest: '1.40', oldest: '1.12' }, '1.40', 'Install a newer Docker Engine'],
] as const)('O08: with an engine %s the version is negotiated, servers start and end, and what is missing is a warning', async (_what, offer, spoken, note) => {
  api.pretend(offer);
  await lives(`user${spoken.replace('.', '-')}`);
  expect([...api.asked()]).toContain(spoken);
  const row = await support();
  if (note === null) return expect(row).toBeUndefined();
  expect(row).toMatchObject({ ok: false, level: 'advice', detail: expect.stringContaining(note) as string });
  expect(hub.lines.filter(({ level, fields }) => level === 'warn' && fields['check'] === 'support')).not.toEqual([]);
});
