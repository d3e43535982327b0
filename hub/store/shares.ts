import { HubError } from '../domain/errors';
import type { GroupId, ServerId, ServerName, UserId, UserName } from '../domain/ids';
import type { Share, Sharee, SharedServer } from '../domain/share';
import type { ScopeName } from '../domain/scopes/tree';
import { isDangling, toDate, toMs, type Params, type Sql } from './sql';
import type { ShareFilter, ShareStore } from './store';

export interface SharedServerRow {
  readonly server_id: string;
  readonly server_name: string;
  readonly owner_id: string;
  readonly owner_name: string;
  readonly ready: number;
}

interface Row extends SharedServerRow {
  readonly user_id: string | null;
  readonly user_name: string | null;
  readonly group_id: string | null;
  readonly group_name: string | null;
  readonly scopes: string;
  readonly created: number;
}

/** For every query that joins `servers` and their `owner`. */
export const SHARED_SERVER = "servers.id AS server_id, servers.name AS server_name, owner.id AS owner_id, owner.name AS owner_name, servers.kind = 'ready' AS ready";

export const toSharedServer = (row: SharedServerRow): SharedServer => ({
  id: row.server_id as ServerId, name: row.server_name as ServerName, owner: { id: row.owner_id as UserId, name: row.owner_name as UserName }, ready: row.ready === 1,
});

const toSharee = (row: Row): Sharee =>
  row.user_id === null ? { kind: 'group', id: row.group_id as GroupId, name: row.group_name ?? '' } : { kind: 'user', id: row.user_id as UserId, name: row.user_name ?? '' };

const toShare = (row: Row): Share => ({ server: toSharedServer(row), with: toSharee(row), scopes: JSON.parse(row.scopes) as ScopeName[], created: toDate(row.created) });

const JOINED = `FROM shares JOIN servers ON servers.id = shares.server_id JOIN users AS owner ON owner.id = servers.owner_id
  LEFT JOIN users AS guest ON guest.id = shares.user_id LEFT JOIN groups ON groups.id = shares.group_id`;
const SELECT = `SELECT ${SHARED_SERVER}, guest.id AS user_id, guest.name AS user_name, groups.id AS group_id, groups.name AS group_name, shares.scopes, shares.created ${JOINED}`;
const WHERE: Readonly<Record<ShareFilter['kind'], string>> = {
  server: 'shares.server_id = @id',
  owner: 'owner.id = @id',
  group: 'shares.group_id = @id',
  user: '(shares.user_id = @id OR shares.group_id IN (SELECT group_id FROM group_members WHERE user_id = @id))',
};
const ONE = 'server_id = @server AND user_id IS @user AND group_id IS @group';

const keyOf = (server: ServerId, { kind, id }: Pick<Sharee, 'kind' | 'id'>): Params => ({ server, user: kind === 'user' ? id : null, group: kind === 'group' ? id : null });

export function createShareStore(sql: Sql): ShareStore {
  const listed = new Map(Object.entries(WHERE).map(([kind, where]) => [kind, sql.prepare<Row>(`${SELECT} WHERE ${where} ORDER BY shares.seq LIMIT @limit OFFSET @offset`)]));
  const counted = new Map(Object.entries(WHERE).map(([kind, where]) => [kind, sql.prepare<{ n: number }>(`SELECT count(*) AS n ${JOINED} WHERE ${where}`)]));
  const find = sql.prepare<Row>(`${SELECT} WHERE shares.server_id = @server AND shares.user_id IS @user AND shares.group_id IS @group`);
  const insert = sql.prepare('INSERT INTO shares (server_id, user_id, group_id, scopes, created) VALUES (@server, @user, @group, @scopes, @created)');
  const update = sql.prepare(`UPDATE shares SET scopes = @scopes WHERE ${ONE}`);
  const remove = sql.prepare(`DELETE FROM shares WHERE ${ONE}`);
  const removeOf = sql.prepare('DELETE FROM shares WHERE server_id = @server');
  const held = sql.prepare<Row>(`${SELECT} WHERE owner.status = 'active' AND ${WHERE.user} ORDER BY shares.seq`);

  const get = (server: ServerId, to: Pick<Sharee, 'kind' | 'id'>): Share | undefined => {
    const row = find.get(keyOf(server, to));
    return row === undefined ? undefined : toShare(row);
  };

  return {
    find: get,
    list: ({ kind, id }, page) => ({ shares: (listed.get(kind)?.all({ id, ...page }) ?? []).map(toShare), total: counted.get(kind)?.get({ id })?.n ?? 0 }),
    heldBy: (user) => held.all({ id: user }).map(toShare),
    put: (server, to, { scopes, at }) =>
      sql.transaction(() => {
        const key = keyOf(server, to);
        try {
          if (update.run({ ...key, scopes: JSON.stringify(scopes) }) === 0) insert.run({ ...key, scopes: JSON.stringify(scopes), created: toMs(at) });
        } catch (err) {
          if (isDangling(err)) throw new HubError('not-found', 'There is no such server, user or group.', { cause: err });
          throw err;
        }
        const share = get(server, to);
        if (share === undefined) throw new Error('a share that was just written is not there');
        return share;
      }),
    remove: (server, to) => remove.run(keyOf(server, to)) > 0,
    removeOf: (server) => removeOf.run({ server }),
  };
}
