import { z } from 'zod';
import type { Backup, BackupFile } from '../../domain/backup';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { parseBody } from './read';

/** What a backup is made of is not a caller's choice. */
const MakeBody = z.strictObject({});

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
  const make = async (x: Exchange): Promise<Reply> => {
    parseBody(MakeBody, x.json);
    return json(201, backupModel(await backups.make(actorOf(x))));
  };
  return [
    { method: 'get', path: '/hub/api/backups', kind: 'api', needs: ['admin-ui'], handle: list },
    { method: 'post', path: '/hub/api/backups', kind: 'api', needs: ['admin-ui'], reauth: true, handle: make },
  ];
}

const fileModel = ({ name, at, bytes }: BackupFile): object => ({ name, at: timestamp(at), bytes });
const backupModel = (backup: Backup): object => ({ ...fileModel(backup), schema: backup.schema, rows: backup.rows, verified: true });
