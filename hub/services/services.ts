import type { DeclaredService, Service } from '../domain/service';
import { hashOfSecret, newSecret } from './secrets';

/** The services that the configuration declares. Their tokens are compared by hash and never handed out, but to the process itself. */
export interface Services {
  /** In the order of the configuration. */
  list(): readonly Service[];
  byName(name: string): Service | undefined;
  /** The service that this token, which is its OAuth secret too, belongs to. */
  byToken(secret: string): Service | undefined;
  /** Process id while the hub runs the service; 0: it does not run now, or somebody else runs it. */
  pidOf(name: string): number;
}

export interface ServicesDeps {
  readonly declared: readonly DeclaredService[];
}

export interface ServiceRegistry extends Services {
  /** What the hub starts, each with its token. */
  readonly managed: readonly (DeclaredService & { readonly token: string })[];
  /** Who runs them, once that is known. */
  runBy(pidOf: (name: string) => number): void;
}

export function createServices({ declared }: ServicesDeps): ServiceRegistry {
  let pidOf = (_name: string): number => 0;
  const complete = declared.map((service) => ({ ...service, token: service.token ?? (service.command.length > 0 ? newSecret() : null) }));
  const byName = new Map(complete.map((service) => [service.name, shownOf(service)]));
  const byHash = new Map(complete.flatMap(({ name, token }) => (token === null ? [] : [[hashOfSecret(token), name] as const])));
  return {
    list: () => [...byName.values()],
    byName: (name) => byName.get(name),
    byToken(secret) {
      const name = byHash.get(hashOfSecret(secret));
      return name === undefined ? undefined : byName.get(name);
    },
    pidOf: (name) => (byName.has(name) ? pidOf(name) : 0),
    runBy: (by) => void (pidOf = by),
    managed: complete.flatMap((service) => (service.command.length === 0 || service.token === null ? [] : [{ ...service, token: service.token }])),
  };
}

/** Without what only its own process may know. */
function shownOf({ token, cwd: _cwd, environment: _environment, ...service }: DeclaredService): Service {
  return { ...service, hasToken: token !== null };
}
