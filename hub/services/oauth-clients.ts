import { can, isOwn, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserName } from '../domain/ids';
import type { ServerRecord } from '../domain/server';
import type { Service } from '../domain/service';
import type { OauthClientKey } from '../domain/session';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { createUrls, oauthCallback, oauthClientId } from '../urls';
import { hashOfSecret } from './secrets';
import type { Services } from './services';

export interface ClientsDeps {
  readonly store: Store;
  readonly services: Pick<Services, 'list' | 'byToken'>;
  /** Path of the public URL; starts and ends with a slash. */
  readonly base: string;
  /** Origin at which the servers of a user lie, where that is not the hub's own; the empty string: they lie on the hub's. */
  readonly originOf: (owner: User) => string;
  /** A `jupyterhub-singleuser` server; others have nobody sign in at the hub. */
  readonly signsIn: (record: ServerRecord) => boolean;
}

export interface OauthClient {
  readonly key: OauthClientKey;
  readonly id: string;
  readonly title: string;
  readonly redirect: string;
  /** Raw scope of whoever may use what it stands for. */
  readonly access: string;
  /** Raw scopes that it may ask for beyond that, and beyond who somebody is. */
  readonly allowed: readonly string[];
  /** Its visitors are not asked. */
  readonly trusted: (actor: Actor) => boolean;
}

export interface OauthClients {
  /** Throws `invalid-input` for an unknown id or a foreign address, `forbidden` for somebody who may not use any client of that id. `redirect` undefined: the registered one. */
  forVisitor(actor: Actor, id: string, redirect: string | undefined): OauthClient;
  /** undefined: wrong id or secret, or a server's client on the network of another one. */
  authenticate(id: string, secret: string, through: ServerId | undefined): OauthClient | undefined;
}

const SERVER_CLIENT = /^jupyterhub-user-(.+)$/;
const LONGEST_ID = 2048;
const LONGEST_SECRET = 512;

const unknownClient = (): HubError => new HubError('invalid-input', 'Invalid client_id parameter value.');
const notOpen = (): HubError => new HubError('forbidden', 'You do not have permission to access this server or service.');

/** Servers that run and services with an address of theirs are clients; nothing else is, and nobody can register one. */
export function createOauthClients({ store, services, base, originOf, signsIn }: ClientsDeps): OauthClients {
  const groupsOf = (owner: User): readonly string[] => store.groups.groupsOf(owner.id).map((group) => group.name);

  const ofServer = (owner: User, record: ServerRecord): OauthClient => ({
    key: { kind: 'server', id: record.id },
    id: oauthClientId(owner.name, record.name),
    title: `Server at ${createUrls(base).server(owner.name, record.name)}`,
    redirect: `${originOf(owner)}${oauthCallback(base, owner.name, record.name)}`,
    access: `access:servers!server=${owner.name}/${record.name}`,
    allowed: [],
    trusted: (actor) => isOwn(actor, owner),
  });

  const ofService = (service: Service, redirect: string): OauthClient => ({
    key: { kind: 'service', name: service.name },
    id: service.oauthClientId,
    title: service.name,
    redirect,
    access: `access:services!service=${service.name}`,
    allowed: service.oauthAllowedScopes,
    trusted: () => service.oauthNoConfirm,
  });

  const serviceOf = (id: string): OauthClient | undefined => {
    const service = services.list().find((one) => one.oauthClientId === id && one.hasToken);
    const redirect = service?.oauthRedirectUri ?? null;
    return service === undefined || redirect === null ? undefined : ofService(service, redirect);
  };

  const isClient = (record: ServerRecord | undefined): record is ServerRecord =>
    record !== undefined && (record.state.kind === 'starting' || record.state.kind === 'ready') && signsIn(record);

  /** Who may not use a server is told so whether or not it runs, and whether or not there is such a user (D06). */
  const serversFor = (actor: Actor, id: string): readonly OauthClient[] => {
    const open = meanings(id).filter(({ user, server }) => {
      const owner = store.users.byName(user);
      return can(actor, 'access:servers', { kind: 'server', user, server, groups: owner === undefined ? [] : groupsOf(owner) });
    });
    if (open.length === 0) throw notOpen();
    return open.flatMap(({ user, server }) => {
      const owner = store.users.byName(user);
      const record = owner && store.servers.find(owner.id, server);
      return owner !== undefined && isClient(record) ? [ofServer(owner, record)] : [];
    });
  };

  return {
    forVisitor(actor, id, redirect) {
      if (id.length > LONGEST_ID) throw unknownClient();
      const service = serviceOf(id);
      const found = service !== undefined ? [service] : SERVER_CLIENT.test(id) ? serversFor(actor, id) : [];
      if (found.length === 0) throw unknownClient();
      const fitting = redirect === undefined ? found : found.filter((client) => client.redirect === redirect);
      const [client, second] = fitting;
      if (client === undefined || second !== undefined) throw new HubError('invalid-input', 'Mismatching redirect URI.');
      if (client.key.kind === 'service' && !can(actor, 'access:services', { kind: 'service', name: client.key.name })) throw notOpen();
      return client;
    },
    authenticate(id, secret, through) {
      if (secret === '' || secret.length > LONGEST_SECRET || id.length > LONGEST_ID) return undefined;
      const record = store.servers.byLabTokenHash(hashOfSecret(secret));
      const owner = record && store.users.byId(record.owner);
      if (record !== undefined && owner?.status === 'active' && isClient(record)) {
        const client = ofServer(owner, record);
        return client.id === id && (through === undefined || through === record.id) ? client : undefined;
      }
      const service = through === undefined ? serviceOf(id) : undefined;
      return service?.key.kind === 'service' && services.byToken(secret)?.name === service.key.name ? service : undefined;
    },
  };
}

interface Meaning {
  readonly user: UserName;
  readonly server: ServerName;
}

/** JupyterHub joins two names with a hyphen that both may contain: all ways to take an id apart; the redirect address tells which is meant. */
function meanings(id: string): readonly Meaning[] {
  const rest = SERVER_CLIENT.exec(id)?.[1] ?? '';
  const cuts = [...rest.matchAll(/-/g)].map(({ index }) => index).slice(0, MOST_CUTS);
  const pairs = [[rest, ''], ...cuts.map((at) => [rest.slice(0, at), rest.slice(at + 1)])];
  return pairs.flatMap(([user = '', server = '']) => {
    const [name, label] = [decoded(user), decoded(server)];
    return name === undefined || label === undefined || name === '' ? [] : [{ user: name as UserName, server: label as ServerName }];
  });
}

const MOST_CUTS = 64;

/** undefined: not what quoting gives. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (err) {
    if (err instanceof URIError) return undefined;
    throw err;
  }
}
