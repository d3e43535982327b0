/** Every URL of the hub, once: `base` is the path of the public URL and ends with a slash. */
const esc = (segment: string): string => encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%40/g, '@');

/** Percent-escape of one path segment as JupyterHub does it: keeps letters, digits and `_ . - ~ @`. */
export const escapeSegment = esc;

const under = (path: string, server: string): string => (server === '' ? path : `${path}/${esc(server)}`);

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
    password: `${hub}password`,
    bootstrap: (secret?: string): string => (secret === undefined ? `${hub}bootstrap` : `${hub}bootstrap?link=${encodeURIComponent(secret)}`),
    spawn: (user: string, server = ''): string => under(`${hub}spawn/${esc(user)}`, server),
    spawnPending: (user: string, server = ''): string => under(`${hub}spawn-pending/${esc(user)}`, server),
    /** Confirms entering somebody else's server. */
    access: (user: string, server = ''): string => under(`${hub}access/${esc(user)}`, server),
    stop: (user: string, server = ''): string => under(`${hub}stop/${esc(user)}`, server),
    server: (user: string, server = ''): string => `${under(`${base}user/${esc(user)}`, server)}/`,
    adminUsers: `${hub}admin/users`,
    adminUser: (id: string, action: string): string => `${hub}admin/users/${esc(id)}/${action}`,
    static: (file: string): string => `${hub}static/${file}`,
    health: `${hub}health`,
    ready: `${hub}ready`,
    metrics: `${hub}metrics`,
    api,
    apiServer: (user: string, server = ''): string => (server === '' ? `${api}users/${esc(user)}/server` : `${api}users/${esc(user)}/servers/${esc(server)}`),
    apiProgress: (user: string, server = ''): string => (server === '' ? `${api}users/${esc(user)}/server/progress` : `${api}users/${esc(user)}/servers/${esc(server)}/progress`),
  } as const;
}

export type Urls = ReturnType<typeof createUrls>;
