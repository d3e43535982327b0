import type { FilePath } from '../../hub/domain/file-path';
import type { InstanceId, ServerId, VolumeId } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import { LAYOUTS } from '../../hub/domain/layouts';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { waitUntilReady } from '../../spawner/readiness';
import type { SpawnEvent, SpawnRequest, Spawner, Volumes } from '../../spawner/spawner';

export interface SpawnerUnderTest {
  readonly spawner: Spawner & Volumes;
  /** A server that answers as Jupyter does; `secret` is in its environment. */
  request(owner: string): SpawnRequest;
  readonly secret: string;
  /** Ends the process from outside, with an exit code other than 0. */
  kill(handle: Handle): Promise<void>;
  /** Puts something under the name that this request's server would get; the function tells whether it is still there. */
  occupy(req: SpawnRequest): Promise<() => Promise<boolean>>;
  /** A spawner of another hub on the same engine. */
  otherHub(instance: InstanceId): Spawner & Volumes;
  /** Only the hub lets visitors in there: it refuses whatever signs them in by itself. */
  readonly injectedOnly?: true;
  close(): Promise<void>;
}

/** What every spawner keeps, whatever runs its servers. */
export function describeSpawner(name: string, open: () => Promise<SpawnerUnderTest>): void {
  describe(`spawner contract: ${name}`, () => {
    let t: SpawnerUnderTest;
    beforeAll(async () => {
      t = await open();
    });
    afterAll(() => t.close());

    const options = (change: { signal?: AbortSignal; onEvent?: (e: SpawnEvent) => void; onHandle?: (h: Handle) => void } = {}) => ({ signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined, ...change });
    const serversOf = async (server: ServerId) => (await t.spawner.list()).filter((s) => s.server === server);
    const ready = async (req: SpawnRequest, handle: Handle): Promise<string> => {
      const health = await t.spawner.inspect(handle);
      if (health.kind !== 'running') throw new Error(`it is ${health.kind}`);
      await waitUntilReady({ origin: health.origin, prefix: req.prefix, secret: t.secret, mode: 'injected', health: () => t.spawner.inspect(handle), signal: AbortSignal.timeout(30_000), clock: systemClock });
      return health.origin;
    };

    test('a start tells its handle before it ends, its stages in order, and leads to a server that answers with its own secret', async () => {
      const req = t.request('alice');
      const seen: string[] = [];
      const handle = await t.spawner.start(req, options({ onEvent: (e) => seen.push(e.kind), onHandle: (h) => seen.push(`handle ${h.id}`) }));
      expect(seen.filter((s) => s !== 'pulling')).toEqual(['preparing', `handle ${handle.id}`, 'created', 'started']);
      expect(handle.spawner).toBe(t.spawner.kind);
      const origin = await ready(req, handle);
      expect(origin).toMatch(/^http:\/\/[\d.]+:\d+$/);
      expect((await fetch(`${origin}${req.prefix}api/status`)).status).toBe(403);
      expect(await serversOf(req.server.id)).toEqual([{ server: req.server.id, handle, running: true }]);
      await t.spawner.stop(handle, { graceMs: 1_000 });
      expect(await serversOf(req.server.id)).toEqual([]);
    });

    test('stopping is idempotent, an absent server is no error, and volumes outlive it', async () => {
      const req = t.request('bob');
      const handle = await t.spawner.start(req, options());
      await t.spawner.stop(handle, { graceMs: 0 });
      await t.spawner.stop(handle, { graceMs: 0 });
      expect(await t.spawner.inspect(handle)).toEqual({ kind: 'absent' });
      expect(await t.spawner.logs(handle, 10)).toEqual([]);
      expect((await t.spawner.listVolumes(req.owner.id)).map((v) => v.purpose).sort()).toEqual(['cache', 'home', 'workspace']);
    });

    test('a handle keeps its meaning through JSON and for a spawner that did not issue it, as after a restart', async () => {
      const req = t.request('carol');
      const handle = JSON.parse(JSON.stringify(await t.spawner.start(req, options()))) as Handle;
      expect((await t.spawner.inspect(handle)).kind).toBe('running');
      await t.spawner.stop(handle, { graceMs: 0 });
    });

    test('M01: a second start of the same server replaces what the first left', async () => {
      const req = t.request('dave');
      await t.spawner.start(req, options());
      const handle = await t.spawner.start(req, options());
      expect(await serversOf(req.server.id)).toHaveLength(1);
      expect((await t.spawner.inspect(handle)).kind).toBe('running');
      await t.spawner.stop(handle, { graceMs: 0 });
    });

    test('M03: a start that is aborted at any stage rejects with a HubError and leaves nothing', async () => {
      for (const stage of ['preparing', 'created', 'started'] as const) {
        const req = t.request(`erin-${stage}`);
        const abort = new AbortController();
        const started = t.spawner.start(req, options({ signal: abort.signal, onEvent: (e) => (e.kind === stage ? abort.abort() : undefined) }));
        // An end that came too late to cancel is a start like any other.
        const outcome = await started.then((handle) => t.spawner.stop(handle, { graceMs: 0 }).then(() => 'late'), (err: unknown) => err);
        if (outcome !== 'late') expect(outcome).toMatchObject({ name: 'HubError' });
        expect(await serversOf(req.server.id)).toEqual([]);
      }
    });

    test('an aborted signal starts nothing', async () => {
      const req = t.request('frank');
      await expect(t.spawner.start(req, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ name: 'HubError' });
      expect(await serversOf(req.server.id)).toEqual([]);
    });

    test('M16: an end from outside is told to listeners once, and inspected as an exit with a reason', async () => {
      const req = t.request('grace');
      const handle = await t.spawner.start(req, options());
      const told: ServerId[] = [];
      let hear = (): void => undefined;
      const heard = new Promise<void>((resolve) => (hear = resolve));
      const unsubscribe = t.spawner.onExit((server) => {
        if (server !== req.server.id) return;
        told.push(server);
        hear();
      });
      await t.kill(handle);
      await heard;
      expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'exited', detail: expect.stringMatching(/./) });
      await t.spawner.stop(handle, { graceMs: 0 });
      expect(told).toEqual([req.server.id]);
      unsubscribe();
    });

    test('a stop that was asked for is told to nobody', async () => {
      const req = t.request('heidi');
      const handle = await t.spawner.start(req, options());
      const told: ServerId[] = [];
      const unsubscribe = t.spawner.onExit((server) => told.push(server));
      await t.spawner.stop(handle, { graceMs: 0 });
      // Another end from outside afterwards proves that the listener would have heard by now.
      const other = t.request('ivan');
      const otherHandle = await t.spawner.start(other, options());
      const heard = new Promise<void>((resolve) => t.spawner.onExit((server) => (server === other.server.id ? resolve() : undefined)));
      await t.kill(otherHandle);
      await heard;
      expect(told).toEqual([other.server.id]);
      unsubscribe();
      await t.spawner.stop(otherHandle, { graceMs: 0 });
    });

    test('M07: something foreign under the same name is a conflict, and untouched', async () => {
      const req = t.request('judy');
      const stillThere = await t.occupy(req);
      await expect(t.spawner.start(req, options())).rejects.toMatchObject({ name: 'HubError', code: 'conflict' });
      expect(await stillThere()).toBe(true);
    });

    test('volumes are not removed while a server uses them, and removing them twice is fine', async () => {
      const req = t.request('mallory');
      const handle = await t.spawner.start(req, options());
      await expect(t.spawner.removeVolumes(req.volumes)).rejects.toMatchObject({ code: 'conflict' });
      expect(await t.spawner.listVolumes(req.owner.id)).toHaveLength(3);
      await t.spawner.stop(handle, { graceMs: 0 });
      await t.spawner.removeVolumes(req.volumes);
      await t.spawner.removeVolumes(req.volumes);
      expect(await t.spawner.listVolumes(req.owner.id)).toEqual([]);
    });

    test('volumes are found by their ids: another generation is another volume, and the first one waits', async () => {
      const req = t.request('mike');
      await t.spawner.stop(await t.spawner.start(req, options()), { graceMs: 0 });
      const next = req.volumes.map((volume) => (volume.purpose === 'home' ? { ...volume, id: newId<VolumeId>() } : volume));
      await t.spawner.stop(await t.spawner.start({ ...req, volumes: next }, options()), { graceMs: 0 });
      const found = (await t.spawner.listVolumes(req.owner.id)).map(({ id }) => id);
      expect(found.toSorted()).toEqual([...new Set([...req.volumes, ...next].map(({ id }) => id))].toSorted());
      await t.spawner.removeVolumes(req.volumes);
      expect((await t.spawner.listVolumes(req.owner.id)).map(({ id }) => id)).toEqual(next.filter(({ purpose }) => purpose === 'home').map(({ id }) => id));
    });

    test('volumes have sizes, and an archive of them is a whole tar; of what was never made there is none', async () => {
      const req = t.request('nina');
      const ask = { image: req.profile.image, signal: new AbortController().signal };
      await expect(t.spawner.archiveVolumes(req.volumes, ask)).rejects.toMatchObject({ code: 'not-found' });
      await t.spawner.stop(await t.spawner.start(req, options()), { graceMs: 0 });
      const sizes = await t.spawner.measureVolumes(ask.signal);
      for (const { id } of req.volumes) expect(sizes.find((size) => size.id === id)?.bytes).toEqual(expect.any(Number));
      const chunks: Buffer[] = [];
      for await (const chunk of await t.spawner.archiveVolumes(req.volumes, ask)) chunks.push(chunk as Buffer);
      const tar = Buffer.concat(chunks);
      expect([tar.length % 512, tar.subarray(-1024).every((byte) => byte === 0)]).toEqual([0, true]);
      await t.spawner.tidyVolumes();
    });

    test('a folder of a volume can be listed and fetched once the volume was made, and not before', async () => {
      const req = t.request('oscar');
      const [volume] = req.volumes;
      if (volume === undefined) throw new Error('a request has volumes');
      const at = { volume, path: '' as FilePath };
      const ask = { image: req.profile.image, signal: new AbortController().signal, offset: 0, limit: 10 };
      await expect(t.spawner.listFolder(at, ask)).rejects.toMatchObject({ code: 'not-found' });
      await t.spawner.stop(await t.spawner.start(req, options()), { graceMs: 0 });
      const page = await t.spawner.listFolder(at, ask);
      expect([page.complete, page.entries.length]).toEqual([true, Math.min(10, page.total)]);
      const tar = Buffer.concat((await (await t.spawner.archiveFolder(at, ask)).toArray()) as Buffer[]);
      expect([tar.length % 512, tar.subarray(-1024).every((byte) => byte === 0)]).toEqual([0, true]);
      await expect(t.spawner.readFile({ volume, path: 'none' as FilePath }, ask)).rejects.toMatchObject({ code: 'not-found' });
    });

    test('another hub on the same engine sees neither its servers nor its volumes', async () => {
      const req = t.request('niaj');
      const handle = await t.spawner.start(req, options());
      const other = t.otherHub(newId<InstanceId>());
      expect(await other.list()).toEqual([]);
      await t.spawner.stop(handle, { graceMs: 0 });
    });

    test('logs are lines, oldest first, without the secret', async () => {
      const req = t.request('olivia');
      const handle = await t.spawner.start(req, options());
      await ready(req, handle);
      const lines = await t.spawner.logs(handle, 100);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.join('\n')).not.toContain(t.secret);
      expect(await t.spawner.logs(handle, 1)).toHaveLength(1);
      await t.spawner.stop(handle, { graceMs: 0 });
    });

    test('what a process leaves is told once, before its stop resolves', async () => {
      const req = t.request('peggy');
      const handle = await t.spawner.start(req, options());
      await ready(req, handle);
      await t.kill(handle);
      const told: unknown[] = [];
      await t.spawner.stop(handle, { graceMs: 0, onRemains: (remains) => told.push(remains) });
      expect(told).toEqual([expect.objectContaining({ oomKilled: false, exitCode: expect.any(Number) as number, logTail: expect.arrayContaining([expect.any(String)]) as string[] })]);
      expect(JSON.stringify(told)).not.toContain(t.secret);
      await t.spawner.stop(handle, { graceMs: 0, onRemains: (remains) => told.push(remains) });
      expect(told).toHaveLength(1);
    });

    test('a restart keeps the server and its secret, and is told to nobody; its log can be followed to its end', async () => {
      if (t.spawner.restart === undefined || t.spawner.followLogs === undefined) return;
      const req = t.request('quinn');
      const handle = await t.spawner.start(req, options());
      await ready(req, handle);
      const told: ServerId[] = [];
      const unsubscribe = t.spawner.onExit((server) => told.push(server));
      await t.spawner.restart(handle, { graceMs: 1_000 });
      await ready(req, handle);
      expect(told).toEqual([]);
      const lines: string[] = [];
      const reading = (async () => {
        for await (const piece of t.spawner.followLogs?.(handle, { lines: 5, signal: new AbortController().signal }) ?? []) lines.push(...piece);
      })();
      await t.kill(handle);
      await reading;
      expect(lines.join('\n')).not.toContain(t.secret);
      await t.spawner.stop(handle, { graceMs: 0 });
      expect(told).toEqual([req.server.id]);
      unsubscribe();
    });

    test('a sample has every server that runs and no other, with what it uses against its limits', async () => {
      const [first, second] = [t.request('rita'), t.request('sam')];
      const handles = [await t.spawner.start(first, options()), await t.spawner.start(second, options())] as const;
      await Promise.all([ready(first, handles[0]), ready(second, handles[1])]);
      const mine = async () => (await t.spawner.sample(AbortSignal.timeout(30_000))).filter(({ server }) => server === first.server.id || server === second.server.id);
      const seen = await mine();
      expect(seen.map(({ server }) => server).toSorted()).toEqual([first.server.id, second.server.id].toSorted());
      for (const one of seen) {
        expect(one.memoryBytes).toBeGreaterThan(1024 ** 2);
        expect(one.memoryBytes).toBeLessThan(one.memoryLimit ?? Infinity);
        expect(one.cpuSeconds).toBeGreaterThanOrEqual(0);
        expect([first.profile.limits.cpus, null]).toContain(one.cpuLimit);
      }
      await t.spawner.stop(handles[0], { graceMs: 0 });
      expect((await mine()).map(({ server }) => server)).toEqual([second.server.id]);
      await t.spawner.stop(handles[1], { graceMs: 0 });
      expect(await mine()).toEqual([]);
    });

    test('a lab finds the hub at one address, or at none, and its guard is one row in words', async () => {
      const { hubUrl } = t.spawner;
      if (hubUrl !== null) expect(hubUrl).toMatch(/^http:\/\/hub:\d+$/);
      t.spawner.onConnection(() => undefined)();
      expect(await t.spawner.guard()).toMatchObject({ name: expect.stringMatching(/./), detail: expect.stringMatching(/./), level: expect.stringMatching(/required|advice/) });
    });

    test('a server that runs is known by the mode in which it was started', async () => {
      const req = t.request('peggy');
      const handle = await t.spawner.start(req, options());
      expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'running', mode: 'injected' });
      await t.spawner.stop(handle, { graceMs: 0 });
      const other = t.request('quentin');
      const asked = t.spawner.start({ ...other, profile: { ...other.profile, mode: 'singleuser' } }, options());
      if (t.injectedOnly === true) return expect(asked).rejects.toMatchObject({ name: 'HubError' });
      const signsIn = await asked;
      expect(await t.spawner.inspect(signsIn)).toMatchObject({ kind: 'running', mode: 'singleuser' });
      await t.spawner.stop(signsIn, { graceMs: 0 });
      return undefined;
    });

    test('an image is described in words that a profile has, and nothing is described for somebody who gave up', async () => {
      const { image } = t.request('rupert').profile;
      expect(await t.spawner.describeImage(image, options())).toEqual({ mode: 'injected', layout: LAYOUTS.jovyan });
      await expect(t.spawner.describeImage(image, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ name: 'HubError' });
    });

    test('its check never rejects and has a row for the engine', async () => {
      expect((await t.spawner.check()).checks).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'engine', ok: true })]));
    });
  });
}
