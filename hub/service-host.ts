import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RouteTable } from '../proxy/route-table';
import type { Config } from './config';
import { inherited } from './config/inherited';
import type { Clock, Logger } from './domain/runtime';
import { createManagedServices, type ManagedServices, type ManagedServicesDeps } from './managed-services';
import { serviceVariables } from './services/service-variables';
import type { ServiceRegistry } from './services/services';
import { createUrls } from './urls';

export interface ServiceHostDeps {
  readonly config: Config;
  /** The public listener, listening. */
  readonly server: Server;
  readonly routes: Pick<RouteTable, 'set'>;
  readonly services: ServiceRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memory: ManagedServicesDeps['memory'];
}

export interface ServiceHost extends Pick<ManagedServices, 'start' | 'close'> {
  /** Origins at which the programs reach the hub. Empty: the hub runs none. */
  readonly origins: readonly string[];
}

/** Puts the declared services where they are asked, and runs those that the hub is to run. */
export function createServiceHost({ config, server, routes, services, clock, log, memory }: ServiceHostDeps): ServiceHost {
  for (const { name, url } of services.list()) if (url !== null) routes.set({ prefix: createUrls(config.basePath).service(name), origin: new URL(url).origin, service: name, upstream: { kind: 'service' } });
  const hubUrl = originOf(server);
  const publicUrl = new URL(config.publicUrl);
  const kept = inherited();
  const programs = services.managed.map((service) => ({ ...service, environment: { ...kept, ...service.environment, ...serviceVariables({ service, token: service.token, hubUrl, publicUrl }) } }));
  const managed = createManagedServices({ programs, clock, log, memory });
  services.runBy(managed.pidOf);
  return { start: managed.start, close: managed.close, origins: programs.length === 0 ? [] : [hubUrl] };
}

/** Where a program on this machine reaches the listener. */
function originOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
