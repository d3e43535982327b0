import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MARK } from './settings';

const run = promisify(execFile);

/** One process for good: numbers are used again, a number together with when it began is not. */
export interface Identity {
  readonly pid: number;
  /** When it began, in the kernel's own count; where there is no `/proc`, as `ps` writes it. */
  readonly born: string;
}

/** Which start of the machine this is: the kernel counts from there. Empty where `ps` tells times of the calendar. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // No Linux: there is nothing to tell apart.
    return '';
  }
};

/** Field 22 of `/proc/<pid>/stat`. A command's name may hold anything, so what counts begins after its last bracket. */
function readStat(stat: string): { readonly born: string; readonly state: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).trim().split(' ');
  return { born: fields[19] ?? '', state: fields[0] ?? '' };
}

const ON_LINUX = bootId() !== '';

/** What the start script wrote: the number, and under it what the system said of it. null: not complete. */
export function parsePid(text: string): Identity | null {
  const [number = '', said = '', end] = text.split('\n');
  const pid = Number(number);
  const born = said.includes(')') ? readStat(said).born : words(said);
  return end !== undefined && Number.isSafeInteger(pid) && pid > 1 && born !== '' ? { pid, born } : null;
}

const words = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** Whether that very process still runs. One that ended and was not collected yet does not. */
export async function lives(who: Identity): Promise<boolean> {
  const now = await lookUp(who.pid);
  return now !== null && now.born === who.born && !now.state.startsWith('Z') && !now.state.startsWith('X');
}

async function lookUp(pid: number): Promise<{ readonly born: string; readonly state: string } | null> {
  try {
    if (ON_LINUX) return readStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    const { stdout } = await run('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], { env: PS_ENV });
    const [state = '', ...began] = words(stdout).split(' ');
    return state === '' ? null : { state, born: began.join(' ') };
  } catch {
    // No such process: both ways say so with an error.
    return null;
  }
}

/** `ps` writes a time in words: always in the same ones. */
const PS_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Everything that carries this run's mark, and where processes cannot be asked for that, everything below `leader`. */
export async function membersOf(mark: string, leader: Identity | null): Promise<Identity[]> {
  const pids = ON_LINUX ? await marked(mark) : leader === null ? [] : below(leader.pid, await listProcesses());
  const found = await Promise.all(pids.map(async (pid) => ({ pid, now: await lookUp(pid) })));
  return found.flatMap(({ pid, now }) => (now === null ? [] : [{ pid, born: now.born }]));
}

async function marked(mark: string): Promise<readonly number[]> {
  const wanted = Buffer.from(`\0${MARK}=${mark}\0`);
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    if (await holds(`/proc/${entry}/environ`, wanted)) found.push(Number(entry));
  }
  return found;
}

async function holds(file: string, wanted: Buffer): Promise<boolean> {
  try {
    return Buffer.concat([Buffer.from('\0'), await readFile(file)]).includes(wanted);
  } catch {
    // It ended meanwhile, or is another account's: neither is a lab of ours.
    return false;
  }
}

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly memoryKib: number;
  readonly cpuSeconds: number;
}

/** Every process of this machine, as `ps` tells of it: where there is no `/proc`. */
export async function listProcesses(): Promise<readonly ListedProcess[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,rss=,time='], { env: PS_ENV });
  return stdout.trim().split('\n').map((line) => {
    const [pid = '', parent = '', memory = '', time = ''] = words(line).split(' ');
    return { pid: Number(pid), parent: Number(parent), memoryKib: Number(memory), cpuSeconds: secondsOf(time) };
  });
}

/** `[[days-]hours:]minutes:seconds`, the seconds with or without a fraction. */
export function secondsOf(time: string): number {
  const [days, clock = ''] = time.includes('-') ? time.split('-') : ['0', time];
  return Number(days) * 86_400 + clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** A process and all that descend from it. */
export function below(leader: number, rows: readonly ListedProcess[]): readonly number[] {
  const found = [leader];
  for (const above of found) found.push(...rows.flatMap(({ pid, parent }) => (parent === above && pid !== above && !found.includes(pid) ? [pid] : [])));
  return found;
}

/** To one process, or with its whole group where it leads one. Nobody there any more is what is wanted. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}
