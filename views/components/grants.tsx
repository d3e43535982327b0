import { formatDuration } from '../../hub/domain/duration';
import type { EffectivePolicy, Granted } from '../../hub/domain/policy';
import { bytes, type MessageKey, type Translate } from '../i18n';

interface Grant {
  readonly what: string;
  readonly from: readonly string[];
}

/** What somebody's groups give, in words, each with the groups that it comes from. What no group gives is not in it. */
export function grantsOf(policy: EffectivePolicy, titles: ReadonlyMap<string, string>, t: Translate): readonly Grant[] {
  const amount = (some: Granted<number | null>, says: MessageKey, none: MessageKey, text: (value: number) => string): readonly Grant[] =>
    some.value === null ? [] : [{ what: some.value === 0 ? t(none) : t(says, { value: text(some.value) }), from: some.from }];
  const given: readonly Grant[] = [
    ...policy.profiles.map(({ value, from }) => ({ what: t('grants.profile', { title: titles.get(value) ?? value }), from })),
    ...amount(policy.cpus, 'grants.cpus', 'grants.cpusNone', String),
    ...amount(policy.memory, 'grants.memory', 'grants.memoryNone', bytes),
    ...amount(policy.servers, 'grants.servers', 'grants.serversNone', String),
    ...policy.mounts.map(({ value, from }) => ({ what: t(value.writable ? 'grants.mountWritable' : 'grants.mount', { folder: value.target }), from })),
    ...policy.environment.map(({ value, from }) => ({ what: t('grants.variable', { name: value.name }), from })),
    ...amount(policy.idleLimit, 'grants.idle', 'grants.idleNone', formatDuration),
    ...amount(policy.maxAge, 'grants.age', 'grants.ageNone', formatDuration),
    ...(policy.outbound.value ? [{ what: t('grants.internet'), from: policy.outbound.from }] : []),
    ...(policy.docker.value ? [{ what: t('grants.docker'), from: policy.docker.from }] : []),
  ];
  return given.filter(({ from }) => from.length > 0);
}

export function Grants({ policy, titles, t }: { readonly policy: EffectivePolicy; readonly titles: ReadonlyMap<string, string>; readonly t: Translate }) {
  const grants = grantsOf(policy, titles, t);
  if (grants.length === 0) return <p class="hint">{t('grants.none')}</p>;
  return (
    <ul class="grants">
      {grants.map(({ what, from }) => <li key={what}><bdi>{what}</bdi> <span class="hint">{t(from.length === 1 ? 'grants.from' : 'grants.fromSeveral', { groups: from.join(', ') })}</span></li>)}
    </ul>
  );
}
