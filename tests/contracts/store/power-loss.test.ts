import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../hub/store/create-store';
import { dice, oneOf, type Roll } from '../../support/dice';
import { compiledStore, lost, writer, WRITER_ENV } from './acknowledged';
import { forgetfulDisk, type Fate, type ForgetfulDisk } from './forgetful-disk';
import { record, type Call } from './recorded-disk';
import { useDirectory } from './support';

/*
 * A writer's calls are recorded, and what a disk is obliged to hold after each of them is worked out (forgetful-disk.ts): that takes no kernel that can forget what was not synced, and meets the moments between two calls exactly.
 * What the writer said on its standard output is a call among the others, so it is known what had been acknowledged.
 */
jest.setTimeout(240_000);

const directory = useDirectory();
const SEED = Number(process.env['BERTH_SEED'] ?? 20260731);
/** Moments at which the power goes, of each kind and in each life. Each is tried with three fates. */
const CUTS = Number(process.env['BERTH_CUTS'] ?? 5);
/** Enough that the write-ahead log is taken into the file, and begins again, more than once. */
const WRITES = 400;
const LIVES = 2;

interface Life {
  readonly root: string;
  readonly calls: readonly Call[];
  /** As it was when this life began. */
  readonly disk: ForgetfulDisk;
  /** What earlier lives acknowledged that the disk has to have still. */
  readonly before: readonly string[];
  readonly seed: number;
}

const database = (root: string): string => join(root, 'data', 'hub.sqlite');

async function live({ root, before }: Pick<Life, 'root' | 'before'>, { seed, code, writes }: { readonly seed: number; readonly code: string; readonly writes: number }): Promise<Life> {
  const disk = forgetfulDisk(root);
  const calls = await record({ root, notes: directory(), command: writer(database(root), { seed, code, writes }), env: WRITER_ENV });
  return { root, before, calls, disk, seed };
}

/** All that was not synced is gone; or a part of it is, by sectors; or by pages, and where a file grew there is what somebody else had written. */
function fatesOf(roll: Roll): readonly Fate[] {
  const percent = roll(100);
  const keeps = (): boolean => roll(100) < percent;
  return [{ keeps: () => false, piece: 512, junk: 0 }, { keeps, piece: 512, junk: 0 }, { keeps, piece: 4096, junk: 0xa5 }];
}

/**
 * Calls after which the power goes: while the database is made or recovered; while it is given its log, which only a first life does; while that is taken into it; right after something was
 * acknowledged; while it closes; and anywhere.
 */
function momentsOf({ calls, root, seed }: Life, cuts: number): ReadonlySet<Call> {
  const first = calls.findIndex(({ kind }) => kind === 'said');
  const last = calls.findLastIndex(({ kind }) => kind === 'said');
  const places: readonly (readonly Call[])[] = [
    calls.slice(0, first), calls.filter((call) => call.kind !== 'said' && call.path === `${database(root)}-journal`),
    calls.slice(first, last).filter((call) => call.kind === 'written' && call.path === database(root)), calls.filter(({ kind }) => kind === 'said'), calls.slice(last), calls,
  ];
  const roll = dice(seed);
  return new Set(places.flatMap((all) => Array.from({ length: cuts }, () => oneOf(roll, all)).filter((call) => call !== undefined)));
}

/** How often the write-ahead log began from its beginning. */
const beginnings = ({ calls, root }: Life): number => calls.filter((call) => call.kind === 'written' && call.path === `${database(root)}-wal` && call.at === 0).length;

/** Opens what the disk holds as a hub does that is started again. Returns what is not there of what was acknowledged. */
function lostAt(disk: ForgetfulDisk, fate: Fate, acknowledged: readonly string[]): readonly string[] {
  const target = directory();
  disk.cutPower(fate, target);
  try {
    openStore(database(target)).close();
    return lost(database(target), acknowledged);
  } catch (err) {
    return [String(err)];
  } finally {
    rmSync(target, { recursive: true });
  }
}

interface Outcome {
  /** Moments with something to forget. */
  readonly risky: number;
  readonly losses: readonly { readonly seed: number; readonly after: number; readonly fate: number; readonly lost: readonly string[] }[];
  /** The disk after one of the moments, for a next life: with a log that has to be recovered. */
  readonly rest: Pick<Life, 'root' | 'before'>;
}

function cutOften(life: Life, cuts: number): Outcome {
  const { calls, disk, seed } = life;
  const moments = momentsOf(life, cuts);
  const roll = dice(seed + 1);
  const acknowledged = [...life.before];
  const losses: Outcome['losses'][number][] = [];
  let risky = 0;
  let rest: Outcome['rest'] = life;
  for (const [i, call] of calls.entries()) {
    disk.apply(call);
    if (call.kind === 'said') acknowledged.push(call.line);
    if (i === Math.floor(calls.length * 0.8)) {
      rest = { root: directory(), before: [...acknowledged] };
      disk.cutPower({ keeps: () => roll(2) === 0, piece: 512, junk: 0 }, rest.root);
    }
    if (!moments.has(call)) continue;
    const { bytes, names } = disk.atRisk();
    if (bytes + names > 0) risky += 1;
    const found = fatesOf(roll).map((fate, number) => ({ seed, after: i, fate: number, lost: lostAt(disk, fate, acknowledged) }));
    losses.push(...found.filter((one) => one.lost.length > 0));
  }
  return { risky, losses, rest };
}

test('P02: whenever the power goes, and whatever of the unsynced a disk forgets, the database is whole and no acknowledged row is lost', async () => {
  const code = compiledStore(directory());
  let rest: Outcome['rest'] = { root: directory(), before: [] };
  for (let n = 0; n < LIVES; n += 1) {
    const life = await live(rest, { seed: SEED + n, code, writes: WRITES });
    expect(beginnings(life)).toBeGreaterThan(2);
    const outcome = cutOften(life, CUTS);
    expect(outcome.losses).toEqual([]);
    expect(outcome.risky).toBeGreaterThan(CUTS);
    rest = outcome.rest;
    expect(rest.before.length).toBeGreaterThan(WRITES * (n + 1) / 2);
  }
});

// A replay that forgets nothing would find nothing lost either.
test.each([
  ['with synchronous=OFF', 'sqlite.js', 'synchronous = FULL', 'synchronous = OFF'],
  ['with synchronous=NORMAL', 'sqlite.js', 'synchronous = FULL', 'synchronous = NORMAL'],
  ['in a folder whose own name is not synced', 'files.js', 'syncNewNames(first, directory)', 'void first'],
])('P02: the replay does forget: %s acknowledged rows are lost', async (_how, file, right, wrong) => {
  const code = compiledStore(directory());
  const changed = join(code, 'hub', 'store', file);
  const text = readFileSync(changed, 'utf8');
  expect(text).toContain(right);
  writeFileSync(changed, text.replace(right, wrong));
  const { losses } = cutOften(await live({ root: directory(), before: [] }, { seed: SEED, code, writes: 60 }), 2);
  const rows = losses.flatMap((loss) => loss.lost.filter((line) => /^(?:user|token|session|server|both) /.test(line)));
  expect(rows).not.toEqual([]);
});
