import { newId, type TokenId, type UserId, type VolumeId } from '../domain/ids';
import type { AdoptedVolume } from '../domain/jupyterhub';
import type { Sql } from './sql';
import type { ImportStore, VolumeStore } from './store';

export function createImportStore(sql: Sql, volumes: VolumeStore, now: () => Date): ImportStore {
  const made = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM imported_users WHERE user_id = @user');
  const noteUser = sql.prepare('INSERT INTO imported_users (user_id) VALUES (@user) ON CONFLICT DO NOTHING');
  const hasToken = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM imported_tokens WHERE hash = @hash');
  const noteToken = sql.prepare('INSERT INTO imported_tokens (hash, prefix, token_id) VALUES (@hash, @prefix, @token)');
  const unseen = sql.prepare<{ hash: string; token_id: string }>('SELECT imported_tokens.hash, token_id FROM imported_tokens JOIN tokens ON tokens.id = token_id AND tokens.hash = imported_tokens.hash WHERE prefix = @prefix');
  const recognise = sql.prepare('UPDATE tokens SET hash = @hash WHERE id = @token');
  const orphan = sql.prepare<{ id: string }>('SELECT id FROM volumes WHERE name = @name AND former IS NOT NULL');
  const bcrypt = sql.prepare<{ password_hash: string }>("SELECT password_hash FROM users WHERE password_hash GLOB '$2*' LIMIT 1");

  return {
    made: (user) => (made.get({ user })?.n ?? 0) > 0,
    noteUser: (user) => void noteUser.run({ user }),
    hasToken: (hash) => (hasToken.get({ hash })?.n ?? 0) > 0,
    noteToken: (token, { hash, prefix }) => void noteToken.run({ hash, prefix, token }),
    unseenTokens: (prefix) => unseen.all({ prefix }).map((row) => ({ hash: row.hash, token: row.token_id as TokenId })),
    recognise: (token, hash) => void recognise.run({ token, hash }),
    adopt: (user: UserId, { name, purpose }: AdoptedVolume) =>
      sql.transaction(() => {
        const left = orphan.get({ name });
        if (left !== undefined) volumes.forget(left.id as VolumeId);
        volumes.add({ id: newId<VolumeId>(), owner: user, purpose, name, generation: 1, state: 'active', created: now(), lastUsed: null, bytes: null, measured: null, binned: null, ends: null });
      }),
    volumesOf: (user) => volumes.listOf(user).flatMap(({ name, purpose, state }) => (name === null || state !== 'active' ? [] : [{ name, purpose }])),
    isAdopted: (name) => volumes.byName(name) !== undefined && orphan.get({ name }) === undefined,
    olderPasswordHash: () => bcrypt.get()?.password_hash,
  };
}
