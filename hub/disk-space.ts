import { statfs } from 'node:fs/promises';
import type { CheckRow } from '../spawner/spawner';

/** From here on an administrator is told (J15): volumes have no quota, and a full disk stops everybody at once. */
const FULL_PERCENT = 80;
const GIB = 1024 ** 3;

/** One row about the disk below a folder, with what is left of it for ordinary accounts. Never rejects. */
export async function checkDisk(folder: string, space: (folder: string) => Promise<{ readonly bsize: number; readonly blocks: number; readonly bfree: number; readonly bavail: number }> = statfs): Promise<CheckRow> {
  const row = { name: 'disk', level: 'advice', ms: 0 } as const;
  try {
    const { bsize, blocks, bfree, bavail } = await space(folder);
    const used = blocks - bfree;
    // As `df` counts: what is kept for root alone is neither used nor left.
    const percent = Math.ceil((100 * used) / Math.max(1, used + bavail));
    const left = `${((bavail * bsize) / GIB).toFixed(1)} GiB are left`;
    if (percent < FULL_PERCENT) return { ...row, ok: true, detail: `The disk with the hub's data is ${percent} % full; ${left}.` };
    return { ...row, ok: false, detail: `The disk with the hub's data is ${percent} % full; only ${left}. Make room: \`docker system df\` shows what images, containers and volumes take.` };
  } catch (err) {
    return { ...row, ok: false, detail: `How full the disk is cannot be seen: ${err instanceof Error ? err.message : String(err)}` };
  }
}
