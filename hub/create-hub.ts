import type { Server } from 'node:http';
import { createHasher } from '../auth/password/hasher';
import { AUTHENTICATORS } from '../auth/registry';
import { createProxy } from '../proxy/create-proxy';
import { createRouteTable } from '../proxy/trie';
import { isBusy } from '../spawner/busy';
import { createDockerSpawner } from '../spawner/docker/docker-spawner';
import { labEnvironment } from '../spawner/env';
import { createFakeSpawner } from '../spawner/fake';
import { waitUntilReady } from '../spawner/readiness';
import type { Spawner, Volumes } from '../spawner/spawner';
import { atPort, type Config } from './config';
import { checkDisk } from './disk-space';
import { databaseOf, dockerSettings, hubContainerOf } from './docker-settings';
import type { InstanceId } from './domain/ids';
import { systemClock, type Clock, type Logger } from './domain/runtime';
import type { ServerRecord } from './domain/server';
import { createSites } from './domain/sites';
import { DEFAULT_ROLES } from './domain/scopes/roles';
import { createFailPoint } from './fail-point';
import { cookieNames } from './http/cookies';
import { createApp } from './http/app';
import { createMetrics } from './http/metrics';
import { EVERY_LAB } from './internal/calls';
import { createInternalApp } from './internal/app';
import { createInternalListener } from './internal-listener';
import { createListener, listen, open, shut } from './listener';
import { listenLocal, type LocalServer } from './local-socket';
import { createAccounts } from './services/accounts';
import { createActivity } from './services/activity';
import { createActivityReports } from './services/activity-report';
import { createActors } from './services/actors';
import { createAudit } from './services/audit';
import { createAuthorise } from './services/authorise';
import { createBootstrap } from './services/bootstrap';
import { createCulling } from './services/culling';
import { createLabTokens } from './services/lab-tokens';
import { labVariables } from './services/lab-variables';
import { createDeclaredGroups, outboundOf } from './services/declared-groups';
import { createLogin } from './services/login';
import { createPasswordRecords } from './services/passwords';
import { createHealth } from './services/health';
import { createServers } from './services/servers';
import { createSessions } from './services/sessions';
import { createSitePass } from './services/site-pass';
import { loadTemplates } from './services/templates';
import { createThrottle } from './services/throttle';
import { createTokens } from './services/tokens';
import { INSTANCE, openStore } from './store/create-store';
import type { Store } from './store/store';
import { createUrls } from './urls';

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

/** THE composition root: the only place that constructs adapters and sees the whole configuration. */
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
  for (const role of DEFAULT_ROLES) store.roles.put(role);
  const publicUrl = new URL(config.publicUrl);
  const urls = createUrls(config.basePath);
  const sites = config.subdomainHost === null ? null : createSites(publicUrl, config.subdomainHost);
  const routes = createRouteTable();
  const base = { store, clock, log };

  checkTemplates(config.paths.templates, log);
  const identity = createIdentity(config, base);
  const { audit } = identity;
  const spawner = overrides.spawner ?? await createSpawner(config, { instance, clock, log });
  const health = createHealth({ ...base, audit, spawner, own: async () => [await checkDisk(config.dataDir)], isolation: config.docker.isolation });
  const activity = createActivity(base);
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
    startTimeoutMs: config.server.startTimeout,
    stopGraceMs: config.server.stopGrace,
    failPoint: createFailPoint(config.failPoint),
    observeStart: (seen) => metrics.observeSpawn(seen),
    labEnv: ({ owner, server: { name }, profile, secret, token }) =>
      labEnvironment({ profile, userName: owner.name, secret, extra: labVariables({ hubUrl: spawner.hubUrl, base: config.basePath, owner: owner.name, server: name, token }) }),
  });
  spawner.onExit((id, handle) => servers.exited(id, handle));
  const reports = createActivityReports({ ...base, activity });
  const internalApp = createInternalApp({ urls, clock, log, protocolVersion: PROTOCOL_VERSION, services: { labTokens: createLabTokens(base), reports }, grantsOf: () => EVERY_LAB });
  const internal = createInternalListener({ handle: internalApp.handle, log });
  spawner.onConnection(internal.accept);

  const accounts = createAccounts({
    ...base,
    ...identity,
    signUpMode: config.signup,
    adminName: config.admin.name,
    rules: { minLength: config.password.minLength },
    stopServers: (owner) => servers.stopAllOf(owner.id),
    removeVolumes: (owner) => spawner.removeFor(owner.id),
  });
  const culling = createCulling({ ...base, servers, activity, idleLimitMs: config.server.idleLimit ?? 0, checkBusy: (record) => checkBusy(record, { store, base: config.basePath }) });
  const access = createAuthorise({ ...base, audit, actors: identity.actors, sessions: identity.sessions, sitePass: sites === null ? null : identity.sitePass });
  const metrics = createMetrics({
    runningServers: () => routes.list().length,
    totalUsers: () => store.users.list({ offset: 0, limit: 1 }).total,
    sessions: () => store.sessions.count(),
    proxied: () => proxy.counts(),
  });

  const app = createApp({
    settings: {
      publicUrl,
      acceptedOrigins: config.origins,
      protocolVersion: PROTOCOL_VERSION,
      signUp: config.signup,
      launcher: config.features.notebookLauncher,
      namedServers: false,
      sites,
      language: config.users.language,
      profiles: config.profiles,
      ...(overrides.slowMs === undefined ? {} : { slowMs: overrides.slowMs }),
    },
    urls,
    clock,
    log,
    services: { ...identity, accounts, servers, reports, health },
    directory: {
      groupsOf: (user) => store.groups.groupsOf(user).map((group) => group.name),
      rolesOf: (user) => store.roles.directOfUser(user),
      nameOf: (user) => store.users.byId(user)?.name,
      visitsTo: (user) => store.visits.toServersOf(user),
      profilesFor: (user) => config.profiles.map((profile) => ({ ...profile, outbound: outboundOf(store, profile, { id: user }) })),
      serversOf: (user) => store.servers.listOf(user),
      servers: () => store.servers.list(),
    },
    access,
    ready: health.ready,
    metrics,
  });
  const proxy = createProxy({
    routes,
    authorise: access.authorise,
    basePath: config.basePath,
    publicOrigin: publicUrl.origin,
    acceptedOrigins: config.origins,
    sites,
    trustedProxies: config.trustedProxies,
    frameOrigins: config.frameOrigins,
    cookieName: cookieNames(publicUrl.protocol === 'https:').session,
    hub: app.handle,
    renderFailure: app.renderFailure,
    touch: activity.touch,
    clock,
    log,
  });
  identity.sessions.onEnded(proxy.revoke);

  await Promise.race([servers.reconcile(), new Promise<void>((resolve) => clock.after(RECONCILE_MS, resolve))]);

  const end = async (local?: LocalServer): Promise<void> => {
    const closed = shut(server);
    internal.close();
    culling.close();
    health.close();
    await servers.close();
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
  open(server, proxy);
  let ended: Promise<void> | undefined;

  return {
    url: config.publicUrl,
    /** The one-time link for the first administrator; undefined when there is one. Each call makes a fresh one. */
    adminLink: () => {
      const secret = identity.bootstrap.issue();
      return secret === undefined ? undefined : new URL(urls.bootstrap(secret), publicUrl).href;
    },
    services: { ...identity, accounts, servers, activity, access, health },
    store,
    routes,
    /** null: servers lie on the hub's host. */
    sites,
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

interface Base {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Everything that says who somebody is. */
function createIdentity(config: Config, base: Base) {
  const { store } = base;
  const rules = { minLength: config.password.minLength };
  const hasher = createHasher();
  const audit = createAudit({ ...base, keepMs: config.audit.keep ?? 0 });
  const authenticator = AUTHENTICATORS.password({ hasher, ...createPasswordRecords(store) });
  const sessions = createSessions({ ...base, idleMs: config.session.idle, absoluteMs: config.session.absolute, reauthMs: config.session.reauth ?? 0 });
  const tokens = createTokens({ ...base, audit, onEnded: sessions.announceEnded, maxLifetimeSeconds: config.token.maxLifetime / 1000 });
  const actors = createActors({ store, sessions, tokens });
  const sitePass = createSitePass(base);
  const throttle = createThrottle(base);
  const login = createLogin({ ...base, audit, authenticator, sessions, throttle });
  const groups = createDeclaredGroups(store, config.groups);
  groups.apply();
  const bootstrap = createBootstrap({ ...base, audit, hasher, sessions, actors, groups, adminName: config.admin.name, rules });
  return { audit, hasher, sessions, sitePass, tokens, actors, throttle, groups, login, bootstrap };
}

async function createSpawner(config: Config, { instance, clock, log }: { readonly instance: InstanceId; readonly clock: Clock; readonly log: Logger }): Promise<Spawner & Volumes> {
  if (config.spawner === 'fake') return createFakeSpawner({ clock, instance });
  return createDockerSpawner(dockerSettings(config, instance, await hubContainerOf(config, { clock, log })), { clock, log });
}

const BUSY_MS = 5_000;

/** Asks the server itself; a server that cannot be asked counts as busy, which is what rejecting means here. */
async function checkBusy(record: ServerRecord, at: { readonly store: Store; readonly base: string }): Promise<boolean> {
  const owner = at.store.users.byId(record.owner);
  if (record.state.kind !== 'ready' || record.secret === null || owner === undefined) return false;
  return isBusy({ origin: record.state.origin, prefix: createUrls(at.base).server(owner.name, record.name), secret: record.secret, signal: AbortSignal.timeout(BUSY_MS) });
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
