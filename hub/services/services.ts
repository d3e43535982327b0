import type { DeclaredService, Service } from '../domain/service';
import type { ServiceStore, StoredService } from '../store/store';
import { hashOfSecret, newSecret } from './secrets';

/** The services that the configuration declares, and those that were made over the API. Their tokens are compared by hash and never handed out, but to the process itself. */
export interface Services {
  /** In the order of the configuration, then the others by name. */
  list(): readonly Service[];
  byName(name: string): Service | undefined;
  /** The service that this token, which is its OAuth secret too, belongs to. */
  byToken(secret: string): Service | undefined;
  /** Process id while the hub runs the service; 0: it does not run now, or somebody else runs it. */
  pidOf(name: string): number;
}

export interface ServicesDeps {
  readonly declared: readonly DeclaredService[];
  /** What was made over the API. What the configuration has come to use since, a name, a client id or a token, is the configuration's. */
  readonly stored: Pick<ServiceStore, 'list'>;
}

export interface ServiceRegistry extends Services {
  /** What the hub starts, each with its token. */
  readonly managed: readonly (DeclaredService & { readonly token: string })[];
  /** Who runs them, once that is known. */
  runBy(pidOf: (name: string) => number): void;
  isDeclared(name: string): boolean;
  /** Whether one of them has this name, this client id or this token. */
  isTaken(service: StoredService): boolean;
  /** From now on it is there. */
  add(service: StoredService): void;
  remove(name: string): void;
}

export function createServices({ declared, stored }: ServicesDeps): ServiceRegistry {
  let pidOf = (_name: string): number => 0;
  const complete = declared.map((service) => ({ ...service, token: service.token ?? (service.command.length > 0 ? newSecret() : null) }));
  const all = new Map<string, StoredService>();
  const byHash = new Map<string, string>();
  const isTaken = ({ service, tokenHash }: StoredService): boolean =>
    [...all.values()].some((other) => other.service.name === service.name || other.service.oauthClientId === service.oauthClientId || (tokenHash !== null && other.tokenHash === tokenHash));
  const add = (made: StoredService): void => {
    all.set(made.service.name, made);
    if (made.tokenHash !== null) byHash.set(made.tokenHash, made.service.name);
  };

  for (const service of complete) add({ service: shownOf(service), tokenHash: service.token === null ? null : hashOfSecret(service.token) });
  for (const service of stored.list()) if (!isTaken(service)) add(service);

  const names = new Set(declared.map(({ name }) => name));
  return {
    list: () => [...all.values()].map(({ service }) => service),
    byName: (name) => all.get(name)?.service,
    byToken(secret) {
      // Asked with each call that has a token, and most hubs have no services.
      if (byHash.size === 0) return undefined;
      const name = byHash.get(hashOfSecret(secret));
      return name === undefined ? undefined : all.get(name)?.service;
    },
    pidOf: (name) => (all.has(name) ? pidOf(name) : 0),
    runBy: (by) => void (pidOf = by),
    managed: complete.flatMap((service) => (service.command.length === 0 || service.token === null ? [] : [{ ...service, token: service.token }])),
    isDeclared: (name) => names.has(name),
    isTaken,
    add,
    remove(name) {
      const hash = all.get(name)?.tokenHash ?? null;
      if (hash !== null) byHash.delete(hash);
      all.delete(name);
    },
  };
}

/** Without what only its own process may know. */
function shownOf({ token, cwd: _cwd, environment: _environment, ...service }: DeclaredService): Service {
  return { ...service, hasToken: token !== null };
}
