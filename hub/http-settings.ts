import type { Config } from './config';
import type { HttpSettings } from './http/app';
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
