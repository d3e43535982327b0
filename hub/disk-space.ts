import { stat, statfs } from 'node:fs/promises';
import type { CheckRow } from '../spawner/spawner';

/** From here on an administrator is told (J15): volumes have no quota, and a full disk stops everybody at once. */
const FULL_PERCENT = 80;
const GIB = 1024 ** 3;

type Space = (folder: string) => Promise<{ readonly bsize: number; readonly blocks: number; readonly bfree: number; readonly bavail: number }>;

/** One row about the disk below the folder with the hub's data, with what is left of it for ordinary accounts. Never rejects. */
export const checkDisk = (folder: string, space: Space = statfs): Promise<CheckRow> => look(folder, { name: 'disk', whose: "the hub's data" }, space);

/** The same for the engine's files, where these are on another disk than the hub's: there, no server starts any more once it is full. Never rejects. */
export async function checkEngineDisk(folder: string | null, dataDir: string, space: Space = statfs): Promise<readonly CheckRow[]> {
  const device = folder === null ? null : await deviceOf(folder);
  if (folder === null || device === null || device === (await deviceOf(dataDir))) return [];
  return [await look(folder, { name: 'docker-disk', whose: "Docker's files" }, space)];
}

/** null: it cannot be seen from here. */
const deviceOf = (folder: string): Promise<number | null> => stat(folder).then(({ dev }) => dev, () => null);

async function look(folder: string, { name, whose }: { readonly name: string; readonly whose: string }, space: Space): Promise<CheckRow> {
  const row = { name, level: 'advice', ms: 0 } as const;
  try {
    const { bsize, blocks, bfree, bavail } = await space(folder);
    const used = blocks - bfree;
    // As `df` counts: what is kept for root alone is neither used nor left.
    const percent = Math.ceil((100 * used) / Math.max(1, used + bavail));
    const left = `${((bavail * bsize) / GIB).toFixed(1)} GiB are left`;
    if (percent < FULL_PERCENT) return { ...row, ok: true, detail: `The disk with ${whose} is ${percent} % full; ${left}.` };
    return { ...row, ok: false, detail: `The disk with ${whose} is ${percent} % full; only ${left}. Make room: \`docker system df\` shows what images, containers and volumes take.` };
  } catch (err) {
    return { ...row, ok: false, detail: `How full the disk is cannot be seen: ${err instanceof Error ? err.message : String(err)}` };
  }
}
