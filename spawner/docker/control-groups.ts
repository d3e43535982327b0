import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What one container uses, and may use. */
export interface Measured {
  /** Bytes, without what the kernel only keeps as cache. */
  readonly memoryBytes: number;
  /** Bytes; null: no limit. */
  readonly memoryLimit: number | null;
  /** Since it began. */
  readonly cpuSeconds: number;
  /** null: no limit. */
  readonly cpuLimit: number | null;
}

type Limits = Pick<Measured, 'memoryLimit' | 'cpuLimit'>;

export interface ControlGroups {
  /** null: it has no control group that can be read here, or it ended. */
  measure(containerId: string): Promise<Measured | null>;
  /** Forgets all but these. */
  keepOnly(containerIds: ReadonlySet<string>): void;
}

export const CGROUP_ROOT = '/sys/fs/cgroup';
const CONTAINER_ID = /^[0-9a-f]{64}$/;
/** Where the engine puts a container: as it does itself, and as systemd does for it. */
const PLACES = [(id: string) => `docker/${id}`, (id: string) => `system.slice/docker-${id}.scope`] as const;
/** The first version says "no limit" with a number close to the largest there is. */
const UNLIMITED = 2 ** 60;
const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

interface Place {
  readonly folder: string;
  /** A lab's limits do not change while it runs. */
  readonly limits: Limits;
}

/** The kernel's own numbers, for containers of this machine: a few small files instead of a question to the engine. */
export function createControlGroups(root = CGROUP_ROOT): ControlGroups {
  const version = existsSync(path.join(root, 'cgroup.controllers')) ? second(root) : first(root);
  const places = new Map<string, Place | null>();

  async function placeOf(id: string): Promise<Place | null> {
    for (const place of CONTAINER_ID.test(id) ? PLACES : []) {
      const limits = await version.limits(place(id)).catch(nullWhenAbsent);
      if (limits !== null) return { folder: place(id), limits };
    }
    return null;
  }

  return {
    async measure(id) {
      const known = places.get(id);
      const place = known === undefined ? await placeOf(id) : known;
      places.set(id, place);
      if (place === null) return null;
      const used = await version.used(place.folder).catch(nullWhenAbsent);
      return used === null ? null : { ...used, ...place.limits };
    },
    keepOnly: (ids) => [...places.keys()].filter((id) => !ids.has(id)).forEach((id) => places.delete(id)),
  };
}

interface Version {
  limits(folder: string): Promise<Limits>;
  used(folder: string): Promise<Pick<Measured, 'memoryBytes' | 'cpuSeconds'>>;
}

const first = (root: string): Version => {
  const read = (controller: string, folder: string, file: string): Promise<string> => readFile(path.join(root, controller, folder, file), 'utf8');
  return {
    async limits(folder) {
      const [memory, quota, period] = (await Promise.all([read('memory', folder, 'memory.limit_in_bytes'), read('cpu', folder, 'cpu.cfs_quota_us'), read('cpu', folder, 'cpu.cfs_period_us')])).map(Number) as [number, number, number];
      return { memoryLimit: memory >= UNLIMITED ? null : memory, cpuLimit: quota > 0 ? quota / period : null };
    },
    async used(folder) {
      const [memory, stat, cpu] = await Promise.all([read('memory', folder, 'memory.usage_in_bytes'), read('memory', folder, 'memory.stat'), read('cpuacct', folder, 'cpuacct.usage')]);
      return { memoryBytes: Math.max(0, Number(memory) - lineOf(stat, 'total_inactive_file')), cpuSeconds: Number(cpu) / NANOSECONDS };
    },
  };
};

const second = (root: string): Version => {
  const read = (folder: string, file: string): Promise<string> => readFile(path.join(root, folder, file), 'utf8');
  return {
    async limits(folder) {
      const [memory, cpu] = await Promise.all([read(folder, 'memory.max'), read(folder, 'cpu.max')]);
      const [quota = 'max', period = '100000'] = cpu.trim().split(' ');
      return { memoryLimit: memory.trim() === 'max' ? null : Number(memory), cpuLimit: quota === 'max' ? null : Number(quota) / Number(period) };
    },
    async used(folder) {
      const [memory, stat, cpu] = await Promise.all([read(folder, 'memory.current'), read(folder, 'memory.stat'), read(folder, 'cpu.stat')]);
      return { memoryBytes: Math.max(0, Number(memory) - lineOf(stat, 'inactive_file')), cpuSeconds: lineOf(cpu, 'usage_usec') / MICROSECONDS };
    },
  };
};

/** The number of a line such as `inactive_file 4096`; 0: there is no such line. */
function lineOf(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** A container that has ended, or a layout that we do not know. */
function nullWhenAbsent(err: unknown): null {
  const { code } = err as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'EACCES') return null;
  throw err;
}
