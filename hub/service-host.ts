import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Route, RouteTable } from '../proxy/route-table';
import type { Config } from './config';
import { inherited } from './config/inherited';
import type { Clock, Logger } from './domain/runtime';
import { createManagedServices, type ManagedServices, type ManagedServicesDeps } from './managed-services';
import { serviceVariables } from './services/service-variables';
import type { ServiceActsDeps } from './services/service-acts';
import type { ServiceRegistry } from './services/services';
import { createUrls } from './urls';

export interface ServiceHostDeps {
  readonly config: Config;
  /** The public listener, listening. */
  readonly server: Server;
  readonly places: Pick<ServicePlaces, 'open'>;
  readonly services: ServiceRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memory: ManagedServicesDeps['memory'];
}

export interface ServiceHost extends Pick<ManagedServices, 'start' | 'close'> {
  /** Origins at which the programs reach the hub. Empty: the hub runs none. */
  readonly origins: readonly string[];
}

export type ServicePlaces = ServiceActsDeps['places'];

/** Where services with an address are asked: below `/services/<name>/`. What is open to one that goes is closed at once. */
export function createServicePlaces({ routes, base, drain }: { readonly routes: Pick<RouteTable, 'set' | 'remove'>; readonly base: string; readonly drain: (route: Route) => void }): ServicePlaces {
  const urls = createUrls(base);
  return {
    open({ name, url }) {
      if (url !== null) routes.set({ prefix: urls.service(name), origin: new URL(url).origin, service: name, upstream: { kind: 'service' } });
    },
    close(name) {
      const route = routes.remove(urls.service(name));
      if (route !== undefined) drain(route);
    },
  };
}

/** Puts the services where they are asked, and runs those that the hub is to run. */
export function createServiceHost({ config, server, places, services, clock, log, memory }: ServiceHostDeps): ServiceHost {
  for (const service of services.list()) places.open(service);
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
