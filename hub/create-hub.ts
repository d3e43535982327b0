import type { Server } from 'node:http';
import { createProxy } from '../proxy/create-proxy';
import { isServiceRoute } from '../proxy/route-table';
import { createRouteTable } from '../proxy/trie';
import { createDockerSpawner } from '../spawner/docker/docker-spawner';
import { labEnvironment } from '../spawner/env';
import { createFakeSpawner } from '../spawner/fake';
import { openProcessSpawner } from '../spawner/process/process-spawner';
import { waitUntilReady } from '../spawner/readiness';
import type { Spawner, Volumes } from '../spawner/spawner';
import { capacityOf } from './capacity-settings';
import { atPort, type Config } from './config';
import { createDirectory } from './directory';
import { checkDisk, checkEngineDisk } from './disk-space';
import { databaseOf, dockerSettings, hubContainerOf } from './docker-settings';
import type { InstanceId, ServerId } from './domain/ids';
import { systemClock, type Clock, type FailPoint, type Logger } from './domain/runtime';
import { createSites } from './domain/sites';
import { createFailPoint } from './fail-point';
import { cookieNames } from './http/cookies';
import { createApp, type HttpSettings } from './http/app';
import { createMetrics } from './http/metrics';
import { EVERY_LAB } from './internal/calls';
import { createInternalApp } from './internal/app';
import { createInternalListener } from './internal-listener';
import { createIdlenessHost } from './idleness-host';
import { createListener, listen, open, shut } from './listener';
import { listenLocal, type LocalServer } from './local-socket';
import { createIdentity, signUpOf } from './identity-host';
import { createMaintenanceHost } from './maintenance-host';
import { createSignInHost } from './sign-in-host';
import { createAccounts } from './services/accounts';
import { createActivity } from './services/activity';
import { createActivityReports } from './services/activity-report';
import { createAuthorise } from './services/authorise';
import { createBackups } from './services/backups';
import { createLabTokens } from './services/lab-tokens';
import { openGroups } from './services/declared-groups';
import { processSettings } from './process-settings';
import { createServiceHost, createServicePlaces } from './service-host';
import { createGroups } from './services/groups';
import { createHealth } from './services/health';
import { createServers } from './services/servers';
import { createServiceActs } from './services/service-acts';
import { createShareCodes } from './services/share-codes';
import { createShares } from './services/shares';
import { createShutdown } from './services/shutdown';
import { loadTemplates } from './services/templates';
import { createVolumes } from './services/volumes';
import { INSTANCE, openStore } from './store/create-store';
import type { Store } from './store/store';
import { createUrls } from './urls';
import { version } from './version';

/** What a test may replace. Everything else is as in production. */
export interface HubOverrides {
  readonly clock?: Clock;
  /** Opened and closed by the caller. */
  readonly store?: Store;
  readonly spawner?: Spawner & Volumes;
  /** Milliseconds an API call waits for a start or stop before it answers 202. */
  readonly slowMs?: number;
}

const PROTOCOL_VERSION = '5.2.1';
const DRAIN_MS = 10_000;
/** How long the listener waits at boot for servers to be adopted: one dead engine must not keep the pages away. */
const RECONCILE_MS = 3_000;

/** THE composition root: the only place that puts adapters together and sees the whole configuration; each `*-host` beside it makes one side of the hub. */
export async function createHub(given: Config, log: Logger, overrides: HubOverrides = {}) {
  const server = createListener(log);
  const config = atPort(given, await listen(server, given));
  try {
    return await build(config, { log, server, overrides });
  } catch (err) {
    const closed = shut(server);
    server.closeAllConnections();
    await closed;
    throw err;
  }
}

export type Hub = Awaited<ReturnType<typeof createHub>>;

interface Ground {
  readonly log: Logger;
  readonly server: Server;
  readonly overrides: HubOverrides;
}

async function build(config: Config, { log, server, overrides }: Ground) {
  const clock = overrides.clock ?? systemClock;
  const store = overrides.store ?? openStore(databaseOf(config));
  const instance = store.meta.get(INSTANCE) as InstanceId;
  const publicUrl = new URL(config.publicUrl);
  const urls = createUrls(config.basePath);
  const sites = config.subdomainHost === null ? null : createSites(publicUrl, config.subdomainHost);
  const routes = createRouteTable();
  const base = { store, clock, log };

  checkTemplates(config.paths.templates, log);
  const identity = createIdentity(config, base);
  const { audit } = identity;
  const failPoint = createFailPoint(config.failPoint);
  const spawner = overrides.spawner ?? await createSpawner(config, { instance, clock, log, failPoint });
  const backups = createBackups({ ...base, audit, everyMs: config.backup.every ?? 0, days: config.backup.keep });
  const volumes = createVolumes({
    ...base, audit, failPoint, engine: spawner, image: config.profiles[0]?.image ?? '',
    binMs: config.volume.bin ?? 0, softQuota: config.volume.softQuota ?? 0, measureEveryMs: config.volume.measureEvery ?? 0,
  });
  const health = createHealth({ ...base, audit, spawner, own: async () => [await checkDisk(config.dataDir), ...(await checkEngineDisk((await spawner.engineFolder?.()) ?? null, config.dataDir)), backups.row(), volumes.row()], isolation: config.docker.isolation });
  const activity = createActivity(base);
  const signIn = createSignInHost({ ...base, ...identity, config, sites, modeOf: (id) => servers.modeOf(id) });
  const servers = createServers({
    ...base,
    audit,
    spawner,
    gate: health.gate,
    routes,
    drain: (route, deadlineMs) => proxy.drain(route, deadlineMs),
    waitUntilReady: (ask) => waitUntilReady({ ...ask, clock }),
    prefixOf: (owner, name) => createUrls('/').server(owner, name),
    base: config.basePath,
    profiles: config.profiles,
    cap: config.server.cap ?? 0,
    ...capacityOf(config),
    maintenance: { isClosed: () => maintenance.gate.isClosed(), demand: (actor) => maintenance.gate.demand(actor) },
    isLeaving: () => shutdown.hasBegun(),
    namedLimit: config.server.namedLimit ?? 0,
    startTimeoutMs: config.server.startTimeout,
    stopGraceMs: config.server.stopGrace,
    failPoint,
    openGroups: openGroups(config.groups),
    renamed: () => identity.actors.forget(),
    observeStart: (seen) => metrics.observeSpawn(seen),
    volumesFor: volumes.forStart,
    labEnv: (lab) => labEnvironment({ profile: lab.profile, userName: lab.owner.name, secret: lab.secret, extra: signIn.variablesOf(lab, spawner.hubUrl) }),
  });
  spawner.onExit((id, handle) => servers.exited(id, handle));
  spawner.onChange?.((id, handle, change) => servers.changed(id, handle, change));
  const idleness = createIdlenessHost({ ...base, config, audit, spawner, servers, signsIn: signIn.signsIn, tokenFor: signIn.visitors.forHub });
  const reports = createActivityReports({ ...base, activity, used: idleness.used });
  const internalApp = createInternalApp({ urls, clock, log, protocolVersion: PROTOCOL_VERSION, services: { labTokens: createLabTokens(base), reports, idleness, ...signIn }, grantsOf: () => EVERY_LAB });
  const internal = createInternalListener({ handle: internalApp.handle, log });
  spawner.onConnection(internal.accept);

  const accounts = createAccounts({
    ...base,
    ...identity,
    signUpMode: signUpOf(config),
    adminName: config.admin.name,
    rules: { minLength: config.password.minLength },
    stopServers: (owner) => servers.stopAllOf(owner.id),
    failPoint,
    removeVolumes: (owner) => volumes.removeAllOf(owner.id),
  });
  const groups = createGroups({ store, audit, actors: identity.actors, recheck: () => proxy.recheck(), isPrivileged: ({ id, name }) => store.roles.ofGroup(id).length > 0 || config.groups.some((group) => group.name === name && group.outbound === 'open') });
  const sharing = { ...base, ...identity, recheck: (id: ServerId) => proxy.recheck(id) };
  const [shares, shareCodes] = [createShares(sharing), createShareCodes(sharing)];
  const places = createServicePlaces({ routes, base: config.basePath, drain: (route) => void proxy.drain(route, 0).catch((err: unknown) => log.warn({ route: route.prefix, err }, 'open requests could not be ended')) });
  const serviceActs = createServiceActs({ ...identity, store, base: config.basePath, announceEnded: identity.sessions.announceEnded, places });
  const maintenance = createMaintenanceHost({ ...base, audit, servers, base: config.basePath, signsIn: signIn.signsIn, tokenFor: signIn.visitors.forHub });
  let shutDown = (): void => log.warn({}, 'The hub was asked to end, and nobody listens.');
  const shutdown = createShutdown({ ...base, audit, servers, end: () => shutDown() });
  const access = createAuthorise({ ...base, audit, actors: identity.actors, sessions: identity.sessions, sitePass: sites === null ? null : identity.sitePass, visitors: signIn.visitors });
  const metrics = createMetrics({
    runningServers: () => routes.list().filter((route) => !isServiceRoute(route)).length,
    totalUsers: () => store.users.list({ offset: 0, limit: 1 }).total,
    sessions: () => store.sessions.count(),
    proxied: () => proxy.counts(),
  });

  const app = createApp({
    settings: httpSettings(config, { publicUrl, sites, overrides }),
    urls,
    clock,
    log,
    services: { ...identity, accounts, servers, idleness, reports, health, backups, volumes, groups, shares, shareCodes, maintenance, shutdown, serviceActs, oauth: signIn.oauth },
    directory: createDirectory({ store, routes, profiles: config.profiles, openGroups: openGroups(config.groups) }),
    access,
    ready: health.ready,
    metrics,
  });
  const serviceHost = createServiceHost({ config, server, places, services: identity.services, clock, log, memory: store.meta });
  const proxy = createProxy({
    routes,
    authorise: access.authorise,
    basePath: config.basePath,
    publicOrigin: publicUrl.origin,
    acceptedOrigins: config.origins,
    programOrigins: serviceHost.origins,
    sites,
    trustedProxies: config.trustedProxies,
    frameOrigins: config.frameOrigins,
    cookieName: cookieNames(publicUrl.protocol === 'https:').session,
    hub: app.handle,
    renderFailure: app.renderFailure,
    touch: activity.touch,
    used: idleness.used,
    clock,
    log,
  });
  identity.sessions.onEnded(proxy.revoke);

  await Promise.race([servers.reconcile(), new Promise<void>((resolve) => clock.after(RECONCILE_MS, resolve))]);
  maintenance.resume();

  const end = async (local?: LocalServer): Promise<void> => {
    const closed = shut(server);
    internal.close();
    idleness.close();
    maintenance.close();
    health.close();
    await Promise.all([servers.close(), serviceHost.close(), backups.close(), volumes.close()]);
    await Promise.all([proxy.close(DRAIN_MS), local?.close()]);
    server.closeAllConnections();
    await closed;
    // A disk that is full now must not keep the rest open.
    for (const part of [activity, identity.sessions, identity.tokens, metrics, identity.audit]) attempt(log, () => part.close());
    await spawner.close();
    if (overrides.store === undefined) store.close();
  };
  // Before anybody is let in: a connection that is upgraded already could not be taken back.
  const local = await listenLocal(config.dataDir, (req, res) => app.handle(req, res, { path: localPath(req.url, config.basePath), address: 'local', scheme: 'http', requestId: 'local', local: true }), { url: config.publicUrl }).catch(async (err: unknown) => {
    await end();
    throw err;
  });
  failPoint('boot.before-open');
  open(server, proxy);
  serviceHost.start();
  let ended: Promise<void> | undefined;

  return {
    url: config.publicUrl,
    /** The one-time link for the first administrator; undefined when there is one. Each call makes a fresh one. */
    adminLink: () => {
      const secret = identity.bootstrap.issue();
      return secret === undefined ? undefined : new URL(urls.bootstrap(secret), publicUrl).href;
    },
    services: { ...identity, accounts, servers, idleness, activity, access, health, backups, volumes, maintenance, oauth: signIn.oauth, visitors: signIn.visitors },
    store,
    routes,
    /** null: servers lie on the hub's host. */
    sites,
    /** What ends the process when an administrator asks for that over the API. */
    onShutdown: (listener: () => void): void => void (shutDown = listener),
    /** Every route of the hub's own pages and API, for the tests that walk them. */
    pages: app.routes,
    /** All that labs may call. */
    internalCalls: internalApp.calls,
    spawner,
    proxy,
    config,
    instance,
    /** Stops serving; servers keep running and the next hub adopts them. Idempotent. */
    close: (): Promise<void> => (ended ??= end(local)),
  };
}

/** What pages and the API have to know of the configuration. */
const httpSettings = (config: Config, { publicUrl, sites, overrides }: Pick<HttpSettings, 'publicUrl' | 'sites'> & { readonly overrides: HubOverrides }): HttpSettings => ({
  publicUrl,
  sites,
  acceptedOrigins: config.origins,
  protocolVersion: PROTOCOL_VERSION,
  signUp: signUpOf(config),
  launcher: config.features.notebookLauncher,
  namedServers: config.server.named,
  about: { version: version(), spawner: config.spawner, authenticator: config.authenticator, runtime: `Node.js ${process.version}`, executable: process.execPath },
  language: config.users.language,
  profiles: config.profiles,
  ...(overrides.slowMs === undefined ? {} : { slowMs: overrides.slowMs }),
});

async function createSpawner(config: Config, { instance, clock, log, failPoint }: { readonly instance: InstanceId; readonly clock: Clock; readonly log: Logger; readonly failPoint: FailPoint }): Promise<Spawner & Volumes> {
  if (config.spawner === 'fake') return createFakeSpawner({ clock, instance });
  if (config.spawner === 'process') return openProcessSpawner(processSettings(config, instance), { clock, log });
  return createDockerSpawner(dockerSettings(config, instance, await hubContainerOf(config, { clock, log })), { clock, log, failPoint });
}

/** The local socket is asked for `/hub/…`, whatever the base path is. */
const localPath = (url: string | undefined, base: string): string => {
  const [target = '/'] = (url ?? '/').split('?');
  return base !== '/' && target.startsWith(base) ? target.slice(base.length - 1) : target;
};

/** A template that is broken is no reason to stay down; it is a reason to tell the administrator. */
function checkTemplates(folder: string, log: Logger): void {
  try {
    log.info({ templates: loadTemplates(folder).map(({ slug }) => slug) }, 'templates are available');
  } catch (err) {
    log.warn({ err }, 'some templates cannot be used');
  }
}

function attempt(log: Logger, work: () => void): void {
  try {
    work();
  } catch (err) {
    log.error({ err }, 'a part of the hub did not close cleanly');
  }
}
