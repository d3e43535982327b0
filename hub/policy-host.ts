import type { Config } from './config';
import { NO_POLICY, type Contribution } from './domain/policy';
import { createPolicyBook, type PolicyBook } from './services/policy-book';
import type { Store } from './store/store';

/** What the configuration declares of groups, in the words of their policies: it counts beside what administrators set. */
export const declaredPolicies = (groups: Config['groups']): readonly Contribution[] =>
  groups.map(({ name, outbound, idleLimit, maxAge }) => ({
    group: name,
    policy: { ...NO_POLICY, network: { on: outbound === 'open' }, idle: { on: idleLimit !== undefined || maxAge !== undefined, idleLimit: said(idleLimit), maxAge: said(maxAge) } },
  }));

/** In a setting null is never, and absent says nothing. */
const said = (ms: number | null | undefined): number | null => (ms === undefined ? null : (ms ?? 0));

/** Policies for this configuration, with the built-in groups in their place. */
export function createPolicies(config: Config, store: Store): PolicyBook {
  const book = createPolicyBook({
    store, declared: declaredPolicies(config.groups), builtIn: config.builtInGroups, profiles: () => config.profiles.map(({ slug }) => slug), userServers: () => config.capacity.userServers ?? 0, mounts: config.policy.mounts,
  });
  book.ensureBuiltIn();
  return book;
}
