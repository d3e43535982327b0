import type { Server } from 'node:http';
import { createProxy } from '../proxy/create-proxy';
import { isServiceRoute } from '../proxy/route-table';
import { createRouteTable } from '../proxy/trie';
import { labEnvironment } from '../spawner/env';
import { createFakeSpawner } from '../spawner/fake';
import { openProcessSpawner } from '../spawner/process/process-spawner';
import { waitUntilReady } from '../spawner/readiness';
import type { Spawner, Volumes } from '../spawner/spawner';
import { capacityOf } from './capacity-settings';
import { atPort, createLiveConfig, type Config, type Sources } from './config';
import type * as DockerHost from './docker-host';
import { createDirectory } from './directory';
import { closing, createEnding } from './closing';
import { checkDisk, checkEngineDisk } from './disk-space';
import { databaseOf } from './docker-settings';
import type { InstanceId, ServerId } from './domain/ids';
import { systemClock, type Clock, type FailPoint, type Logger } from './domain/runtime';
import { createSites } from './domain/sites';
import { createFailPoint } from './fail-point';
import { createApp } from './http/app';
import { createMetrics } from './http/metrics';
import { accountSettings, httpSettings, PROTOCOL_VERSION, proxySettings } from './http-settings';
import { EVERY_LAB } from './internal/calls';
import { createInternalApp } from './internal/app';
import { createInternalListener } from './internal-listener';
import { createIdlenessHost } from './idleness-host';
import { createListener, listen, open, shut } from './listener';
import { listenLocal } from './local-socket';
import { createIdentity } from './identity-host';
import { createMessages } from './messages-host';
import { createSignInHost } from './sign-in-host';
import { createAccountInfo } from './services/account-info';
import type { AccountsDeps } from './services/account-deps';
import { createAccounts } from './services/accounts';
import { createActivity } from './services/activity';
import { createActivityReports } from './services/activity-report';
import { createAuthorise } from './services/authorise';
import { createBackups } from './services/backups';
import { createBulkAccounts } from './services/bulk-accounts';
import { createLabTokens } from './services/lab-tokens';
import { createPolicies } from './policy-host';
import { processSettings } from './process-settings';
import { createServiceHost, createServicePlaces } from './service-host';
import { createSettingsHost } from './settings-host';
import { createFeed } from './services/feed';
import { createGroupPolicies } from './services/group-policies';
import { createGroups } from './services/groups';
import { createHealth } from './services/health';
import { createMaintenance } from './services/maintenance';
import { createPermissions } from './services/permissions';
import { createServerList } from './services/server-list';
import { createServers } from './services/servers';
import { createServiceActs } from './services/service-acts';
import { createShareCodes } from './services/share-codes';
import { createShares } from './services/shares';
import { createShutdown } from './services/shutdown';
import { createVolumes } from './services/volumes';
import { INSTANCE, openStore } from './store/create-store';
import type { Store } from './store/store';
import { createTemplatesHost } from './templates-host';
import { createUrls } from './urls';
import { createUsageHost } from './usage-host';

/** What a test may replace. Everything else is as in production. */
export interface HubOverrides {
  readonly clock?: Clock;
  /** Opened and closed by the caller. */
  readonly store?: Store;
  readonly spawner?: Spawner & Volumes;
  /** Milliseconds an API call waits for a start or stop before it answers 202. */
  readonly slowMs?: number;
}

const DRAIN_MS = 10_000;
/**
 * How long requests for servers wait at boot until these are adopted; with a dead engine they are told so then. Pages and the API are served meanwhile: to look
 * at a thousand servers takes longer than anybody should wait for a page.
 */
const RECONCILE_MS = 3_000;
const adopted = async (servers: { readonly reconcile: () => Promise<void> }, clock: Clock): Promise<void> => Promise.race([servers.reconcile(), new Promise<void>((resolve) => void clock.after(RECONCILE_MS, resolve))]);

/** THE composition root: the only place that puts adapters together and sees the whole configuration; each `*-host` beside it makes one side of the hub. */
export async function createHub(given: Config, log: Logger, overrides: HubOverrides = {}, sources: Sources = new Map()) {
  const server = createListener(log);
  const config = atPort(given, await listen(server, given));
  try {
    return await build(config, { log, server, overrides, sources });
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
  readonly sources: Sources;
}

async function build(given: Config, { log, server, overrides, sources }: Ground) {
  const live = createLiveConfig(given);
  const { config } = live;
  const clock = overrides.clock ?? systemClock;
  const store = overrides.store ?? openStore(databaseOf(config));
  const instance = store.meta.get(INSTANCE) as InstanceId;
  const publicUrl = new URL(config.publicUrl);
  const urls = createUrls(config.basePath);
  const sites = config.subdomainHost === null ? null : createSites(publicUrl, config.subdomainHost);
  const routes = createRouteTable();
  const base = { store, clock, log };

  const feed = createFeed(clock);
  const identity = createIdentity(config, { ...base, feed });
  const { audit } = identity;
  const liveSettings = createSettingsHost({ ...base, audit, given, live, sources, changed: () => [servers.pump(), feed.publish('servers')] });
  const failPoint = createFailPoint(config.failPoint);
  const policies = createPolicies(config, store);
  const spawner = overrides.spawner ?? await createSpawner(config, { instance, clock, log, failPoint });
  const backups = createBackups({ ...base, audit, schedule: () => ({ everyMs: config.backup.every ?? 0, days: config.backup.keep }) });
  const volumes = createVolumes({
    ...base, audit, failPoint, engine: spawner, image: config.profiles[0]?.image ?? '',
    binMs: () => config.volume.bin ?? 0, softQuota: () => config.volume.softQuota ?? 0, measureEveryMs: config.volume.measureEvery ?? 0,
  });
  const health = createHealth({ ...base, audit, spawner, changed: () => feed.publish('health'), own: async () => [await checkDisk(config.dataDir), ...(await checkEngineDisk((await spawner.storageFolder?.()) ?? null, config.dataDir)), backups.row(), volumes.row()], isolation: config.docker.isolation });
  const activity = createActivity(base);
  const usage = createUsageHost({ ...base, config, spawner, feed });
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
    get cap() { return config.server.cap ?? 0; },
    get capacity() { return capacityOf(config).capacity; },
    weights: capacityOf(config).weights,
    maintenance: { isClosed: () => maintenance.gate.isClosed(), demand: (actor) => maintenance.gate.demand(actor) },
    isLeaving: () => shutdown.hasBegun(),
    namedLimit: () => config.server.namedLimit ?? 0,
    startTimeoutMs: config.server.startTimeout,
    stopGraceMs: config.server.stopGrace,
    failPoint,
    policies,
    templates: { demand: (owner, slug) => templates.gate.demand(owner, slug), bring: (record, slug, how) => templates.gate.bring(record, slug, how) },
    renamed: () => identity.actors.forget(),
    moved: (owner) => {
      feed.publish('servers', owner);
      notices.moved(owner);
    },
    observeStart: (seen) => {
      metrics.observeSpawn(seen);
      usage.observeStart(seen);
    },
    volumesFor: volumes.forStart,
    labEnv: (lab) => labEnvironment({ profile: lab.profile, userName: lab.owner.name, secret: lab.secret, extra: signIn.variablesOf(lab, spawner.hubUrl) }),
  });
  spawner.onExit((id, handle) => servers.exited(id, handle));
  spawner.onChange?.((id, handle, change) => servers.changed(id, handle, change));
  const { tellLabs, notices } = createMessages({ ...base, audit, feed, config, signIn });
  const templates = createTemplatesHost({ ...base, config, audit, modeOf: (id) => servers.modeOf(id), signsIn: signIn.signsIn, tokenFor: signIn.visitors.forHub });
  const idleness = createIdlenessHost({ ...base, config, audit, spawner, servers, policies, tellLabs, signsIn: signIn.signsIn, tokenFor: signIn.visitors.forHub });
  const reports = createActivityReports({ ...base, activity, used: idleness.used });
  const internalApp = createInternalApp({ urls, clock, log, protocolVersion: PROTOCOL_VERSION, services: { labTokens: createLabTokens(base), reports, idleness, ...signIn }, grantsOf: () => EVERY_LAB });
  const internal = createInternalListener({ handle: internalApp.handle, log });
  spawner.onConnection(internal.accept);

  const accountDeps: AccountsDeps = {
    ...base,
    ...identity,
    ...accountSettings(config),
    stopServers: (owner) => servers.stopAllOf(owner.id),
    failPoint,
    removeVolumes: (owner) => volumes.removeAllOf(owner.id),
  };
  const accounts = createAccounts(accountDeps);
  const groups = createGroups({ store, audit, actors: identity.actors, recheck: () => proxy.recheck(), policies, isPrivileged: (group) => store.roles.ofGroup(group.id).length > 0 || policies.gives(group) });
  const bulkAccounts = createBulkAccounts({ ...accountDeps, accounts, company: groups });
  const serverList = createServerList({ store, servers, idleness, usage });
  const groupPolicies = createGroupPolicies({ store, audit, actors: identity.actors, recheck: () => proxy.recheck(), book: policies, ignored: spawner.ignores ?? [] });
  const sharing = { ...base, ...identity, recheck: (id: ServerId) => proxy.recheck(id) };
  const [shares, shareCodes] = [createShares(sharing), createShareCodes(sharing)];
  const places = createServicePlaces({ routes, base: config.basePath, drain: (route) => void proxy.drain(route, 0).catch((err: unknown) => log.warn({ route: route.prefix, err }, 'open requests could not be ended')) });
  const serviceActs = createServiceActs({ ...identity, store, base: config.basePath, announceEnded: identity.sessions.announceEnded, places });
  const maintenance = createMaintenance({ ...base, audit, servers, tellLabs });
  const ending = createEnding();
  const shutdown = createShutdown({ ...base, audit, servers, end: ending.ask });
  const access = createAuthorise({ ...base, audit, actors: identity.actors, sessions: identity.sessions, sitePass: sites === null ? null : identity.sitePass, visitors: signIn.visitors });
  const metrics = createMetrics({
    runningServers: () => routes.list().filter((route) => !isServiceRoute(route)).length,
    totalUsers: () => store.users.list({ offset: 0, limit: 1 }).total, sessions: () => store.sessions.count(), proxied: () => proxy.counts(),
  });

  const app = createApp({
    settings: httpSettings(config, { publicUrl, sites, slowMs: overrides.slowMs }),
    urls,
    clock,
    log,
    services: { ...identity, accounts, bulkAccounts, permissions: createPermissions(store), serverList, accountInfo: createAccountInfo({ store, audit: identity.audit }), servers, templates, usage, idleness, reports, health, backups, liveSettings, volumes, groups, groupPolicies, shares, shareCodes, maintenance, notices, shutdown, serviceActs, oauth: signIn.oauth },
    feed,
    directory: createDirectory({ store, routes, profiles: config.profiles, policies }),
    access,
    ready: health.ready,
    metrics,
  });
  const serviceHost = createServiceHost({ config, server, places, services: identity.services, clock, log, memory: store.meta });
  let routesKnown = (): void => undefined;
  const proxy = createProxy({
    routes,
    routesKnown: new Promise((resolve) => void (routesKnown = resolve)),
    authorise: access.authorise,
    ...proxySettings(config),
    programOrigins: serviceHost.origins,
    sites,
    hub: app.handle,
    renderFailure: app.renderFailure,
    touch: activity.touch,
    used: idleness.used,
    clock,
    log,
  });
  identity.sessions.onEnded(proxy.revoke);

  const end = closing({
    log, server, spawner, store: overrides.store === undefined ? store : undefined,
    first: [internal, idleness, maintenance, notices, health],
    awaited: [servers, serviceHost, backups, volumes], proxy: { close: () => proxy.close(DRAIN_MS) },
    last: [usage, activity, identity.sessions, identity.tokens, metrics, identity.audit],
  });
  // Before anybody is let in: a connection that is upgraded already could not be taken back.
  const local = await listenLocal(config.dataDir, (req, res) => app.handle(req, res, { path: localPath(req.url, config.basePath), address: 'local', scheme: 'http', requestId: 'local', local: true }), { url: config.publicUrl }).catch(async (err: unknown) => {
    await end();
    throw err;
  });
  failPoint('boot.before-open');
  open(server, proxy);
  serviceHost.start();
  await adopted(servers, clock).then(routesKnown);
  for (const part of [maintenance, notices]) part.resume();
  let ended: Promise<void> | undefined;

  return {
    url: config.publicUrl,
    /** The one-time link for the first administrator; undefined when there is one. Each call makes a fresh one. */
    adminLink: () => {
      const secret = identity.bootstrap.issue();
      return secret === undefined ? undefined : new URL(urls.bootstrap(secret), publicUrl).href;
    },
    services: { ...identity, accounts, servers, usage, idleness, activity, access, health, backups, liveSettings, volumes, maintenance, notices, oauth: signIn.oauth, visitors: signIn.visitors },
    store,
    routes,
    /** null: servers lie on the hub's host. */
    sites,
    /** What ends the process when an administrator asks for that over the API. */
    onShutdown: ending.listen,
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

async function createSpawner(config: Config, { instance, clock, log, failPoint }: { readonly instance: InstanceId; readonly clock: Clock; readonly log: Logger; readonly failPoint: FailPoint }): Promise<Spawner & Volumes> {
  if (config.spawner === 'fake') return createFakeSpawner({ clock, instance });
  if (config.spawner === 'process') return openProcessSpawner(processSettings(config, instance), { clock, log });
  return (require('./docker-host') as typeof DockerHost).createDockerHost(config, { instance, clock, log, failPoint });
}

/** The local socket is asked for `/hub/…`, whatever the base path is. */
const localPath = (url: string | undefined, base: string): string => {
  const [target = '/'] = (url ?? '/').split('?');
  return base !== '/' && target.startsWith(base) ? target.slice(base.length - 1) : target;
};
