/** A program that is an identity at the hub: declared in the configuration, reached below `/services/<name>/` where it has an address. */
export interface Service {
  readonly name: string;
  /** Holds the role `admin`, and may do what takes an administrator. */
  readonly admin: boolean;
  /** Names of the roles it holds, `admin` included. */
  readonly roles: readonly string[];
  /** `http://host:port[/…]` as configured; null: it has no pages, and nothing is proxied. */
  readonly url: string | null;
  /** What the hub runs, program first; empty: somebody else runs it. */
  readonly command: readonly string[];
  /** `service-<name>` unless the configuration says otherwise. */
  readonly oauthClientId: string;
  /** Where visitors come back to after they signed in; null: it has no pages, so nobody can be sent back. */
  readonly oauthRedirectUri: string | null;
  /** Its visitors are not asked whether it may know who they are. */
  readonly oauthNoConfirm: boolean;
  /** Raw scopes that its visitors' tokens may have beyond who they are. */
  readonly oauthAllowedScopes: readonly string[];
  /** Whether it is listed for users. */
  readonly display: boolean;
  /** Free for the administrator; shown to whoever may read services. */
  readonly info: Readonly<Record<string, unknown>>;
  /** Whether it has a token of its own, which is also its OAuth secret; without one it can only be proxied. */
  readonly hasToken: boolean;
}

/** A service as the configuration file has it, complete. `token` null: none; a service that the hub runs is given one at each start. */
export interface DeclaredService extends Omit<Service, 'hasToken'> {
  readonly token: string | null;
  readonly cwd: string | null;
  readonly environment: Readonly<Record<string, string>>;
}

/** Of a service in URLs: `/services/<name>/` below the base path. */
export const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i;

/** As JupyterHub's own tokens, and long enough that nobody guesses one. */
export const SERVICE_TOKEN = /^[\x21-\x7e]{16,512}$/;

export const SERVICE_CLIENT_ID = /^service-[A-Za-z0-9._-]{1,100}$/;

/** Where the hub asks a service: plain HTTP, and nothing in it but a place. */
export const isServiceUrl = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === 'http:' && new URL(text).username === '' && new URL(text).search === '';

/** The forms that JupyterHub's documentation knows: an address, or a path on the hub's own. */
export const isRedirectUri = (text: string): boolean => text.startsWith('/') || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));

const PORTS_OF_ENGINES = ['2375', '2376'];

/**
 * What somebody may say about a service while the hub runs (R07): `localhost` or a numeric address, which nobody can point elsewhere later, that is no
 * link-local one, where clouds keep their metadata, and no engine's port. The configuration file may name anything.
 */
export function isOpenServiceUrl(text: string): boolean {
  if (!isServiceUrl(text)) return false;
  const { hostname, port } = new URL(text);
  if (PORTS_OF_ENGINES.includes(port)) return false;
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  // Every other way to write a number has become this one.
  const first = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname);
  return first !== null && first[1] !== '0' && Number(first[1]) < 224 && !(first[1] === '169' && first[2] === '254');
}
