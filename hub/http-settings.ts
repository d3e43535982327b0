import type { ProxyDeps } from '../proxy/create-proxy';
import type { Config } from './config';
import type { HttpSettings } from './http/app';
import { cookieNames } from './http/cookies';
import type { AccountsDeps } from './services/account-deps';
import { signUpOf } from './identity-host';
import { version } from './version';

export const PROTOCOL_VERSION = '5.2.1';

/** What pages and the API have to know of the configuration. */
export const httpSettings = (config: Config, { publicUrl, sites, slowMs }: Pick<HttpSettings, 'publicUrl' | 'sites'> & { readonly slowMs: number | undefined }): HttpSettings => ({
  publicUrl,
  sites,
  acceptedOrigins: config.origins,
  protocolVersion: PROTOCOL_VERSION,
  // What changes while the hub runs is read when it is needed.
  get signUp() {
    return signUpOf(config);
  },
  get launcher() {
    return config.features.notebookLauncher;
  },
  namedServers: config.server.named,
  tokenLifetimeSeconds: config.token.maxLifetime / 1000,
  about: { version: version(), spawner: config.spawner, authenticator: config.authenticator, runtime: `Node.js ${process.version}`, executable: process.execPath },
  get language() {
    return config.users.language;
  },
  get brand() {
    return config.brand;
  },
  profiles: config.profiles,
  ...(slowMs === undefined ? {} : { slowMs }),
});

/** What the proxy has to know of it. */
export const proxySettings = (config: Config): Pick<ProxyDeps, 'basePath' | 'publicOrigin' | 'acceptedOrigins' | 'trustedProxies' | 'frameOrigins' | 'cookieName'> => {
  const { origin, protocol } = new URL(config.publicUrl);
  return { basePath: config.basePath, publicOrigin: origin, acceptedOrigins: config.origins, trustedProxies: config.trustedProxies, frameOrigins: config.frameOrigins, cookieName: cookieNames(protocol === 'https:').session };
};

/** What whoever makes accounts has to know of it. */
export const accountSettings = (config: Config): Required<Pick<AccountsDeps, 'signUpMode' | 'adminName' | 'rules'>> =>
  ({ signUpMode: () => signUpOf(config), adminName: config.admin.name, rules: { minLength: config.password.minLength } });
