import { randomBytes } from 'node:crypto';
import { HubError } from '../domain/errors';
import type { UserId } from '../domain/ids';
import { governed, type EffectivePolicy } from '../domain/policy';
import type { Mode, OfferedProfile, Profile } from '../domain/profile';
import type { ServerRecord } from '../domain/server';
import { sized } from '../domain/size';
import type { User } from '../domain/user';
import type { ServerRoute } from '../../proxy/route-table';
import type { SpawnRequest } from '../../spawner/spawner';
import type { ServersDeps } from './server-core';

/** 256 random bits, new for every start (M17). */
export const newSecret = (): string => randomBytes(32).toString('hex');

/** Everything about one lab that follows from its record: computed, so that a restarted hub gets the same. */
export interface Lab {
  readonly owner: User;
  readonly profile: OfferedProfile;
  readonly secret: string;
  /** Complete path, as browsers see it, as the server serves it, and as it is routed. */
  readonly url: string;
}

/** undefined: its owner is gone, or it was never started. */
export function labOf(deps: ServersDeps, record: ServerRecord): Lab | undefined {
  const owner = deps.store.users.byId(record.owner);
  // A profile may have left the configuration while its server runs on.
  const profile = deps.profiles.find((p) => p.slug === record.profile) ?? deps.profiles[0];
  if (owner === undefined || profile === undefined || record.secret === null) return undefined;
  return { owner, profile, secret: record.secret, url: `${deps.base.slice(0, -1)}${deps.prefixOf(owner.name, record.name)}` };
}

interface Given {
  readonly token: string;
  readonly volumes: SpawnRequest['volumes'];
  /** undefined: groups give nothing here. */
  readonly policy: EffectivePolicy | undefined;
}

export function requestOf(deps: ServersDeps, record: ServerRecord, lab: Lab & { readonly profile: Profile }, { token, volumes, policy }: Given): SpawnRequest {
  const owner = { id: lab.owner.id, name: lab.owner.name };
  const server = { id: record.id, name: record.name };
  const profile = sized(policy === undefined ? lab.profile : governed(lab.profile, policy), record.userOptions);
  const env = deps.labEnv({ owner, server, profile, secret: lab.secret, token, prefix: lab.url });
  const mounts = policy?.mounts.map(({ value }) => value) ?? [];
  return { server, owner, profile, volumes, outbound: profile.outbound, prefix: lab.url, env, ...(mounts.length === 0 ? {} : { mounts }), ...(policy?.docker.value === true ? { docker: true } : {}) };
}

/** As it was started; a profile that was changed since changes nothing for it. null: started before that was noted. */
export const modeOf = ({ profile }: Lab, started: Mode | null): Mode => started ?? (profile.mode === 'auto' ? 'injected' : profile.mode);

export function routeOf(record: ServerRecord, lab: Lab, { origin, mode }: { readonly origin: string; readonly mode: Mode }): ServerRoute {
  const upstream = mode === 'injected' ? { kind: 'injected' as const, authorization: `token ${lab.secret}` } : { kind: 'singleuser' as const };
  return { prefix: lab.url, origin, owner: record.owner, server: record.id, upstream };
}

/** The profiles that are open to somebody, as their groups have them. */
export function profilesOf({ profiles, policies }: Pick<ServersDeps, 'profiles' | 'policies'>, owner: UserId): readonly OfferedProfile[] {
  const policy = policies?.of(owner);
  if (policy === undefined) return profiles;
  return profiles.filter(({ slug }) => policy.profiles.some(({ value }) => value === slug)).map((profile) => governed(profile, policy));
}

/** The profile asked for, else the last one where it still exists, else the default. Throws `invalid-input` for an unknown one. */
export function pickProfile(profiles: readonly OfferedProfile[], asked: string | undefined, last: string | null): OfferedProfile {
  const found = profiles.find((p) => p.slug === asked) ?? (asked === undefined ? (profiles.find((p) => p.slug === last) ?? profiles[0]) : undefined);
  if (profiles.length === 0) throw new HubError('forbidden', 'No profile is open to you: each belongs to a group that you are not in. Ask an administrator.');
  if (found === undefined) throw new HubError('invalid-input', 'There is no such profile.', { details: { profiles: profiles.map((p) => p.slug) } });
  return found;
}

const LONGEST_LINE = 2_000;

/** The spawner redacts as well; a log line is the one place where the lab itself may have printed its secret. */
export const redacted = (lines: readonly string[], secret: string | null): readonly string[] =>
  lines.map((line) => (secret === null ? line : line.replaceAll(secret, '[secret]')).slice(0, LONGEST_LINE));
