import fc from 'fast-check';
import { BUILT_IN, createVocabulary } from '../../../../hub/domain/scopes/parse';
import { expandRaw, type Context } from '../../../../hub/domain/scopes/expand';
import type { ScopeSet } from '../../../../hub/domain/scopes/scope-set';
import { serialise } from '../../../../hub/domain/scopes/serialise';
import { METASCOPES, TREE } from '../../../../hub/domain/scopes/tree';

export const ALICE: Context = { owner: { kind: 'user', name: 'alice' } };
export const SVC: Context = { owner: { kind: 'service', name: 'svc' } };

export const set = (...raw: readonly string[]): ScopeSet => expandRaw(raw, ALICE);
export const words = (text: string): readonly string[] => text.trim().split(/\s+/);
export const list = (scopes: ScopeSet): readonly string[] => serialise(scopes);
export const vocabulary = createVocabulary({
  'custom:jobs:submit': { description: 'Submits jobs', implies: ['custom:jobs:read'] },
  'custom:jobs:read': { description: 'Reads jobs', implies: ['custom:jobs:submit'] },
});
export { BUILT_IN };

const user = fc.constantFrom('alice', 'alice2', 'bob', 'carol');
const filter = fc.oneof(
  fc.constant(''),
  user.map((name) => `!user=${name}`),
  fc.tuple(user, fc.constantFrom('', 'gpu')).map(([name, server]) => `!server=${name}/${server}`),
  fc.constantFrom('!group=lab', '!group=office', '!service=svc', '!user', '!server', '!service'),
);
/** Any scope string that is well-formed. */
export const rawScope = fc.oneof(fc.tuple(fc.constantFrom(...Object.keys(TREE)), filter).map(([name, end]) => name + end), fc.constantFrom(...METASCOPES));
export const rawScopes = fc.array(rawScope, { maxLength: 8 });
/** Who is in which group, for the properties. */
export const groupsOf = (name: string): readonly string[] => ({ alice: ['lab'], bob: ['lab', 'office'] })[name] ?? [];
