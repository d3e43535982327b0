import { effectivePolicy, NO_POLICY } from '../../hub/domain/policy';
import { homePage, type HomeModel, type HomeServer } from '../pages/home';
import type { VolumeRow } from '../pages/volumes';
import { minutesAgo, NOW, type Exhibit } from './exhibit';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const handle = { spawner: 'docker', id: 'jupyterlab-alice/1' };
const stopped: HomeServer = { name: '', state: { kind: 'stopped', since: null, reason: null }, profile: null, idle: null, news: null, usage: null, stage: null, outdated: false };
const volume: VolumeRow = { id: 'v1', purpose: 'home', generation: 1, state: 'active', bytes: 312 * MIB, measured: minutesAgo(30), inUse: false, lastSeen: minutesAgo(190), binned: null, ends: null };
const volumes = { bytes: 9.4 * GIB, softQuota: 20 * GIB, over: false, rows: [volume, { ...volume, id: 'v2', purpose: 'workspace', bytes: 8.3 * GIB }, { ...volume, id: 'v3', purpose: 'cache', bytes: null }] } as const;
const profiles = [{ slug: 'default', title: 'Standard', outbound: 'none' }, { slug: 'large', title: 'Large memory', outbound: 'open' }] as const;
const model: HomeModel = {
  user: 'alice', servers: [stopped], profiles: [profiles[0]], mayStart: true, named: { problem: undefined, given: '' }, groups: [], policy: effectivePolicy([], { profiles: ['default'], servers: 5 }),
  volumes: { rows: [], bytes: 0, softQuota: null, over: false }, visits: [], shared: [], waiting: null, unwell: false,
};

const wave = (base: number, height: number): readonly (number | null)[] => Array.from({ length: 60 }, (_, i) => (i < 6 ? null : base + height * Math.max(0, Math.sin(i / 7))));
const usage = {
  now: { cpus: 1.42, memoryBytes: 5.1 * GIB, cpuLimit: 2, memoryLimit: 8 * GIB, at: NOW },
  spark: { cpus: wave(0.1, 1.5), memoryBytes: wave(2 * GIB, 3 * GIB) },
};
const ready = { kind: 'ready', since: minutesAgo(190), handle, origin: 'http://10.213.0.2:8888' } as const;
const running: HomeServer = {
  ...stopped, profile: 'default', state: ready, usage,
  idle: { near: false, mayExtend: true, leases: [], verdict: { verdict: 'keep', at: null, reason: { kind: 'cell', path: 'work/train.ipynb', kernel: 'python3', forMs: 11_000_000 }, latest: null, due: false } },
};
const idle = (left: number, near: boolean): HomeServer => ({
  ...running, usage: { ...usage, now: { ...usage.now, cpus: 0.01, memoryBytes: 410 * MIB } },
  idle: { near, mayExtend: true, leases: [], verdict: { verdict: 'stop', at: minutesAgo(-left), reason: { kind: 'idle', since: minutesAgo(240 - left), limitMs: 240 * 60_000 }, latest: null, due: false } },
});
const leased: HomeServer = {
  ...running,
  idle: {
    near: false, mayExtend: true, verdict: { verdict: 'keep', at: minutesAgo(-560), reason: { kind: 'lease', who: 'alice', why: 'the nightly backtest' }, latest: null, due: false },
    leases: [{ id: '1', until: minutesAgo(-560), who: 'alice', why: 'the nightly backtest' }, { id: '2', until: minutesAgo(-240), who: 'admin', why: '' }, { id: '3', until: minutesAgo(-95), who: 'mei', why: 'she reads the results' }],
  },
};
const died = { at: minutesAgo(12), cause: 'memory', exitCode: 137, memory: { peak: 8 * GIB, limit: 8 * GIB }, logTail: [] } as const;
const grants = effectivePolicy([
  { group: 'quants', policy: { ...NO_POLICY, profiles: { on: true, allowed: ['large'] }, limits: { on: true, cpus: 4, memory: 16 * GIB, servers: 3 }, mounts: { on: true, folders: [{ source: '/srv/wrds', target: '/data/wrds', writable: false }] } } },
  { group: 'thesis-2026', policy: { ...NO_POLICY, environment: { on: true, variables: { DATA_PATH: '/data' } }, idle: { on: true, idleLimit: 28_800_000, maxAge: null }, network: { on: true } } },
], { profiles: ['default'], servers: 5 });
const full: HomeModel = {
  ...model, profiles, groups: ['quants', 'thesis-2026'], policy: grants, volumes, visits: [{ visitor: 'admin', at: minutesAgo(50) }, { visitor: 'mei', at: minutesAgo(3000) }],
  shared: [{ owner: 'mei', name: '', ready: true }, { owner: 'jonas', name: 'gpu', ready: false }],
};

const home = (id: string, title: string, m: HomeModel, viewer: Exhibit['viewer'] = 'user'): Exhibit => ({ id, title, viewer, page: (shell) => homePage(shell, m) });

export const homeExhibits: readonly Exhibit[] = [
  home('home-first', 'Home, before the first start', model),
  home('home-running', 'Home, a server runs', { ...full, servers: [running] }),
  home('home-leases', 'Home, several promises keep the server', { ...full, servers: [leased] }),
  home('home-idle', 'Home, time runs out', { ...full, servers: [idle(150, false)] }),
  home('home-near', 'Home, the server stops soon', { ...full, servers: [idle(9, true)] }),
  home('home-unmeasured', 'Home, just started and not measured yet', { ...model, volumes, servers: [{ ...running, usage: null, outdated: true }] }),
  home('home-queued', 'Home, in line', { ...full, servers: [{ ...stopped, state: { kind: 'queued', since: minutesAgo(3) }, stage: { kind: 'queued', at: minutesAgo(3), position: 2, waitMs: 400_000 } }] }),
  home('home-starting', 'Home, a server starts', { ...full, servers: [{ ...stopped, state: { kind: 'starting', since: minutesAgo(0), handle: null }, stage: { kind: 'created', at: minutesAgo(0) } }] }),
  home('home-stopping', 'Home, a server stops', { ...full, servers: [{ ...stopped, state: { kind: 'stopping', since: minutesAgo(0), handle, error: null } }] }),
  home('home-stuck', 'Home, a server does not stop', { ...full, servers: [{ ...stopped, state: { kind: 'stopping', since: minutesAgo(4), handle, error: 'Docker did not answer within 30 seconds.' } }] }),
  home('home-failed', 'Home, a start failed', { ...full, servers: [{ ...stopped, state: { kind: 'failed', since: minutesAgo(2), message: 'The image is not there and cannot be downloaded.', logTail: [] } }] }),
  home('home-died', 'Home, a server ran out of memory', { ...full, servers: [{ ...stopped, profile: 'large', state: { kind: 'stopped', since: minutesAgo(12), reason: 'It used more memory than it may.' }, news: { lastEnd: died, kernelKilled: null, condition: {} } }] }),
  home('home-named', 'Home, several servers', { ...full, named: { problem: 'You have a server of that name already.', given: 'gpu' }, servers: [running, { ...running, name: 'gpu', profile: 'large', usage: { ...usage, now: { ...usage.now, cpuLimit: null, memoryLimit: null } }, news: { lastEnd: null, kernelKilled: { at: minutesAgo(7), limit: 8 * GIB }, condition: {} } }, { ...stopped, name: 'paper', profile: 'default', state: { kind: 'stopped', since: minutesAgo(4000), reason: null } }] }),
  home('home-over', 'Home, above the soft quota', { ...full, volumes: { ...volumes, bytes: 23 * GIB, over: true } }),
  home('home-may-not', 'Home of somebody who may not start servers', { ...model, mayStart: false }),
  home('home-admin', 'Home of an administrator', { ...full, user: 'admin', servers: [running], waiting: 3, unwell: true }, 'admin'),
];
