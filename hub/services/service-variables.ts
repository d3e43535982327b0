import type { DeclaredService } from '../domain/service';
import { createUrls } from '../urls';

export interface ServiceVariablesAsk {
  readonly service: Pick<DeclaredService, 'name' | 'url' | 'oauthClientId' | 'oauthRedirectUri' | 'oauthAllowedScopes'>;
  readonly token: string;
  /** Where a program on this machine reaches the hub: `http://host:port`. */
  readonly hubUrl: string;
  readonly publicUrl: URL;
}

/** JupyterHub's names for what a service that the hub runs has to know (protocol, 1.1). The hub's own win over whatever is configured. */
export function serviceVariables({ service, token, hubUrl, publicUrl }: ServiceVariablesAsk): Readonly<Record<string, string>> {
  const base = publicUrl.pathname;
  const { name, url, oauthRedirectUri } = service;
  const access = JSON.stringify(['access:services', `access:services!service=${name}`]);
  const prefix = createUrls(base).service(name);
  return {
    JUPYTERHUB_SERVICE_NAME: name,
    JUPYTERHUB_API_TOKEN: token,
    JPY_API_TOKEN: token,
    JUPYTERHUB_API_URL: `${hubUrl}${base}hub/api`,
    JUPYTERHUB_BASE_URL: base,
    JUPYTERHUB_HOST: '',
    JUPYTERHUB_CLIENT_ID: service.oauthClientId,
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: access,
    JUPYTERHUB_OAUTH_SCOPES: access,
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: JSON.stringify(service.oauthAllowedScopes),
    JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0',
    JUPYTERHUB_USER: '',
    JUPYTERHUB_SERVER_NAME: '',
    JUPYTERHUB_PUBLIC_URL: url === null ? '' : `${publicUrl.origin}${prefix}`,
    JUPYTERHUB_PUBLIC_HUB_URL: `${publicUrl.origin}${base}hub/`,
    ...(url === null ? {} : { JUPYTERHUB_SERVICE_URL: url, JUPYTERHUB_SERVICE_PREFIX: prefix }),
    ...(oauthRedirectUri === null ? {} : { JUPYTERHUB_OAUTH_CALLBACK_URL: oauthRedirectUri }),
  };
}
