import { lookInside } from '../spawner/lab-api';
import type { Spawner } from '../spawner/spawner';
import type { Config } from './config';
import type { IdleLimits } from './domain/idleness';
import type { ServerRecord } from './domain/server';
import { labAddressOf, type LabAddressDeps } from './lab-address';
import { createTellLabs } from './tell-labs';
import { createIdleness, type IdlenessDeps, type IdlenessService } from './services/idleness';

export interface IdlenessHostDeps extends Pick<IdlenessDeps, 'store' | 'audit' | 'servers' | 'clock' | 'log'>, Pick<LabAddressDeps, 'signsIn' | 'tokenFor'> {
  readonly config: Config;
  readonly spawner: Pick<Spawner, 'cpuSeconds'>;
}

/** Idleness for this configuration, with the servers asked over their own API. */
export function createIdlenessHost({ config, spawner, tokenFor, signsIn, ...base }: IdlenessHostDeps): IdlenessService {
  const { store } = base;
  const access: LabAddressDeps = { store, base: config.basePath, tokenFor, signsIn };
  const tellLabs = createTellLabs({ log: base.log, ...access });
  return createIdleness({
    ...base,
    ask: async (record, signal) => lookInside(labAddressOf(record, signal, access)),
    tell: async (record, message) => (await tellLabs([record], message)) > 0,
    ...(spawner.cpuSeconds === undefined ? {} : { cpuSeconds: async (record, signal) => cpuOf(spawner, record, signal) }),
    limitsOf: (record) => limitsOf(config, record, store.groups.groupsOf(record.owner).map(({ name }) => name)),
    busyCpus: config.server.busyCpus,
    maxLeaseMs: config.server.maxLease ?? 0,
    warnMs: config.server.stopWarning ?? 0,
  });
}

function cpuOf(spawner: Pick<Spawner, 'cpuSeconds'>, { state }: ServerRecord, signal: AbortSignal): Promise<number> {
  if (state.kind !== 'ready' || spawner.cpuSeconds === undefined) throw new Error('there is nothing to measure');
  return spawner.cpuSeconds(state.handle, signal);
}

type Limit = number | null | undefined;

/**
 * A group of the owner comes before the profile, and the profile before `server`. Where several groups say something, the most generous one
 * counts: nobody loses time by joining a group.
 */
export function limitsOf(config: Pick<Config, 'server' | 'groups' | 'profiles'>, { profile }: Pick<ServerRecord, 'profile'>, groups: readonly string[]): IdleLimits {
  const own = config.profiles.find(({ slug }) => slug === profile);
  const choose = (of: (from: { readonly idleLimit?: Limit; readonly maxAge?: Limit }) => Limit): { readonly ms: number | null; readonly from: string } => {
    const said = config.groups.flatMap((group) => {
      const ms = groups.includes(group.name) ? of(group) : undefined;
      return ms === undefined ? [] : [{ ms, from: `group:${group.name}` }];
    });
    const [first] = said.toSorted((a, b) => (b.ms ?? Infinity) - (a.ms ?? Infinity) || 0);
    if (first !== undefined) return first;
    const byProfile = of(own?.idle ?? {});
    return byProfile === undefined ? { ms: of(config.server) ?? null, from: 'setting' } : { ms: byProfile, from: 'profile' };
  };
  const [idle, age] = [choose(({ idleLimit }) => idleLimit), choose(({ maxAge }) => maxAge)];
  return { idleMs: idle.ms, idleFrom: idle.from, maxAgeMs: age.ms, maxAgeFrom: age.from };
}
