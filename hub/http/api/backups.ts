import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import type { Backup, BackupFile } from '../../domain/backup';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { Nothing } from './read';
import { named, Time } from './schemas';

const fileFields = { name: z.string().describe('Of the file.'), at: Time, bytes: z.int() };
const BackupModel = named('Backup', z.strictObject({
  ...fileFields,
  schema: z.int().describe('Number of the last migration that it has.'),
  rows: z.record(z.string(), z.int()).describe('By table, as they were counted in the copy.'),
  verified: z.literal(true).describe('It was checked before it got its name.'),
}).describe('A backup that was just made.'));
const BackupsModel = named('Backups', z.strictObject({
  running: z.boolean().describe('One is being made.'),
  every: z.number().describe('Seconds from one that the hub makes by itself to the next; 0: it makes none.'),
  keep: z.int().describe('Days for which they are kept.'),
  last: BackupModel.nullable().describe('null: none since the hub started.'),
  failure: z.strictObject({ at: Time, reason: z.string() }).nullable().describe('Of the last attempt; null: it did not fail.'),
  backups: z.array(z.strictObject(fileFields)).describe('The newest one first.'),
}).describe('The backups that there are.'));

/** Our own, not JupyterHub's. Where the files are is not told: whoever may have them has the data folder. */
export function backupApiRoutes(kit: Kit): readonly HubRoute[] {
  const { backups } = kit.deps.services;
  const list = (x: Exchange): Reply => {
    const { running, everyMs, days, last, failure, files } = backups.report(actorOf(x));
    return json(200, {
      running, every: everyMs / 1000, keep: days, last: last === null ? null : backupModel(last),
      failure: failure === null ? null : { at: timestamp(failure.at), reason: failure.reason },
      backups: files.map(fileModel),
    });
  };
  // What a backup is made of is not a caller's choice.
  const make = async (x: Exchange, { body }: Given<typeof Nothing>): Promise<Reply> => {
    demand(actorOf(x), 'admin-ui', HUB);
    body();
    return json(201, backupModel(await backups.make(actorOf(x))));
  };
  const path = '/hub/api/backups';
  return [
    operation({
      method: 'get', path, needs: ['admin-ui'], handle: list,
      doc: { id: 'listBackups', tag: 'Operation', summary: 'List the backups of the hub\'s database', answers: { 200: { description: 'The backups.', model: BackupsModel } } },
    }),
    operation({
      method: 'post', path, needs: ['admin-ui'], reauth: true, handle: make,
      doc: {
        id: 'makeBackup', tag: 'Operation', summary: 'Make a backup of the hub\'s database now', description: 'Whoever asks while one is being made gets that one.', body: Nothing,
        answers: { 201: { description: 'It is on the disk, and was checked.', model: BackupModel }, 500: 'It could not be made.' },
      },
    }),
  ];
}

const fileModel = ({ name, at, bytes }: BackupFile): object => ({ name, at: timestamp(at), bytes });
const backupModel = (backup: Backup): object => ({ ...fileModel(backup), schema: backup.schema, rows: backup.rows, verified: true });
