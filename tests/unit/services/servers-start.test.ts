import type { ServersDeps } from '../../../hub/services/servers';
import { bad, never, slow } from '../../../spawner/fake';
import { actorOf, addUser, cleanUp, createWorld, GPU, MAIN, named, readAlong, turn } from './servers-support';

cleanUp();

test('a start ends in a ready server, reachable below its prefix and recorded in the audit trail', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  const { record, settled, claimed } = world.servers.start(actor, user, MAIN, {});
  expect({ claimed, kind: record.state.kind }).toEqual({ claimed: true, kind: 'starting' });
  await world.settled(settled);
  const state = world.stateOf(user);
  expect(state.kind).toBe('ready');
  expect(world.routes.match('/hub-base/user/alice/lab')).toMatchObject({ prefix: '/hub-base/user/alice/', owner: user.id, server: record.id, origin: state.kind === 'ready' ? state.origin : '' });
  expect(world.spawner.started[0]?.prefix).toBe('/hub-base/user/alice/');
  expect(world.store.audit.list({ offset: 0, limit: 5 })).toMatchObject([{ actorKind: 'user', actor: 'alice', action: 'server.start', target: 'server:alice/' }]);
});

test('M01: twenty parallel starts make one container, and all get the answer of the first', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  const answers = Array.from({ length: 20 }, () => world.servers.start(actor, user, MAIN, {}));
  await world.settled(Promise.all(answers.map((a) => a.settled)));
  expect(answers.filter((a) => a.claimed)).toHaveLength(1);
  expect(new Set(answers.map((a) => a.record.id)).size).toBe(1);
  expect(world.spawner.started).toHaveLength(1);
  expect(world.engine.processes.size).toBe(1);
  expect(world.servers.start(actor, user, MAIN, {}).claimed).toBe(false);
});

test('named servers of one user live side by side, each below its own prefix', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  const both = [MAIN, named('gpu')].map((name) => world.servers.start(actor, user, name, name === MAIN ? {} : { profile: GPU.slug }).settled);
  await world.settled(Promise.all(both));
  expect(world.routes.list().map((r) => r.prefix).sort()).toEqual(['/hub-base/user/alice/', '/hub-base/user/alice/gpu/']);
  expect(world.servers.get(actor, user, named('gpu'))?.profile).toBe('gpu');
});

test('M13: there is no route before the server answers as itself', async () => {
  const world = createWorld({ behaviour: slow(2_000, 3_000) });
  const { user, actor } = world.addUser('alice');
  world.servers.start(actor, user, MAIN, {});
  let early = 0;
  await world.until(() => {
    const ready = world.stateOf(user).kind === 'ready';
    if (!ready && world.routes.list().length > 0) early += 1;
    return ready;
  });
  expect(early).toBe(0);
  expect(world.routes.list()).toHaveLength(1);
});

test('M17: every start has a fresh secret, and the route carries the current one', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  const secrets: (string | null | undefined)[] = [];
  for (let i = 0; i < 2; i++) {
    await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
    const secret = world.servers.get(actor, user, MAIN)?.secret;
    secrets.push(secret);
    expect(world.routes.list()[0]?.upstream).toEqual({ kind: 'injected', authorization: `token ${secret}` });
    expect(world.spawner.started.at(-1)?.env['JUPYTER_TOKEN']).toBe(secret);
    await world.settled(world.servers.stop(actor, user, MAIN).settled);
  }
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(secrets[1]).not.toBe(secrets[0]);
});

test('M04: a server that accepts connections and never answers fails at the limit, with the reason, and leaves nothing', async () => {
  const world = createWorld({ behaviour: never('answer') });
  const { user, actor } = world.addUser('alice');
  const started = world.clock.monotonicMs();
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled, 50);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: expect.stringMatching(/within 60 s.*does not answer/) as string });
  // The hub ended it, and does not send anybody to look for somebody who killed it.
  expect(world.servers.truth(actor, user, MAIN).lastEnd).toMatchObject({ cause: 'unready' });
  expect(world.clock.monotonicMs() - started).toBeLessThan(65_000);
  expect(world.engine.processes.size).toBe(0);
  expect(world.routes.list()).toHaveLength(0);
});

test('M04: a server that does not know its secret is never served', async () => {
  const world = createWorld({ deps: { labEnv: () => ({ JUPYTER_TOKEN: 'another' }), startTimeoutMs: 2_000 } });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: expect.stringContaining('does not accept its own secret') as string });
  expect(world.engine.processes.size).toBe(0);
});

test('M04: a container that is never created fails at the limit', async () => {
  const world = createWorld({ behaviour: never('start') });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled, 1_000);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: 'The server did not start within 60 s.' });
});

test('M05: a server that ends at once fails within seconds, with its exit code and its last 50 lines', async () => {
  const lines = Array.from({ length: 80 }, (_, i) => `line ${i}`);
  const world = createWorld({ behaviour: bad('exit', 3), override: () => ({ logs: async (_handle, n) => lines.slice(-n) }) });
  const { user, actor } = world.addUser('alice');
  const before = world.clock.monotonicMs();
  const { settled } = world.servers.start(actor, user, MAIN, {});
  const { events, done } = readAlong(world.servers.follow(actor, user, MAIN, new AbortController().signal));
  await world.settled(Promise.all([settled, done]));
  const state = world.stateOf(user);
  expect(state).toMatchObject({ kind: 'failed', message: expect.stringContaining('code 3') as string, logTail: lines.slice(-50) });
  expect(events.at(-1)).toMatchObject({ kind: 'failed', percent: 100, logTail: lines.slice(-50) });
  expect(world.clock.monotonicMs() - before).toBeLessThan(3_000);
  expect(world.engine.processes.size).toBe(0);
});

test('M05: a server that ends while it is waited for fails by the event of its end, without another poll', async () => {
  const waiting: string[] = [];
  const waitUntilReady: ServersDeps['waitUntilReady'] = ({ origin, signal }) =>
    new Promise((_, reject) => {
      waiting.push(origin);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  const world = createWorld({ deps: { waitUntilReady } });
  const { user, actor } = world.addUser('alice');
  const { record, settled } = world.servers.start(actor, user, MAIN, {});
  await world.until(() => waiting.length > 0);
  const before = world.clock.monotonicMs();
  await world.spawner.kill(record.id, { exitCode: 1, oomKilled: true });
  await world.settled(settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: expect.stringContaining('ran out of memory') as string });
  expect(world.clock.monotonicMs() - before).toBeLessThan(3_000);
});

test('M05: a secret that the server printed is not shown to anybody', async () => {
  const world = createWorld({ behaviour: bad('exit'), override: (fake) => ({ logs: async () => [`http://localhost/?token=${fake.started[0]?.env['JUPYTER_TOKEN']}`] }) });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', logTail: ['http://localhost/?token=[secret]'] });
});

test('a refused creation fails with the words of the engine, and the next start works', async () => {
  let broken = true;
  const world = createWorld({ behaviour: () => (broken ? { kind: 'bad', how: 'reject', message: 'There is no such image.' } : { kind: 'normal' }) });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: 'There is no such image.' });
  broken = false;
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user).kind).toBe('ready');
});

test('a failure whose clean-up fails too keeps its own reason', async () => {
  const world = createWorld({ behaviour: bad('exit', 4), override: () => ({ logs: () => Promise.reject(new Error('no log')) }) });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: expect.stringContaining('code 4') as string, logTail: [] });
  expect(world.logged).toContain('log of a failed server could not be read');
});

test('M18: a wall clock that jumps ends no start early and keeps none for ever', async () => {
  const world = createWorld({ behaviour: never('start') });
  const { user, actor } = world.addUser('alice');
  const { settled } = world.servers.start(actor, user, MAIN, {});
  world.clock.jumpWall(3_600_000);
  world.clock.advance(59_000);
  await turn();
  expect(world.stateOf(user).kind).toBe('starting');
  world.clock.jumpWall(-7_200_000);
  world.clock.advance(1_500);
  await world.settled(settled);
  expect(world.stateOf(user).kind).toBe('failed');
});

test('a download that moves on is not cut off by the limit', async () => {
  const world = createWorld({
    override: (fake) => ({
      start: async (req, opts) => {
        for (let i = 1; i <= 5; i++) {
          opts.onEvent({ kind: 'pulling', image: 'big', receivedBytes: i * 100_000_000, totalBytes: 500_000_000 });
          world.clock.advance(50_000);
        }
        return fake.start(req, opts);
      },
    }),
  });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user).kind).toBe('ready');
});

test('the handle is stored before the container exists', async () => {
  const world = createWorld({ behaviour: never('start') });
  const { user, actor } = world.addUser('alice');
  const { record } = world.servers.start(actor, user, MAIN, {});
  await turn();
  expect(world.store.servers.byId(record.id)?.state).toMatchObject({ kind: 'starting', handle: { spawner: 'fake' } });
});

test('only those with the scope start, see and stop a server', () => {
  const world = createWorld();
  const { user } = world.addUser('alice');
  const bob = addUser(world.store, 'bob');
  const reader = actorOf(bob.user, ['read:servers']);
  expect(() => world.servers.start(bob.actor, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(() => world.servers.start(reader, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'forbidden' }));
  expect(() => world.servers.stop(reader, user, MAIN)).toThrow(expect.objectContaining({ code: 'forbidden' }));
  expect(() => world.servers.get(bob.actor, user, MAIN)).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(world.servers.listOf(bob.actor, user)).toEqual([]);
});

test('an account that is not active starts nothing, and an unknown profile is refused', () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  expect(() => world.servers.start(actor, user, MAIN, { profile: 'nope' })).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  world.store.users.update(user.id, { status: 'disabled' });
  expect(() => world.servers.start(actor, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'forbidden' }));
  expect(world.spawner.started).toHaveLength(0);
});

test('a start without options takes those of the last one', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, { profile: 'gpu', userOptions: { a: 1 } }).settled);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  const { record, settled } = world.servers.start(actor, user, MAIN, {});
  expect({ profile: record.profile, userOptions: record.userOptions }).toEqual({ profile: 'gpu', userOptions: { a: 1 } });
  await world.settled(settled);
});

test.each(['spawn.after-claim', 'spawn.after-handle', 'spawn.after-start', 'spawn.after-answer', 'spawn.after-ready'])('a fault at %s ends in a failed server with nothing left', async (point) => {
  const world = createWorld({
    failPoint: (at) => {
      if (at === point) throw new Error('fault');
    },
  });
  const { user, actor } = world.addUser('alice');
  world.servers.start(actor, user, MAIN, {});
  await world.until(() => world.stateOf(user).kind === 'failed');
  expect(world.engine.processes.size).toBe(0);
  expect(world.routes.list()).toHaveLength(0);
});

test('P03: a start whose audit entry cannot be written does not begin, and the next one does', async () => {
  const world = createWorld();
  const { actor, user } = world.addUser('alice');
  const append = jest.spyOn(world.store.audit, 'append').mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  expect(() => world.servers.start(actor, user, MAIN, {})).toThrow('disk full');
  expect(world.stateOf(user).kind).toBe('stopped');
  append.mockRestore();
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user).kind).toBe('ready');
});
