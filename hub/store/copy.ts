import type Database from 'better-sqlite3';
import { closeSync, constants, copyFileSync, fsync, openSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HubError } from '../domain/errors';
import { makePrivateDirectory, makePrivateFile, narrow, syncToDisk } from './files';
import { finishCopy, type CopyCheck } from './finish-copy.cjs';
import { damaged } from './refusals';

/**
 * SQLite's backup interface, a few pages per turn of the event loop: measured, that holds up a request or a write less than a second
 * connection does that copies everything in a thread of its own, because then both wait for the same disk (docs/decisions/021-backups.md).
 */
const PAGES_PER_TURN = 64;
/** So that the disk has little left to do when SQLite waits for it at the end: 16 MB. */
const PAGES_PER_FLUSH = 4096;
/** Left to everything else on that disk. */
const SPARE_BYTES = 32 * 1024 ** 2;

/**
 * Copies a database that is in use to `target`: complete, checked, on the disk and of mode 0600 under that name, or not there at all. Throws
 * `unavailable` when the disk has no room for it, which is looked at first: a backup must not be what fills the disk.
 */
export async function copyDatabase(db: Database.Database, target: string): Promise<CopyCheck> {
  const part = `${target}.part`;
  makePrivateDirectory(dirname(target));
  rmSync(part, { force: true });
  demandRoom(db, dirname(target));
  makePrivateFile(part);
  try {
    await transfer(db, part);
    const check = await inThread(part);
    if (check.found !== 'ok') throw damaged(part, check.found);
    renameSync(part, target);
    syncToDisk(target);
    return check;
  } catch (err) {
    for (const file of [part, `${part}-journal`]) rmSync(file, { force: true });
    throw err;
  }
}

/** A further copy of a backup, on another disk perhaps; checked again, and never over a file that is there. Throws `conflict` for one that is. */
export function copyBackup(from: string, to: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') throw new HubError('conflict', `${to} exists already. Choose another name.`, { cause: err });
    throw err;
  }
  narrow(to);
  const { found } = finishCopy(to);
  if (found !== 'ok') throw damaged(to, found);
  syncToDisk(to);
}

function demandRoom(db: Database.Database, folder: string): void {
  const pragma = (name: string): number => db.pragma(name, { simple: true }) as number;
  const needed = pragma('page_count') * pragma('page_size');
  const { bavail, bsize } = statfsSync(folder);
  const left = bavail * bsize;
  if (left > needed + SPARE_BYTES) return;
  const mb = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MB`;
  throw new HubError('unavailable', `There is no room for a backup in ${folder}: it takes ${mb(needed)} and leaves at least ${mb(SPARE_BYTES)}, and ${mb(left)} are free. Make room, or remove old backups.`);
}

async function transfer(db: Database.Database, part: string): Promise<void> {
  const fd = openSync(part, 'r');
  let copied = 0;
  let flushing: Promise<void> | undefined;
  const flush = (): Promise<void> => new Promise((resolve) => fsync(fd, () => resolve()));
  try {
    await db.backup(part, {
      progress: ({ totalPages, remainingPages }) => {
        const now = totalPages - remainingPages;
        if (now - copied >= PAGES_PER_FLUSH && flushing === undefined) {
          copied = now;
          flushing = flush().finally(() => (flushing = undefined));
        }
        return PAGES_PER_TURN;
      },
    });
  } finally {
    await flushing;
    closeSync(fd);
  }
}

function inThread(part: string): Promise<CopyCheck> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(require.resolve('./finish-copy.cjs'), { workerData: { finishCopy: part } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the check of a copy ended early (${code})`)));
  });
}
