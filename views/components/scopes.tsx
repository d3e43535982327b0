import { TREE, type BuiltInScope } from '../../hub/domain/scopes/tree';
import type { Translate } from '../i18n';

const isBuiltIn = (name: string): name is BuiltInScope => Object.hasOwn(TREE, name);

/** Scopes as a list that people can decide about: in words where there are any, and always as they are, because the filter says on what. */
export function Scopes({ t, scopes }: { readonly t: Translate; readonly scopes: readonly string[] }) {
  const words = (scope: string): string => {
    const name = scope.split('!')[0] ?? '';
    return isBuiltIn(name) ? `${t(`scope.${name}`)} ` : '';
  };
  return <ul>{scopes.map((scope) => <li key={scope}>{words(scope)}<code>{scope}</code></li>)}</ul>;
}
