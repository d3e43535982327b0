/** Every URL of the hub, once: `base` is the path of the public URL and ends with a slash. */
const esc = (segment: string): string => (PLAIN.test(segment) ? segment : encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%40/g, '@'));
/** Nothing to escape, as in nearly every name. */
const PLAIN = /^[\w.~@-]+$/;

/** Percent-escape of one path segment as JupyterHub does it: keeps letters, digits and `_ . - ~ @`. */
export const escapeSegment = esc;

/** A name as JupyterHub writes it into the ids of OAuth clients, which are names of cookies too: `@` is escaped as well. */
const quote = (name: string): string => esc(name).replaceAll('@', '%40');

/** The OAuth client that a server is; also the name of its sign-in cookie. */
export const oauthClientId = (user: string, server = ''): string => `jupyterhub-user-${quote(user)}${server === '' ? '' : `-${quote(server)}`}`;

/** Path to which a visitor of a server comes back from the hub. */
export const oauthCallback = (base: string, user: string, server = ''): string => `${under(`${base}user/${esc(user)}`, server)}/oauth_callback`;

const under = (path: string, server: string): string => (server === '' ? path : `${path}/${esc(server)}`);

/** Only what is there. */
const withQuery = (path: string, fields: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return given.length === 0 ? path : `${path}?${given.join('&')}`;
};

const volumeUrls = (hub: string, api: string) => ({
  /** Absent: one's own. */
  volumes: (user?: string): string => (user === undefined ? `${hub}volumes` : `${hub}volumes/${esc(user)}`),
  volumesReset: (user: string): string => `${hub}volumes/${esc(user)}/reset`,
  volumesHandOver: (user: string): string => `${hub}volumes/${esc(user)}/hand-over`,
  volumeUndo: (user: string, id: string): string => `${hub}volumes/${esc(user)}/${esc(id)}/undo`,
  volumeRemove: (user: string, id: string): string => `${hub}volumes/${esc(user)}/${esc(id)}/remove`,
  /** All files, or those of one volume. */
  apiVolumesArchive: (user: string, id?: string): string => `${api}users/${esc(user)}/volumes/${id === undefined ? '' : `${esc(id)}/`}archive`,
  /** What somebody keeps; absent: oneself. */
  files: (user?: string): string => (user === undefined ? `${hub}files` : `${hub}files/${esc(user)}`),
  /** A folder of a volume, from its entry `offset` on. */
  folder: ({ user, volume, path }: FileAddress, offset = 0): string => withQuery(`${hub}files/${esc(user)}/${esc(volume)}`, { path: path === '' ? undefined : path, offset: offset === 0 ? undefined : offset }),
  fileView: ({ user, volume, path }: FileAddress): string => withQuery(`${hub}files/${esc(user)}/${esc(volume)}/view`, { path }),
  apiFile: ({ user, volume, path }: FileAddress): string => withQuery(`${api}users/${esc(user)}/volumes/${esc(volume)}/file`, { path }),
  apiFolder: ({ user, volume, path }: FileAddress): string => withQuery(`${api}users/${esc(user)}/volumes/${esc(volume)}/folder`, { path }),
});

/** A place in a volume of somebody. */
export interface FileAddress {
  readonly user: string;
  readonly volume: string;
  readonly path: string;
}

const noticeUrls = (hub: string, api: string) =>
  ({
    notices: `${hub}notifications`,
    notice: (id: string): string => `${hub}notifications/${esc(id)}`,
    noticesClear: `${hub}notifications/clear`,
    noticeExpire: (id: string): string => `${hub}notifications/${esc(id)}/expire`,
    noticeDelete: (id: string): string => `${hub}notifications/${esc(id)}/delete`,
    noticeDismiss: (id: string): string => `${hub}notifications/${esc(id)}/dismiss`,
    apiNotice: (id: string): string => `${api}notifications/${esc(id)}`,
    apiNoticesPreview: `${api}notifications/preview`,
  }) as const;

/** What everybody has for their own account. */
const accountUrls = (hub: string) =>
  ({
    password: `${hub}password`,
    account: `${hub}account`,
    /** What somebody did; entries of one kind, below the one with this number. */
    activity: (kind?: string, before?: number): string => withQuery(`${hub}activity`, { kind, before }),
    /** Asks for the password once more. */
    reauth: `${hub}reauth`,
    sessions: `${hub}sessions`,
    session: (id: string): string => `${hub}sessions/${esc(id)}/end`,
    sessionsEnd: `${hub}sessions/end`,
    token: `${hub}token`,
    tokenRevoke: (id: string): string => `${hub}token/${esc(id)}/revoke`,
  }) as const;

/** Servers of somebody: what is asked and done about them, and where they are. */
const serverUrls = (base: string, hub: string) =>
  ({
    spawn: (user: string, server = ''): string => under(`${hub}spawn/${esc(user)}`, server),
    /** The choice of profile and template; absent: for one's own server. */
    launch: (user?: string, server = ''): string => (user === undefined ? `${hub}launch` : under(`${hub}launch/${esc(user)}`, server)),
    template: (slug: string): string => `${hub}templates/${esc(slug)}`,
    spawnPending: (user: string, server = ''): string => under(`${hub}spawn-pending/${esc(user)}`, server),
    /** Confirms entering somebody else's server. */
    access: (user: string, server = ''): string => under(`${hub}access/${esc(user)}`, server),
    stop: (user: string, server = ''): string => under(`${hub}stop/${esc(user)}`, server),
    restart: (user: string, server = ''): string => under(`${hub}restart/${esc(user)}`, server),
    recreate: (user: string, server = ''): string => under(`${hub}recreate/${esc(user)}`, server),
    /** Keeps the profile for the next start of a server that is stopped. */
    profile: (user: string, server = ''): string => under(`${hub}profile/${esc(user)}`, server),
    /** Takes the name of a new one. */
    servers: `${hub}servers`,
    serverRemove: (user: string, server: string): string => `${under(`${hub}servers/${esc(user)}`, server)}/remove`,
    logs: (user: string, server = ''): string => under(`${hub}logs/${esc(user)}`, server),
    server: (user: string, server = ''): string => `${under(`${base}user/${esc(user)}`, server)}/`,
    /** A file of its workspace, open in JupyterLab. */
    serverFile: (user: string, server: string, path: string): string => `${under(`${base}user/${esc(user)}`, server)}/lab/tree/${path.split('/').map(esc).join('/')}`,
  }) as const;

/** What administrators have pages for. */
const adminUrls = (hub: string) =>
  ({
    adminSessions: (user: string): string => `${hub}admin/users/${esc(user)}/sessions`,
    adminSession: (user: string, id: string): string => `${hub}admin/users/${esc(user)}/sessions/${esc(id)}/end`,
    adminSessionsEnd: (user: string): string => `${hub}admin/users/${esc(user)}/sessions/end`,
    adminUsers: `${hub}admin/users`,
    adminUser: (id: string, action: string): string => `${hub}admin/users/${esc(id)}/${action}`,
    /** Everything about one user; by name, for people. */
    adminUserPage: (user: string, tab?: string): string => withQuery(`${hub}admin/users/${esc(user)}`, { tab }),
    adminUsersAt: (query: Readonly<Record<string, string | number | undefined>>): string => withQuery(`${hub}admin/users`, query),
    adminUsersAdd: `${hub}admin/add-users`,
    adminUsersBulk: `${hub}admin/bulk-users`,
    adminServers: `${hub}admin/servers`,
    adminServersAt: (query: Readonly<Record<string, string | number | undefined>>): string => withQuery(`${hub}admin/servers`, query),
    adminServer: (user: string, server = ''): string => under(`${hub}admin/servers/${esc(user)}`, server),
    adminServersBulk: `${hub}admin/bulk-servers`,
    adminServersExport: (query: Readonly<Record<string, string | number | undefined>>): string => withQuery(`${hub}admin/export-servers`, query),
    adminGroups: `${hub}admin/groups`,
    adminGroup: (name: string): string => `${hub}admin/groups/${esc(name)}`,
    adminGroupAct: (name: string, action: 'move' | 'policy' | 'members' | 'remove' | 'delete'): string => `${hub}admin/groups/${esc(name)}/${action}`,
    adminGroupsImport: `${hub}admin/groups-import`,
    adminGroupsExport: `${hub}admin/groups-export`,
    adminHealth: `${hub}admin/health`,
    adminHealthDismiss: `${hub}admin/health/dismiss`,
    adminSettings: `${hub}admin/settings`,
    adminSettingsReset: `${hub}admin/settings/reset`,
    adminIdleness: `${hub}admin/idleness`,
    adminIdlenessAt: (query: Readonly<Record<string, string | number | undefined>>): string => withQuery(`${hub}admin/idleness`, query),
    adminBackups: `${hub}admin/backups`,
    /** Absent: as it opens. */
    adminDashboard: (range?: string): string => withQuery(`${hub}admin`, { range }),
    /** Hours by user and month; absent: this month, from its first row. */
    adminUsage: (month?: string, offset?: number): string => withQuery(`${hub}admin/usage`, { month, offset: offset === 0 ? undefined : offset }),
    adminQueue: `${hub}admin/queue`,
    adminQueueJump: `${hub}admin/queue/jump`,
    adminMaintenance: `${hub}admin/maintenance`,
    adminMaintenanceEnd: `${hub}admin/maintenance/end`,
    adminMaintenanceRestore: `${hub}admin/maintenance/restore`,
    adminAudit: `${hub}admin/audit`,
    adminAuditExport: `${hub}admin/audit/export`,
  }) as const;

export function createUrls(base: string) {
  const hub = `${base}hub/`;
  const api = `${hub}api/`;
  return {
    base,
    hub,
    home: `${hub}home`,
    login: (next?: string): string => (next === undefined ? `${hub}login` : `${hub}login?next=${encodeURIComponent(next)}`),
    logout: `${hub}logout`,
    signup: `${hub}signup`,
    language: `${hub}language`,
    theme: `${hub}theme`,
    bootstrap: (secret?: string): string => (secret === undefined ? `${hub}bootstrap` : `${hub}bootstrap?link=${encodeURIComponent(secret)}`),
    /** Hands a session over to the site of one user; on both ends. */
    enter: `${hub}enter`,
    /** Where a service is proxied. */
    service: (name: string): string => `${base}services/${esc(name)}/`,
    ...accountUrls(hub),
    ...serverUrls(base, hub),
    ...volumeUrls(hub, api),
    ...noticeUrls(hub, api),
    /** The API, described for people and for programs. */
    /** `chapter`: its tag, as in the description. */
    apiDocs: (chapter?: string): string => `${hub}api-docs${chapter === undefined ? '' : `?chapter=${encodeURIComponent(chapter)}`}`,
    openApi: `${api}openapi.json`,
    apiEvents: `${api}events`,
    apiUsageHost: (range: string): string => `${api}usage/host?range=${range}`,
    apiUsageCsv: (month: string): string => `${api}usage/report?month=${month}&format=csv`,
    apiUsage: (user: string, server = ''): string => `${server === '' ? `${api}users/${esc(user)}/server` : `${api}users/${esc(user)}/servers/${esc(server)}`}/usage`,
    gallery: (entry?: string): string => (entry === undefined ? `${base}dev/gallery` : `${base}dev/gallery/${esc(entry)}`),
    acceptShare: (code?: string): string => (code === undefined ? `${hub}accept-share` : `${hub}accept-share?code=${encodeURIComponent(code)}`),
    oauthAuthorize: `${hub}api/oauth2/authorize`,
    ...adminUrls(hub),
    extend: (user: string, server = ''): string => under(`${hub}extend/${esc(user)}`, server),
    static: (file: string): string => `${hub}static/${file}`,
    health: `${hub}health`,
    ready: `${hub}ready`,
    metrics: `${hub}metrics`,
    api,
    apiServer: (user: string, server = ''): string => (server === '' ? `${api}users/${esc(user)}/server` : `${api}users/${esc(user)}/servers/${esc(server)}`),
    apiLogs: (user: string, server = ''): string => (server === '' ? `${api}users/${esc(user)}/server/logs` : `${api}users/${esc(user)}/servers/${esc(server)}/logs`),
    apiProgress: (user: string, server = ''): string => (server === '' ? `${api}users/${esc(user)}/server/progress` : `${api}users/${esc(user)}/servers/${esc(server)}/progress`),
  } as const;
}

export type Urls = ReturnType<typeof createUrls>;
