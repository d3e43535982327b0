import type { TokenId } from '../domain/ids';
import type { Service } from '../domain/service';
import type { Sql } from './sql';
import type { ServiceStore, StoredService } from './store';

interface Row {
  readonly name: string;
  readonly client_id: string;
  readonly token_hash: string | null;
  readonly spec: string;
}

/** What has no column of its own. */
type Spec = Pick<Service, 'admin' | 'url' | 'oauthRedirectUri' | 'oauthNoConfirm' | 'oauthAllowedScopes' | 'display' | 'info'>;

const toStored = ({ name, client_id: oauthClientId, token_hash: tokenHash, spec }: Row): StoredService => {
  const more = JSON.parse(spec) as Spec;
  return { service: { name, roles: more.admin ? ['admin'] : [], command: [], oauthClientId, hasToken: tokenHash !== null, ...more }, tokenHash };
};

const specOf = ({ admin, url, oauthRedirectUri, oauthNoConfirm, oauthAllowedScopes, display, info }: Service): Spec => ({ admin, url, oauthRedirectUri, oauthNoConfirm, oauthAllowedScopes, display, info });

export function createServiceStore(sql: Sql): ServiceStore {
  const listed = sql.prepare<Row>('SELECT name, client_id, token_hash, spec FROM services ORDER BY name');
  const add = sql.prepare('INSERT INTO services (name, client_id, token_hash, spec) VALUES (@name, @client, @hash, @spec)');
  const remove = sql.prepare('DELETE FROM services WHERE name = @name');
  const tokens = sql.prepare<{ readonly id: TokenId }>('SELECT id FROM tokens WHERE service = @name');
  const removeTokens = sql.prepare('DELETE FROM tokens WHERE service = @name');
  const removeCodes = sql.prepare('DELETE FROM oauth_codes WHERE service = @name');
  return {
    list: () => listed.all().map(toStored),
    add: ({ service, tokenHash }) => void add.run({ name: service.name, client: service.oauthClientId, hash: tokenHash, spec: JSON.stringify(specOf(service)) }),
    remove: (name) => sql.transaction(() => {
      const ended = tokens.all({ name }).map(({ id }) => id);
      removeTokens.run({ name });
      removeCodes.run({ name });
      remove.run({ name });
      return ended;
    }),
  };
}
