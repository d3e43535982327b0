import type { Config } from './config';
import type { ServerId } from './domain/ids';
import type { Mode } from './domain/profile';
import type { Sites } from './domain/sites';
import { labVariables } from './services/lab-variables';
import { createOauth, type OauthDeps } from './services/oauth';
import type { Oauth, Visitors } from './services/oauth-contract';
import type { LabEnvAsk } from './services/server-core';
import { createVisitors, type VisitorsDeps } from './services/visitors';

export interface SignInHostDeps extends VisitorsDeps, Omit<OauthDeps, 'base' | 'originOf' | 'signsIn' | 'discard' | 'lifetimeSeconds' | 'services'> {
  readonly config: Config;
  readonly sites: Sites | null;
  /** In which mode a server was started; undefined: unknown. */
  readonly modeOf: (server: ServerId) => Mode | undefined;
  readonly tokens: VisitorsDeps['tokens'] & { readonly discard: OauthDeps['discard'] };
  readonly services: OauthDeps['services'];
}

export interface SignInHost {
  readonly oauth: Oauth;
  readonly visitors: Visitors;
  /** Whether this server asks the hub who its visitors are. */
  readonly signsIn: OauthDeps['signsIn'];
  /** What a lab is told about where the hub is, and how its visitors sign in there. */
  readonly variablesOf: (lab: LabEnvAsk, hubUrl: string | null) => Readonly<Record<string, string>>;
}

/** Everything by which servers and services learn from the hub who their visitors are, for this configuration. */
export function createSignInHost({ config, sites, modeOf, ...deps }: SignInHostDeps): SignInHost {
  const publicOrigin = new URL(config.publicUrl).origin;
  const siteOf = (owner: LabEnvAsk['owner']): string | null => sites?.originOf(sites.labelOf(owner.id)) ?? null;
  const profileOf = (slug: string | null) => config.profiles.find((profile) => profile.slug === slug) ?? config.profiles[0];
  const signsIn: OauthDeps['signsIn'] = ({ id, profile }) => (modeOf(id) ?? profileOf(profile)?.mode) === 'singleuser';
  const oauth = createOauth({
    ...deps,
    base: config.basePath,
    originOf: (owner) => siteOf(owner) ?? '',
    signsIn,
    discard: deps.tokens.discard,
    lifetimeSeconds: Math.floor(config.session.absolute / 1000),
  });
  return {
    oauth,
    visitors: createVisitors(deps),
    signsIn,
    variablesOf: ({ owner, server, profile, token }, hubUrl) =>
      labVariables({
        hubUrl, base: config.basePath, owner: owner.name, server: server.name, token,
        ...(profile.mode === 'singleuser' ? { signIn: { profile, publicOrigin, site: siteOf(owner) } } : {}),
      }),
  };
}
