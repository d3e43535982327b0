import type { TokenId, UserId } from '../domain/ids';
import type { AdoptedVolume, VolumePurpose } from '../domain/jupyterhub';
import type { Sql } from './sql';
import type { ImportStore } from './store';

export function createImportStore(sql: Sql): ImportStore {
  const made = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM imported_users WHERE user_id = @user');
  const noteUser = sql.prepare('INSERT INTO imported_users (user_id) VALUES (@user) ON CONFLICT DO NOTHING');
  const hasToken = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM imported_tokens WHERE hash = @hash');
  const noteToken = sql.prepare('INSERT INTO imported_tokens (hash, prefix, token_id) VALUES (@hash, @prefix, @token)');
  const unseen = sql.prepare<{ hash: string; token_id: string }>('SELECT imported_tokens.hash, token_id FROM imported_tokens JOIN tokens ON tokens.id = token_id AND tokens.hash = imported_tokens.hash WHERE prefix = @prefix');
  const recognise = sql.prepare('UPDATE tokens SET hash = @hash WHERE id = @token');
  const adopt = sql.prepare('INSERT INTO adopted_volumes (name, user_id, purpose) VALUES (@name, @user, @purpose)');
  const volumes = sql.prepare<{ name: string; purpose: string }>('SELECT name, purpose FROM adopted_volumes WHERE user_id = @user ORDER BY purpose');
  const isAdopted = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM adopted_volumes WHERE name = @name');
  const bcrypt = sql.prepare<{ password_hash: string }>("SELECT password_hash FROM users WHERE password_hash GLOB '$2*' LIMIT 1");

  return {
    made: (user) => (made.get({ user })?.n ?? 0) > 0,
    noteUser: (user) => void noteUser.run({ user }),
    hasToken: (hash) => (hasToken.get({ hash })?.n ?? 0) > 0,
    noteToken: (token, { hash, prefix }) => void noteToken.run({ hash, prefix, token }),
    unseenTokens: (prefix) => unseen.all({ prefix }).map((row) => ({ hash: row.hash, token: row.token_id as TokenId })),
    recognise: (token, hash) => void recognise.run({ token, hash }),
    adopt: (user: UserId, { name, purpose }: AdoptedVolume) => void adopt.run({ name, user, purpose }),
    volumesOf: (user) => volumes.all({ user }).map((row) => ({ name: row.name, purpose: row.purpose as VolumePurpose })),
    isAdopted: (name) => (isAdopted.get({ name })?.n ?? 0) > 0,
    olderPasswordHash: () => bcrypt.get()?.password_hash,
  };
}
