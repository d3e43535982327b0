import { lookInside } from '../spawner/lab-api';
import type { Spawner } from '../spawner/spawner';
import type { Config } from './config';
import type { IdleLimits } from './domain/idleness';
import type { EffectivePolicy, Granted } from './domain/policy';
import type { ServerRecord } from './domain/server';
import { labAddressOf, type LabAddressDeps } from './lab-address';
import { createIdleness, type IdlenessDeps, type IdlenessService } from './services/idleness';
import type { LabNotice } from './services/lab-notice';
import type { PolicyBook } from './services/policy-book';

export interface IdlenessHostDeps extends Pick<IdlenessDeps, 'store' | 'audit' | 'servers' | 'clock' | 'log'>, Pick<LabAddressDeps, 'signsIn' | 'tokenFor'> {
  readonly config: Config;
  readonly spawner: Pick<Spawner, 'cpuSeconds'>;
  readonly policies: Pick<PolicyBook, 'ofEach'>;
  readonly tellLabs: LabNotice;
}

/** Idleness for this configuration, with the servers asked over their own API. */
export function createIdlenessHost({ config, spawner, policies, tellLabs, tokenFor, signsIn, ...base }: IdlenessHostDeps): IdlenessService {
  const { store } = base;
  const access: LabAddressDeps = { store, base: config.basePath, tokenFor, signsIn };
  return createIdleness({
    ...base,
    ask: async (record, signal) => lookInside(labAddressOf(record, signal, access)),
    tell: async (record, message) => (await tellLabs([record], message)) > 0,
    ...(spawner.cpuSeconds === undefined ? {} : { cpuSeconds: async (record, signal) => cpuOf(spawner, record, signal) }),
    limitsOf: (records) => {
      const policyOf = policies.ofEach(records.map(({ owner }) => owner));
      return (record) => limitsOf(config, record, policyOf(record.owner));
    },
    busyCpus: config.server.busyCpus,
    // Read when they are needed: they change while the hub runs.
    get maxLeaseMs() {
      return config.server.maxLease ?? 0;
    },
    get warnMs() {
      return config.server.stopWarning ?? 0;
    },
  });
}

function cpuOf(spawner: Pick<Spawner, 'cpuSeconds'>, { state }: ServerRecord, signal: AbortSignal): Promise<number> {
  if (state.kind !== 'ready' || spawner.cpuSeconds === undefined) throw new Error('there is nothing to measure');
  return spawner.cpuSeconds(state.handle, signal);
}

/**
 * A group of the owner comes before the profile, and the profile before `server`. Where several groups say something, the most generous one
 * counts: nobody loses time by joining a group.
 */
export function limitsOf(config: Pick<Config, 'server' | 'profiles'>, { profile }: Pick<ServerRecord, 'profile'>, policy: Pick<EffectivePolicy, 'idleLimit' | 'maxAge'>): IdleLimits {
  const own = config.profiles.find(({ slug }) => slug === profile)?.idle;
  const choose = ({ value, from: [group] }: Granted<number | null>, byProfile: number | null | undefined, byHub: number | null): { readonly ms: number | null; readonly from: string } => {
    if (value !== null) return { ms: value === 0 ? null : value, from: `group:${group ?? ''}` };
    return byProfile === undefined ? { ms: byHub, from: 'setting' } : { ms: byProfile, from: 'profile' };
  };
  const idle = choose(policy.idleLimit, own?.idleLimit, config.server.idleLimit);
  const age = choose(policy.maxAge, own?.maxAge, config.server.maxAge);
  return { idleMs: idle.ms, idleFrom: idle.from, maxAgeMs: age.ms, maxAgeFrom: age.from };
}
