import type { ServerName, UserName } from '../domain/ids';
import type { Profile } from '../domain/profile';
import { createUrls, escapeSegment, oauthCallback, oauthClientId } from '../urls';

export interface LabVariablesAsk {
  /** Where a lab reaches the hub: `http://host:port`. null: it does not, and gets no credential for it either. */
  readonly hubUrl: string | null;
  /** Path of the public URL; starts and ends with a slash. */
  readonly base: string;
  readonly owner: UserName;
  readonly server: ServerName;
  readonly token: string;
  /** Its visitors sign in at the hub; absent: the hub does all of that. */
  readonly signIn?: SignInVariablesAsk;
}

export interface SignInVariablesAsk {
  readonly profile: Profile;
  /** Origin of the public URL. */
  readonly publicOrigin: string;
  /** Origin of the user's own site; null: servers lie on the hub's host, and every address is a path. */
  readonly site: string | null;
}

/** JupyterHub's names for where the hub is and who is asking (protocol, 1.1); its own programs and ours read the same ones. */
export function labVariables(ask: LabVariablesAsk): Readonly<Record<string, string>> {
  const { hubUrl, base, owner, server, token } = ask;
  const place = { JUPYTERHUB_USER: owner, JUPYTERHUB_SERVER_NAME: server, JUPYTERHUB_BASE_URL: base, JUPYTERHUB_SERVICE_PREFIX: createUrls(base).server(owner, server) };
  if (hubUrl === null) return place;
  const api = `${hubUrl}${base}hub/api`;
  const reach = { ...place, JUPYTERHUB_API_TOKEN: token, JUPYTERHUB_API_URL: api, JUPYTERHUB_ACTIVITY_URL: `${api}/users/${escapeSegment(owner)}/activity` };
  return ask.signIn === undefined ? reach : { ...reach, ...signInVariables(ask, ask.signIn) };
}

/** What `jupyterhub-singleuser` reads beyond that, deprecated names included. */
function signInVariables({ base, owner, server, token }: LabVariablesAsk, { profile, publicOrigin, site }: SignInVariablesAsk): Readonly<Record<string, string>> {
  const prefix = createUrls(base).server(owner, server);
  const access = JSON.stringify([`access:servers!server=${owner}/${server}`, `access:servers!user=${owner}`]);
  const { memoryBytes, cpus } = profile.limits;
  return {
    JPY_API_TOKEN: token,
    JUPYTERHUB_CLIENT_ID: oauthClientId(owner, server),
    JUPYTERHUB_OAUTH_CALLBACK_URL: `${site ?? ''}${oauthCallback(base, owner, server)}`,
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: access,
    JUPYTERHUB_OAUTH_SCOPES: access,
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]',
    // Address and port to listen on are taken from here; it is the lab's own network that nobody else is in.
    JUPYTERHUB_SERVICE_URL: `http://0.0.0.0:${profile.port}${prefix}`,
    JUPYTERHUB_HOST: site === null ? '' : publicOrigin,
    JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0',
    JUPYTERHUB_PUBLIC_URL: `${site ?? publicOrigin}${prefix}`,
    JUPYTERHUB_PUBLIC_HUB_URL: `${publicOrigin}${createUrls(base).hub}`,
    // Only programs from before JupyterHub 2 read it; the hub asks administrators first, whatever they read.
    JUPYTERHUB_ADMIN_ACCESS: '1',
    JUPYTERHUB_ROOT_DIR: profile.layout.workspace,
    JUPYTER_IMAGE_SPEC: profile.image,
    ...(memoryBytes === null ? {} : { MEM_LIMIT: String(memoryBytes) }),
    ...(cpus === null ? {} : { CPU_LIMIT: cpus.toFixed(1) }),
  };
}
