/** Every URL of the hub, once: `base` is the path of the public URL and ends with a slash. */
const esc = (segment: string): string => encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%40/g, '@');

/** Percent-escape of one path segment as JupyterHub does it: keeps letters, digits and `_ . - ~ @`. */
export const escapeSegment = esc;

/** A name as JupyterHub writes it into the ids of OAuth clients, which are names of cookies too: `@` is escaped as well. */
const quote = (name: string): string => esc(name).replaceAll('@', '%40');

/** The OAuth client that a server is; also the name of its sign-in cookie. */
export const oauthClientId = (user: string, server = ''): string => `jupyterhub-user-${quote(user)}${server === '' ? '' : `-${quote(server)}`}`;

/** Path to which a visitor of a server comes back from the hub. */
export const oauthCallback = (base: string, user: string, server = ''): string => `${under(`${base}user/${esc(user)}`, server)}/oauth_callback`;

const under = (path: string, server: string): string => (server === '' ? path : `${path}/${esc(server)}`);

const volumeUrls = (hub: string, api: string) => ({
  /** Absent: one's own. */
  volumes: (user?: string): string => (user === undefined ? `${hub}volumes` : `${hub}volumes/${esc(user)}`),
  volumesReset: (user: string): string => `${hub}volumes/${esc(user)}/reset`,
  volumesHandOver: (user: string): string => `${hub}volumes/${esc(user)}/hand-over`,
  volumeUndo: (user: string, id: string): string => `${hub}volumes/${esc(user)}/${esc(id)}/undo`,
  volumeRemove: (user: string, id: string): string => `${hub}volumes/${esc(user)}/${esc(id)}/remove`,
  /** All files, or those of one volume. */
  apiVolumesArchive: (user: string, id?: string): string => `${api}users/${esc(user)}/volumes/${id === undefined ? '' : `${esc(id)}/`}archive`,
});

/** What administrators have pages for. */
const adminUrls = (hub: string) =>
  ({
    adminSessions: (user: string): string => `${hub}admin/users/${esc(user)}/sessions`,
    adminSession: (user: string, id: string): string => `${hub}admin/users/${esc(user)}/sessions/${esc(id)}/end`,
    adminSessionsEnd: (user: string): string => `${hub}admin/users/${esc(user)}/sessions/end`,
    adminUsers: `${hub}admin/users`,
    adminUser: (id: string, action: string): string => `${hub}admin/users/${esc(id)}/${action}`,
    adminHealth: `${hub}admin/health`,
    adminIdleness: `${hub}admin/idleness`,
    adminBackups: `${hub}admin/backups`,
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
    password: `${hub}password`,
    /** Asks for the password once more. */
    reauth: `${hub}reauth`,
    sessions: `${hub}sessions`,
    session: (id: string): string => `${hub}sessions/${esc(id)}/end`,
    sessionsEnd: `${hub}sessions/end`,
    bootstrap: (secret?: string): string => (secret === undefined ? `${hub}bootstrap` : `${hub}bootstrap?link=${encodeURIComponent(secret)}`),
    spawn: (user: string, server = ''): string => under(`${hub}spawn/${esc(user)}`, server),
    spawnPending: (user: string, server = ''): string => under(`${hub}spawn-pending/${esc(user)}`, server),
    /** Hands a session over to the site of one user; on both ends. */
    enter: `${hub}enter`,
    /** Confirms entering somebody else's server. */
    access: (user: string, server = ''): string => under(`${hub}access/${esc(user)}`, server),
    stop: (user: string, server = ''): string => under(`${hub}stop/${esc(user)}`, server),
    restart: (user: string, server = ''): string => under(`${hub}restart/${esc(user)}`, server),
    recreate: (user: string, server = ''): string => under(`${hub}recreate/${esc(user)}`, server),
    /** Keeps the profile for the next start of a server that is stopped. */
    profile: (user: string, server = ''): string => under(`${hub}profile/${esc(user)}`, server),
    logs: (user: string, server = ''): string => under(`${hub}logs/${esc(user)}`, server),
    server: (user: string, server = ''): string => `${under(`${base}user/${esc(user)}`, server)}/`,
    /** Where a service is proxied. */
    service: (name: string): string => `${base}services/${esc(name)}/`,
    ...volumeUrls(hub, api),
    token: `${hub}token`,
    /** The API, described for people and for programs. */
    apiDocs: `${hub}api-docs`,
    openApi: `${api}openapi.json`,
    apiEvents: `${api}events`,
    gallery: (entry?: string): string => (entry === undefined ? `${base}dev/gallery` : `${base}dev/gallery/${esc(entry)}`),
    acceptShare: (code?: string): string => (code === undefined ? `${hub}accept-share` : `${hub}accept-share?code=${encodeURIComponent(code)}`),
    tokenRevoke: (id: string): string => `${hub}token/${esc(id)}/revoke`,
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
