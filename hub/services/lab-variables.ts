import type { ServerName, UserName } from '../domain/ids';
import { createUrls, escapeSegment } from '../urls';

export interface LabVariablesAsk {
  /** Where a lab reaches the hub: `http://host:port`. null: it does not, and gets no credential for it either. */
  readonly hubUrl: string | null;
  /** Path of the public URL; starts and ends with a slash. */
  readonly base: string;
  readonly owner: UserName;
  readonly server: ServerName;
  readonly token: string;
}

/** JupyterHub's names for where the hub is and who is asking (protocol, 1.1); its own programs and ours read the same ones. */
export function labVariables({ hubUrl, base, owner, server, token }: LabVariablesAsk): Readonly<Record<string, string>> {
  const place = { JUPYTERHUB_USER: owner, JUPYTERHUB_SERVER_NAME: server, JUPYTERHUB_BASE_URL: base, JUPYTERHUB_SERVICE_PREFIX: createUrls(base).server(owner, server) };
  if (hubUrl === null) return place;
  const api = `${hubUrl}${base}hub/api`;
  return { ...place, JUPYTERHUB_API_TOKEN: token, JUPYTERHUB_API_URL: api, JUPYTERHUB_ACTIVITY_URL: `${api}/users/${escapeSegment(owner)}/activity` };
}
