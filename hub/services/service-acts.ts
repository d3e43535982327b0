import { can, demand, HUB, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { parseScopes } from '../domain/scopes/parse';
import type { Vocabulary } from '../domain/scopes/tree';
import { SERVICE_NAME, type Service } from '../domain/service';
import { shown } from '../domain/shown';
import type { Store, StoredService } from '../store/store';
import type { Actors, Recorder } from './contract';
import { hashOfSecret } from './secrets';
import type { ServiceRegistry } from './services';

/** What somebody says about a new service; what is absent is as in the configuration. */
export interface ServiceAsk {
  readonly name: string;
  readonly admin?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly oauthClientId?: string;
  readonly oauthRedirectUri?: string;
  readonly oauthNoConfirm?: boolean;
  readonly oauthAllowedScopes?: readonly string[];
  readonly display?: boolean;
  readonly info?: Readonly<Record<string, unknown>>;
}

/** Services that are made and removed while the hub runs (protocol, 3.10). Somebody else runs them. */
export interface ServiceActs {
  /**
   * Needs `admin:services`, and an administrator for whatever gives a service more than a name and a token. Throws `conflict` for a name that is taken,
   * `invalid-input` for a name, a client id or a token that cannot be.
   */
  create(actor: Actor, ask: ServiceAsk): Service;
  /** Ends its tokens, those of its visitors, and what is open to it. Throws `not-found`, and `method-not-allowed` for a service of the configuration. */
  remove(actor: Actor, name: string): void;
}

export interface ServiceActsDeps {
  readonly store: Pick<Store, 'services' | 'tokens' | 'transaction'>;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'forget'>;
  readonly services: ServiceRegistry;
  readonly vocabulary: Vocabulary;
  /** Path of the public URL; starts and ends with a slash. */
  readonly base: string;
  /** Closes what was opened with a credential that is good no more. */
  readonly announceEnded: (credential: string) => void;
  /** Where it is asked: below `/services/<name>/` from now on, or no more. */
  readonly places: { readonly open: (service: Service) => void; readonly close: (name: string) => void };
}

const MOST = 1000;
const target = (name: string): Target => ({ kind: 'service', name });

export function createServiceActs(deps: ServiceActsDeps): ServiceActs {
  const { store, audit, services, vocabulary } = deps;

  /** A role, an address behind the hub and whom the hub names to it are an administrator's to give, as with people (D04). */
  const demandMayGive = (actor: Actor, { name: _name, token: _token, display: _display, info: _info, ...more }: ServiceAsk): void => {
    const asked = more.admin === true || more.oauthNoConfirm === true || more.url !== undefined || more.oauthClientId !== undefined || more.oauthRedirectUri !== undefined || (more.oauthAllowedScopes ?? []).length > 0;
    if (asked && !actor.admin) throw new HubError('forbidden', 'Only administrators may make a service that is an administrator, has an address or signs people in.');
  };

  const complete = ({ name, admin = false, url, token, ...more }: ServiceAsk): StoredService => {
    const scopes = more.oauthAllowedScopes ?? [];
    parseScopes(scopes, vocabulary);
    const service: Service = {
      name, admin, roles: admin ? ['admin'] : [], url: url ?? null, command: [], hasToken: token !== undefined,
      oauthClientId: more.oauthClientId ?? `service-${name}`,
      oauthRedirectUri: more.oauthRedirectUri ?? (url === undefined ? null : `${deps.base}services/${name}/oauth_callback`),
      oauthNoConfirm: more.oauthNoConfirm ?? false, oauthAllowedScopes: scopes, display: more.display ?? true, info: more.info ?? {},
    };
    return { service, tokenHash: token === undefined ? null : hashOfSecret(token) };
  };

  /** What could not be told apart from another service, or from a person, is refused. */
  const demandFree = (made: StoredService): void => {
    const { name } = made.service;
    const known = made.tokenHash !== null && store.tokens.byHash(made.tokenHash) !== undefined;
    if (known || services.isTaken(made)) throw new HubError('invalid-input', `Failed to create service ${name}: its client id or its token is in use`);
    // One whose name, client id or token the configuration has come to use is not in the list and still in the database.
    if (store.services.list().some(({ service, tokenHash }) => service.name === name || service.oauthClientId === made.service.oauthClientId || (tokenHash !== null && tokenHash === made.tokenHash))) throw new HubError('invalid-input', `Failed to create service ${name}: an older one is in the way; remove it first`);
    if (services.list().length >= MOST) throw new HubError('invalid-input', `Failed to create service ${name}: there are ${MOST} already`);
  };

  return {
    create(actor, ask) {
      demand(actor, 'admin:services', HUB);
      if (services.byName(ask.name) !== undefined) throw new HubError('conflict', `Service ${shown(ask.name)} already exists`);
      if (!SERVICE_NAME.test(ask.name)) throw new HubError('invalid-input', `Failed to create service ${shown(ask.name)}: its name may have 1 to 64 letters and digits, with . _ - between them`);
      demandMayGive(actor, ask);
      const made = complete(ask);
      demandFree(made);
      const { service } = made;
      store.transaction(() => {
        store.services.add(made);
        audit.record(actor, 'service.create', `service:${service.name}`, { detail: { admin: service.admin, url: service.url, client: service.oauthClientId, redirect: service.oauthRedirectUri, scopes: service.oauthAllowedScopes } });
      });
      services.add(made);
      deps.actors.forget();
      deps.places.open(service);
      return service;
    },
    remove(actor, name) {
      demand(actor, 'admin:services', target(name));
      // Also one that the configuration has put aside.
      const service = services.byName(name) ?? store.services.list().find((one) => one.service.name === name)?.service;
      if (service === undefined) throw can(actor, 'admin:services', HUB) ? new HubError('not-found', `No such service: ${shown(name)}`) : notFound();
      if (services.isDeclared(name)) throw new HubError('method-not-allowed', `Service ${name} is not modifiable at runtime`);
      if (service.admin && !actor.admin) throw new HubError('forbidden', 'Only administrators may remove a service that is one.');
      const ended = store.transaction(() => {
        audit.record(actor, 'service.remove', `service:${name}`);
        return store.services.remove(name);
      });
      services.remove(name);
      deps.actors.forget();
      deps.places.close(name);
      for (const credential of [`service:${name}`, ...ended]) deps.announceEnded(credential);
    },
  };
}
