import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createControlGroups } from '../../../../spawner/docker/control-groups';
import { secondsOf } from '../../../../spawner/process/identity';

const ID = 'a'.repeat(64);
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'berth-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

const first = (limit: string, quota: string) => ({
  [`memory/docker/${ID}/memory.usage_in_bytes`]: '5000\n', [`memory/docker/${ID}/memory.stat`]: 'cache 900\ninactive_file 1\ntotal_inactive_file 1000\n', [`memory/docker/${ID}/memory.limit_in_bytes`]: limit,
  [`cpuacct/docker/${ID}/cpuacct.usage`]: '2500000000\n', [`cpu/docker/${ID}/cpu.cfs_quota_us`]: quota, [`cpu/docker/${ID}/cpu.cfs_period_us`]: '100000\n',
});
const second = (max: string, cpu: string) => ({
  'cgroup.controllers': 'cpu memory\n', [`system.slice/docker-${ID}.scope/memory.current`]: '5000\n', [`system.slice/docker-${ID}.scope/memory.stat`]: 'anon 4000\ninactive_file 1000\n', [`system.slice/docker-${ID}.scope/memory.max`]: max,
  [`system.slice/docker-${ID}.scope/cpu.stat`]: 'usage_usec 2500000\nuser_usec 1\n', [`system.slice/docker-${ID}.scope/cpu.max`]: cpu,
});

test.each([
  ['first', first('8192\n', '150000\n'), { memoryLimit: 8192, cpuLimit: 1.5 }],
  ['first, without limits', first('9223372036854771712\n', '-1\n'), { memoryLimit: null, cpuLimit: null }],
  ['second', second('8192\n', '150000 100000\n'), { memoryLimit: 8192, cpuLimit: 1.5 }],
  ['second, without limits', second('max\n', 'max 100000\n'), { memoryLimit: null, cpuLimit: null }],
])('what a container uses is read from control groups of the version: %s', async (_version, files, limits) => {
  write(files);
  expect(await createControlGroups(root).measure(ID)).toEqual({ memoryBytes: 4000, cpuSeconds: 2.5, ...limits });
});

test('a container without a control group here, one that ended and one whose id is none are not measured', async () => {
  write(first('8192\n', '-1\n'));
  const groups = createControlGroups(root);
  expect(await groups.measure('b'.repeat(64))).toBeNull();
  expect(await groups.measure('../docker')).toBeNull();
  expect(await groups.measure(ID)).not.toBeNull();
  rmSync(path.join(root, 'memory', 'docker'), { recursive: true });
  expect(await groups.measure(ID)).toBeNull();
});

test('times of ps are read in all their forms', () => {
  expect(['0:01.50', '12:34', '1:00:00', '2-01:00:00'].map(secondsOf)).toEqual([1.5, 754, 3600, 176_400]);
});
