import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { InstanceId, ServerId, UserId } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import { bootId, parsePid, type Identity } from './identity';

/** One run of a lab, as it is written down before its process exists. */
export interface Run {
  /** Name of its folder: the server, and a part that is never used again. */
  readonly id: string;
  readonly instance: InstanceId;
  readonly server: ServerId;
  readonly user: UserId;
  /** Ids of the volumes that it has. */
  readonly volumes: readonly string[];
  readonly port: number;
  /** Which start of the machine it belongs to. */
  readonly boot: string;
  /** Values that no log line may show. As well kept as the database beside them, which has the lab's secret too. */
  readonly secrets: readonly string[];
}

export interface ExitNote {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface Runs {
  /** A fresh handle of that server; nothing is written yet. */
  newHandle(server: ServerId): Handle;
  folderOf(run: string): string;
  /** Where a run's process tells its number. */
  pidFileOf(run: string): string;
  /** As long as this is there, a process that told its number may go on. */
  gateOf(run: string): string;
  logOf(run: string): string;
  runtimeOf(run: string): string;
  /** Writes it down, and forgets the process of an earlier attempt. */
  write(run: Run): Promise<void>;
  /** null: there is no such run of this hub. */
  read(handle: Handle): Promise<Run | null>;
  /** Its process; null: none was ever started, or not on this start of the machine. */
  processOf(run: Run): Promise<Identity | null>;
  /** All runs of this hub. */
  list(): Promise<readonly Run[]>;
  noteExit(run: string, note: ExitNote): Promise<void>;
  exitOf(run: string): Promise<ExitNote | null>;
  /** From here on nothing of it begins. A start that is under way has told its number before, or ends by itself: none is missed. */
  retire(run: Run): Promise<Identity | null>;
  remove(run: string): Promise<void>;
}

export const KIND = 'process';
const RECORD = 'run.json';
const PID = 'pid';
const EXIT = 'exit.json';
const GATE = 'go';
/** Handles come from the store; this keeps one that was altered there from naming another place. */
const RUN_ID = /^[A-Za-z0-9-]{1,64}\.[0-9a-f]{16}$/;

/** What is known of labs lies on the disk, one folder per run: a hub that was killed finds all of it again. */
export function createRuns(labsDir: string, instance: InstanceId): Runs {
  const root = path.join(labsDir, '.runs');
  const folderOf = (run: string): string => path.join(root, run);
  const inside = (run: string, file: string): string => path.join(folderOf(run), file);

  async function load(run: string): Promise<Run | null> {
    const found = (await readJson(inside(run, RECORD))) as Run | null;
    return found === null || found.id !== run || found.instance !== instance ? null : found;
  }

  async function write(run: Run): Promise<void> {
    await mkdir(inside(run.id, 'runtime'), { recursive: true, mode: 0o700 });
    await rm(inside(run.id, PID), { force: true });
    await rm(inside(run.id, EXIT), { force: true });
    await writeJson(inside(run.id, RECORD), run);
    await writeFile(inside(run.id, GATE), '');
  }

  async function processOf(run: Run): Promise<Identity | null> {
    return run.boot === bootId() ? parsePid(await readText(inside(run.id, PID))) : null;
  }

  async function list(): Promise<readonly Run[]> {
    const found = await Promise.all((await entries(root)).filter((name) => RUN_ID.test(name)).map(load));
    return found.filter((run) => run !== null);
  }

  async function retire(run: Run): Promise<Identity | null> {
    await rm(inside(run.id, GATE), { force: true });
    return processOf(run);
  }

  return {
    newHandle: (server) => ({ spawner: KIND, id: `${server}.${randomBytes(8).toString('hex')}` }),
    folderOf,
    pidFileOf: (run) => inside(run, PID),
    gateOf: (run) => inside(run, GATE),
    logOf: (run) => inside(run, 'log'),
    runtimeOf: (run) => inside(run, 'runtime'),
    write,
    read: async ({ spawner, id }) => (spawner === KIND && RUN_ID.test(id) ? load(id) : null),
    processOf,
    list,
    noteExit: async (run, note) => writeJson(inside(run, EXIT), note),
    exitOf: async (run) => (await readJson(inside(run, EXIT))) as ExitNote | null,
    retire,
    remove: (run) => rm(folderOf(run), { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Whole or not at all: a hub that is killed while it writes leaves the old one. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
  await rename(draft, file);
}

export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    // Not written by us: it is as good as absent.
    return null;
  }
}

/** Empty: it is not there. */
async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(emptyWhenAbsent(''));
}

export const entries = (folder: string): Promise<readonly string[]> => readdir(folder).catch(emptyWhenAbsent<readonly string[]>([]));

const emptyWhenAbsent = <T>(empty: T) => (err: unknown): T => {
  const { code } = err as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return empty;
  throw err;
};
