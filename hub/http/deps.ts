import type { Actor } from '../domain/access';
import type { GroupId, ServerId, UserId } from '../domain/ids';
import type { OfferedProfile } from '../domain/profile';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { Sites } from '../domain/sites';
import type { Accounts, ActivityReports, Actors, Audit, Backups, Bootstrap, Groups, HealthChecks, Login, Maintenances, Servers, Sessions, Shutdown, SitePass, Tokens, Volumes } from '../services/contract';
import type { AccountInfo } from '../services/account-info';
import type { BulkAccounts } from '../services/bulk-accounts-contract';
import type { Feed } from '../services/feed';
import type { GroupPolicies } from '../services/group-policies-contract';
import type { Idleness } from '../services/idleness-contract';
import type { LiveSettings } from '../services/live-settings';
import type { Notices } from '../services/notices-contract';
import type { Permissions } from '../services/permissions';
import type { ServerList } from '../services/server-list-contract';
import type { ServiceActs } from '../services/service-acts';
import type { Services } from '../services/services';
import type { ShareCodes, Shares } from '../services/shares-contract';
import type { Templates } from '../services/templates-contract';
import type { Usage } from '../services/usage-contract';
import type { Oauth } from '../services/oauth-contract';
import type { Urls } from '../urls';
import type { BrandSettings } from './brand';
import type { Metrics } from './metrics';

/** The slice of the configuration that pages and API look at. */
export interface HttpSettings {
  /** The address people type; its path is the base path. Decides the cookie's name and `Secure`. */
  readonly publicUrl: URL;
  /** Every origin a browser may come from, the public one included: `scheme://host[:port]`. */
  readonly acceptedOrigins: readonly string[];
  /** Version of JupyterHub's protocol that we speak: PEP 440, e.g. `5.2.1`. */
  readonly protocolVersion: string;
  /** `auto`: what the browser asks for. */
  readonly language: 'auto' | 'en' | 'zh';
  readonly brand: BrandSettings;
  readonly signUp: 'approval' | 'open' | 'closed';
  /** `FEATURE_NOTEBOOK_LAUNCHER`. */
  readonly launcher: boolean;
  readonly namedServers: boolean;
  /** Longest life of a token of somebody who is no administrator. */
  readonly tokenLifetimeSeconds: number;
  /** What an administrator asks a hub about itself. */
  readonly about: { readonly version: string; readonly spawner: string; readonly authenticator: string; readonly runtime: string; readonly executable: string };
  /** Hosts of the users' own, where their servers are; null: servers lie on the hub's host. */
  readonly sites: Sites | null;
  /** Offered profiles, the default one first. */
  readonly profiles: readonly OfferedProfile[];
  /** How long an API call waits for a start or stop before it answers 202; milliseconds. Default 10 s. */
  readonly slowMs?: number;
}

/** One row per thing that has to work, in words an administrator can act on. */
export interface Readiness {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

export interface RouteView {
  readonly routespec: string;
  /** `http://host:port` */
  readonly target: string;
  readonly data: { readonly user: string; readonly server: string; readonly lastActivity: Date | null } | { readonly service: string };
}

/** Everything the hub's own application needs; given by the composition root. */
export interface AppDeps {
  readonly settings: HttpSettings;
  readonly urls: Urls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly services: {
    readonly sessions: Sessions;
    readonly sitePass: SitePass;
    readonly tokens: Tokens;
    readonly actors: Actors;
    readonly login: Login;
    readonly accounts: Accounts;
    readonly bulkAccounts: BulkAccounts;
    readonly permissions: Permissions;
    readonly accountInfo: AccountInfo;
    readonly bootstrap: Bootstrap;
    readonly servers: Servers;
    readonly serverList: ServerList;
    readonly idleness: Idleness;
    readonly reports: ActivityReports;
    readonly audit: Audit;
    readonly health: HealthChecks;
    readonly backups: Backups;
    readonly liveSettings: LiveSettings;
    readonly volumes: Volumes;
    readonly oauth: Oauth;
    readonly groups: Groups;
    readonly groupPolicies: GroupPolicies;
    readonly shares: Shares;
    readonly shareCodes: ShareCodes;
    readonly shutdown: Shutdown;
    readonly maintenance: Maintenances;
    readonly notices: Notices;
    readonly templates: Templates;
    readonly usage: Usage;
    readonly services: Services;
    readonly serviceActs: ServiceActs;
  };
  readonly feed: Pick<Feed, 'follow'>;
  /** Plain look-ups for models; what may be shown is decided by the actor's scopes. */
  readonly directory: {
    /** Names of the groups a user is in. */
    groupsOf(user: UserId): readonly string[];
    /** Names of the roles that a group carries. */
    rolesOfGroup(group: GroupId): readonly string[];
    /** Names of all roles there are. */
    roles(): readonly string[];
    /** Raw scopes of a role; undefined: there is no such role. */
    scopesOfRole(name: string): readonly string[] | undefined;
    /** What is proxied now, the hub itself left out. `routespec` is the whole path, the base path included. */
    routes(): readonly RouteView[];
    /** Names of directly assigned roles. */
    rolesOf(user: UserId): readonly string[];
    /** undefined: there is no such user. */
    nameOf(user: UserId): string | undefined;
    /** Who entered the servers of a user, newest first: for that user alone to see. */
    visitsTo(user: UserId): readonly { readonly visitor: string; readonly at: Date }[];
    /** The offered profiles, each with what its servers reach for this user: a group may open more. */
    profilesFor(user: UserId): readonly OfferedProfile[];
    /** Groups that give a user's servers the Docker socket; empty: they do not get it. */
    dockerFrom(user: UserId): readonly string[];
    /** Servers of a user; models filter them by scope. */
    serversOf(user: UserId): readonly ServerRecord[];
    /** The same three of many users at once, for lists. */
    of(users: readonly UserId[]): { groupsOf(user: UserId): readonly string[]; rolesOf(user: UserId): readonly string[]; serversOf(user: UserId): readonly ServerRecord[] };
    /** Servers that are queued, starting, ready or stopping, for lists that are filtered by state. */
    servers(): readonly ServerRecord[];
  };
  /** Entering a server of somebody else: asked for on a page, confirmed by POST, audited (R01). */
  readonly access: {
    /** Throws `not-found` for an unknown server and `forbidden` without the scope. */
    confirmAccess(actor: Actor, server: ServerId): void;
    /** True when the actor would get in after confirming. */
    mayConfirm(actor: Actor, server: ServerId): boolean;
  };
  /** For `/hub/ready`: store, engine, isolation. Never rejects. */
  readonly ready: () => Promise<Readiness>;
  readonly metrics: Metrics;
}
