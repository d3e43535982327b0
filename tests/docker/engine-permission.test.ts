import { chmodSync, chownSync, statSync } from 'node:fs';
import { SMALL_ENGINE_IMAGE, startSecondEngine, type SecondEngine } from '../support/second-engine';
import { SERVED, startSecondHub, type SecondHub } from '../support/second-hub';
import { eventually } from '../support/test-engine';

jest.setTimeout(180_000);

/** Root as most programs are: bound by the modes of files. It keeps the network's capabilities, without which labs could not be isolated. */
const BOUND = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'];
const NOBODY = 65_534;
const REASON = 'Docker is not available: the hub may not use its socket.';

let engine: SecondEngine;
let world: SecondHub;
beforeAll(async () => {
  engine = await startSecondEngine();
  await engine.loadSmall();
  world = await startSecondHub(engine, { networkPool: '10.218.96.0/20', image: SMALL_ENGINE_IMAGE, through: BOUND, proof: true });
});
afterAll(async () => {
  await world?.close();
  await engine?.close();
});

const WAYS: readonly ((socket: string) => void)[] = [
  (socket) => chmodSync(socket, 0o000),
  (socket) => {
    chmodSync(socket, 0o660);
    chownSync(socket, NOBODY, NOBODY);
  },
];

test('O09: when mode or owner take the socket of the engine away, servers and pages go on, starts answer 503 with the reason, the health page says so, and giving it back heals it', async () => {
  const { hub } = world;
  const { uid, gid, mode } = statSync(engine.socketPath);
  const giveBack = (): void => {
    chownSync(engine.socketPath, uid, gid);
    chmodSync(engine.socketPath, mode & 0o777);
  };
  await eventually('isolation is proven', async () => (await world.visit('/hub/ready')).endsWith(' 200'), 60_000);
  await world.started('alice');
  WAYS[0]?.(engine.socketPath);
  // Nobody looked since.
  await expect(hub.ask('POST', 'users/bob/server')).rejects.toMatchObject({ status: 503, message: REASON });
  for (const take of WAYS) {
    giveBack();
    take(engine.socketPath);
    const { ok, blocked, checks } = await world.health();
    expect({ ok, row: checks.find(({ name }) => name === 'engine') }).toMatchObject({ ok: false, row: { ok: false, level: 'required', detail: REASON } });
    // From now on nothing is begun that could not end well.
    expect(blocked).toContain('Docker does not answer');
    await expect(hub.ask('POST', 'users/bob/server')).rejects.toMatchObject({ status: 503, message: blocked });
    expect(await world.server('bob')).toMatchObject({ ready: false, pending: null });
    expect(await world.server('alice')).toMatchObject({ ready: true });
    for (const at of ['/user/alice/anything', '/user/alice/api']) expect(await world.visit(at)).toBe(SERVED);
    for (const [at, answer] of [['/hub/login', / (?:200|302)$/], ['/hub/api/users/alice', / 200$/], ['/hub/ready', / 503$/]] as const) expect(await world.visit(at)).toMatch(answer);
  }
  giveBack();
  expect(await world.health()).toMatchObject({ ok: true, blocked: null });
  await world.started('bob');
  expect(await world.visit('/hub/ready')).toMatch(/ 200$/);
  expect(await engine.docker.listContainers()).toHaveLength(2);
  // The very process of before.
  expect(() => process.kill(hub.pid, 0)).not.toThrow();
});
