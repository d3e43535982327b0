import type { SessionId, TokenId, UserId } from '../domain/ids';
import { toDate, toMs, type Sql } from './sql';
import type { OauthCode, OauthStore } from './store';
import { fromClient, toClient } from './tokens';

interface Row {
  readonly user_id: string;
  readonly session_id: string;
  readonly server_id: string | null;
  readonly service: string | null;
  readonly redirect: string;
  readonly scopes: string;
  readonly challenge: string | null;
  readonly expires: number;
  readonly token_id: string | null;
}

const toCode = (row: Row): OauthCode => ({
  client: toClient(row),
  user: row.user_id as UserId,
  session: row.session_id as SessionId,
  redirect: row.redirect,
  scopes: JSON.parse(row.scopes) as string[],
  challenge: row.challenge,
  expires: toDate(row.expires),
  token: row.token_id as TokenId | null,
});

export function createOauthStore(sql: Sql): OauthStore {
  const insert = sql.prepare(`INSERT INTO oauth_codes (hash, user_id, session_id, server_id, service, redirect, scopes, challenge, expires, token_id)
    VALUES (@hash, @user, @session, @server, @service, @redirect, @scopes, @challenge, @expires, @token)`);
  const byHash = sql.prepare<Row>('SELECT user_id, session_id, server_id, service, redirect, scopes, challenge, expires, token_id FROM oauth_codes WHERE hash = @hash');
  const spend = sql.prepare('UPDATE oauth_codes SET token_id = @token WHERE hash = @hash AND token_id IS NULL');
  const prune = sql.prepare('DELETE FROM oauth_codes WHERE expires <= @now AND (token_id IS NULL OR token_id NOT IN (SELECT id FROM tokens))');
  const strayTokens = sql.prepare('DELETE FROM tokens WHERE service IS NOT NULL AND service NOT IN (SELECT value FROM json_each(@names))');
  const strayCodes = sql.prepare('DELETE FROM oauth_codes WHERE service IS NOT NULL AND service NOT IN (SELECT value FROM json_each(@names))');

  return {
    add: (code, hash) =>
      void insert.run({
        hash, user: code.user, session: code.session, ...fromClient(code.client), redirect: code.redirect, scopes: JSON.stringify(code.scopes),
        challenge: code.challenge, expires: toMs(code.expires), token: code.token,
      }),
    byHash(hash) {
      const row = byHash.get({ hash });
      return row === undefined ? undefined : toCode(row);
    },
    spend: (hash, token) => spend.run({ hash, token }) > 0,
    prune: (now) => void prune.run({ now: toMs(now) }),
    keepServices: (names) =>
      sql.transaction(() => {
        strayTokens.run({ names: JSON.stringify(names) });
        strayCodes.run({ names: JSON.stringify(names) });
      }),
  };
}
