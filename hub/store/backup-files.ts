import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BackupFile } from '../domain/backup';

const NAME = /^hub-(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)(\d\d)(\d{3})Z\.sqlite$/;
const DAY = 86_400_000;

/** Where the backups of a database lie: beside it, so that whoever finds the one finds the others. */
export const folderOf = (path: string): string => join(dirname(path), 'hub.backups');

/** Sorts by time, and is a file name everywhere. */
export const nameOfBackup = (at: Date): string => `hub-${at.toISOString().replace(/[:.]/g, '')}.sqlite`;

export function timeOfBackup(name: string): Date | undefined {
  const [, day = '', hour = '', minute = '', second = '', ms = ''] = NAME.exec(name) ?? [];
  const at = new Date(`${day}${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Newest first. Each was complete and checked before it got its name. */
export function listBackups(folder: string): readonly BackupFile[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).flatMap((name) => {
    const at = timeOfBackup(name);
    return at === undefined ? [] : [{ name, path: join(folder, name), at, bytes: statSync(join(folder, name)).size }];
  });
  return files.toSorted((a, b) => b.at.getTime() - a.at.getTime());
}

/** The newest copy that `berth restore` takes, those made before a migration included; undefined: there is none. */
export function newestBackup(path: string): string | undefined {
  const beside = existsSync(dirname(path)) ? readdirSync(dirname(path)) : [];
  const before = beside.filter((name) => name.startsWith(`${basename(path)}.before-v`) && !name.endsWith('.part')).map((name) => join(dirname(path), name));
  const all = [...listBackups(folderOf(path)), ...before.map((file) => ({ path: file, at: statSync(file).mtime }))];
  return all.toSorted((a, b) => b.at.getTime() - a.at.getTime())[0]?.path;
}

/**
 * Keeps everything of the last 24 hours and, of the days before, the newest of each, until there are `days` days. Returns what was removed.
 * Only files that a backup made are looked at.
 */
export function pruneBackups(folder: string, days: number, now: Date): readonly string[] {
  const old = listBackups(folder).filter(({ at }) => now.getTime() - at.getTime() > DAY);
  const kept = new Set<string>();
  const removed = old.filter(({ at }) => {
    const day = at.toISOString().slice(0, 10);
    const keep = !kept.has(day) && kept.size < days - 1;
    if (keep) kept.add(day);
    return !keep;
  });
  for (const { path } of removed) rmSync(path, { force: true });
  return removed.map(({ name }) => name);
}
